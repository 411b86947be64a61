//! The background path: a runner claims due mailboxes, a session per mailbox does the work.

mod chunk;
mod control;
mod follow_ups;
mod outcome;
mod runner;
mod session;
mod types;
mod watch;

pub use types::{
    Cause, Counts, Decision, ItemEvent, MailboxStatus, SessionEnd, SessionEvent, SessionReport,
};
pub(crate) use watch::Watchers;
