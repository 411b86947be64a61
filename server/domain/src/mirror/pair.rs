//! The words of the mirror's decisions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Kind, Record, RecordRef, TenantId, Trace, Versioned,
    mapping::Table,
    merge::{Baseline, Conflict, DigestKey},
    mirror::{Asked, Hold, Unfit},
    plan::Effect,
    port::{FolderRole, Item, PartyHit, RecordParty},
    settings::SyncSettings,
};

/// What is known about one side of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View<T> {
    /// It was read and stands like this.
    Present(T),
    /// A read of its id said that it is gone (INV-5: nothing less counts).
    Gone,
    /// It was not read, or could not be.
    Unread,
}

/// Where a pair was born (CAL-51, CAL-52).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// In the mailbox.
    Mail,
    /// In the CRM.
    Crm,
}

/// What this mailbox's owner is to the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nobody else takes part.
    Alone,
    /// The owner called the meeting.
    Organizer,
    /// The owner was invited.
    Attendee,
}

/// Whether an event lies in the days that stay mirrored (CAL-20).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// It does, or the kind has no such days.
    Inside,
    /// It is over for too long.
    Past,
}

/// What an earlier session left about a pair.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Where the pair was born.
    pub origin: Origin,
    /// Whether it is mirrored; `false`: released, remembered so that it is not taken for new.
    pub active: bool,
    /// Whether this mailbox writes for it (CAL-37).
    pub writer: bool,
    /// What both sides last agreed on; `None`: lost.
    pub baseline: Option<&'a Baseline>,
}

/// What every decision of a mailbox shares.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The settings.
    pub settings: &'a SyncSettings,
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The key of the digests.
    pub key: &'a DigestKey,
    /// The employee whose mailbox it is.
    pub owner: Option<&'a PartyHit>,
    /// Now, for reminders.
    pub now: Timestamp,
}

/// One pair as it stands.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// What both are.
    pub kind: Kind,
    /// The mapping of the kind.
    pub table: &'a Table,
    /// The item.
    pub mail: View<&'a Item>,
    /// The record.
    pub crm: View<&'a Versioned<Record>>,
    /// The record's name, once there is one.
    pub record: Option<&'a RecordRef>,
    /// The key the pair is stamped with.
    pub identity_key: &'a str,
    /// What an earlier session left.
    pub known: Option<Known<'a>>,
    /// The folder the item lies in, if it is one of ours.
    pub folder: Option<FolderRole>,
    /// Whether the item asks for being mirrored.
    pub asked: Asked,
    /// What the owner is to it.
    pub role: Role,
    /// Whether it lies in the mirrored days.
    pub scope: Scope,
    /// Organizer, attendees and links, resolved; empty for kinds without.
    pub parties: &'a [RecordParty],
    /// Whether the organizer takes the pair over from an attendee (CAL-35): organizer and owner are set anew.
    pub takeover: bool,
    /// Whose it is by the record.
    pub hold: Hold,
    /// Whether the limit of its kind lets one more record come down (CON-11).
    pub room: bool,
}

/// What becomes of the pair after the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is mirrored from here on, on the state after the effects.
    Keep,
    /// Nothing was decided; what was known stays.
    Wait,
    /// It is remembered but not mirrored.
    Release,
    /// It is remembered but not mirrored, until the record asks for this mailbox again: another one takes it on
    /// (CAL-55), or it is over (CAL-21, TSK-09).
    HandOver,
    /// One side is gone; remembered as a tombstone.
    End,
    /// It never was and is no pair.
    None,
}

/// The decision about one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorPlan {
    /// What is to be written, in order.
    pub effects: Vec<Effect>,
    /// Collisions to show.
    pub conflicts: Vec<Conflict>,
    /// Why the item cannot be stored, if it cannot: an issue for its owner.
    pub unfit: Option<Unfit>,
    /// What becomes of the pair.
    pub fate: Fate,
    /// Why.
    pub trace: Trace,
}

impl MirrorPlan {
    /// Whether a record is made.
    pub fn creates(&self) -> bool {
        let mut effects = self.effects.iter();
        effects.any(|effect| matches!(effect, Effect::CreateRecord { .. }))
    }
}

impl Pair<'_> {
    /// Our category for the kind (MBX-01, CAL-01, CON-01).
    pub(super) fn category<'a>(&self, settings: &'a SyncSettings) -> &'a str {
        let names = &settings.names;
        match self.kind {
            Kind::Visit => &names.visit_category,
            Kind::PhoneCall => &names.phone_call_category,
            Kind::Account => &names.account_category,
            Kind::IndividualCustomer => &names.individual_customer_category,
            _ => &names.category,
        }
    }

    /// Where an item that comes from the CRM is put.
    pub(super) fn home(&self) -> FolderRole {
        home(self.kind)
    }

    /// Whether the mailbox may not change records of this kind (CON-20, TSK-03).
    pub(super) fn read_only(&self, settings: &SyncSettings) -> bool {
        let mirror = &settings.mirror;
        match self.kind {
            Kind::Task => mirror.tasks_read_only,
            Kind::Contact => mirror.contacts_read_only,
            Kind::Account => mirror.accounts_read_only,
            Kind::IndividualCustomer => mirror.individual_customers_read_only,
            _ => false,
        }
    }

    /// Whether the kind is mirrored at all.
    pub(super) fn enabled(&self, settings: &SyncSettings) -> bool {
        settings.mirror.mirrors(self.kind)
    }

    pub(super) fn is_event(&self) -> bool {
        self.kind.is_event()
    }

    pub(super) fn is_party(&self) -> bool {
        self.kind.is_mirrored_party()
    }
}

/// The folder an item of a kind belongs to when it comes from the CRM.
pub fn home(kind: Kind) -> FolderRole {
    match kind {
        Kind::Task => FolderRole::OwnTasks,
        Kind::Contact => FolderRole::OwnContacts,
        Kind::Account => FolderRole::OwnAccounts,
        Kind::IndividualCustomer => FolderRole::OwnIndividualCustomers,
        _ => FolderRole::Calendar,
    }
}
