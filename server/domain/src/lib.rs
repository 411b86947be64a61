//! The domain of SSI Sync: what items and records are, and every decision about them, as pure
//! functions. Nothing here does I/O, reads a clock or draws a random number.

pub mod attachment;
pub mod autolink;
pub mod blocklist;
pub mod clock;
pub mod create;
pub mod directory;
pub mod eligible;
mod id;
pub mod identity;
mod kind;
pub mod mapping;
pub mod merge;
pub mod mirror;
pub mod name;
pub mod participant;
pub mod phone;
pub mod plan;
pub mod port;
mod reason;
mod record;
pub mod recurrence;
pub mod resolve;
pub mod settings;
pub mod signature;
pub mod smart;
#[cfg(test)]
mod testing;
mod trace;
pub mod transform;
mod value;
pub mod zone;

pub use clock::{Clock, SystemClock, TestClock};
pub use id::{
    AttachmentId, Cursor, FolderId, IssueId, ItemId, LinkId, MailboxId, RecordId, SessionId,
    TenantId, Version, WishId,
};
pub use kind::{EVENT_KINDS, Kind, MIRRORED_KINDS, PARTY_KINDS, UnknownKind};
pub use reason::{ReasonCode, UnknownReason};
pub use record::{Record, Versioned};
pub use settings::SyncSettings;
pub use trace::{Outcome, Step, Trace};
pub use value::{Address, RecordRef, RichText, TextFormat, Value};
