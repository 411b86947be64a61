//! The mailbox port: what the engine may ask of Exchange, Graph or Google.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Content, PortError};
use crate::{AttachmentId, Cursor, FolderId, ItemId, Kind, Record, RecordRef, Version};

/// What a mailbox backend can and cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxCapabilities {
    /// Items carry categories (or labels) that users see.
    pub categories: bool,
    /// Items carry hidden named properties that survive a move.
    pub named_properties: bool,
    /// Ids change when an item moves.
    pub ids_change_on_move: bool,
    /// [`Mailbox::pulse`] can say in one call that nothing happened.
    pub pulse: bool,
    /// Largest useful batch for [`Mailbox::get`].
    pub get_batch: usize,
    /// Largest useful batch for [`Mailbox::put`].
    pub put_batch: usize,
}

/// The folders we read and write (EM-03, CON-01, TSK-02).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FolderRole {
    /// Incoming mail.
    Inbox,
    /// Sent mail.
    Sent,
    /// Our own folder: what lies in it is to be saved (EM-20, MBX-01).
    Saved,
    /// The calendar.
    Calendar,
    /// The tasks.
    Tasks,
    /// Our own folder of tasks (TSK-02).
    OwnTasks,
    /// The contacts.
    Contacts,
    /// Our own folder of contacts (CON-01).
    OwnContacts,
    /// Our own folder of accounts.
    OwnAccounts,
    /// Our own folder of individual customers.
    OwnIndividualCustomers,
}

/// Names of what we own in a mailbox; found again by stored id, not by name (MBX-02).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxSetup {
    /// Our own folders with their display names, `SAP E-Mails` and so on by default. Made when missing. The
    /// standard folders (inbox, calendar...) are always found.
    pub own_folders: Vec<(FolderRole, String)>,
    /// Categories that must stand in the master list, with their colour (EWS/Outlook colour index −1…24).
    pub categories: Vec<(String, i8)>,
    /// Folder ids found by an earlier session; checked, not trusted.
    pub known: Option<Collections>,
}

/// The folders of a prepared mailbox, one per role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collections {
    /// Role and backend id, ordered by role.
    pub folders: Vec<(FolderRole, FolderId)>,
}

impl Collections {
    /// The id of the folder with this role.
    pub fn folder(&self, role: FolderRole) -> Option<&FolderId> {
        self.folders
            .iter()
            .find(|(r, _)| *r == role)
            .map(|(_, id)| id)
    }

    /// The role of the folder with this id.
    pub fn role(&self, folder: &FolderId) -> Option<FolderRole> {
        self.folders
            .iter()
            .find(|(_, id)| id == folder)
            .map(|(role, _)| *role)
    }
}

/// An opaque summary of the state of some folders. Equal pulses mean: nothing changed in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pulse(pub String);

/// What an item is to the mail server (EM-38).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemClass {
    /// An ordinary message (`IPM.Note*`, signed and encrypted ones too).
    Message,
    /// A delivery or read report (`REPORT.*`).
    Report,
    /// A meeting request, answer or cancellation (`IPM.Schedule.Meeting.*`).
    MeetingNotice,
    /// Anything else, by its class name.
    Other(String),
}

/// What a listing of changes tells about an item. `None` where the backend's listing does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemHint {
    /// The item's id.
    pub id: ItemId,
    /// Its version.
    pub version: Version,
    /// Its class.
    pub class: Option<ItemClass>,
    /// Its categories.
    pub categories: Option<Vec<String>>,
    /// When it was received (sent copies: stored).
    pub received_at: Option<Timestamp>,
}

/// One change in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The item is new or changed.
    Upsert(ItemHint),
    /// The item left this folder: moved or deleted, which only a read by id can tell.
    Gone(ItemId),
}

/// A page of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    /// The changes in server order.
    pub changes: Vec<Change>,
    /// Where to go on; store it only together with the effects of this page (INV-8).
    pub cursor: Cursor,
    /// Whether more changes are waiting.
    pub more: bool,
}

/// How much of an item to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All mapped fields but the body; attachments not listed. Nothing that INV-13 forbids before the decision.
    Headers,
    /// Headers, body and the list of attachments (not their content).
    Full,
}

/// One attachment as listed on the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentInfo {
    /// Id for [`Mailbox::content`].
    pub id: AttachmentId,
    /// File name as written; may be empty.
    pub name: String,
    /// Media type (RFC 6838) as written; may be empty.
    pub media_type: String,
    /// Size in bytes as the server says; 0 when unknown.
    pub size_bytes: u64,
    /// Shown inside the body (signature pictures and the like).
    pub inline: bool,
    /// Whether it has file content; attached items and cloud links have none.
    pub is_file: bool,
}

/// The mark that joins an item with its record (named property; survives moves).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkStamp {
    /// The tenant the record lives in (SET-12).
    pub tenant: String,
    /// The record.
    pub record: RecordRef,
}

/// Whose event it is (INV-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventRole {
    /// The mailbox's owner called the meeting, or the event has no attendees.
    Organizer,
    /// The owner was invited.
    Attendee,
}

/// How an event repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Series {
    /// It happens once.
    Single,
    /// It is the master of a series.
    Master {
        /// Changed occurrences: where to read each, and when it stood originally.
        exceptions: Vec<(ItemId, Timestamp)>,
        /// Original starts of occurrences that were taken out.
        deleted: Vec<Timestamp>,
        /// Why the series cannot be written as the field `recurrence`, if it cannot.
        not_representable: Option<String>,
    },
    /// A changed occurrence of a series.
    Exception {
        /// When it stood originally.
        original_start: Timestamp,
    },
}

/// What an event is besides its mapped fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFacts {
    /// The iCalendar UID (RFC 5545), the same in every mailbox of the meeting; of an exception: its series'.
    pub uid: String,
    /// Whose it is.
    pub role: EventRole,
    /// Whether people were invited.
    pub meeting: bool,
    /// Cancelled by its organizer.
    pub cancelled: bool,
    /// How it repeats.
    pub series: Series,
}

/// An item as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The id it was asked by.
    pub id: ItemId,
    /// Its version.
    pub version: Version,
    /// The folder it lies in.
    pub folder: Option<FolderId>,
    /// What it is to us.
    pub kind: Kind,
    /// What it is to the mail server.
    pub class: ItemClass,
    /// The mapped fields (names of the kind's mapping table).
    pub record: Record,
    /// Its categories as written.
    pub categories: Vec<String>,
    /// Size in bytes as the server says; 0 when unknown.
    pub size_bytes: u64,
    /// Its attachments ([`Shape::Full`] only).
    pub attachments: Vec<AttachmentInfo>,
    /// Whether the server says there are attachments that are not inline.
    pub has_attachments: bool,
    /// Our mark, if it carries one.
    pub link: Option<LinkStamp>,
    /// Value of the header `X-SSI-Wish`, by which a composed mail finds its wish.
    pub wish: Option<String>,
    /// Events only. Their `kind` is [`Kind::Appointment`]; which record they become is decided by category.
    pub event: Option<EventFacts>,
}

/// One write to a mailbox. No variant notifies anybody (INV-12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemWrite {
    /// Sets the categories and, if given, our mark; refused as `Stale` when the version moved on.
    Mark {
        /// The item.
        item: ItemId,
        /// The version the categories were read at.
        version: Version,
        /// The complete list of categories to stand on the item.
        categories: Vec<String>,
        /// Our mark.
        link: Option<LinkStamp>,
    },
    /// Moves the item to a folder. The answer has the new id.
    Move {
        /// The item.
        item: ItemId,
        /// The target folder.
        to: FolderId,
    },
    /// Makes an item that carries our mark, by which it is found when the outcome is unknown (INV-9).
    Create {
        /// Where.
        folder: FolderId,
        /// What.
        kind: Kind,
        /// The mapped fields, of the kind's table.
        record: Record,
        /// Its categories.
        categories: Vec<String>,
        /// Our mark.
        link: LinkStamp,
    },
    /// Changes these fields only; refused as `Stale` when the version moved on (INV-10).
    Update {
        /// The item.
        item: ItemId,
        /// The version the decision was taken at.
        version: Version,
        /// What its fields are.
        kind: Kind,
        /// The fields to set; an empty text or list clears the field.
        set: Record,
        /// The complete list of categories, if it changes.
        categories: Option<Vec<String>>,
        /// Our mark, if it changes.
        link: Option<LinkStamp>,
    },
    /// Moves the item to the deleted items; refused as `Stale` when the version moved on.
    Delete {
        /// The item.
        item: ItemId,
        /// The version the decision was taken at.
        version: Version,
    },
}

/// Where an item stands after a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteDone {
    /// Its id now.
    pub id: ItemId,
    /// Its version now; `None` when the backend did not say.
    pub version: Option<Version>,
}

/// One mailbox of one person on one backend.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// What this backend can do.
    fn capabilities(&self) -> MailboxCapabilities;

    /// Outward HTTP requests made through this object so far.
    fn calls(&self) -> u64;

    /// Proves that the mailbox can be opened. Used by `ssi doctor` and on resume.
    async fn check(&self) -> Result<(), PortError>;

    /// Finds the folders, creates what is missing (our folder, our categories) and says where they are.
    async fn prepare(&self, setup: &MailboxSetup) -> Result<Collections, PortError>;

    /// A summary of the folders' state in one call; `None` when this server cannot tell.
    async fn pulse(&self, folders: &Collections) -> Result<Option<Pulse>, PortError>;

    /// The next page of changes of a folder after `cursor` (`None`: from the beginning).
    async fn changes(
        &self,
        folder: &FolderId,
        cursor: Option<&Cursor>,
    ) -> Result<ChangePage, PortError>;

    /// Reads items; one answer per id in order. `Ok(None)`: no such item for this mailbox.
    async fn get(
        &self,
        ids: &[ItemId],
        shape: Shape,
    ) -> Result<Vec<Result<Option<Item>, PortError>>, PortError>;

    /// The ids of single occurrences, each by its series and its number from 1, in which those taken out count too; one
    /// answer per place in order. `Ok(None)`: the series has no such occurrence, or has it no more.
    async fn occurrences(
        &self,
        places: &[(ItemId, u32)],
    ) -> Result<Vec<Result<Option<ItemId>, PortError>>, PortError>;

    /// Items in these folders with this RFC 5322 Message-ID (with angle brackets as in the header).
    async fn find_by_message_id(
        &self,
        message_id: &str,
        folders: &Collections,
    ) -> Result<Vec<ItemId>, PortError>;

    /// Items in these folders that carry this mark (INV-9).
    async fn find_by_link(
        &self,
        link: &LinkStamp,
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError>;

    /// Items in these folders that carry one of these marks, in few calls; in no order. Which is whose, the items say.
    /// Backends that can ask for several at once should.
    async fn find_by_links(
        &self,
        links: &[LinkStamp],
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        let mut found = Vec::new();
        for link in links {
            found.extend(self.find_by_link(link, folders).await?);
        }
        Ok(found)
    }

    /// The content of an attachment, refused beyond `limit_bytes` of decoded size.
    async fn content(
        &self,
        attachment: &AttachmentId,
        limit_bytes: u64,
    ) -> Result<Content, PortError>;

    /// The whole message in RFC 5322 form (a re-rendering, not the received bytes), refused beyond `limit_bytes`.
    async fn mime(&self, item: &ItemId, limit_bytes: u64) -> Result<Content, PortError>;

    /// Writes; one answer per write in order.
    async fn put(
        &self,
        writes: &[ItemWrite],
    ) -> Result<Vec<Result<WriteDone, PortError>>, PortError>;
}
