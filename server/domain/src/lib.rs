//! The domain of SSI Sync: what items and records are, and every decision about them, as pure
//! functions. Nothing here does I/O, reads a clock or draws a random number.

pub mod clock;
mod id;
mod kind;
pub mod mapping;
pub mod port;
mod record;
mod value;

pub use clock::{Clock, SystemClock, TestClock};
pub use id::{
    AttachmentId, Cursor, FolderId, IssueId, ItemId, LinkId, MailboxId, RecordId, SessionId,
    TenantId, Version, WishId,
};
pub use kind::{Kind, PARTY_KINDS, UnknownKind};
pub use record::{Record, Versioned};
pub use value::{Address, RecordRef, RichText, TextFormat, Value};
