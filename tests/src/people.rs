//! What people do by hand in Outlook and in the CRM, and what they see there.

use jiff::Timestamp;
use ssi_sandbox::{
    World,
    crm::{ATTENDEE, Author, Draft as CrmDraft, Omitted, Schema, Value as CrmValue},
    exchange::{Actor, Attendee, Disposal, Draft, Kind, Notice, Place, Sending, Value, Zone},
    exchange::{Address, Response},
};

use crate::given::Given;

/// An item a person made, by mailbox and number.
#[derive(Debug, Clone)]
pub struct Made {
    /// The mailbox.
    pub mailbox: String,
    /// Its number on the server; another one after a move.
    pub key: u64,
}

/// A text property.
pub fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// A point in time (RFC 3339).
pub fn time(value: &str) -> Value {
    Value::Time(value.parse().expect("a time"))
}

/// A plain event without attendees.
pub fn event(subject: &str, start: &str, end: &str) -> Draft {
    let mut draft = Draft::new(Kind::CalendarItem);
    draft.properties.insert("Subject", text(subject));
    draft.properties.insert("Start", time(start));
    draft.properties.insert("End", time(end));
    draft
}

/// An attendee by address.
pub fn attendee(address: &str) -> Attendee {
    Attendee {
        who: Address {
            name: String::new(),
            email: address.into(),
        },
        response: Response::Unknown,
        at: None,
    }
}

/// Puts categories on a draft.
pub fn marked(mut draft: Draft, categories: &[&str]) -> Draft {
    let categories = categories.iter().map(|name| (*name).to_owned()).collect();
    let categories = Value::Strings(categories);
    draft.properties.insert("Categories", categories);
    draft
}

/// What people can do in a world, and see of it.
pub trait People {
    /// The world.
    fn world(&self) -> &World;

    /// A person makes an item in one of the standard folders, or in one by its name.
    fn make(&self, mailbox: &str, folder: &str, draft: Draft, sending: Sending) -> Made {
        let mut exchange = self.world().exchange();
        let place = exchange.mailbox(mailbox).expect("mailbox");
        let folder = place
            .distinguished(folder)
            .or_else(|| place.folder_by_name(folder).map(|folder| folder.key))
            .expect("the folder");
        let actor = Actor::human(mailbox);
        let key = exchange
            .create_item(&actor, folder, draft, &Zone::utc(), sending)
            .expect("Outlook makes it");
        Made {
            mailbox: mailbox.into(),
            key,
        }
    }

    /// A person changes an item; attendees hear of it as Outlook tells them.
    fn edit(&self, made: &Made, change: impl FnOnce(&mut Draft)) {
        self.edit_telling(made, Sending::ALL, change);
    }

    /// A person changes something that concerns nobody else, such as a category.
    fn edit_quietly(&self, made: &Made, change: impl FnOnce(&mut Draft)) {
        self.edit_telling(made, Sending::NONE, change);
    }

    fn edit_telling(&self, made: &Made, sending: Sending, change: impl FnOnce(&mut Draft)) {
        let mut exchange = self.world().exchange();
        let actor = Actor::human(&made.mailbox);
        let place = Place::from(made.key);
        exchange
            .update_item(&actor, place, &Zone::utc(), sending, |draft| {
                change(draft);
                Ok(())
            })
            .expect("Outlook changes it");
    }

    /// A person deletes an item; a meeting of theirs is cancelled for all.
    fn discard(&self, made: &Made) {
        let mut exchange = self.world().exchange();
        let actor = Actor::human(&made.mailbox);
        exchange
            .delete_item(&actor, made.key.into(), Disposal::Trash, Sending::ALL)
            .expect("Outlook deletes it");
    }

    /// What an item holds now; `None` when it is gone.
    fn see(&self, made: &Made) -> Option<Draft> {
        let exchange = self.world().exchange();
        let mailbox = exchange.mailbox(&made.mailbox).expect("mailbox");
        mailbox.item(made.key).map(|item| item.data.clone())
    }

    /// All items of a kind in a mailbox, outside Deleted Items.
    fn items(&self, mailbox: &str, kind: Kind) -> Vec<(Made, Draft)> {
        let exchange = self.world().exchange();
        let place = exchange.mailbox(mailbox).expect("mailbox");
        let bin = place.distinguished("deleteditems");
        let mut found = Vec::new();
        for folder in place.folders().filter(|folder| Some(folder.key) != bin) {
            for key in &folder.items {
                if let Some(item) = place.item(*key).filter(|item| item.data.kind == kind) {
                    let made = Made {
                        mailbox: mailbox.into(),
                        key: *key,
                    };
                    found.push((made, item.data.clone()));
                }
            }
        }
        found
    }

    /// The backend id of an item.
    fn id_of(&self, made: &Made) -> String {
        let exchange = self.world().exchange();
        exchange
            .mailbox(&made.mailbox)
            .expect("mailbox")
            .item_id(made.key)
    }

    /// Meeting messages that went out.
    fn notices(&self) -> Vec<Notice> {
        self.world().exchange().notices().to_vec()
    }

    /// The keys of a set's rows in the CRM, oldest first.
    fn records(&self, set: &str) -> Vec<String> {
        let crm = self.world().crm();
        crm.rows(set)
            .into_iter()
            .map(|row| row.key.clone())
            .collect()
    }

    /// A property of a record as text; `None` when the record is gone.
    fn field(&self, set: &str, key: &str, property: &str) -> Option<String> {
        let crm = self.world().crm();
        let entity = Schema::standard().set(set).expect("the set");
        let row = crm.row(entity, key)?;
        let at = entity.position(property).expect("the property");
        Some(match &row.values[at] {
            CrmValue::Instant(micros) => Timestamp::from_microsecond(*micros)
                .expect("in range")
                .to_string(),
            CrmValue::Bool(yes) => yes.to_string(),
            _ => crm.text(entity, row, property),
        })
    }

    /// A person makes a record.
    fn record(&self, set: &str, fields: &[(&str, CrmValue)]) -> String {
        let world = self.world();
        let now = world.now();
        let mut crm = world.crm();
        crm.act_as_person(somebody(), now.as_microsecond());
        let entity = Schema::standard().set(set).expect("the set");
        crm.create(entity, &draft(set, fields), None)
            .expect("the CRM takes it")
    }

    /// A person changes a record.
    fn change(&self, set: &str, key: &str, fields: &[(&str, CrmValue)]) {
        let world = self.world();
        let now = world.now();
        let mut crm = world.crm();
        crm.act_as_person(somebody(), now.as_microsecond());
        let entity = Schema::standard().set(set).expect("the set");
        crm.update(entity, key, &draft(set, fields), Omitted::Kept)
            .expect("the CRM takes it");
    }

    /// A person deletes a record.
    fn erase(&self, set: &str, key: &str) {
        let world = self.world();
        let now = world.now();
        let mut crm = world.crm();
        crm.act_as_person(somebody(), now.as_microsecond());
        let entity = Schema::standard().set(set).expect("the set");
        crm.delete(entity, key).expect("the CRM deletes it");
    }

    /// A person deletes every record of a set.
    fn erase_all(&self, set: &str) {
        for key in self.records(set) {
            self.erase(set, &key);
        }
    }

    /// A person adds a partner to an appointment, as an attendee.
    fn invite(&self, appointment: &str, number: &str) {
        let world = self.world();
        let now = world.now();
        let mut crm = world.crm();
        crm.act_as_person(somebody(), now.as_microsecond());
        let set = "AppointmentInvolvedPartiesCollection";
        let fields = [
            ("RoleCode", CrmValue::text(ATTENDEE)),
            ("PartyID", CrmValue::text(number)),
        ];
        let parties = Schema::standard().set(set).expect("the set");
        crm.create(parties, &draft(set, &fields), Some(appointment))
            .expect("the CRM takes it");
    }

    /// The number of an employee, by address.
    fn employee(&self, address: &str) -> String {
        let crm = self.world().crm();
        let set = Schema::standard()
            .set("EmployeeCollection")
            .expect("employees");
        let rows = crm.rows(set.name);
        let row = rows
            .into_iter()
            .find(|row| crm.text(set, row, "Email").eq_ignore_ascii_case(address));
        row.map(|row| crm.text(set, row, "BusinessPartnerID"))
            .expect("an employee")
    }
}

impl People for Given {
    fn world(&self) -> &World {
        self.sandbox.world()
    }
}

impl People for World {
    fn world(&self) -> &World {
        self
    }
}

fn somebody() -> Author {
    Author {
        name: "Somebody".into(),
        employee: None,
    }
}

fn draft(set: &str, fields: &[(&str, CrmValue)]) -> CrmDraft {
    let entity = Schema::standard().set(set).expect("the set");
    let values = fields.iter().map(|(name, value)| {
        let at = entity.position(name).expect("the property");
        (at, value.clone())
    });
    CrmDraft {
        values: values.collect(),
        children: Vec::new(),
    }
}
