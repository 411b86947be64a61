//! Finding the folders of a mailbox and making what is ours.

use ssi_domain::{
    FolderId,
    port::{Collections, FolderRole, MailboxSetup, PortError},
};

use super::{
    client::{AnswerSize, Call, Ews},
    envelope::Payload,
    failure::{About, CallError, Failure},
    op::get_folder::{self, Folder, FolderRef, FolderShape, GetFolder},
    own_folder::{Children, Place},
};
use crate::http::Intent;

/// Whether missing things may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Make them.
    Create,
    /// Leave them (dry run).
    Leave,
}

/// The folders every mailbox has, by their well-known names.
const STANDARD: [(FolderRole, &str); 5] = [
    (FolderRole::Inbox, "inbox"),
    (FolderRole::Sent, "sentitems"),
    (FolderRole::Calendar, "calendar"),
    (FolderRole::Tasks, "tasks"),
    (FolderRole::Contacts, "contacts"),
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
        let own: Vec<(FolderRole, &str, Place)> = setup
            .own_folders
            .iter()
            .filter_map(|(role, name)| Some((*role, name.as_str(), Place::of(*role)?)))
            .collect();
        let known = |role| setup.known.as_ref().and_then(|known| known.folder(role));
        let mut wanted: Vec<FolderRef> = STANDARD
            .iter()
            .map(|(_, name)| FolderRef::Distinguished(name))
            .collect();
        wanted.push(FolderRef::Distinguished("deleteditems"));
        let known_ids = own.iter().filter_map(|(role, ..)| known(*role));
        wanted.extend(known_ids.map(|id| FolderRef::Id(id.as_str().to_owned())));
        let mut found = self.folders(&wanted).await?.into_iter();
        let mut next = || {
            found
                .next()
                .unwrap_or(Err(Failure::new("ErrorFolderNotFound")))
        };
        let mut folders = Vec::new();
        for (role, _) in STANDARD {
            if let Some(folder) = standard(role, next())? {
                folders.push((role, FolderId(folder.id)));
            }
        }
        let deleted = next().ok();
        // A folder in the bin keeps its id; the user wants it no more.
        let in_bin = |folder: &Folder| deleted.as_ref().is_some_and(|bin| bin.id == folder.parent);
        let mut lost = Vec::new();
        for one in own {
            match known(one.0).is_some().then(&mut next) {
                Some(Ok(folder)) if !in_bin(&folder) => folders.push((one.0, FolderId(folder.id))),
                Some(Err(failure)) if !failure.not_found() => {
                    return Err(failure.to_port("GetFolder", About::Folder, Intent::Read));
                }
                _ => lost.push(one),
            }
        }
        let mut children = Children::default();
        for (role, name, place) in lost {
            let id = self
                .own_folder(&place, name, missing, &mut children)
                .await?;
            folders.extend(id.map(|id| (role, FolderId(id))));
        }
        if missing == Missing::Create {
            self.categories(&setup.categories).await?;
        }
        folders.sort_by_key(|(role, _)| *role);
        folders.dedup_by_key(|(role, _)| *role);
        Ok(Collections { folders })
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

    /// One answer per folder asked, or why there are none.
    pub(super) async fn ask_folders<T: Payload>(
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
}

/// A standard folder. Without mail folders there is no mailbox; a mailbox without a calendar, tasks or
/// contacts (some shared ones) is one all the same.
fn standard(role: FolderRole, found: Result<Folder, Failure>) -> Result<Option<Folder>, PortError> {
    match (role, found) {
        (_, Ok(folder)) => Ok(Some(folder)),
        (FolderRole::Inbox | FolderRole::Sent, Err(failure)) => Err(no_mailbox(failure)),
        (_, Err(failure)) if failure.not_found() => Ok(None),
        (_, Err(failure)) => Err(failure.to_port("GetFolder", About::Folder, Intent::Read)),
    }
}

/// A page that was too large for the server is asked again at a quarter of its size.
pub(super) fn shrink_on_refusal<T>(
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
