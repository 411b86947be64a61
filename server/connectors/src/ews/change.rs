//! What changed in folders: the pulse and the listing of changes.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use ssi_domain::{
    Cursor, FolderId,
    port::{Change, ChangePage, Collections, PortError, Pulse},
};

use super::{
    client::{AnswerSize, Call, Ews},
    failure::{About, CallError},
    op::{
        get_folder::{self, FolderRef, FolderShape, GetFolder},
        sync_folder_items::{self, Hints, Question, SyncFolderItems},
    },
    value::instant,
    version::ServerVersion,
};
use crate::http::Intent;

impl Ews {
    /// A page of changes; see [`ssi_domain::port::Mailbox::changes`].
    pub(super) async fn page(
        &self,
        folder: &FolderId,
        cursor: Option<&Cursor>,
    ) -> Result<ChangePage, PortError> {
        const OPERATION: &str = "SyncFolderItems";
        let mut max_changes = self.sizes.changes.load(Ordering::Relaxed);
        loop {
            let allowed = self.hints_allowed.load(Ordering::Relaxed);
            let hints = if allowed { Hints::Ask } else { Hints::None };
            let question = Question {
                folder: folder.as_str(),
                cursor,
                max_changes,
                hints,
            };
            let body = |version: ServerVersion| sync_folder_items::body(&question, version);
            let call = Call {
                operation: OPERATION,
                intent: Intent::Read,
                body: &body,
            };
            let answer = self
                .call::<SyncFolderItems>(&call, AnswerSize::Normal)
                .await;
            let (smaller, failure) = match answer {
                Ok(messages) => match messages.into_iter().next() {
                    Some(Ok(page)) => {
                        self.note_classes(&page);
                        return finish(page, cursor, hints);
                    }
                    Some(Err(failure)) => (failure.wants_smaller(), CallError::Fault(failure)),
                    None => return Err(PortError::answer(format!("{OPERATION}: no answer"))),
                },
                Err(CallError::Smaller(error)) => (true, CallError::Smaller(error)),
                Err(CallError::Fault(fault)) => (fault.wants_smaller(), CallError::Fault(fault)),
                Err(error) => (false, error),
            };
            if smaller && max_changes > 1 {
                max_changes = max_changes.div_ceil(4);
                self.sizes.changes.fetch_min(max_changes, Ordering::Relaxed);
                continue;
            }
            if hints == Hints::Ask
                && matches!(&failure, CallError::Fault(fault) if fault.refuses_properties())
            {
                self.hints_allowed.store(false, Ordering::Relaxed);
                continue;
            }
            return Err(failure.into_port(OPERATION, About::Folder, Intent::Read));
        }
    }

    fn note_classes(&self, page: &SyncFolderItems) {
        let upserts = page.changes.iter().filter_map(|change| match change {
            Change::Upsert(hint) => Some(&hint.id),
            Change::Gone(_) => None,
        });
        self.seen.note(upserts.zip(page.classes.iter().copied()));
    }

    /// The state of the folders; see [`ssi_domain::port::Mailbox::pulse`].
    pub(super) async fn state(&self, folders: &Collections) -> Result<Option<Pulse>, PortError> {
        const OPERATION: &str = "GetFolder";
        if folders.folders.is_empty() || !self.pulse_allowed.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let references: Vec<FolderRef> = folders
            .folders
            .iter()
            .map(|(_, id)| FolderRef::Id(id.as_str().to_owned()))
            .collect();
        let body = |_| get_folder::body(&references, FolderShape::Pulse);
        let call = Call {
            operation: OPERATION,
            intent: Intent::Read,
            body: &body,
        };
        let (messages, now) = match self
            .call_dated::<GetFolder>(&call, AnswerSize::Normal)
            .await
        {
            Ok(answer) if answer.0.len() == references.len() => answer,
            Ok(_) => {
                return Err(PortError::answer(format!(
                    "{OPERATION}: answers are missing"
                )));
            }
            Err(CallError::Fault(fault)) if fault.refuses_properties() => {
                self.pulse_allowed.store(false, Ordering::Relaxed);
                return Ok(None);
            }
            Err(error) => return Err(error.into_port(OPERATION, About::Folder, Intent::Read)),
        };
        let mut state = String::new();
        for message in messages {
            let folder = match message {
                Ok(GetFolder {
                    folder: Some(folder),
                }) => folder,
                Ok(GetFolder { folder: None }) => {
                    return Err(PortError::answer(format!(
                        "{OPERATION}: success without folder"
                    )));
                }
                Err(failure) if failure.refuses_properties() => {
                    self.pulse_allowed.store(false, Ordering::Relaxed);
                    return Ok(None);
                }
                Err(failure) => {
                    return Err(failure.to_port(OPERATION, About::Folder, Intent::Read));
                }
            };
            let (Some(total), Some(commit), Some(deleted)) =
                (folder.total, folder.commit_time_max, folder.deleted_total)
            else {
                return Ok(None);
            };
            if now.is_some_and(|now| is_fresh(&commit, now)) {
                return Ok(None);
            }
            for part in [total, commit, deleted] {
                state.push_str(part.trim());
                state.push(' ');
            }
        }
        Ok(Some(Pulse(state.trim_end().to_owned())))
    }
}

/// Whether the last change is so young that the next one could carry the same time: Exchange tells
/// whole seconds, so such a state must not be taken for a settled one. One more second for clocks of
/// front and back end that differ.
fn is_fresh(commit: &str, now: Timestamp) -> bool {
    let age = instant(commit).map(|commit| now.duration_since(commit).abs());
    age.is_some_and(|age| age <= SignedDuration::from_secs(1))
}

fn finish(
    page: SyncFolderItems,
    cursor: Option<&Cursor>,
    hints: Hints,
) -> Result<ChangePage, PortError> {
    let broken = |why: &str| Err(PortError::answer(format!("SyncFolderItems: {why}")));
    let Some(state) = page.sync_state else {
        return broken("no sync state");
    };
    let Some(last) = page.last else {
        return broken("does not say whether more is waiting");
    };
    let next = Cursor(state);
    // Going on from here would ask the same for ever.
    if !last && page.changes.is_empty() && cursor == Some(&next) {
        return broken("more is waiting but nothing moves");
    }
    let mut changes = page.changes;
    if hints == Hints::None {
        // What was not asked for may be missing without meaning anything.
        for change in &mut changes {
            if let Change::Upsert(hint) = change
                && hint.categories.as_ref().is_some_and(Vec::is_empty)
            {
                hint.categories = None;
            }
        }
    }
    Ok(ChangePage {
        changes,
        cursor: next,
        more: !last,
    })
}
