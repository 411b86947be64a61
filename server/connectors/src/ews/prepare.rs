//! Finding the folders of a mailbox and making what is ours: one folder and a few categories.

use ssi_domain::{
    FolderId, ItemId,
    port::{Collections, FolderRole, MailboxSetup, PortError},
};

use super::{
    category_list::{self, Edit},
    client::{AnswerSize, Call, Ews},
    envelope::Payload,
    failure::{About, CallError, Failure},
    op::{
        create_folder::{self, CreateFolder},
        find_folder::{self, FindFolder},
        find_item::{self, FindItem},
        get_folder::{self, Folder, FolderRef, FolderShape, GetFolder},
        user_configuration::{
            self, CreateUserConfiguration, GetUserConfiguration, UpdateUserConfiguration,
        },
    },
};
use crate::http::Intent;

/// Folders per page when looking for ours by name.
const FOLDER_PAGE: usize = 500;

/// Hits per folder and page when looking for a Message-ID.
const HIT_PAGE: usize = 100;

/// Whether missing things may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Make them.
    Create,
    /// Leave them (dry run).
    Leave,
}

/// Where our folder may lie: the top of the mailbox, or below the Inbox where some users move it.
const HOMES: [FolderRef; 2] = [
    FolderRef::Distinguished("msgfolderroot"),
    FolderRef::Distinguished("inbox"),
];

impl Ews {
    /// Opens the Inbox; see [`ssi_domain::port::Mailbox::check`].
    pub(super) async fn can_open(&self) -> Result<(), PortError> {
        let inbox = [FolderRef::Distinguished("inbox")];
        self.folders(&inbox).await?.remove(0).map_err(no_mailbox)?;
        Ok(())
    }

    /// Finds the folders; see [`ssi_domain::port::Mailbox::prepare`].
    pub(super) async fn find_or_make(
        &self,
        setup: &MailboxSetup,
        missing: Missing,
    ) -> Result<Collections, PortError> {
        let known = setup
            .known
            .as_ref()
            .and_then(|known| known.folder(FolderRole::Saved));
        let mut wanted = vec![
            FolderRef::Distinguished("inbox"),
            FolderRef::Distinguished("sentitems"),
            FolderRef::Distinguished("deleteditems"),
        ];
        wanted.extend(known.map(|id| FolderRef::Id(id.as_str().to_owned())));
        let mut found = self.folders(&wanted).await?.into_iter();
        let mut next = || {
            found
                .next()
                .unwrap_or(Err(Failure::new("ErrorFolderNotFound")))
        };
        let inbox = next().map_err(no_mailbox)?;
        let sent = next().map_err(no_mailbox)?;
        let deleted = next().ok();
        // A folder in the bin keeps its id; the user wants it no more.
        let in_bin = |folder: &Folder| deleted.as_ref().is_some_and(|bin| bin.id == folder.parent);
        let saved = match known.is_some().then(next) {
            Some(Ok(folder)) if !in_bin(&folder) => Some(folder.id),
            Some(Err(failure)) if !failure.not_found() => {
                return Err(failure.to_port("GetFolder", About::Folder, Intent::Read));
            }
            _ => self.saved_folder(&setup.saved_folder, missing).await?,
        };
        if missing == Missing::Create {
            self.categories(&setup.categories).await?;
        }
        let mut folders = vec![
            (FolderRole::Inbox, FolderId(inbox.id)),
            (FolderRole::Sent, FolderId(sent.id)),
        ];
        folders.extend(saved.map(|id| (FolderRole::Saved, FolderId(id))));
        Ok(Collections { folders })
    }

    /// Items by Message-ID; see [`ssi_domain::port::Mailbox::find_by_message_id`].
    pub(super) async fn hits(
        &self,
        message_id: &str,
        folders: &Collections,
    ) -> Result<Vec<ItemId>, PortError> {
        const OPERATION: &str = "FindItem";
        let mut open: Vec<(Vec<FolderRef>, usize)> = Vec::new();
        let all = folders
            .folders
            .iter()
            .map(|(_, id)| FolderRef::Id(id.as_str().to_owned()));
        let all: Vec<FolderRef> = all.collect();
        if !all.is_empty() && !message_id.trim().is_empty() {
            open.push((all, 0));
        }
        let mut hits = Vec::new();
        let mut page = HIT_PAGE;
        while let Some((asked, offset)) = open.pop() {
            let body = |_| find_item::body(&asked, message_id, offset, page);
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
                hits.extend(answer.items);
                if !answer.last && got > 0 {
                    let next = answer.next_offset.filter(|next| *next > offset);
                    open.push((vec![folder], next.unwrap_or(offset + got)));
                }
            }
        }
        Ok(hits)
    }

    /// Our folder by name, made when missing.
    async fn saved_folder(
        &self,
        name: &str,
        missing: Missing,
    ) -> Result<Option<String>, PortError> {
        const OPERATION: &str = "CreateFolder";
        if let Some(id) = self.folder_by_name(name).await? {
            return Ok(Some(id));
        }
        if missing == Missing::Leave {
            return Ok(None);
        }
        let body = |_| create_folder::body(&HOMES[0], name);
        let call = Call {
            operation: OPERATION,
            intent: Intent::Write,
            body: &body,
        };
        let failure = match self.call::<CreateFolder>(&call, AnswerSize::Normal).await {
            Ok(messages) => match messages.into_iter().next() {
                Some(Ok(CreateFolder {
                    folder: Some(folder),
                })) => return Ok(Some(folder.id)),
                Some(Err(failure)) => failure,
                _ => {
                    let detail = format!("{OPERATION}: success without folder");
                    return Err(PortError::Unknown { detail });
                }
            },
            Err(CallError::Fault(fault)) => fault,
            Err(error) => return Err(error.into_port(OPERATION, About::Mailbox, Intent::Write)),
        };
        if failure.code == "ErrorFolderExists"
            && let Some(id) = self.folder_by_name(name).await?
        {
            return Ok(Some(id));
        }
        Err(failure.to_port(OPERATION, About::Mailbox, Intent::Write))
    }

    /// Folder names compare without case, as Exchange does when it refuses a second one.
    async fn folder_by_name(&self, name: &str) -> Result<Option<String>, PortError> {
        const OPERATION: &str = "FindFolder";
        for home in &HOMES {
            let (mut offset, mut page) = (0, FOLDER_PAGE);
            loop {
                let body = |_| find_folder::body(home, offset, page);
                let answers = self.ask_folders::<FindFolder>(OPERATION, &body, 1).await;
                let Some(answers) = shrink_on_refusal(answers, &mut page, OPERATION)? else {
                    continue;
                };
                let Some(answer) = answers.into_iter().next().filter(|answer| answer.complete)
                else {
                    return Err(PortError::answer(format!(
                        "{OPERATION}: success without result"
                    )));
                };
                let same = |folder: &&Folder| {
                    folder.name.trim().to_lowercase() == name.trim().to_lowercase()
                };
                if let Some(folder) = answer.folders.iter().find(same) {
                    return Ok(Some(folder.id.clone()));
                }
                let got = answer.folders.len();
                if answer.last || got == 0 {
                    break;
                }
                offset = answer
                    .next_offset
                    .filter(|next| *next > offset)
                    .unwrap_or(offset + got);
            }
        }
        Ok(None)
    }

    async fn folders(
        &self,
        wanted: &[FolderRef],
    ) -> Result<Vec<Result<Folder, Failure>>, PortError> {
        const OPERATION: &str = "GetFolder";
        let body = |_| get_folder::body(wanted, FolderShape::Place);
        let call = Call {
            operation: OPERATION,
            intent: Intent::Read,
            body: &body,
        };
        let messages = self.call::<GetFolder>(&call, AnswerSize::Normal).await;
        let messages =
            messages.map_err(|error| error.into_port(OPERATION, About::Mailbox, Intent::Read))?;
        if messages.len() != wanted.len() {
            return Err(PortError::answer(format!(
                "{OPERATION}: answers are missing"
            )));
        }
        let folder = |message: Result<GetFolder, Failure>| match message {
            Ok(GetFolder {
                folder: Some(folder),
            }) => Ok(Ok(folder)),
            Ok(_) => Err(PortError::answer(format!(
                "{OPERATION}: success without folder"
            ))),
            Err(failure) => Ok(Err(failure)),
        };
        messages.into_iter().map(folder).collect()
    }

    async fn ask_folders<T: Payload>(
        &self,
        operation: &'static str,
        body: &(dyn Fn(super::version::ServerVersion) -> String + Send + Sync),
        folders: usize,
    ) -> Result<Vec<T>, CallError> {
        let call = Call {
            operation,
            intent: Intent::Read,
            body,
        };
        let messages = self.call::<T>(&call, AnswerSize::Normal).await?;
        if messages.len() != folders {
            let detail = format!("{operation}: answers are missing");
            return Err(CallError::Port(PortError::answer(detail)));
        }
        messages
            .into_iter()
            .map(|message| message.map_err(CallError::Fault))
            .collect()
    }

    /// Puts our categories into the master list. Without it they work all the same, only without colour;
    /// so a server that cannot do it is no obstacle.
    async fn categories(&self, wanted: &[(String, i8)]) -> Result<(), PortError> {
        if wanted.is_empty() {
            return Ok(());
        }
        match self.extend_master_list(wanted).await {
            Ok(()) => Ok(()),
            Err(error @ (PortError::Wait { .. } | PortError::SignIn { .. })) => Err(error),
            Err(error) => {
                tracing::debug!(%error, "the master list of categories stays as it is");
                Ok(())
            }
        }
    }

    async fn extend_master_list(&self, wanted: &[(String, i8)]) -> Result<(), PortError> {
        const OPERATION: &str = "GetUserConfiguration";
        let body = |_| user_configuration::get_body();
        let call = Call {
            operation: OPERATION,
            intent: Intent::Read,
            body: &body,
        };
        let answer = self.first::<GetUserConfiguration>(&call).await;
        let list = match answer {
            Ok(answer) => Some(answer.xml_data),
            Err(CallError::Fault(failure)) if failure.not_found() => None,
            Err(error) => return Err(error.into_port(OPERATION, About::Mailbox, Intent::Read)),
        };
        let edit = category_list::add(list.as_ref().and_then(|data| data.as_deref()), wanted)
            .map_err(|error| PortError::answer(format!("{OPERATION}: {error}")))?;
        let Edit::Changed(base64) = edit else {
            return Ok(());
        };
        match list {
            Some(_) => {
                let operation = "UpdateUserConfiguration";
                let body = |_| user_configuration::update_body(&base64);
                let call = Call {
                    operation,
                    intent: Intent::Write,
                    body: &body,
                };
                let answer = self.first::<UpdateUserConfiguration>(&call).await;
                answer
                    .map(drop)
                    .map_err(|e| e.into_port(operation, About::Mailbox, Intent::Write))
            }
            None => {
                let operation = "CreateUserConfiguration";
                let body = |_| user_configuration::create_body(&base64);
                let call = Call {
                    operation,
                    intent: Intent::Write,
                    body: &body,
                };
                let answer = self.first::<CreateUserConfiguration>(&call).await;
                answer
                    .map(drop)
                    .map_err(|e| e.into_port(operation, About::Mailbox, Intent::Write))
            }
        }
    }

    async fn first<T: Payload>(&self, call: &Call<'_>) -> Result<T, CallError> {
        let first = self
            .call::<T>(call, AnswerSize::Normal)
            .await?
            .into_iter()
            .next();
        let missing = || {
            let detail = format!("{}: no answer", call.operation);
            Err(CallError::Port(PortError::answer(detail)))
        };
        first.map_or_else(missing, |message| message.map_err(CallError::Fault))
    }
}

/// A page that was too large for the server is asked again at a quarter of its size.
fn shrink_on_refusal<T>(
    answers: Result<Vec<T>, CallError>,
    page: &mut usize,
    operation: &str,
) -> Result<Option<Vec<T>>, PortError> {
    let smaller = match &answers {
        Err(CallError::Smaller(_)) => true,
        Err(CallError::Fault(fault)) => fault.wants_smaller(),
        _ => false,
    };
    if smaller && *page > 1 {
        *page = page.div_ceil(4);
        return Ok(None);
    }
    answers
        .map(Some)
        .map_err(|error| error.into_port(operation, About::Folder, Intent::Read))
}

/// Every mailbox has an Inbox: without one there is no mailbox for us, and an administrator must act.
fn no_mailbox(failure: Failure) -> PortError {
    match failure.to_port("GetFolder", About::Mailbox, Intent::Read) {
        PortError::Gone { detail } => PortError::Blocked { detail },
        error => error,
    }
}
