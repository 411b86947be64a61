//! What a session tells about itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ssi_domain::{ItemId, Kind, MailboxId, RecordRef, SessionId, Trace};
use ssi_store::LinkTarget;

use super::{Down, Note};

/// What became of one item in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A record was created for it.
    Saved,
    /// A record existed for the same mail; this copy was linked to it.
    Duplicate,
    /// A record or an item was changed.
    Updated,
    /// A record or an item was removed or cancelled.
    Removed,
    /// By a rule there is nothing to save.
    Skipped,
    /// It is parked with an issue.
    Failed,
    /// A later session goes on with it.
    Deferred,
}

impl Decision {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Duplicate => "duplicate",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Deferred => "deferred",
        }
    }
}

/// The outcome of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemEvent {
    /// The id by which the change listing named it.
    pub item: ItemId,
    /// What it is.
    pub kind: Kind,
    /// Its RFC 5322 Message-ID, if it was read and has one.
    pub message_id: Option<String>,
    /// What became of it.
    pub decision: Decision,
    /// The stable reason code.
    pub reason: String,
    /// The record.
    pub record: Option<RecordRef>,
    /// What the record is linked with.
    pub links: Vec<LinkTarget>,
    /// Every rule that was asked.
    pub trace: Trace,
}

/// Numbers of a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Changes seen in the mailbox.
    pub seen: u64,
    /// Records created.
    pub saved: u64,
    /// Records or items changed.
    pub updated: u64,
    /// Records or items removed or cancelled.
    pub removed: u64,
    /// Items without need to save.
    pub skipped: u64,
    /// Items parked with an issue.
    pub failed: u64,
    /// Copies of mails that were saved before.
    pub duplicates: u64,
    /// Items left to a later session.
    pub deferred: u64,
    /// Outward HTTP requests to both sides.
    pub remote_calls: u64,
    /// Outward writes (records, links, marks, moves).
    pub writes: u64,
}

/// What started a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The schedule, or a wake-up that moved the due time.
    Due,
    /// A person asked for it.
    Forced,
    /// The command line.
    Once,
}

impl Cause {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Forced => "forced",
            Self::Once => "once",
        }
    }
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "end")]
pub enum SessionEnd {
    /// Everything was looked at.
    Done,
    /// It stopped; the next one goes on where this one stood.
    Failed {
        /// Stable code.
        code: String,
        /// What to do.
        detail: String,
        /// The mailbox is suspended until somebody acts.
        suspended: bool,
    },
    /// Asked to stop, or another node took over.
    Interrupted,
}

/// A session's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionReport {
    /// The session.
    pub session: SessionId,
    /// How it ended.
    pub end: SessionEnd,
    /// Its numbers.
    pub counts: Counts,
    /// What comes down and what does not; empty where the session looked at nothing.
    pub down: Vec<Down>,
    /// What its mailbox's owner should know though sync goes on.
    pub notes: Vec<Note>,
}

/// Something a watcher of a mailbox sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// A session started.
    Started {
        /// The session.
        session: SessionId,
    },
    /// Work went on.
    Progress {
        /// The session.
        session: SessionId,
        /// What it is doing: `prepare`, `follow_ups`, `mail`, `mirror`, `crm`, `deletions`, `finish`.
        phase: &'static str,
        /// Numbers so far.
        counts: Counts,
    },
    /// An item was decided.
    Item {
        /// The session.
        session: SessionId,
        /// The outcome.
        event: ItemEvent,
    },
    /// The session ended.
    Ended(SessionReport),
}

/// A mailbox as its owner sees it on the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxStatus {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its address.
    pub address: String,
    /// Why it is suspended, as code and advice; `None` while it syncs.
    pub suspended: Option<(String, String)>,
    /// When the next session is due.
    pub next_due: Timestamp,
    /// A session is running now.
    pub running: bool,
    /// When the last session ended.
    pub last_session_at: Option<Timestamp>,
    /// Open issues.
    pub open_issues: u64,
    /// What comes down and what does not, by kind (CON-10, CON-11).
    pub down: Vec<Down>,
    /// What its owner should know though sync goes on.
    pub notes: Vec<Note>,
}
