//! Marking and moving items. Nothing here notifies anybody (INV-12).

use ssi_domain::{
    FolderId, ItemId,
    port::{ItemWrite, PortError, WriteDone},
};

use super::{
    client::{AnswerSize, Call, Ews},
    failure::{About, CallError, Failure},
    item::Draft,
    op::{
        move_item::{self, MoveItem},
        update_item::{self, Mark, UpdateItem},
    },
    version::ServerVersion,
};
use crate::http::Intent;

/// Most items per write. The server stops a batch after about a minute.
pub(super) const PUT_BATCH: usize = 100;

type Outcome = Result<WriteDone, PortError>;

impl Ews {
    /// Writes; see [`ssi_domain::port::Mailbox::put`]. An error that ends the whole call is returned as
    /// such only while nothing was written; later it stands at every write that was not done.
    pub(super) async fn writes(&self, writes: &[ItemWrite]) -> Result<Vec<Outcome>, PortError> {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(writes.len());
        let mut size = PUT_BATCH;
        while outcomes.len() < writes.len() {
            let rest = &writes[outcomes.len()..];
            if !matches!(rest[0], ItemWrite::Mark { .. } | ItemWrite::Move { .. }) {
                outcomes.push(Err(PortError::Refused {
                    field: None,
                    why: "not built yet".to_owned(),
                }));
                continue;
            }
            let alike = rest
                .iter()
                .take(size)
                .take_while(|one| is_alike(&rest[0], one))
                .count();
            let batch = &rest[..alike.max(1)];
            match self.write_once(batch).await {
                Ok(messages) => self.file(batch, messages, &mut outcomes),
                // A fault about an id means that nothing was done: find the one at fault.
                Err(CallError::Fault(fault)) if fault.not_found() && batch.len() > 1 => size = 1,
                Err(error) => {
                    let about = if batch.len() == 1 {
                        About::Item
                    } else {
                        About::Mailbox
                    };
                    let error = error.into_port(operation(&batch[0]), about, Intent::Write);
                    if error.is_item_problem() && batch.len() == 1 {
                        outcomes.push(Err(error));
                    } else if outcomes.is_empty() && batch.len() == writes.len() {
                        return Err(error);
                    } else {
                        give_up(error, batch.len(), writes.len(), &mut outcomes)?;
                    }
                }
            }
        }
        Ok(outcomes)
    }

    /// Files the answers up to the first write that was not worked on; the rest is sent again.
    fn file(
        &self,
        batch: &[ItemWrite],
        messages: Vec<Result<Option<Draft>, Failure>>,
        outcomes: &mut Vec<Outcome>,
    ) {
        let undone = messages
            .iter()
            .rev()
            .take_while(|one| is_stopped(one))
            .count();
        // When nothing at all was worked on, sending it again would go on for ever.
        let worked_on = if undone < batch.len() {
            batch.len() - undone
        } else {
            batch.len()
        };
        for (write, message) in batch.iter().zip(messages).take(worked_on) {
            outcomes.push(match message {
                Ok(draft) => done(write, draft),
                Err(failure) => Err(failure.to_port(operation(write), About::Item, Intent::Write)),
            });
        }
    }

    async fn write_once(
        &self,
        batch: &[ItemWrite],
    ) -> Result<Vec<Result<Option<Draft>, Failure>>, CallError> {
        let marks: Vec<Mark<'_>> = batch.iter().filter_map(mark).collect();
        let moves: Vec<(ItemId, FolderId)> = batch.iter().filter_map(moved).collect();
        let answers = if let Some((_, to)) = moves.first() {
            let ids: Vec<ItemId> = moves.iter().map(|(id, _)| id.clone()).collect();
            let body = |version: ServerVersion| move_item::body(&ids, to, version);
            let call = Call {
                operation: "MoveItem",
                intent: Intent::Write,
                body: &body,
            };
            let messages = self.call::<MoveItem>(&call, AnswerSize::Normal).await?;
            messages
                .into_iter()
                .map(|one| one.map(MoveItem::item))
                .collect::<Vec<_>>()
        } else {
            let body = |version: ServerVersion| update_item::body(&marks, version);
            let call = Call {
                operation: "UpdateItem",
                intent: Intent::Write,
                body: &body,
            };
            let messages = self.call::<UpdateItem>(&call, AnswerSize::Normal).await?;
            messages
                .into_iter()
                .map(|one| one.map(UpdateItem::item))
                .collect()
        };
        if answers.len() == batch.len() {
            return Ok(answers);
        }
        let operation = operation(&batch[0]);
        let detail = format!("{operation}: {} answers to {}", answers.len(), batch.len());
        Err(CallError::Port(PortError::Unknown { detail }))
    }
}

/// An error in the middle: it stands at the writes it hit; those never sent are transient.
fn give_up(
    error: PortError,
    hit: usize,
    all: usize,
    outcomes: &mut Vec<Outcome>,
) -> Result<(), PortError> {
    // Nothing was sent after a pause or a sign-in was asked for, so all may come again.
    if outcomes.is_empty() && !matches!(error, PortError::Unknown { .. }) {
        return Err(error);
    }
    let later = match &error {
        PortError::Unknown { detail } => PortError::transient(format!("not sent after {detail}")),
        other => other.clone(),
    };
    for _ in 0..hit {
        outcomes.push(Err(error.clone()));
    }
    while outcomes.len() < all {
        outcomes.push(Err(later.clone()));
    }
    Ok(())
}

fn done(write: &ItemWrite, draft: Option<Draft>) -> Outcome {
    let version = draft.as_ref().and_then(Draft::version);
    let id = draft.as_ref().map(Draft::id).filter(|id| !id.is_empty());
    match (write, id) {
        (ItemWrite::Mark { item, .. }, None) => Ok(WriteDone {
            id: item.clone(),
            version,
        }),
        (_, Some(id)) => Ok(WriteDone {
            id: ItemId::new(id),
            version,
        }),
        // Exchange 2010 RTM and older, and moves to another mailbox, do not say the new id. The item is
        // there under an id we do not know: exactly what `Unknown` asks the engine to look up.
        (_, None) => Err(PortError::Unknown {
            detail: "MoveItem: moved, but the answer has no new id".to_owned(),
        }),
    }
}

fn is_stopped(message: &Result<Option<Draft>, Failure>) -> bool {
    message.as_ref().is_err_and(Failure::stopped)
}

fn is_alike(first: &ItemWrite, other: &ItemWrite) -> bool {
    match (first, other) {
        (ItemWrite::Mark { .. }, ItemWrite::Mark { .. }) => true,
        (ItemWrite::Move { to, .. }, ItemWrite::Move { to: other, .. }) => to == other,
        _ => false,
    }
}

fn mark(write: &ItemWrite) -> Option<Mark<'_>> {
    match write {
        ItemWrite::Mark {
            item,
            version,
            categories,
            link,
        } => Some(Mark {
            item,
            version,
            categories,
            link: link.as_ref(),
        }),
        _ => None,
    }
}

fn moved(write: &ItemWrite) -> Option<(ItemId, FolderId)> {
    match write {
        ItemWrite::Move { item, to } => Some((item.clone(), to.clone())),
        _ => None,
    }
}

fn operation(write: &ItemWrite) -> &'static str {
    match write {
        ItemWrite::Mark { .. } | ItemWrite::Update { .. } => "UpdateItem",
        ItemWrite::Move { .. } => "MoveItem",
        ItemWrite::Create { .. } => "CreateItem",
        ItemWrite::Delete { .. } => "DeleteItem",
    }
}
