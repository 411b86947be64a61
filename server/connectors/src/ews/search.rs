//! Finding items by what they carry: a Message-ID, or our mark.

use ssi_domain::{
    FolderId, ItemId,
    port::{Collections, FolderRole, LinkStamp, PortError},
};

use super::{
    client::Ews,
    op::{
        find_item::{self, FindItem, Wanted},
        get_folder::FolderRef,
    },
    prepare::shrink_on_refusal,
    property::link_text,
};

/// Hits per folder and page.
const HIT_PAGE: usize = 100;

/// Most pages read in one search; a mark or Message-ID that more items carry is no key of anything.
const MOST_PAGES: usize = 100;

/// Marks asked for in one search: a restriction is a tree that Exchange limits in size.
const MARKS: usize = 25;

const OPERATION: &str = "FindItem";

impl Ews {
    /// Items by Message-ID; see [`ssi_domain::port::Mailbox::find_by_message_id`]. Only mail folders are
    /// searched: a calendar refuses the question.
    pub(super) async fn hits(
        &self,
        message_id: &str,
        folders: &Collections,
    ) -> Result<Vec<ItemId>, PortError> {
        const MAIL: [FolderRole; 3] = [FolderRole::Inbox, FolderRole::Sent, FolderRole::Saved];
        let mail: Vec<FolderRef> = folders
            .folders
            .iter()
            .filter(|(role, _)| MAIL.contains(role))
            .map(|(_, id)| FolderRef::Id(id.as_str().to_owned()))
            .collect();
        if message_id.trim().is_empty() {
            return Ok(Vec::new());
        }
        self.search(mail, &Wanted::MessageId(message_id)).await
    }

    /// Items by mark; see [`ssi_domain::port::Mailbox::find_by_link`].
    pub(super) async fn marked(
        &self,
        link: &LinkStamp,
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        let folders = folders
            .iter()
            .map(|id| FolderRef::Id(id.as_str().to_owned()))
            .collect();
        let text = [link_text(link)];
        self.search(folders, &Wanted::Links(&text)).await
    }

    /// Items by any of several marks; see [`ssi_domain::port::Mailbox::find_by_links`].
    pub(super) async fn marked_alike(
        &self,
        links: &[LinkStamp],
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        let folders: Vec<FolderRef> = folders
            .iter()
            .map(|id| FolderRef::Id(id.as_str().to_owned()))
            .collect();
        let mut found = Vec::new();
        for part in links.chunks(MARKS) {
            let texts: Vec<String> = part.iter().map(link_text).collect();
            found.extend(self.search(folders.clone(), &Wanted::Links(&texts)).await?);
        }
        Ok(found)
    }

    async fn search(
        &self,
        folders: Vec<FolderRef>,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<ItemId>, PortError> {
        let mut open: Vec<(Vec<FolderRef>, usize)> = Vec::new();
        if !folders.is_empty() {
            open.push((folders, 0));
        }
        let mut hits = Vec::new();
        let mut page = HIT_PAGE;
        let mut pages = 0;
        while let Some((asked, offset)) = open.pop() {
            pages += 1;
            if pages > MOST_PAGES {
                return Err(PortError::answer(format!(
                    "{OPERATION}: the listing never ends"
                )));
            }
            let body = |_| find_item::body(&asked, wanted, offset, page);
            let answers = self
                .ask_folders::<FindItem>(OPERATION, &body, asked.len())
                .await;
            let Some(answers) = shrink_on_refusal(answers, &mut page, OPERATION)? else {
                open.push((asked, offset));
                continue;
            };
            for (folder, answer) in asked.into_iter().zip(answers) {
                if !answer.complete {
                    return Err(PortError::answer(format!(
                        "{OPERATION}: success without result"
                    )));
                }
                let got = answer.items.len();
                let exact = answer.items.into_iter().filter(|hit| wanted.is(hit));
                hits.extend(exact.map(|hit| hit.id));
                if !answer.last && got > 0 {
                    let next = answer.next_offset.filter(|next| *next > offset);
                    open.push((vec![folder], next.unwrap_or(offset + got)));
                }
            }
        }
        Ok(hits)
    }
}
