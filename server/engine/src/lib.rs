//! The engine: both paths, and the one service they share.
//!
//! ```text
//! sidebar   -> instant::*        -+
//!                                 +-> transfer (reserve, look up, link, create, record) -> ports
//! scheduler -> background::session+
//! ```
//!
//! Laws. Only [`transfer`] and the mark writer it owns write outward. Every decision is a pure function
//! of `ssi-domain`. A cursor is stored in the same transaction as the effects of its page (INV-8).

mod backends;
mod background;
mod error;
mod ids;
mod instant;
mod settings;
mod thread;
mod transfer;
mod wish;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

pub use backends::Backends;
pub use background::{
    Cause, Counts, Decision, Down, FeedReport, ItemEvent, MailboxStatus, Note, PlannedEffect,
    Rehearsal, SessionEnd, SessionEvent, SessionReport,
};
pub use error::Error;
pub use ids::{Ids, SystemIds};
pub use instant::{
    Blocked, Card, Cards, ChangedLinks, CreateRecord, Creation, EventClick, EventOutcome,
    FieldDispute, FoundRecords, ItemKey, ItemState, Layer, Made, OfferedParty, Preview,
    PreviewedChange, QueueSave, SaveChoice, SaveEmail, SaveEvent, SaveOutcome, Saved, SavedEvent,
    Settle, SettleIssue, Standing, UnknownPerson, UpdateLinks, Who,
};
pub use wish::ComposedEvent;

use jiff::Timestamp;
use ssi_domain::{Clock, MailboxId};
use ssi_store::Store;
use tokio::sync::Notify;

/// What an engine is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and jitter.
    pub ids: Arc<dyn Ids>,
    /// The ports by configuration.
    pub backends: Arc<dyn Backends>,
    /// The name of this node, unique among running nodes; leases and holds carry it.
    pub node: String,
    /// How many sessions run at once on this node.
    pub parallel_sessions: usize,
}

/// The engine of one node. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<Parts>,
    watchers: background::Watchers,
    /// Wakes the runner before its next poll.
    wake: Arc<Notify>,
    /// When a person last forced each mailbox on this node.
    forced: Arc<Mutex<HashMap<MailboxId, Timestamp>>>,
}

impl Engine {
    /// An engine on an opened and migrated store.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            watchers: background::Watchers::default(),
            wake: Arc::default(),
            forced: Arc::default(),
        }
    }

    /// The database, for callers that only read (sessions, issues).
    pub fn store(&self) -> &Store {
        &self.parts.store
    }
}
