//! Reading items in batches that adapt to what the server can bear.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::atomic::{AtomicUsize, Ordering},
};

use ssi_domain::{
    ItemId,
    port::{BrokenSource, Item, PortError, Shape},
};

use super::{
    client::{AnswerSize, Call, Ews},
    failure::{About, CallError, Failure},
    op::get_item::{self, GetItem},
    plan::{Breadth, Class},
    version::ServerVersion,
};
use crate::http::Intent;

const OPERATION: &str = "GetItem";

/// Longest id asked for. Real ones stay below 1,024 characters; longer ones are forged.
const MAX_ID: usize = 4096;

/// What is known of one id.
#[derive(Debug, Clone)]
enum Entry {
    Open,
    Done(Result<Option<Box<Item>>, PortError>),
    Denied,
}

impl Entry {
    /// The item that was read, with its class.
    fn class(&self) -> Option<(&ItemId, Class)> {
        match self {
            Self::Done(Ok(Some(item))) => {
                let class = Class::of_kind(item.kind).unwrap_or(Class::Message);
                Some((&item.id, class))
            }
            Self::Open | Self::Done(_) | Self::Denied => None,
        }
    }
}

/// The state of one read.
struct Reading<'a> {
    ids: &'a [ItemId],
    shape: Shape,
    entries: Vec<Entry>,
    /// Ids that refused the properties asked for.
    refused: VecDeque<usize>,
    answered: bool,
}

impl Ews {
    /// Items by id; see [`ssi_domain::port::Mailbox::get`].
    pub(super) async fn items(
        &self,
        ids: &[ItemId],
        shape: Shape,
    ) -> Result<Vec<Result<Option<Item>, PortError>>, PortError> {
        let mut reading = Reading {
            ids,
            shape,
            entries: vec![Entry::Open; ids.len()],
            refused: VecDeque::new(),
            answered: false,
        };
        let mut open = VecDeque::new();
        for (at, id) in ids.iter().enumerate() {
            match id.as_str().len() {
                1..=MAX_ID => open.push_back(at),
                _ => reading.entries[at] = Entry::Done(Ok(None)),
            }
        }
        let mut narrow = open;
        if let Some(class) = self.seen.common(narrow.iter().map(|at| &ids[*at])) {
            self.ask(&mut reading, narrow, Breadth::Only(class)).await?;
            // What is of another class by now, or refuses its own.
            narrow = std::mem::take(&mut reading.refused);
        }
        if self.all_classes_allowed.load(Ordering::Relaxed) {
            let answered = std::mem::replace(&mut reading.answered, false);
            self.ask(&mut reading, narrow, Breadth::All).await?;
            narrow = std::mem::take(&mut reading.refused);
            if !narrow.is_empty() && !reading.answered {
                self.all_classes_allowed.store(false, Ordering::Relaxed);
            }
            reading.answered |= answered;
        }
        self.by_class(&mut reading, narrow).await?;
        self.settle(reading).await
    }

    /// Reads in two steps what refuses the properties of other classes: its class first.
    async fn by_class(
        &self,
        reading: &mut Reading<'_>,
        narrow: VecDeque<usize>,
    ) -> Result<(), PortError> {
        if narrow.is_empty() {
            return Ok(());
        }
        self.ask(reading, narrow.clone(), Breadth::AnyItem).await?;
        let mut classes: BTreeMap<Class, VecDeque<usize>> = BTreeMap::new();
        for at in narrow {
            if let Entry::Done(Ok(Some(item))) = &reading.entries[at]
                && let Some(class) = Class::of_item(item.kind, &item.class)
            {
                classes.entry(class).or_default().push_back(at);
            }
        }
        for (class, ids) in classes {
            self.ask(reading, ids, Breadth::Only(class)).await?;
            for at in std::mem::take(&mut reading.refused) {
                // A message with what every item has is still a message; a contact without its fields would
                // look as if somebody had emptied it.
                if class != Class::Message {
                    let error = PortError::item(format!("{OPERATION}: its properties are refused"));
                    reading.entries[at] = Entry::Done(Err(error));
                }
            }
        }
        Ok(())
    }

    /// Asks for the open ids in batches until each has its entry.
    async fn ask(
        &self,
        reading: &mut Reading<'_>,
        mut open: VecDeque<usize>,
        breadth: Breadth,
    ) -> Result<(), PortError> {
        let proven = self.size(reading.shape);
        let mut size = proven.load(Ordering::Relaxed);
        while !open.is_empty() {
            let batch: Vec<usize> = open.iter().copied().take(size.max(1)).collect();
            match self.ask_once(reading, &batch, breadth).await {
                Ok(messages) => {
                    open.drain(..batch.len());
                    let stopped = reading.take(&batch, messages, breadth)?;
                    if stopped.len() == batch.len() {
                        return Err(PortError::transient(format!(
                            "{OPERATION}: nothing was done"
                        )));
                    }
                    for at in stopped.into_iter().rev() {
                        open.push_front(at);
                    }
                }
                Err(CallError::Fault(fault))
                    if breadth == Breadth::All && fault.refuses_properties() =>
                {
                    reading.refused.extend(open.drain(..batch.len()));
                }
                Err(error) => {
                    let (slow, spoiled) = (is_slow(&error), is_spoiled(&error));
                    if batch.len() > 1 && (slow || spoiled) {
                        size = batch.len().div_ceil(4);
                        if slow {
                            proven.fetch_min(size, Ordering::Relaxed);
                        }
                        continue;
                    }
                    let about = if spoiled { About::Item } else { About::Mailbox };
                    let error = error.into_port(OPERATION, about, Intent::Read);
                    if !(spoiled || slow) || reading.ids.len() == 1 {
                        return reading.alone(batch[0], error);
                    }
                    open.pop_front();
                    reading.spoil(batch[0], error);
                }
            }
        }
        Ok(())
    }

    async fn ask_once(
        &self,
        reading: &Reading<'_>,
        batch: &[usize],
        breadth: Breadth,
    ) -> Result<Vec<Result<GetItem, Failure>>, CallError> {
        let ids: Vec<ItemId> = batch.iter().map(|at| reading.ids[*at].clone()).collect();
        let shape = reading.shape;
        let plans = &self.plans;
        let body = |version: ServerVersion| get_item::body(&ids, plans, shape, breadth, version);
        let call = Call {
            operation: OPERATION,
            intent: Intent::Read,
            body: &body,
        };
        let size = match shape {
            Shape::Headers => AnswerSize::Normal,
            Shape::Full => AnswerSize::Big,
        };
        let messages = self.call_as(&call, size, &|| GetItem::by(plans)).await?;
        if messages.len() != batch.len() {
            let detail = format!("{OPERATION}: {} answers to {}", messages.len(), batch.len());
            return Err(CallError::Port(PortError::answer(detail)));
        }
        Ok(messages)
    }

    /// Denied entries are other people's items, unless the whole mailbox is denied: then nothing is gone.
    async fn settle(
        &self,
        reading: Reading<'_>,
    ) -> Result<Vec<Result<Option<Item>, PortError>>, PortError> {
        if reading
            .entries
            .iter()
            .any(|entry| matches!(entry, Entry::Denied))
        {
            self.can_open().await?;
        }
        self.seen
            .note(reading.entries.iter().filter_map(Entry::class));
        let mut answers = Vec::with_capacity(reading.entries.len());
        for entry in reading.entries {
            answers.push(match entry {
                Entry::Done(answer) => answer.map(|item| item.map(|item| *item)),
                Entry::Denied => Ok(None),
                Entry::Open => Err(PortError::answer(format!("{OPERATION}: no answer"))),
            });
        }
        if !reading.answered
            && let Some(Err(error)) = answers.iter().find(|answer| {
                matches!(
                    answer,
                    Err(PortError::Broken {
                        source_kind: BrokenSource::Answer,
                        ..
                    })
                )
            })
        {
            return Err(error.clone());
        }
        Ok(answers)
    }

    fn size(&self, shape: Shape) -> &AtomicUsize {
        match shape {
            Shape::Headers => &self.sizes.headers,
            Shape::Full => &self.sizes.full,
        }
    }
}

impl Reading<'_> {
    /// Files the answers; gives back the ids that were not worked on.
    fn take(
        &mut self,
        batch: &[usize],
        messages: Vec<Result<GetItem, Failure>>,
        breadth: Breadth,
    ) -> Result<Vec<usize>, PortError> {
        let mut stopped = Vec::new();
        for (&at, message) in batch.iter().zip(messages) {
            let failure = match message {
                Ok(GetItem {
                    item: Some(draft), ..
                }) => {
                    self.answered = true;
                    if matches!(breadth, Breadth::Only(class) if class != draft.item_class()) {
                        self.refused.push_back(at);
                        continue;
                    }
                    let item = Box::new(draft.into_item(&self.ids[at]));
                    self.entries[at] = Entry::Done(Ok(Some(item)));
                    continue;
                }
                Ok(GetItem { item: None, .. }) => {
                    let error = PortError::answer(format!("{OPERATION}: success without item"));
                    self.entries[at] = Entry::Done(Err(error));
                    continue;
                }
                Err(failure) => failure,
            };
            if failure.stopped() {
                stopped.push(at);
            } else if failure.refuses_properties() && breadth != Breadth::AnyItem {
                self.refused.push_back(at);
            } else {
                self.file(at, &failure)?;
            }
        }
        Ok(stopped)
    }

    fn file(&mut self, at: usize, failure: &Failure) -> Result<(), PortError> {
        let error = failure.to_port(OPERATION, About::Item, Intent::Read);
        self.entries[at] = match error {
            _ if failure.not_found() => {
                self.answered = true;
                Entry::Done(Ok(None))
            }
            _ if failure.code == "ErrorAccessDenied" => Entry::Denied,
            // These are about the mailbox, whatever entry they stand at.
            PortError::Wait { .. } | PortError::SignIn { .. } | PortError::Blocked { .. } => {
                return Err(error);
            }
            error => Entry::Done(Err(error)),
        };
        Ok(())
    }

    /// The end of a read that cannot go on, or the answer for a single id.
    fn alone(&mut self, at: usize, error: PortError) -> Result<(), PortError> {
        match error {
            PortError::Gone { .. } if self.ids.len() == 1 => {
                self.entries[at] = Entry::Done(Ok(None));
                Ok(())
            }
            error => Err(error),
        }
    }

    /// One id that spoils every batch it is in.
    fn spoil(&mut self, at: usize, error: PortError) {
        let answer = match error {
            PortError::Gone { .. } => Ok(None),
            error => Err(error),
        };
        self.entries[at] = Entry::Done(answer);
    }
}

/// Whether less at once may succeed.
fn is_slow(error: &CallError) -> bool {
    match error {
        CallError::Smaller(_) => true,
        CallError::Fault(fault) => fault.wants_smaller(),
        CallError::Port(_) => false,
    }
}

/// Whether one of the items may have spoiled the whole answer.
fn is_spoiled(error: &CallError) -> bool {
    match error {
        CallError::Fault(fault) => {
            fault.not_found()
                || matches!(
                    fault.code.as_str(),
                    "ErrorInternalServerError" | "ErrorCorruptData" | "ErrorItemCorrupt"
                )
        }
        CallError::Port(PortError::Broken { source_kind, .. }) => {
            *source_kind == BrokenSource::Answer
        }
        CallError::Port(_) | CallError::Smaller(_) => false,
    }
}
