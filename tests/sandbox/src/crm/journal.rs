//! What happened in the tenant: writes counted by operation, and everything that was deleted.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::schema::EntitySet;
use super::tenant::Crm;

/// How a write came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A call of some program, whoever signed in for it.
    #[default]
    Integration,
    /// A person on the screen.
    Person,
}

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Made an entity; a deep insert counts its nodes too.
    Create,
    /// Changed an entity.
    Update,
    /// Deleted an entity; the nodes that go with it are not counted.
    Delete,
}

/// Something that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deletion {
    /// The entity set.
    pub set: &'static str,
    /// ObjectID.
    pub object_id: String,
    /// Human number, empty for nodes.
    pub number: String,
    /// Its `GroupwareItemID`, where the set has one.
    pub groupware_item_id: String,
    /// When, microseconds since 1970 UTC.
    pub at: i64,
    /// How.
    pub channel: Channel,
    /// The name of who did it.
    pub by: String,
}

/// An event notification that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `<BusinessObject>.<Node>.<Created|Updated|Deleted>.v1`.
    pub name: String,
    /// ObjectID of the node.
    pub entity_id: String,
    /// ObjectID of its root.
    pub root_entity_id: String,
    /// When, microseconds since 1970 UTC.
    pub at: i64,
}

/// Events kept for a receiver that does not come; later ones are lost.
const MOST_EVENTS: usize = 10_000;

/// Deletions kept; the oldest are forgotten beyond it.
const MOST_DELETIONS: usize = 1_000_000;

/// A write of the current transaction.
#[derive(Debug)]
pub(super) struct Entry {
    operation: Operation,
    set: &'static str,
    channel: Channel,
    gone: Option<Deletion>,
    event: Event,
}

/// Everything that happened and stayed.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pending: Vec<Entry>,
    counts: BTreeMap<(Operation, &'static str, Channel), u64>,
    deletions: VecDeque<Deletion>,
    events: Vec<Event>,
}

impl Journal {
    pub(super) fn mark(&self) -> usize {
        self.pending.len()
    }

    /// Forgets what a transaction that failed had noted.
    pub(super) fn take_back(&mut self, mark: usize) {
        self.pending.truncate(mark);
    }

    pub(super) fn commit(&mut self, notifies: bool) {
        for entry in self.pending.drain(..) {
            let key = (entry.operation, entry.set, entry.channel);
            *self.counts.entry(key).or_default() += 1;
            if notifies && self.events.len() < MOST_EVENTS {
                self.events.push(entry.event);
            }
            if let Some(gone) = entry.gone {
                if self.deletions.len() == MOST_DELETIONS {
                    self.deletions.pop_front();
                }
                self.deletions.push_back(gone);
            }
        }
    }
}

impl Crm {
    pub(super) fn note(&mut self, operation: Operation, set: &'static EntitySet, key: &str) {
        let event = self.event(operation, set, key);
        self.journal.pending.push(Entry {
            operation,
            set: set.name,
            channel: self.channel,
            gone: None,
            event,
        });
    }

    /// Notes a deletion; the row must still be there.
    pub(super) fn note_deletion(&mut self, set: &'static EntitySet, key: &str) {
        let text = |name: &str| {
            let row = self.row(set, key);
            row.map_or(String::new(), |row| self.text(set, row, name))
        };
        let number = set
            .number
            .map_or("", |(property, _)| set.properties[property].name);
        let gone = Deletion {
            set: set.name,
            object_id: key.to_owned(),
            number: text(number),
            groupware_item_id: text("GroupwareItemID"),
            at: self.now(),
            channel: self.channel,
            by: self.author.name.clone(),
        };
        let event = self.event(Operation::Delete, set, key);
        self.journal.pending.push(Entry {
            operation: Operation::Delete,
            set: set.name,
            channel: self.channel,
            gone: Some(gone),
            event,
        });
    }

    fn event(&self, operation: Operation, set: &'static EntitySet, key: &str) -> Event {
        let verb = match operation {
            Operation::Create => "Created",
            Operation::Update => "Updated",
            Operation::Delete => "Deleted",
        };
        let (root_set, node) = match set.parent {
            Some(parent) => (parent, set.kind),
            None => (set.name, "Root"),
        };
        // Published names; those of appointments and calls are not, and are a tenant's own.
        let object = match root_set {
            "TasksCollection" => "ActivityTask",
            "CorporateAccountCollection" => "Account",
            other => other.trim_end_matches("Collection"),
        };
        let parent = set
            .position("ParentObjectID")
            .filter(|_| set.parent.is_some());
        let root = parent.and_then(|at| Some(self.row(set, key)?.values[at].as_text().to_owned()));
        Event {
            name: format!("{object}.{node}.{verb}.v1"),
            entity_id: key.to_owned(),
            root_entity_id: root.unwrap_or_else(|| key.to_owned()),
            at: self.now(),
        }
    }

    /// The events that wait, oldest first; they are gone from here.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.journal.events)
    }

    /// Everything deleted so far, oldest first: roots, and nodes deleted by themselves. A client has no such
    /// list; it learns of deletions from events, from a `$select=ObjectID` sweep and by reading the id.
    pub fn deletions(&self) -> impl ExactSizeIterator<Item = &Deletion> {
        self.journal.deletions.iter()
    }

    /// Writes that stayed, by operation, entity set and channel, since the start or the last reset.
    #[must_use]
    pub fn writes(&self) -> &BTreeMap<(Operation, &'static str, Channel), u64> {
        &self.journal.counts
    }

    /// How many writes of a channel stayed, over all sets and operations.
    #[must_use]
    pub fn written_by(&self, channel: Channel) -> u64 {
        let counts = self.journal.counts.iter();
        let own = counts.filter(|((.., by), _)| *by == channel);
        own.map(|(_, count)| count).sum()
    }

    /// Sets the counters of writes to zero; the deletions stay.
    pub fn reset_writes(&mut self) {
        self.journal.counts.clear();
    }
}
