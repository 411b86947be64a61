//! Writing items in batches of one kind of write. Nothing here notifies anybody (INV-12).

use ssi_domain::{
    ItemId, Version,
    port::{ItemWrite, PortError, WriteDone},
};

use super::{
    client::{AnswerSize, Call, Ews},
    failure::{About, CallError, Failure},
    item::Draft,
    op::{
        create_item::{self, CreateItem},
        delete_item::{self, DeleteItem},
        move_item::{self, MoveItem},
        update_item::{self, UpdateItem},
    },
    plan::Plans,
    ready::Ready,
    refusal,
    version::ServerVersion,
};
use crate::http::Intent;

/// Most items per write. The server stops a batch after about a minute.
pub(super) const PUT_BATCH: usize = 100;

pub(super) type Outcome = Result<WriteDone, PortError>;

/// What became of one write of a batch.
enum Answer {
    /// What the server said.
    Said(Result<Option<Box<Draft>>, Failure>),
    /// Decided before anything was sent.
    Decided(Outcome),
}

impl Ews {
    /// Writes; see [`ssi_domain::port::Mailbox::put`]. An error that ends the whole call is returned as
    /// such only while nothing was written; later it stands at every write that was not done.
    pub(super) async fn writes(&self, writes: &[ItemWrite]) -> Result<Vec<Outcome>, PortError> {
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(writes.len());
        let mut size = PUT_BATCH;
        while outcomes.len() < writes.len() {
            let rest = &writes[outcomes.len()..];
            let alike = rest
                .iter()
                .take(size)
                .take_while(|one| is_alike(&rest[0], one))
                .count();
            let batch = &rest[..alike.max(1)];
            match self.write_once(batch).await {
                Ok(answers) => file(&self.plans, batch, answers, &mut outcomes),
                // A fault about an id or a value means that nothing was done: find the one at fault.
                Err(CallError::Fault(fault))
                    if batch.len() > 1 && (fault.not_found() || fault.refuses_request()) =>
                {
                    size = 1;
                }
                Err(error) => {
                    let error = whole_call(&self.plans, error, batch);
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

    async fn write_once(&self, batch: &[ItemWrite]) -> Result<Vec<Answer>, CallError> {
        let ready = self.make_ready(batch).await?;
        let to_send: Vec<&ItemWrite> = batch
            .iter()
            .zip(&ready)
            .filter(|(_, ready)| !matches!(ready, Ready::Decided(_)))
            .map(|(write, _)| write)
            .collect();
        let mut said = Vec::new();
        if let Some(first) = to_send.first() {
            said = self.send(first, &to_send, &ready).await?;
            if said.len() != to_send.len() {
                let operation = operation(first);
                let detail = format!("{operation}: {} answers to {}", said.len(), to_send.len());
                return Err(CallError::Port(PortError::Unknown { detail }));
            }
        }
        let mut said = said.into_iter();
        let answers = ready.into_iter().filter_map(|ready| match ready {
            Ready::Decided(outcome) => Some(Answer::Decided(outcome)),
            Ready::Text(_) | Ready::Id => said
                .next()
                .map(|one| Answer::Said(one.map(|draft| draft.map(Box::new)))),
        });
        Ok(answers.collect())
    }

    /// Sends what is ready; all writes are alike.
    async fn send(
        &self,
        first: &ItemWrite,
        writes: &[&ItemWrite],
        ready: &[Ready],
    ) -> Result<Vec<Result<Option<Draft>, Failure>>, CallError> {
        let texts: Vec<String> = ready.iter().filter_map(Ready::text).collect();
        let items: Vec<(&ItemId, &Version)> =
            writes.iter().filter_map(|write| versioned(write)).collect();
        let operation = operation(first);
        let call = |body| Call {
            operation,
            intent: Intent::Write,
            body,
        };
        match first {
            ItemWrite::Move { to, .. } => {
                let ids: Vec<ItemId> = writes.iter().filter_map(|write| moved(write)).collect();
                let body = |version: ServerVersion| move_item::body(&ids, to, version);
                let call = call(&body);
                let all = self.call::<MoveItem>(&call, AnswerSize::Normal).await?;
                Ok(all.into_iter().map(|one| one.map(MoveItem::item)).collect())
            }
            ItemWrite::Create { folder, .. } => {
                let body = |_| create_item::body(folder, &texts);
                let call = call(&body);
                let all = self.call::<CreateItem>(&call, AnswerSize::Normal).await?;
                Ok(all
                    .into_iter()
                    .map(|one| one.map(CreateItem::item))
                    .collect())
            }
            ItemWrite::Mark { .. } | ItemWrite::Update { .. } => {
                let body = |version: ServerVersion| update_item::body(&texts, version);
                let call = call(&body);
                let all = self.call::<UpdateItem>(&call, AnswerSize::Normal).await?;
                Ok(all
                    .into_iter()
                    .map(|one| one.map(UpdateItem::item))
                    .collect())
            }
            ItemWrite::Delete { .. } => {
                let body = |version: ServerVersion| delete_item::body(&items, version);
                let call = call(&body);
                let all = self.call::<DeleteItem>(&call, AnswerSize::Normal).await?;
                Ok(all.into_iter().map(|one| one.map(|_| None)).collect())
            }
        }
    }
}

/// Files the answers up to the first write that was not worked on; the rest is sent again.
fn file(plans: &Plans, batch: &[ItemWrite], answers: Vec<Answer>, outcomes: &mut Vec<Outcome>) {
    let undone = answers
        .iter()
        .rev()
        .take_while(|one| matches!(one, Answer::Said(Err(failure)) if failure.stopped()))
        .count();
    // When nothing at all was worked on, sending it again would go on for ever.
    let worked_on = if undone < batch.len() {
        batch.len() - undone
    } else {
        batch.len()
    };
    for (write, answer) in batch.iter().zip(answers).take(worked_on) {
        outcomes.push(match answer {
            Answer::Said(Ok(draft)) => done(write, draft),
            Answer::Said(Err(failure)) => {
                Err(refusal::of_write(plans, &failure, operation(write), write))
            }
            Answer::Decided(outcome) => outcome,
        });
    }
}

fn whole_call(plans: &Plans, error: CallError, batch: &[ItemWrite]) -> PortError {
    let operation = operation(&batch[0]);
    match (error, batch) {
        (CallError::Fault(fault), [one]) => refusal::of_write(plans, &fault, operation, one),
        (error, _) => error.into_port(operation, About::Mailbox, Intent::Write),
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

fn done(write: &ItemWrite, draft: Option<Box<Draft>>) -> Outcome {
    let version = draft.as_ref().and_then(|draft| draft.version());
    let id = draft
        .as_ref()
        .map(|draft| draft.id())
        .filter(|id| !id.is_empty());
    match (write, id) {
        (_, Some(id)) => Ok(WriteDone {
            id: ItemId::new(id),
            version,
        }),
        (
            ItemWrite::Mark { item, .. }
            | ItemWrite::Update { item, .. }
            | ItemWrite::Delete { item, .. },
            None,
        ) => Ok(WriteDone {
            id: item.clone(),
            version,
        }),
        // Exchange 2010 RTM and older, and moves to another mailbox, do not say the new id. The item is
        // there under an id we do not know: exactly what `Unknown` asks the engine to look up.
        (ItemWrite::Move { .. } | ItemWrite::Create { .. }, None) => Err(PortError::Unknown {
            detail: format!("{}: done, but the answer has no new id", operation(write)),
        }),
    }
}

fn is_alike(first: &ItemWrite, other: &ItemWrite) -> bool {
    match (first, other) {
        (
            ItemWrite::Mark { .. } | ItemWrite::Update { .. },
            ItemWrite::Mark { .. } | ItemWrite::Update { .. },
        )
        | (ItemWrite::Delete { .. }, ItemWrite::Delete { .. }) => true,
        (ItemWrite::Move { to, .. }, ItemWrite::Move { to: other, .. }) => to == other,
        (ItemWrite::Create { folder, .. }, ItemWrite::Create { folder: other, .. }) => {
            folder == other
        }
        _ => false,
    }
}

/// The item of a write that holds only at one version.
fn versioned(write: &ItemWrite) -> Option<(&ItemId, &Version)> {
    match write {
        ItemWrite::Mark { item, version, .. }
        | ItemWrite::Update { item, version, .. }
        | ItemWrite::Delete { item, version } => Some((item, version)),
        ItemWrite::Move { .. } | ItemWrite::Create { .. } => None,
    }
}

fn moved(write: &ItemWrite) -> Option<ItemId> {
    match write {
        ItemWrite::Move { item, .. } => Some(item.clone()),
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
