//! The two ports. The engine sees mailboxes and CRMs only through these traits; connectors implement them.
//!
//! Laws of both ports: not found is `None`, never an error. A failed listing is an error, never an
//! empty result. Answers stand in the order of the questions. Calls are batch-shaped; an
//! implementation splits a batch as its backend's limits ask and keeps the order.

mod content;
mod crm;
mod error;
mod gate;
mod mailbox;
mod notice;

pub use content::Content;
pub use crm::{
    AttachmentDraft, Crm, CrmCapabilities, CrmQuery, CrmWrite, EmailRecord, FeedPage, FeedRow,
    FoundBy, Hit, PartyHit, PartyRole, RecordHit, RecordParty, Written,
};
pub use error::{BrokenSource, PortError};
pub use gate::{CallGate, Lane, Pass};
pub use mailbox::{
    AttachmentInfo, Change, ChangePage, Collections, EventFacts, EventRole, FolderRole, Item,
    ItemClass, ItemHint, ItemWrite, LinkStamp, Mailbox, MailboxCapabilities, MailboxSetup, Pulse,
    Series, Shape, WriteDone,
};
pub use notice::Notice;
