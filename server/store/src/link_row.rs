//! Link rows and copies as they are read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use ssi_domain::{
    ItemId, Kind, LinkId, MailboxId, RecordId, RecordRef, TenantId, Version, port::Item,
};

use crate::{
    StoreError,
    convert::{from_json, instant_opt, parse},
};

/// One logical item joined with one record, or on the way there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// Its id.
    pub id: LinkId,
    /// The tenant.
    pub tenant: TenantId,
    /// The kind of record.
    pub kind: Kind,
    /// The key it is unique by.
    pub identity_key: String,
    /// A digest of the item's content, to tell another item under the same key.
    pub fingerprint: String,
    /// How far it is.
    pub state: LinkState,
    /// Who holds it while it is being created.
    pub holder: Option<String>,
    /// Until when the hold lasts.
    pub held_until: Option<Timestamp>,
    /// The record, once it stands.
    pub record: Option<RecordRef>,
    /// The record's version when it was written.
    pub record_version: Option<Version>,
    /// What the record is linked with.
    pub targets: Vec<LinkTarget>,
    /// The mailbox it came from first.
    pub created_by: MailboxId,
}

/// How far a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Somebody is creating the record, or was when it broke off.
    Creating,
    /// The record stands.
    Linked,
}

/// A record that an item's record is linked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTarget {
    /// The linked record.
    pub record: RecordRef,
    /// Who chose it.
    pub origin: Origin,
}

/// Who chose a link. The engine never undoes what a hand made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The engine, by address.
    Auto,
    /// A person.
    Hand,
}

/// One mailbox's instance of a linked item, to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyRow {
    /// The link.
    pub link: LinkId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The item's id there.
    pub item_id: ItemId,
    /// Its version when it was last read or written.
    pub version: Version,
    /// Whether it carries our mark.
    pub marked: bool,
}

impl CopyRow {
    /// The copy of a link that an item as read is.
    pub fn of(link: LinkId, mailbox: MailboxId, item: &Item, marked: bool) -> Self {
        Self {
            link,
            mailbox,
            item_id: item.id.clone(),
            version: item.version.clone(),
            marked,
        }
    }
}

/// A copy with its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyLink {
    /// The item's id.
    pub item_id: ItemId,
    /// The version when it was last read or written.
    pub version: Version,
    /// Whether it carries our mark.
    pub marked: bool,
    /// The link.
    pub link: LinkRow,
}

#[derive(FromRow)]
pub(crate) struct RawLink {
    id: String,
    tenant: String,
    kind: String,
    identity_key: String,
    fingerprint: String,
    state: String,
    holder: Option<String>,
    held_until: Option<i64>,
    record_kind: Option<String>,
    record_id: Option<String>,
    record_version: Option<String>,
    targets: String,
    created_by: String,
}

#[derive(FromRow)]
pub(crate) struct RawCopy {
    item_id: String,
    copy_version: String,
    marked: i64,
    #[sqlx(flatten)]
    link: RawLink,
}

impl RawLink {
    pub(crate) fn row(self) -> Result<LinkRow, StoreError> {
        let record = match (self.record_kind, self.record_id) {
            (Some(kind), Some(id)) => Some(RecordRef {
                kind: parse(&kind, "record kind")?,
                id: RecordId::new(id),
            }),
            _ => None,
        };
        Ok(LinkRow {
            id: parse(&self.id, "link id")?,
            tenant: TenantId::new(self.tenant),
            kind: parse(&self.kind, "link kind")?,
            identity_key: self.identity_key,
            fingerprint: self.fingerprint,
            state: if self.state == "linked" {
                LinkState::Linked
            } else {
                LinkState::Creating
            },
            holder: self.holder,
            held_until: instant_opt(self.held_until)?,
            record,
            record_version: self.record_version.map(Version::new),
            targets: from_json(&self.targets, "link targets")?,
            created_by: parse(&self.created_by, "link mailbox")?,
        })
    }
}

impl RawCopy {
    pub(crate) fn row(self) -> Result<CopyLink, StoreError> {
        Ok(CopyLink {
            item_id: ItemId::new(self.item_id),
            version: Version::new(self.copy_version),
            marked: self.marked != 0,
            link: self.link.row()?,
        })
    }
}
