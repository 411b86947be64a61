//! What people do in a history. Every value they set is unique, so that it is known whose it was.

use jiff::{SignedDuration, Timestamp};
use ssi_sandbox::{
    World,
    crm::Value as CrmValue,
    exchange::{Draft, Kind, Sending, Value},
};

use super::Chaos;
use crate::{
    given::{ANNA, BERND, CATEGORY},
    people::{Made, People, attendee, event, marked, text},
};

/// One thing people know by a name of its own: an item, a record, or the pair of both.
#[derive(Debug, Clone)]
pub struct Thing {
    /// Stands in the subject or last name, for ever.
    pub tag: String,
    /// The set of its record.
    pub set: &'static str,
    /// The kind of its item.
    pub kind: Kind,
    /// The property of the item and of the record that people edit.
    pub field: (&'static str, &'static str),
    /// The property that holds the tag, on item and record.
    pub name: (&'static str, &'static str),
    /// The mailbox it belongs to.
    pub mailbox: &'static str,
    /// Values people set in the field, in order, with the side.
    pub edits: Vec<(Side, String)>,
    /// A person deleted it, on a side.
    pub deleted: Option<Side>,
    /// It has attendees.
    pub meeting: bool,
    /// A person took the category off.
    pub released: bool,
    /// Where it was born.
    pub born: Side,
}

/// A side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The mailbox.
    Mail,
    /// The CRM.
    Crm,
}

const EVENT: (&str, Kind, (&str, &str), (&str, &str)) = (
    "AppointmentCollection",
    Kind::CalendarItem,
    ("Location", "Location"),
    ("Subject", "Subject"),
);
const CONTACT: (&str, Kind, (&str, &str), (&str, &str)) = (
    "ContactCollection",
    Kind::Contact,
    ("JobTitle", "JobTitle"),
    ("Surname", "LastName"),
);

/// A person does something. Answers what, for the trace.
pub fn deed(world: &World, chaos: &Chaos, things: &mut Vec<Thing>, number: usize) -> String {
    if things.len() < 2 {
        return match chaos.happens(700) {
            true => make_item(world, chaos, things, number),
            false => make_record(world, chaos, things, number),
        };
    }
    match chaos.below(10) {
        0 | 1 => make_item(world, chaos, things, number),
        2 => make_record(world, chaos, things, number),
        3 | 4 => edit(world, chaos, things, number, Side::Mail),
        5 | 6 => edit(world, chaos, things, number, Side::Crm),
        7 => delete(world, chaos, things, Side::Mail),
        8 => delete(world, chaos, things, Side::Crm),
        _ => release(world, chaos, things),
    }
}

fn thing(
    (set, kind, field, name): (
        &'static str,
        Kind,
        (&'static str, &'static str),
        (&'static str, &'static str),
    ),
    tag: String,
    mailbox: &'static str,
    born: Side,
) -> Thing {
    Thing {
        tag,
        set,
        kind,
        field,
        name,
        mailbox,
        edits: Vec::new(),
        deleted: None,
        meeting: false,
        released: false,
        born,
    }
}

fn soon(world: &World, chaos: &Chaos) -> (String, String) {
    let start: Timestamp = world.now() + SignedDuration::from_hours(24 + chaos.below(200) as i64);
    let start = start.round(jiff::Unit::Second).expect("in range");
    let end = start + SignedDuration::from_hours(1);
    (start.to_string(), end.to_string())
}

fn make_item(world: &World, chaos: &Chaos, things: &mut Vec<Thing>, number: usize) -> String {
    let tag = format!("T{number}x");
    let mailbox = if chaos.happens(500) { ANNA } else { BERND };
    let (start, end) = soon(world, chaos);
    if chaos.happens(250) {
        let mut contact = Draft::new(Kind::Contact);
        contact.properties.insert("Surname", text(&tag));
        world.make(
            mailbox,
            "contacts",
            marked(contact, &[CATEGORY]),
            Sending::NONE,
        );
        things.push(thing(CONTACT, tag.clone(), mailbox, Side::Mail));
        return format!("make contact {tag}");
    }
    let mut draft = marked(event(&tag, &start, &end), &[CATEGORY]);
    let mut made = thing(EVENT, tag.clone(), mailbox, Side::Mail);
    if chaos.happens(300) {
        let colleague = if mailbox == ANNA { BERND } else { ANNA };
        let invited = Value::Attendees(vec![attendee(colleague)]);
        draft.properties.insert("RequiredAttendees", invited);
        made.meeting = true;
        world.make(mailbox, "calendar", draft, Sending::ALL);
    } else {
        world.make(mailbox, "calendar", draft, Sending::NONE);
    }
    things.push(made);
    format!("make event {tag}")
}

fn make_record(world: &World, chaos: &Chaos, things: &mut Vec<Thing>, number: usize) -> String {
    let tag = format!("T{number}x");
    let mailbox = if chaos.happens(500) { ANNA } else { BERND };
    let (start, end) = soon(world, chaos);
    let at = |time: &str| {
        let at: Timestamp = time.parse().expect("a time");
        CrmValue::Instant(at.as_microsecond())
    };
    let owner = CrmValue::text(world.employee(mailbox));
    world.record(
        "AppointmentCollection",
        &[
            ("Subject", CrmValue::text(tag.clone())),
            ("StartDate", at(&start)),
            ("EndDate", at(&end)),
            ("OwnerPartyID", owner.clone()),
            ("OrganizerPartyID", owner),
        ],
    );
    things.push(thing(EVENT, tag.clone(), mailbox, Side::Crm));
    format!("make record {tag}")
}

fn living(things: &[Thing]) -> Vec<usize> {
    (0..things.len())
        .filter(|at| things[*at].deleted.is_none() && !things[*at].released)
        .collect()
}

fn edit(world: &World, chaos: &Chaos, things: &mut [Thing], number: usize, side: Side) -> String {
    let Some(at) = chaos.one(&living(things)).copied() else {
        return "nothing to edit".into();
    };
    let value = format!("V{number}");
    let thing = &mut things[at];
    let done = match side {
        Side::Mail => match item_of(world, thing) {
            Some((made, _)) => {
                let property = thing.field.0;
                world.edit(&made, |draft| {
                    draft.properties.insert(property, text(&value));
                });
                true
            }
            None => false,
        },
        Side::Crm => match record_of(world, thing) {
            Some(key) => {
                world.change(
                    thing.set,
                    &key,
                    &[(thing.field.1, CrmValue::text(value.clone()))],
                );
                true
            }
            None => false,
        },
    };
    if done {
        thing.edits.push((side, value));
    }
    format!("edit {} {side:?} {done}", thing.tag)
}

fn delete(world: &World, chaos: &Chaos, things: &mut [Thing], side: Side) -> String {
    let Some(at) = chaos.one(&living(things)).copied() else {
        return "nothing to delete".into();
    };
    let thing = &mut things[at];
    let done = match side {
        Side::Mail => match item_of(world, thing) {
            Some((made, _)) => {
                world.discard(&made);
                true
            }
            None => false,
        },
        Side::Crm => match record_of(world, thing) {
            Some(key) if thing.set == "AppointmentCollection" => {
                world.erase(thing.set, &key);
                true
            }
            _ => false,
        },
    };
    if done {
        thing.deleted = Some(side);
    }
    format!("delete {} {side:?} {done}", thing.tag)
}

fn release(world: &World, chaos: &Chaos, things: &mut [Thing]) -> String {
    let Some(at) = chaos.one(&living(things)).copied() else {
        return "nothing to release".into();
    };
    let thing = &mut things[at];
    if thing.kind != Kind::CalendarItem {
        return "nothing to release".into();
    }
    let Some((made, _)) = item_of(world, thing) else {
        return "nothing to release".into();
    };
    world.edit_quietly(&made, |draft| {
        draft.properties.remove("Categories");
    });
    thing.released = true;
    format!("release {}", thing.tag)
}

/// The items of a thing in its owner's mailbox.
pub fn items_of(world: &World, thing: &Thing) -> Vec<(Made, Draft)> {
    let items = world.items(thing.mailbox, thing.kind).into_iter();
    items
        .filter(|(_, draft)| draft.text(thing.name.0).trim_start_matches("Canceled: ") == thing.tag)
        .collect()
}

fn item_of(world: &World, thing: &Thing) -> Option<(Made, Draft)> {
    items_of(world, thing).into_iter().next()
}

/// The records of a thing.
pub fn records_of(world: &World, thing: &Thing) -> Vec<String> {
    let keys = world.records(thing.set).into_iter();
    keys.filter(|key| {
        world.field(thing.set, key, thing.name.1).as_deref() == Some(thing.tag.as_str())
    })
    .collect()
}

fn record_of(world: &World, thing: &Thing) -> Option<String> {
    records_of(world, thing).into_iter().next()
}
