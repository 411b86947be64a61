//! Our own folders: found by name where they may lie, made when missing.

use std::collections::BTreeMap;

use ssi_domain::port::{FolderRole, PortError};

use super::{
    client::{AnswerSize, Call, Ews},
    failure::{About, CallError},
    op::{
        create_folder::{self, CreateFolder},
        find_folder::{self, FindFolder},
        get_folder::{Folder, FolderRef},
    },
    prepare::{Missing, shrink_on_refusal},
};
use crate::http::Intent;

/// Folders per page when looking for ours by name.
const FOLDER_PAGE: usize = 500;

/// Most pages read of one folder's children; nobody has 50,000 folders beside each other.
const MOST_PAGES: usize = 100;

/// Where an own folder lies and what it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Where to look; made in the first of these that is there.
    homes: &'static [&'static str],
    /// The container class it is made with (MS-OXOSFLD).
    class: &'static str,
}

/// The children of folders that were listed.
#[derive(Debug, Default)]
pub(super) struct Children(BTreeMap<&'static str, Vec<Folder>>);

impl Place {
    /// Where the folder of this role belongs; `None` for folders that are not ours.
    ///
    /// Outlook on the web shows folders of tasks and contacts only below the standard one.
    pub(super) fn of(role: FolderRole) -> Option<Self> {
        let (homes, class): (&'static [&'static str], _) = match role {
            FolderRole::Saved => (&["msgfolderroot", "inbox"], "IPF.Note"),
            FolderRole::OwnTasks => (&["tasks", "msgfolderroot"], "IPF.Task"),
            FolderRole::OwnContacts
            | FolderRole::OwnAccounts
            | FolderRole::OwnIndividualCustomers => (&["contacts", "msgfolderroot"], "IPF.Contact"),
            FolderRole::Inbox
            | FolderRole::Sent
            | FolderRole::Calendar
            | FolderRole::Tasks
            | FolderRole::Contacts => return None,
        };
        Some(Self { homes, class })
    }

    /// Whether a folder can be ours: its name, compared without case as Exchange does when it refuses a
    /// second one, and a class that can hold our items.
    fn fits(&self, name: &str, folder: &Folder) -> bool {
        let class = folder.class.trim();
        let is = |stem: &str| {
            class
                .get(..stem.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(stem))
        };
        let class_fits = match self.class {
            _ if class.is_empty() => true,
            "IPF.Note" => !["IPF.Task", "IPF.Contact", "IPF.Appointment"]
                .into_iter()
                .any(is),
            class => is(class),
        };
        class_fits && folder.name.trim().to_lowercase() == name.trim().to_lowercase()
    }
}

impl Ews {
    /// The id of an own folder, by name; made when missing, if that is allowed.
    pub(super) async fn own_folder(
        &self,
        place: &Place,
        name: &str,
        missing: Missing,
        children: &mut Children,
    ) -> Result<Option<String>, PortError> {
        if let Some(id) = self.by_name(place, name, children).await? {
            return Ok(Some(id));
        }
        if missing == Missing::Leave {
            return Ok(None);
        }
        let mut refusal = None;
        for home in place.homes {
            match self.make_folder(place, home, name).await {
                Ok(id) => return Ok(Some(id)),
                Err(CallError::Fault(failure)) if failure.code == "ErrorFolderExists" => {
                    // Somebody was faster, or it holds something else: then the next home will do.
                    children.0.clear();
                    if let Some(id) = self.by_name(place, name, children).await? {
                        return Ok(Some(id));
                    }
                    refusal = Some(CallError::Fault(failure));
                }
                Err(CallError::Fault(failure)) if failure.not_found() => {
                    refusal = Some(CallError::Fault(failure));
                }
                Err(error) => {
                    return Err(error.into_port("CreateFolder", About::Mailbox, Intent::Write));
                }
            }
        }
        let error = refusal.unwrap_or_else(|| {
            CallError::Port(PortError::transient("CreateFolder: no place for it"))
        });
        Err(error.into_port("CreateFolder", About::Mailbox, Intent::Write))
    }

    async fn make_folder(
        &self,
        place: &Place,
        home: &'static str,
        name: &str,
    ) -> Result<String, CallError> {
        const OPERATION: &str = "CreateFolder";
        let body = |_| create_folder::body(&FolderRef::Distinguished(home), name, place.class);
        let call = Call {
            operation: OPERATION,
            intent: Intent::Write,
            body: &body,
        };
        let messages = self.call::<CreateFolder>(&call, AnswerSize::Normal).await?;
        match messages.into_iter().next() {
            Some(Ok(CreateFolder {
                folder: Some(folder),
            })) => Ok(folder.id),
            Some(Err(failure)) => Err(CallError::Fault(failure)),
            _ => Err(CallError::Port(PortError::Unknown {
                detail: format!("{OPERATION}: success without folder"),
            })),
        }
    }

    async fn by_name(
        &self,
        place: &Place,
        name: &str,
        children: &mut Children,
    ) -> Result<Option<String>, PortError> {
        for home in place.homes {
            if !children.0.contains_key(home) {
                let listed = self.children_of(home).await?;
                children.0.insert(home, listed);
            }
            let listed = children.0.get(home).map(Vec::as_slice).unwrap_or_default();
            if let Some(folder) = listed.iter().find(|folder| place.fits(name, folder)) {
                return Ok(Some(folder.id.clone()));
            }
        }
        Ok(None)
    }

    /// The folders directly below a standard one; none below one that does not exist.
    async fn children_of(&self, home: &'static str) -> Result<Vec<Folder>, PortError> {
        const OPERATION: &str = "FindFolder";
        let parent = FolderRef::Distinguished(home);
        let mut all = Vec::new();
        let (mut offset, mut page) = (0, FOLDER_PAGE);
        for _ in 0..MOST_PAGES {
            let body = |_| find_folder::body(&parent, offset, page);
            let answers = self.ask_folders::<FindFolder>(OPERATION, &body, 1).await;
            if let Err(CallError::Fault(failure)) = &answers
                && failure.not_found()
                && home != "msgfolderroot"
            {
                return Ok(all);
            }
            let Some(answers) = shrink_on_refusal(answers, &mut page, OPERATION)? else {
                continue;
            };
            let Some(answer) = answers.into_iter().next().filter(|answer| answer.complete) else {
                return Err(PortError::answer(format!(
                    "{OPERATION}: success without result"
                )));
            };
            let got = answer.folders.len();
            all.extend(answer.folders);
            if answer.last || got == 0 {
                return Ok(all);
            }
            offset = answer
                .next_offset
                .filter(|next| *next > offset)
                .unwrap_or(offset + got);
        }
        Err(PortError::answer(format!(
            "{OPERATION}: the listing never ends"
        )))
    }
}
