//! Fields of items in the simulated mailbox, by the mapping tables' Exchange paths.

use jiff::tz::TimeZone;
use ssi_domain::{
    Kind, Record, Value,
    mapping::{Tables, ValueType},
    port::Shape,
};
use ssi_sandbox::exchange::{Draft, Value as Stored};

/// The name of a property on the server; dictionaries are left to the wire tests.
fn property(path: &str) -> Option<&'static str> {
    const PLAIN: [&str; 21] = [
        "Subject",
        "Start",
        "End",
        "IsAllDayEvent",
        "Location",
        "Importance",
        "Sensitivity",
        "StartDate",
        "DueDate",
        "Status",
        "GivenName",
        "MiddleName",
        "Surname",
        "DisplayName",
        "JobTitle",
        "Department",
        "CompanyName",
        "BusinessHomePage",
        "Birthday",
        "LegacyFreeBusyStatus",
        "ReminderMinutesBeforeStart",
    ];
    let name = path.split_once(':')?.1;
    PLAIN.into_iter().find(|plain| *plain == name)
}

pub(super) fn fields(tables: &Tables, kind: Kind, draft: &Draft, shape: Shape) -> Record {
    let mut record = Record::new();
    let Some(table) = tables.of(kind) else {
        return record;
    };
    for row in table.rows() {
        if row.after_decision && shape == Shape::Headers {
            continue;
        }
        let Some(name) = row.ews.as_deref().and_then(property) else {
            continue;
        };
        let value = match (draft.properties.get(name), row.value) {
            (Some(Stored::Text(text)), ValueType::Choice) => Some(Value::Choice(snake(text))),
            (Some(Stored::Text(text)), _) if !text.is_empty() => Some(Value::Text(text.clone())),
            (Some(Stored::Time(at)), ValueType::Date) => {
                Some(Value::Date(TimeZone::UTC.to_datetime(*at).date()))
            }
            (Some(Stored::Time(at)), _) => Some(Value::Instant(*at)),
            (Some(Stored::Bool(yes)), _) => Some(Value::Bool(*yes)),
            _ => None,
        };
        if let Some(value) = value {
            record.set(&row.name, value);
        }
    }
    if kind == Kind::Appointment {
        for (field, list) in [
            ("required", "RequiredAttendees"),
            ("optional", "OptionalAttendees"),
        ] {
            let people = draft.attendees(list).iter().map(|one| {
                Value::Address(ssi_domain::Address {
                    name: one.who.name.clone(),
                    address: one.who.email.clone(),
                })
            });
            record.set(field, Value::List(people.collect()));
        }
        if let Some(organizer) = draft.mailboxes("Organizer").first() {
            record.set(
                "organizer",
                Value::Address(ssi_domain::Address {
                    name: organizer.name.clone(),
                    address: organizer.email.clone(),
                }),
            );
        }
    }
    record
}

pub(super) fn put(tables: &Tables, draft: &mut Draft, kind: Kind, set: &Record) {
    let Some(table) = tables.of(kind) else { return };
    for (field, value) in set.iter() {
        let path = table.row(field).and_then(|row| row.ews.as_deref());
        let Some(name) = path.and_then(property) else {
            continue;
        };
        match value {
            Value::Text(text) if text.is_empty() => {
                draft.properties.remove(name);
            }
            Value::Text(text) | Value::Phone(text) => {
                draft.properties.insert(name, Stored::Text(text.clone()));
            }
            Value::Choice(word) => {
                draft.properties.insert(name, Stored::Text(pascal(word)));
            }
            Value::Instant(at) => {
                draft.properties.insert(name, Stored::Time(*at));
            }
            Value::Date(day) => {
                let at = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
                draft
                    .properties
                    .insert(name, Stored::Time(at.expect("in range")));
            }
            Value::Bool(yes) => {
                draft.properties.insert(name, Stored::Bool(*yes));
            }
            _ => {}
        }
    }
}

/// `NotStarted` as `not_started`.
fn snake(word: &str) -> String {
    let mut out = String::new();
    for (at, c) in word.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// `not_started` as `NotStarted`.
fn pascal(word: &str) -> String {
    word.split('_')
        .map(|part| {
            let mut chars = part.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string());
            first.unwrap_or_default() + chars.as_str()
        })
        .collect()
}
