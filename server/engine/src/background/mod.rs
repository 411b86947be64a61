//! The background path: a runner claims due mailboxes, a session per mailbox does the work.

mod chunk;
mod control;
mod daily;
mod deletions;
mod down;
mod feed;
mod filing;
mod follow_ups;
mod glance;
mod left;
mod mirror;
mod notice;
mod outcome;
mod rehearse;
mod rehearse_mail;
mod runner;
mod session;
mod sweep;
mod tally;
mod types;
mod watch;

pub use down::{Down, Note};
pub use feed::FeedReport;
pub use rehearse::{PlannedEffect, Rehearsal};
pub use types::{
    Cause, Counts, Decision, ItemEvent, MailboxStatus, SessionEnd, SessionEvent, SessionReport,
};
pub(crate) use watch::Watchers;
