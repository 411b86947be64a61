//! What people know by a name of its own: an item, a record, or the pair of both.

use jiff::Timestamp;
use ssi_domain::Kind as RecordKind;
use ssi_sandbox::{
    World,
    exchange::{Draft, Kind},
};

use super::chosen::Way;
use crate::{
    given::CATEGORY,
    people::{Made, People},
};

/// What a thing is on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// What its record is.
    pub record: RecordKind,
    /// The set of its record.
    pub set: &'static str,
    /// The category that asks for it.
    pub category: &'static str,
    /// The kind of its item.
    pub kind: Kind,
    /// The property of the item and of the record that people edit.
    pub field: (&'static str, &'static str),
    /// The property that holds the tag, on item and record.
    pub name: (&'static str, &'static str),
    /// The property of the record that says it is cancelled, if it can be.
    pub status: Option<&'static str>,
    /// The properties of the record that say when it begins and ends, if it does.
    pub times: Option<(&'static str, &'static str)>,
    /// The properties of the record that say whose it is.
    pub owners: [&'static str; 2],
}

impl Form {
    /// Whether it lies in the calendar.
    pub fn is_event(self) -> bool {
        self.kind == Kind::CalendarItem
    }
}

/// Whose an event is.
const EVENT_OWNERS: [&str; 2] = ["OwnerPartyID", "OrganizerPartyID"];

/// An event that becomes an appointment.
pub const EVENT: Form = Form {
    record: RecordKind::Appointment,
    set: "AppointmentCollection",
    category: CATEGORY,
    kind: Kind::CalendarItem,
    field: ("Location", "Location"),
    name: ("Subject", "Subject"),
    status: Some("LifeCycleStatusCode"),
    times: Some(("StartDate", "EndDate")),
    owners: EVENT_OWNERS,
};

/// An event that becomes a visit.
pub const VISIT: Form = Form {
    record: RecordKind::Visit,
    set: "VisitCollection",
    category: "Visit",
    status: Some("Status"),
    times: Some(("StartDateTime", "EndDateTime")),
    ..EVENT
};

/// An event that becomes a phone call; see [`super::chosen`] on its field.
pub const CALL: Form = Form {
    record: RecordKind::PhoneCall,
    set: "PhoneCallCollection",
    category: "Phone Call",
    field: ("Location", "dataloader1_KUT"),
    status: Some("Status"),
    times: Some(("StartDateTime", "EndDateTime")),
    ..EVENT
};

/// What an event may become.
pub const EVENTS: [Form; 3] = [EVENT, VISIT, CALL];

/// A contact.
pub const CONTACT: Form = Form {
    record: RecordKind::Contact,
    set: "ContactCollection",
    category: CATEGORY,
    kind: Kind::Contact,
    field: ("JobTitle", "JobTitle"),
    name: ("Surname", "LastName"),
    status: None,
    times: None,
    owners: ["ContactOwnerID", "OwnerID"],
};

/// A task; people move the day it is due.
pub const TASK: Form = Form {
    record: RecordKind::Task,
    set: "TasksCollection",
    category: CATEGORY,
    kind: Kind::Task,
    field: ("DueDate", "DueDateTime"),
    name: ("Subject", "Subject"),
    status: Some("Status"),
    times: None,
    owners: ["MainEmployeeResponsiblePartyID", "ProcessorPartyID"],
};

/// A side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The mailbox.
    Mail,
    /// The CRM.
    Crm,
}

impl Side {
    /// The opposite one.
    pub fn other(self) -> Self {
        match self {
            Self::Mail => Self::Crm,
            Self::Crm => Self::Mail,
        }
    }
}

/// Who may know of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Its owner wants it mirrored.
    Mirrored,
    /// It is private: the CRM may hold a placeholder without its name (CAL-70).
    Private,
    /// Nobody asked for it (INV-22).
    Unasked,
    /// Somebody tried to save it by hand and was told that it failed, or nothing.
    Tried,
}

/// One thing.
#[derive(Debug, Clone)]
pub struct Thing {
    /// Stands in the subject or last name, for ever.
    pub tag: String,
    /// What it is.
    pub form: Form,
    /// How what people edit on it travels.
    pub(super) way: Way,
    /// The mailbox it belongs to.
    pub mailbox: &'static str,
    /// Where it was born.
    pub born: Side,
    /// Who may know of it.
    pub wish: Wish,
    /// When it is over, if it ever is.
    pub ends: Option<Timestamp>,
    /// Values people set in the field, in order, with the side.
    pub edits: Vec<(Side, String)>,
    /// Whether both sides agreed when the last of these was set.
    pub uncontested: bool,
    /// A person deleted it, on a side.
    pub deleted: Option<Side>,
    /// A side that was edited and not known to be so when the other was deleted: it must outlive that (INV-6).
    pub outlives: Option<Side>,
    /// Others were invited, and one of them categorised the copy.
    pub shared: bool,
    /// A person took the category off.
    pub released: bool,
    /// Others were invited to it.
    pub invited: bool,
    /// It was saved by hand, and by nothing else.
    pub by_hand: bool,
    /// The mailboxes that had it before it was given to somebody else.
    pub former: Vec<&'static str>,
}

impl Thing {
    /// A new one.
    pub(super) fn new(
        form: Form,
        way: Way,
        tag: String,
        mailbox: &'static str,
        born: Side,
    ) -> Self {
        Self {
            tag,
            form,
            way,
            mailbox,
            born,
            wish: Wish::Mirrored,
            ends: None,
            edits: Vec::new(),
            uncontested: false,
            deleted: None,
            outlives: None,
            shared: false,
            released: false,
            invited: false,
            by_hand: false,
            former: Vec::new(),
        }
    }

    /// Whether people still work with it.
    pub fn is_living(&self) -> bool {
        self.deleted.is_none() && !self.released && self.wish == Wish::Mirrored
    }

    /// Its items in its owner's mailbox.
    pub fn items(&self, world: &World) -> Vec<(Made, Draft)> {
        self.items_in(world, self.mailbox)
    }

    /// Its items in a mailbox.
    pub fn items_in(&self, world: &World, mailbox: &str) -> Vec<(Made, Draft)> {
        let items = world.items(mailbox, self.form.kind).into_iter();
        let name = |draft: &Draft| {
            let text = draft.text(self.form.name.0);
            text.trim_start_matches("Canceled: ") == self.tag
        };
        items.filter(|(_, draft)| name(draft)).collect()
    }

    /// Its item.
    pub fn item(&self, world: &World) -> Option<(Made, Draft)> {
        self.items(world).into_iter().next()
    }

    /// Its records.
    pub fn records(&self, world: &World) -> Vec<String> {
        self.records_as(world, self.form)
    }

    /// What it became: whoever was first said so, and it stays that (CAL-01).
    pub(super) fn is_now(&self, world: &World) -> Form {
        let stands = |form: &&Form| !self.records_as(world, **form).is_empty();
        match self.form.is_event() && self.records(world).is_empty() {
            true => *EVENTS.iter().find(stands).unwrap_or(&self.form),
            false => self.form,
        }
    }

    /// How many records it has, as whatever kind.
    pub fn count_records(&self, world: &World) -> usize {
        match self.form.is_event() {
            true => EVENTS
                .iter()
                .map(|form| self.records_as(world, *form).len())
                .sum(),
            false => self.records(world).len(),
        }
    }

    fn records_as(&self, world: &World, form: Form) -> Vec<String> {
        let (set, name) = (form.set, form.name.1);
        let keys = world.records(set).into_iter();
        keys.filter(|key| world.field(set, key, name).as_deref() == Some(self.tag.as_str()))
            .collect()
    }

    /// Its record.
    pub fn record(&self, world: &World) -> Option<String> {
        self.records(world).into_iter().next()
    }

    /// Whether its record is cancelled.
    pub fn is_cancelled(&self, world: &World) -> bool {
        let Some(status) = self.form.status else {
            return false;
        };
        let records = self.records(world).into_iter();
        records
            .filter_map(|key| world.field(self.form.set, &key, status))
            .any(|status| status == "4")
    }

    /// Whether a side stands, and is not called off.
    pub fn stands(&self, world: &World, side: Side) -> bool {
        match side {
            Side::Mail => !self.items(world).is_empty(),
            Side::Crm => !self.records(world).is_empty() && !self.is_cancelled(world),
        }
    }

    /// What its items in a mailbox hold in the field.
    pub fn values_in(&self, world: &World, mailbox: &str) -> Vec<String> {
        let items = self.items_in(world, mailbox).into_iter();
        items.map(|(_, draft)| self.held(&draft)).collect()
    }

    fn held(&self, draft: &Draft) -> String {
        match self.form == TASK {
            true => draft
                .time(self.form.field.0)
                .map_or(String::new(), |at| at.to_string()),
            false => draft.text(self.form.field.0).to_owned(),
        }
    }

    /// What a side holds in the field; empty when it holds nothing or does not stand.
    pub fn value(&self, world: &World, side: Side) -> String {
        match side {
            Side::Mail => self
                .item(world)
                .map_or(String::new(), |(_, draft)| self.held(&draft)),
            Side::Crm => self
                .record(world)
                .and_then(|key| world.field(self.form.set, &key, self.form.field.1))
                .unwrap_or_default(),
        }
    }
}
