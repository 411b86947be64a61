//! The CRM port: what the engine may ask of C4C.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};

use super::{Content, PortError};
use crate::{Kind, Record, RecordId, RecordRef, Version, Versioned};

/// What a CRM backend can and cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrmCapabilities {
    /// Largest useful number of writes per [`Crm::put`].
    pub put_batch: usize,
    /// Bytes of encoded attachment content that may travel inside a create; larger ones follow one by one.
    pub inline_attachment_bytes: usize,
}

/// One question of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrmQuery {
    /// Records stamped with one of these identity keys. Hits: [`Hit::Email`] for e-mails, else
    /// [`Hit::Record`]. Kinds that carry no key (tasks, parties) have no hits.
    ByIdentity {
        /// The kind of record.
        kind: Kind,
        /// The keys, exactly as stamped.
        keys: Vec<String>,
    },
    /// Records that are single occurrences of a series. Hits: [`Hit::Occurrence`]; none where the CRM cannot be asked.
    Occurrences {
        /// The record of the series.
        series: RecordRef,
    },
    /// Parties having one of these addresses (compared without case). Hits: [`Hit::Party`].
    PartiesByAddress {
        /// The kinds to look among.
        kinds: Vec<Kind>,
        /// Normalised addresses.
        addresses: Vec<String>,
    },
    /// Records whose key fields contain the text (SRCH-11). Hits: [`Hit::Party`].
    Search {
        /// The kind to search.
        kind: Kind,
        /// At least three characters.
        text: String,
        /// At most so many hits.
        limit: usize,
    },
    /// Parties that are called exactly so, compared without case (CON-31). Hits: [`Hit::Party`].
    ByName {
        /// The kind to look among.
        kind: Kind,
        /// The whole name.
        name: String,
    },
    /// File names of the attachments of a record. Hits: [`Hit::Attachment`].
    AttachmentNames {
        /// The record.
        record: RecordRef,
    },
    /// Parties and documents linked to a record. Hits: [`Hit::Party`] (name may be empty).
    Links {
        /// The record.
        record: RecordRef,
    },
}

/// One answer row of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hit {
    /// A saved e-mail.
    Email(EmailRecord),
    /// A party or other linkable record.
    Party(PartyHit),
    /// An attachment's file name.
    Attachment(String),
    /// A mirrored record found by its key.
    Record(RecordHit),
    /// A single occurrence of a series, with the day it had in it by the series' own clock.
    Occurrence(RecordRef, Date),
}

/// A mirrored record as found by identity key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHit {
    /// The record.
    pub record: RecordRef,
    /// Its version.
    pub version: Version,
    /// The identity key it is stamped with.
    pub identity_key: String,
}

/// A change of a record, as the tenant's feed tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRow {
    /// The record.
    pub record: RecordRef,
    /// Its version.
    pub version: Version,
    /// The identity key it is stamped with; empty when it carries none.
    pub identity_key: String,
    /// Employees it concerns (owner, organizer, responsible), by business partner id.
    pub concerns: Vec<String>,
    /// What the directory keeps of it, if it is a party.
    pub party: Option<Box<crate::directory::Party>>,
}

/// A page of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// The changes, oldest first. Late commits make rows come again: they are hints.
    pub rows: Vec<FeedRow>,
    /// Where to go on.
    pub cursor: crate::Cursor,
    /// Whether more changes are waiting.
    pub more: bool,
    /// How many records of the kind there are, if the backend said. Asked with the first page only.
    pub total: Option<u64>,
}

/// A saved e-mail as found by identity key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailRecord {
    /// The record's key.
    pub id: RecordId,
    /// Its version.
    pub version: Version,
    /// The identity key it is stamped with.
    pub identity_key: String,
    /// Its subject.
    pub subject: String,
    /// The sender's address.
    pub from: String,
    /// When the mail was sent.
    pub sent_at: Option<Timestamp>,
}

/// By what a record was found; the order is the strength of the proof, strongest first (LNK-05).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// The participant's own address stands on the record.
    Address,
    /// Another spelling of the same mailbox stands on the record: `ann@googlemail.com` for
    /// `ann@gmail.com`.
    Alias,
    /// The address without its tag stands on the record: `ann@shop.example` for
    /// `ann+news@shop.example`.
    PlusAddress,
    /// It is the account of a record that was found by an address (LNK-09).
    Relation,
    /// It is an account that stands under the very domain of the participant's address.
    Domain,
    /// It is an account under another domain with the same registrable one: `shop.example` for
    /// `ann@mail.shop.example`.
    RelatedDomain,
    /// By text, by a person's choice, or as a link that stands already: no address led to it.
    Hand,
}

impl FoundBy {
    /// Whether the record is the address's owner, and not only the owner's company.
    pub fn is_own(self) -> bool {
        matches!(self, Self::Address | Self::Alias | Self::PlusAddress)
    }
}

/// A record that an item can be linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyHit {
    /// The record.
    pub record: RecordRef,
    /// The number people see (contact id, account id, lead id; for employees the business partner id).
    pub number: String,
    /// Its display name.
    pub name: String,
    /// The participant's address that led to it, normalised, however far the way ([`FoundBy`]); empty
    /// when no address did.
    pub address: String,
    /// By what it was found.
    pub found_by: FoundBy,
    /// The account a contact belongs to.
    pub account: Option<RecordRef>,
    /// When the record was created; orders equals (LNK-05: the earliest wins).
    pub created_at: Option<Timestamp>,
    /// When the record last changed, where known; the fresher of two equals is shown first.
    pub changed_at: Option<Timestamp>,
    /// Marked obsolete in the CRM: never a candidate.
    pub obsolete: bool,
    /// Pinned by the person who looks (SRCH-10).
    pub pinned: bool,
}

impl PartyHit {
    /// A hit of which nothing but the record is known; fill in the rest with `..PartyHit::bare(record)`.
    pub fn bare(record: RecordRef) -> Self {
        Self {
            record,
            number: String::new(),
            name: String::new(),
            address: String::new(),
            found_by: FoundBy::Hand,
            account: None,
            created_at: None,
            changed_at: None,
            obsolete: false,
            pinned: false,
        }
    }
}

/// What a party is to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyRole {
    /// The mail's sender.
    Sender,
    /// A direct recipient.
    To,
    /// A copied recipient.
    Cc,
    /// The employee whose mailbox it was saved from.
    Owner,
    /// A link: the record the item was saved to.
    Linked,
    /// Who called the meeting (CAL-30).
    Organizer,
    /// Who was invited to it.
    Attendee,
}

/// A party or document of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordParty {
    /// What it is to the record.
    pub role: PartyRole,
    /// The address as written on the item; empty for pure links.
    pub address: crate::Address,
    /// The record behind it, if one is known.
    pub party: Option<PartyHit>,
    /// The main one of its role (first linked contact or account).
    pub main: bool,
}

/// An attachment to store on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentDraft {
    /// File name.
    pub name: String,
    /// Media type (RFC 6838).
    pub media_type: String,
    /// The content.
    pub content: Content,
}

/// One write to the CRM; each is atomic by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrmWrite {
    /// Creates a record with its identity key stamped, its parties and small attachments.
    Create {
        /// The kind of record.
        kind: Kind,
        /// Stamped into the record so that a crashed run finds it again.
        identity_key: String,
        /// The mapped fields.
        record: Record,
        /// Senders, recipients, owner and links.
        parties: Vec<RecordParty>,
        /// Attachments to store with it.
        attachments: Vec<AttachmentDraft>,
    },
    /// Adds links to an existing record. Links that already stand are left alone.
    AddLinks {
        /// The record.
        record: RecordRef,
        /// Parties with role [`PartyRole::Linked`].
        parties: Vec<RecordParty>,
    },
    /// Takes links away, whoever made them; those that do not stand are not missed.
    RemoveLinks {
        /// The record.
        record: RecordRef,
        /// Parties with role [`PartyRole::Linked`].
        parties: Vec<RecordParty>,
    },
    /// Changes these fields only; refused as `Stale` when the version moved on (INV-10).
    Update {
        /// The record.
        record: RecordRef,
        /// The version the decision was taken at.
        version: Version,
        /// The fields to set; an empty text clears the field.
        set: Record,
        /// Organizer and attendees as they shall stand, and the owner if it shall change; `None` leaves them as they are. Parties that somebody
        /// added in the CRM and that were never ours stay.
        parties: Option<Vec<RecordParty>>,
    },
    /// Deletes a record; refused as `Stale` when the version moved on.
    Delete {
        /// The record.
        record: RecordRef,
        /// The version the decision was taken at.
        version: Version,
    },
    /// Adds one attachment to an existing record.
    AddAttachment {
        /// The record.
        record: RecordRef,
        /// The attachment.
        attachment: AttachmentDraft,
    },
}

/// What a write made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The record written.
    pub record: RecordRef,
    /// Its version, when the backend said.
    pub version: Option<Version>,
}

/// One CRM tenant.
#[async_trait]
pub trait Crm: Send + Sync {
    /// What this backend can do.
    fn capabilities(&self) -> CrmCapabilities;

    /// Outward HTTP requests made through this object so far.
    fn calls(&self) -> u64;

    /// Proves that the tenant can be reached; answers the signed-in user's id.
    async fn check(&self) -> Result<String, PortError>;

    /// The address of a record for people's browsers, if the tenant has one.
    fn link_for_people(&self, record: &RecordRef) -> Option<String>;

    /// Asks all questions, in as few calls as the backend allows; one list of hits per question.
    async fn find(&self, queries: &[CrmQuery]) -> Result<Vec<Vec<Hit>>, PortError>;

    /// Reads records; `None` where there is none (any more).
    async fn get(&self, ids: &[RecordRef]) -> Result<Vec<Option<Versioned<Record>>>, PortError>;

    /// The next page of changes of a kind after `cursor` (`None`: from the beginning). Deletions are not among
    /// them; see [`Crm::standing`].
    async fn feed(&self, kind: Kind, cursor: Option<&crate::Cursor>)
    -> Result<FeedPage, PortError>;

    /// Which of these records stand, by reading their ids; as few calls as the backend allows. `false` is a hint
    /// that needs a confirming [`Crm::get`] (INV-5).
    async fn standing(&self, records: &[RecordRef]) -> Result<Vec<bool>, PortError>;

    /// How many records of each of these kinds there are, in one call; `None` where the backend does not say.
    async fn totals(&self, kinds: &[Kind]) -> Result<Vec<Option<u64>>, PortError> {
        Ok(vec![None; kinds.len()])
    }

    /// Writes; one answer per write in order. `Unknown`: it may have happened, look it up.
    async fn put(
        &self,
        writes: Vec<CrmWrite>,
    ) -> Result<Vec<Result<Written, PortError>>, PortError>;
}
