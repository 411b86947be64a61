//! Turns rows of mirrored sets into records, by the mapping table of their kind.

use jiff::{Timestamp, tz::TimeZone};
use ssi_domain::{
    Address, Record, RecordRef, Value,
    mapping::{Row as Field, Table, ValueType},
    mirror::UNREADABLE,
    port::PortError,
};

use super::{
    days, home, note, party, series,
    set::{MirrorSet, SERIES, Target, not_mirrored, record_ref},
    zone,
};
use crate::{
    c4c::{
        config::Codes,
        get::{one, value_of},
        odata::{json::Row, literal::bare, query::Query},
        parties::set_of,
        put::Place,
        read::Pages,
        tenant::C4c,
    },
    http::Intent,
};

/// Properties with the name of who an id stands for, as the sets spell them.
const NAMES: [(&str, &[&str]); 3] = [
    (
        "owner_name",
        &[
            "OwnerName",
            "OwnerPartyName",
            "OwnerFormattedName",
            "MainEmployeeResponsiblePartyName",
        ],
    ),
    ("organizer_name", &["OrganizerPartyName", "OrganizerName"]),
    ("processor_name", &["ProcessorPartyName"]),
];

const GET: &str = "get record";

impl C4c {
    /// The mapping of a mirrored kind.
    pub(in crate::c4c) fn table(&self, kind: ssi_domain::Kind) -> Result<&Table, PortError> {
        let table = self.shared.config.tables.of(kind);
        table
            .filter(|table| table.kind() != ssi_domain::Kind::Email)
            .ok_or_else(|| not_mirrored(kind))
    }

    /// The address of a record with its notes and parties, as far as the service expands.
    pub(in crate::c4c) fn mirrored_address(&self, target: &Target) -> String {
        let nodes = if self.shared.known.expands() {
            self.nodes(target)
        } else {
            Vec::new()
        };
        let set = target.set();
        Query::row(set.name, &target.key).expand(&nodes).address()
    }

    /// The child nodes that are read with a record.
    fn nodes(&self, target: &Target) -> Vec<&str> {
        let set = target.set();
        let mut nodes: Vec<&str> = Vec::new();
        let rows = self.table(target.kind).map(Table::rows).unwrap_or_default();
        for field in rows {
            if let Some(Place::Child(node, _)) = set.place(field)
                && !nodes.contains(&node)
            {
                nodes.push(node);
            }
        }
        nodes.extend(set.parties.map(|parties| parties.node));
        nodes
    }

    /// Reads children that were not expanded: a note that was not read must never look like an empty one.
    pub(in crate::c4c) async fn adopt_children(
        &self,
        ids: &[RecordRef],
        rows: &mut [Option<Row>],
    ) -> Result<(), PortError> {
        let mut missing = Vec::new();
        let mut addresses = Vec::new();
        for (at, (id, row)) in ids.iter().zip(rows.iter()).enumerate() {
            let (Some(row), Some(target)) = (row, Target::of(id)) else {
                continue;
            };
            for node in self.nodes(&target) {
                if row.children(node).is_none() {
                    missing.push((at, node.to_owned()));
                    let query = Query::children(target.set().name, &target.key, node);
                    addresses.push((query.address(), Pages::All));
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let outcomes = self.rows(addresses, GET).await?;
        for ((at, node), outcome) in missing.into_iter().zip(outcomes) {
            match outcome {
                Ok(children) => {
                    if let Some(row) = &mut rows[at] {
                        row.adopt(&node, children);
                    }
                }
                // A tenant without the node has nothing there.
                Err(answer) if matches!(answer.status, 400 | 404 | 405 | 501) => {}
                Err(answer) => return Err(answer.error(Intent::Read, GET)),
            }
        }
        Ok(())
    }
}

/// The times of a row, read together: whether it is about days, and in which zone.
#[derive(Debug)]
struct Times {
    zone: Option<TimeZone>,
    days: Option<(jiff::civil::Date, jiff::civil::Date)>,
}

impl Times {
    fn read(set: &MirrorSet, table: &Table, row: &Row) -> Self {
        let header = |name: &str| {
            let place = set.place(table.row(name)?)?;
            match place {
                Place::Header(properties) => properties.first().copied().map(str::to_owned),
                Place::Child(..) => None,
            }
        };
        let code = header("zone").map(|property| row.text(&property));
        let code = code.or_else(|| set.day_zone.map(|property| row.text(property)));
        let zone = code.and_then(|code| zone::zone(&code));
        let whole = header("all_day").is_some_and(|property| row.text(&property) == "true");
        let instant = |name: &str| header(name).and_then(|property| row.instant(&property));
        let days = instant("start").filter(|_| whole).map(|start| {
            let end = if set.is_series() {
                series::end(row, start)
            } else {
                instant("end")
            };
            days::read(start, end, zone.as_ref())
        });
        Self { zone, days }
    }

    fn when(&self, field: &Field, at: Timestamp) -> Value {
        match self.days {
            Some((first, _)) if field.name != "end" => Value::Date(first),
            Some((_, after)) => Value::Date(after),
            None => Value::Instant(at),
        }
    }
}

/// A row as a record: the fields of the table, then what the engine needs beside them.
pub(in crate::c4c) fn record(target: &Target, table: &Table, codes: &Codes, row: &Row) -> Record {
    let set = target.set();
    let times = Times::read(set, table, row);
    let mut record = Record::new();
    for field in table.rows() {
        if let Some(place) = set.place(field)
            && let Some(value) = field_value(set, codes, field, &place, row, &times)
        {
            record.set(&field.name, value);
        }
    }
    if set.is_series()
        && let Some(end) = row
            .instant(series::START)
            .and_then(|start| series::end(row, start))
        && let Some(field) = table.row("end")
    {
        record.set("end", times.when(field, end));
    }
    if set.is_series() {
        match series::rule(row, times.zone.as_ref()) {
            Some(rule) => record.set("recurrence", rule),
            // It must not look like a single event.
            None => record.set(UNREADABLE, Value::Bool(true)),
        }
    }
    extras(set, codes, row, &mut record);
    record
}

fn field_value(
    set: &MirrorSet,
    codes: &Codes,
    field: &Field,
    place: &Place<'_>,
    row: &Row,
    times: &Times,
) -> Option<Value> {
    match (field.value, place) {
        (ValueType::When, Place::Header(properties)) => {
            let at = row.instant(properties.first()?)?;
            Some(times.when(field, at))
        }
        (ValueType::Date, Place::Header(properties)) => {
            let at = row.instant(properties.first()?)?;
            Some(Value::Date(days::day(at, times.zone.as_ref())))
        }
        (ValueType::Zone, Place::Header(properties)) => {
            let code = row.text(properties.first()?);
            (!code.trim().is_empty()).then(|| Value::Zone(zone::name_of(&code)))
        }
        (ValueType::Number, Place::Header(properties)) => number(&row.text(properties.first()?)),
        (ValueType::Text, Place::Header(properties)) if properties.len() > 1 => {
            let parts: Vec<String> = properties.iter().map(|name| row.text(name)).collect();
            let filled = parts.iter().any(|part| !part.is_empty());
            filled.then(|| Value::List(parts.into_iter().map(Value::Text).collect()))
        }
        (ValueType::RichText, Place::Child(node, properties)) => {
            let notes = row.children(node)?;
            let text = note::choose(set, codes, &notes)?.text(properties.first()?);
            (!text.is_empty()).then(|| Value::RichText(note::content(text)))
        }
        (kind, Place::Header(properties)) => one(kind, properties, row),
        (_, Place::Child(node, properties)) if set.home == Some(*node) => {
            let addresses = row.children(node)?;
            let address = home::choose(&addresses)?;
            let there = Place::Header(properties.clone());
            field_value(set, codes, field, &there, address, times)
        }
        (_, Place::Child(..)) => value_of(field, row),
    }
}

/// A whole number; decimals come as text with places (`"50.00"`).
fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    let up = places.starts_with(['5', '6', '7', '8', '9']);
    let away = if text.starts_with('-') { -1 } else { 1 };
    Some(Value::Number(if up {
        whole.saturating_add(away)
    } else {
        whole
    }))
}

fn extras(set: &MirrorSet, codes: &Codes, row: &Row, record: &mut Record) {
    if let Some(identity) = set.identity {
        record.set("identity_key", row.text(identity));
    }
    if set.has_occurrences {
        let key = row.text("RecurrenceActGroupwareID");
        if !key.is_empty() {
            record.set("series_key", key);
        }
        let series = bare(&row.text("RecurringBusinessActivityNodeID"));
        if !series.is_empty() {
            let series = record_ref(set.kind, &SERIES, &series);
            record.set("series", Value::Ref(series));
        }
        if let Some(at) = row.instant("OccurrenceDate") {
            record.set("original_start", Value::Date(days::day(at, None)));
        }
    }
    if let Some(parties) = &set.parties {
        let rows = row.children(parties.node).unwrap_or_default();
        let attendees = rows.iter().filter(|row| party::is_attendee(codes, row));
        let ids = attendees.clone().map(|row| row.text("PartyID"));
        let ids: Vec<Value> = ids.filter(|id| !id.is_empty()).map(Value::Text).collect();
        let addresses = attendees.clone().map(attendee_address);
        let addresses = addresses.filter(|one| !one.address.is_empty());
        let addresses: Vec<Value> = addresses.map(Value::Address).collect();
        let both = attendees.map(|row| {
            let number = Value::Text(row.text("PartyID"));
            Value::List(vec![number, Value::Address(attendee_address(row))])
        });
        let both: Vec<Value> = both.collect();
        if !both.is_empty() {
            record.set("attendees", Value::List(both));
        }
        if !ids.is_empty() {
            record.set("attendee_ids", Value::List(ids));
        }
        if !addresses.is_empty() {
            record.set("attendee_addresses", Value::List(addresses));
        }
    }
    // Who is behind a number, for people to read.
    for (field, properties) in NAMES {
        let name = row.first(properties);
        if !name.trim().is_empty() {
            record.set(field, name);
        }
    }
    // What cards show of a party, where the table has no field of that name.
    if let Some(hit) = set_of(set.kind)
        .filter(|_| !set.is_series())
        .and_then(|party| party.hit(row))
    {
        let mut add = |name: &str, value: Value| {
            if record.get(name).is_none() {
                record.set(name, value);
            }
        };
        add("name", hit.name.into());
        add("number", hit.number.into());
        if let Some(account) = hit.account {
            add("account", Value::Ref(account));
        }
        if let Some(at) = hit.created_at {
            add("created_at", at.into());
        }
    }
}

fn attendee_address(row: &Row) -> Address {
    Address {
        name: row.first(&["PartyName", "Party", "Name"]),
        address: party::address(row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_as_whole_numbers() {
        for (text, value) in [
            ("50.00", Some(50)),
            ("33.50", Some(34)),
            ("7", Some(7)),
            ("-1.7", Some(-2)),
            ("", None),
            ("x", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(number(text), value.map(Value::Number), "{text}");
        }
    }
}
