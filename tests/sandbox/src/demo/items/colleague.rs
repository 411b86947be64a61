//! Records that exist in the CRM and come down: for every record that a session made, somebody in the CRM makes a
//! copy that belongs to a colleague. What stands in the colleague's mailbox afterwards has gone the whole way.

use std::collections::HashMap;

use crate::{
    World,
    crm::{Author, Draft, EntitySet, Kind, Omitted, Record, Refusal, Schema, Value},
};

/// Properties that make a record the one it is, or somebody's.
const OWN: [&str; 14] = [
    "ObjectID",
    "UUID",
    "ID",
    "ETag",
    "GroupwareItemID",
    "RecurrenceActGroupwareID",
    "ContactID",
    "AccountID",
    "CustomerID",
    "Account",
    "PrimaryContact",
    "MainContactPartyID",
    "MainAccountPartyID",
    "OccurrenceDate",
];

/// How the kinds name their owner, and who else an activity belongs to.
const OWNERS: [&str; 8] = [
    "OwnerPartyID",
    "OrganizerPartyID",
    "MainEmployeeResponsiblePartyID",
    "ProcessorPartyID",
    "ContactOwnerID",
    "OwnerID",
    "ContactOwnerUUID",
    "OwnerUUID",
];

/// The number and the UUID of an employee, by address.
pub(super) fn employee(world: &World, address: &str) -> Option<(String, Value)> {
    let crm = world.crm();
    let set = Schema::standard().set("EmployeeCollection")?;
    let row = crm
        .rows(set.name)
        .into_iter()
        .find(|row| crm.text(set, row, "Email").eq_ignore_ascii_case(address))?;
    let number = crm.text(set, row, "BusinessPartnerID");
    let uuid = set.position("UUID").map(|at| row.values[at].clone());
    Some((number, uuid.unwrap_or(Value::Null)))
}

fn set_of(kind: Kind) -> Option<&'static EntitySet> {
    let name = match kind {
        Kind::Email => "EMailCollection",
        Kind::Appointment => "AppointmentCollection",
        Kind::Visit => "VisitCollection",
        Kind::PhoneCall => "PhoneCallCollection",
        Kind::Series => "RecurringActivityCollection",
        Kind::Task => "TasksCollection",
        Kind::Contact => "ContactCollection",
        Kind::Account => "CorporateAccountCollection",
        Kind::IndividualCustomer => "IndividualCustomerCollection",
    };
    Schema::standard().set(name)
}

/// A draft of the properties of a record that a copy has too, with another owner.
fn draft(
    world: &World,
    record: &Record,
    set: &'static EntitySet,
    (number, uuid): &(String, Value),
) -> Option<Draft> {
    let crm = world.crm();
    let row = crm.row(set, &record.object_id)?;
    let mut draft = Draft::default();
    for (at, property) in set.properties.iter().enumerate() {
        let guid = property.edm == crate::crm::Edm::Guid;
        let value = if OWNERS.contains(&property.name) {
            match guid {
                // Where the number is writable and names the same person, it is enough.
                true if property.name == "OwnerUUID" && record.kind == Kind::Task => continue,
                true => uuid.clone(),
                false => Value::text(number.as_str()),
            }
        } else if guid || OWN.contains(&property.name) {
            continue;
        } else {
            row.values[at].clone()
        };
        let kept = property.creatable && property.origin == crate::crm::Origin::Stored;
        let empty = value == Value::Null || value == Value::text("");
        if kept && !empty {
            draft.values.push((at, value));
        }
    }
    Some(draft)
}

/// Copies records for a colleague; answers the copy's ObjectID by the record's.
///
/// A record that the tenant does not take twice is left out.
pub(super) fn copy(world: &World, records: &[String], address: &str) -> HashMap<String, String> {
    let mut copies = HashMap::new();
    let Some(colleague) = employee(world, address) else {
        return copies;
    };
    for id in records {
        let Some(record) = super::look::record(world, id) else {
            continue;
        };
        if let Some(copy) = one(world, &record, &colleague, None) {
            copies.insert(id.clone(), copy);
        }
    }
    copies
}

fn one(
    world: &World,
    record: &Record,
    colleague: &(String, Value),
    series: Option<&Value>,
) -> Option<String> {
    let set = set_of(record.kind)?;
    let mut draft = draft(world, record, set, colleague)?;
    if let Some(series) = series {
        for name in ["RecurringBusinessActivityNodeID", "OccurrenceDate"] {
            let at = set.position(name)?;
            let value = match name {
                "OccurrenceDate" => Value::Instant(record.time(name)?.as_microsecond()),
                _ => series.clone(),
            };
            draft.values.push((at, value));
        }
    }
    let now = world.now();
    let mut crm = world.crm();
    crm.act_as_person(author(), now.as_microsecond());
    let copy = crm.create(set, &draft, None);
    crm.forget_touched();
    copy.ok()
}

fn author() -> Author {
    Author {
        name: "Demo Person".to_owned(),
        employee: None,
    }
}

/// Somebody in the CRM changes one field of a record that a mailbox shows too; answers the field's name on either
/// side and the value.
///
/// # Errors
/// What the tenant refuses.
pub(super) fn change(world: &World, record: &Record) -> Result<Changed, Refusal> {
    let (property, shown, value) = match record.kind {
        Kind::Appointment | Kind::Visit | Kind::Series => {
            ("Location", "Location", "Room of the CRM")
        }
        Kind::PhoneCall => ("Priority", "Importance", "1"),
        Kind::Task => ("PriorityCode", "Importance", "1"),
        Kind::Account => ("Phone", "CompanyMainPhone", "+49 6221 123456"),
        _ => ("Department", "Department", "Of the CRM"),
    };
    let missing = || Refusal::NotFound(record.object_id.clone());
    let set = set_of(record.kind).ok_or_else(missing)?;
    let at = set
        .position(property)
        .ok_or_else(|| Refusal::UnknownProperty(property.to_owned()))?;
    let draft = Draft {
        values: vec![(at, Value::text(value))],
        ..Draft::default()
    };
    let now = world.now();
    let mut crm = world.crm();
    crm.act_as_person(author(), now.as_microsecond());
    let done = crm.update(set, &record.object_id, &draft, Omitted::Kept);
    crm.forget_touched();
    done?;
    let expected = match value {
        "1" => "High",
        value => value,
    };
    Ok(Changed {
        field: shown,
        value: expected.to_owned(),
    })
}

/// A change that is on its way.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    /// The field on the side where it shall arrive.
    pub field: &'static str,
    /// What it shall hold there.
    pub value: String,
}
