//! Events and the subscriptions that wait for them.

use std::collections::{BTreeSet, VecDeque};

use jiff::Timestamp;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// `CreatedEvent`.
    Created,
    /// `DeletedEvent`.
    Deleted,
    /// `ModifiedEvent`.
    Modified,
    /// `MovedEvent`.
    Moved,
    /// `CopiedEvent`.
    Copied,
    /// `NewMailEvent`.
    NewMail,
}

impl What {
    /// Element name.
    pub fn element(self) -> &'static str {
        match self {
            Self::Created => "CreatedEvent",
            Self::Deleted => "DeletedEvent",
            Self::Modified => "ModifiedEvent",
            Self::Moved => "MovedEvent",
            Self::Copied => "CopiedEvent",
            Self::NewMail => "NewMailEvent",
        }
    }
}

/// One event; item and folder numbers, no content.
#[derive(Clone, Debug)]
pub struct Event {
    /// Kind of event.
    pub what: What,
    /// Item concerned; `None` for a folder event.
    pub item: Option<u64>,
    /// Folder concerned; for an item event the folder it is in (now).
    pub folder: u64,
    /// Parent of the folder, for folder events.
    pub parent: u64,
    /// Where it came from: old item and old folder.
    pub old: Option<(u64, u64)>,
    /// When.
    pub at: Timestamp,
}

impl Event {
    pub(super) fn item(what: What, key: u64, folder: u64, at: Timestamp) -> Self {
        Self {
            what,
            item: Some(key),
            folder,
            parent: folder,
            old: None,
            at,
        }
    }

    pub(super) fn folder(what: What, key: u64, parent: u64, at: Timestamp) -> Self {
        Self {
            what,
            item: None,
            folder: key,
            parent,
            old: None,
            at,
        }
    }

    pub(super) fn relocated(what: What, new: (u64, u64), old: (u64, u64), at: Timestamp) -> Self {
        Self {
            what,
            item: Some(new.0),
            folder: new.1,
            parent: new.1,
            old: Some(old),
            at,
        }
    }
}

/// How a subscription hands its events out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// GetStreamingEvents.
    Streaming,
    /// GetEvents with watermarks.
    Pull,
}

/// Most events kept for a subscription nobody reads; older ones are lost and the reader is told.
const MAX_PENDING: usize = 10_000;

/// A subscription.
#[derive(Debug)]
pub struct Subscription {
    /// Mailbox (lower-case address) it watches.
    pub mailbox: String,
    /// Folders watched; `None` = all.
    pub folders: Option<BTreeSet<u64>>,
    /// Wanted kinds of events.
    pub wanted: Vec<What>,
    /// Way of reading.
    pub delivery: Delivery,
    /// Events not read yet with their sequence numbers.
    pub pending: VecDeque<(u64, Event)>,
    /// Sequence number of the last event.
    pub sequence: u64,
    /// Events were dropped because nobody read them.
    pub overflown: bool,
}

impl Subscription {
    pub(super) fn offer(&mut self, event: &Event) {
        let watched = self.folders.as_ref().is_none_or(|folders| {
            folders.contains(&event.folder)
                || (event.item.is_none() && folders.contains(&event.parent))
                || event
                    .old
                    .is_some_and(|(_, folder)| folders.contains(&folder))
        });
        if !watched || !self.wanted.contains(&event.what) {
            return;
        }
        self.sequence += 1;
        if self.pending.len() >= MAX_PENDING {
            self.pending.pop_front();
            self.overflown = true;
        }
        self.pending.push_back((self.sequence, event.clone()));
    }
}
