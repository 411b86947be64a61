//! What the sidebar asks and gets.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ssi_domain::{
    Address, AttachmentId, ItemId, Kind, ReasonCode, RecordRef, Trace, WishId, participant::Field,
    port::PartyHit,
};
use ssi_store::LinkTarget;

/// How the add-in names the open mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKey {
    /// By the backend's item id.
    Item(ItemId),
    /// By RFC 5322 Message-ID, where the client has no item id (mobile).
    MessageId(String),
}

/// What the user chose in the save dialog (EM-11, EM-12).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveChoice {
    /// Subject of the record instead of the mail's.
    pub subject: Option<String>,
    /// Plain-text body of the record instead of the mail's.
    pub body: Option<String>,
    /// The found records that stayed ticked; `None`: all found (LNK-01).
    pub ticked: Option<Vec<RecordRef>>,
    /// Records searched and chosen by hand.
    pub chosen: Vec<RecordRef>,
    /// The attachments to save and their new names; `None`: all permitted ones.
    pub attachments: Option<Vec<(AttachmentId, Option<String>)>>,
    /// Also attach the whole message as `.eml`.
    pub include_eml: bool,
    /// Save later mails of this thread too (EM-45).
    pub track_thread: bool,
}

/// A request to save the open mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveEmail {
    /// AIP-155: repeating the id returns the first answer.
    pub request_id: Option<String>,
    /// Who asks, as the request id's scope.
    pub caller: String,
    /// The mail.
    pub item: ItemKey,
    /// The user's choices.
    pub choice: SaveChoice,
    /// How long the caller waits before the work becomes a job.
    pub deadline: Duration,
}

/// A saved mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The record.
    pub record: RecordRef,
    /// The record's address for a browser.
    pub url: Option<String>,
    /// What it is linked with.
    pub links: Vec<LinkTarget>,
    /// It was in the CRM before this call.
    pub already_saved: bool,
    /// Why.
    pub trace: Trace,
}

/// The answer to a save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveOutcome {
    /// Done.
    Saved(Saved),
    /// A session will do it; watch the mailbox or ask for the item's state.
    Queued(WishId),
}

/// A save asked for while the mail is still being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSave {
    /// AIP-155.
    pub request_id: Option<String>,
    /// Who asks.
    pub caller: String,
    /// The value the client puts into the header `X-SSI-Wish`, if it can.
    pub client_key: Option<String>,
    /// The subject as it stands.
    pub subject: String,
    /// The recipients as they stand.
    pub recipients: Vec<Address>,
    /// The user's choices.
    pub choice: SaveChoice,
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Not saved.
    NotSaved,
    /// Saved.
    Saved {
        /// The record.
        record: RecordRef,
        /// The record's address for a browser.
        url: Option<String>,
        /// What it is linked with.
        links: Vec<LinkTarget>,
    },
    /// A session will save it.
    Queued,
    /// Parked with an issue.
    Failed {
        /// The code.
        code: String,
        /// What to do.
        message: String,
    },
}

/// The state of an item in the sidebar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemState {
    /// Where it stands.
    pub standing: Standing,
    /// Why it may not be saved by hand, if so (EM-37, EM-38).
    pub refused: Option<ReasonCode>,
    /// The trace of the last decision about it.
    pub trace: Option<Trace>,
    /// The item's thread is saved automatically (EM-45).
    pub thread_tracked: bool,
}

/// Somebody on an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The address as written.
    pub address: Address,
    /// Where it stands; of an event organizer, required and optional in the places of From, To and Cc.
    pub field: Field,
    /// The item is an event.
    pub event: bool,
}

/// Somebody whom the CRM does not know (SRCH-07).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPerson {
    /// The address.
    pub who: Who,
    /// The kinds that may be created for it.
    pub creatable: Vec<Kind>,
}

/// A card of the initial search (SRCH-04…SRCH-09).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Card {
    /// A record found by an address, or already linked. Sent again when more is known about it.
    Found {
        /// The record.
        party: Box<PartyHit>,
        /// Whose address led to it; `None`: no address of the item did.
        who: Option<Who>,
        /// The item is linked with it.
        linked: bool,
        /// Its address for a browser.
        url: Option<String>,
        /// Its place among the cards of records, from 0; the same when it is sent again.
        rank: usize,
    },
    /// An address the CRM does not know (SRCH-07).
    Unknown(UnknownPerson),
    /// A notice instead of cards (SRCH-09).
    Notice(ReasonCode),
    /// So many more addresses stand on the item and were not looked up (INV-15).
    NotLookedUp(usize),
}
