//! Plans: what a decision wants done, as data.

mod budget;
mod email;
mod fields;

use serde::{Deserialize, Serialize};

use crate::{
    AttachmentId, ItemId, Kind, Record, RecordRef, TenantId, Trace, Version,
    port::{FolderRole, RecordParty},
};

pub use budget::{Budget, Tally, check};
pub use email::{EmailPlan, MarkPlan, email_plan, error_plan, fresh_plan, settle_plan};
pub use fields::{Edits, MOST_RECIPIENTS};

/// One outward write, typed by what people will notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A record appears in the CRM.
    CreateRecord {
        /// Its kind.
        kind: Kind,
        /// The key stamped into it (INV-1).
        identity_key: String,
        /// The mapped fields, converted and within the CRM's limits. Recipients are not among them:
        /// they are parties.
        record: Record,
        /// Sender, recipients, owner and links.
        parties: Vec<RecordParty>,
        /// The attachments to store with it.
        attachments: Vec<PlannedAttachment>,
        /// Name of the copy of the whole message, if one is stored (EM-12).
        message_copy: Option<String>,
    },
    /// Links appear on a record that exists.
    LinkRecord {
        /// The record.
        record: RecordRef,
        /// The links; those that stand already are left alone.
        parties: Vec<RecordParty>,
    },
    /// Categories and our mark appear on an item.
    MarkItem {
        /// The item.
        item: ItemId,
        /// The complete list of categories to stand on it.
        categories: Vec<String>,
        /// Our mark; `None` leaves it as it is.
        stamp: Option<Stamp>,
    },
    /// Fields of a record change.
    UpdateRecord {
        /// The record.
        record: RecordRef,
        /// The version the decision was taken at.
        version: Version,
        /// The fields to set, in the CRM's form; an empty text clears one.
        set: Record,
        /// Organizer and attendees, if they changed.
        parties: Option<Vec<RecordParty>>,
    },
    /// Attachments of the item appear on a record that exists (CAL-76, TSK-04).
    AttachToRecord {
        /// The record.
        record: RecordRef,
        /// The attachments; one whose name the record has already is left alone.
        attachments: Vec<PlannedAttachment>,
    },
    /// A record is cancelled: it stays to be seen (CAL-56).
    CancelRecord {
        /// The record.
        record: RecordRef,
        /// The version the decision was taken at.
        version: Version,
    },
    /// A record vanishes.
    DeleteRecord {
        /// The record.
        record: RecordRef,
        /// The version the decision was taken at.
        version: Version,
    },
    /// An item appears in the mailbox.
    CreateItem {
        /// Its kind.
        kind: Kind,
        /// The folder it is put into.
        to: FolderRole,
        /// The mapped fields, in the mailbox's form.
        record: Record,
        /// Its categories.
        categories: Vec<String>,
        /// The record it mirrors.
        mirrors: RecordRef,
    },
    /// Fields of an item change. Nobody is notified (INV-12).
    UpdateItem {
        /// The item.
        item: ItemId,
        /// The version the decision was taken at.
        version: Version,
        /// What its fields are.
        kind: Kind,
        /// The fields to set, in the mailbox's form; an empty text clears one.
        set: Record,
    },
    /// An item goes to the deleted items.
    DeleteItem {
        /// The item.
        item: ItemId,
        /// The version the decision was taken at.
        version: Version,
    },
    /// An item changes its folder.
    MoveItem {
        /// The item.
        item: ItemId,
        /// Where it goes.
        to: FolderRole,
    },
}

/// An attachment to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAttachment {
    /// Where its content is read.
    pub id: AttachmentId,
    /// The name it is stored under.
    pub name: String,
    /// Media type (RFC 6838); `application/octet-stream` when the item does not say.
    pub media_type: String,
}

impl PlannedAttachment {
    /// An attachment to store under a name, with its media type as the item says it.
    pub fn new(id: AttachmentId, name: String, said: &str) -> Self {
        let media_type = match said.trim() {
            "" => "application/octet-stream",
            said => said,
        };
        Self {
            id,
            name,
            media_type: media_type.to_owned(),
        }
    }
}

/// The mark an item gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The tenant the record lives in.
    pub tenant: TenantId,
    /// The record.
    pub record: StampRecord,
}

/// The record a mark names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StampRecord {
    /// The one this plan creates: its id is known when it was created.
    Created,
    /// One that exists.
    Existing(RecordRef),
}

/// What kind of effect people will notice; the unit of budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectClass {
    /// A record appears.
    CreateRecord,
    /// Links appear.
    LinkRecord,
    /// A record changes.
    UpdateRecord,
    /// An item appears.
    CreateItem,
    /// An item changes.
    UpdateItem,
    /// A record is cancelled: it stays to be seen (CAL-56). Counts as a deletion (INV-7).
    CancelRecord,
    /// A record vanishes.
    DeleteRecord,
    /// An item vanishes.
    DeleteItem,
    /// An item is marked.
    MarkItem,
    /// An item moves.
    MoveItem,
}

impl EffectClass {
    /// The stable name, in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateRecord => "create_record",
            Self::LinkRecord => "link_record",
            Self::UpdateRecord => "update_record",
            Self::CreateItem => "create_item",
            Self::UpdateItem => "update_item",
            Self::CancelRecord => "cancel_record",
            Self::DeleteRecord => "delete_record",
            Self::DeleteItem => "delete_item",
            Self::MarkItem => "mark_item",
            Self::MoveItem => "move_item",
        }
    }
}

impl Effect {
    /// What people will notice.
    pub fn class(&self) -> EffectClass {
        match self {
            Effect::CreateRecord { .. } => EffectClass::CreateRecord,
            Effect::LinkRecord { .. } => EffectClass::LinkRecord,
            Effect::MarkItem { .. } => EffectClass::MarkItem,
            Effect::MoveItem { .. } => EffectClass::MoveItem,
            Effect::UpdateRecord { .. } | Effect::AttachToRecord { .. } => {
                EffectClass::UpdateRecord
            }
            Effect::CancelRecord { .. } => EffectClass::CancelRecord,
            Effect::DeleteRecord { .. } => EffectClass::DeleteRecord,
            Effect::CreateItem { .. } => EffectClass::CreateItem,
            Effect::UpdateItem { .. } => EffectClass::UpdateItem,
            Effect::DeleteItem { .. } => EffectClass::DeleteItem,
        }
    }
}

/// What is to be done for one item, in order, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The effects; a later one runs only when those before it succeeded.
    pub effects: Vec<Effect>,
    /// Why.
    pub trace: Trace,
}

#[cfg(test)]
mod tests;
