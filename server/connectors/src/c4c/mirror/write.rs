//! The fields of a mirrored record as the service takes them, by the mapping table of its kind.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value as Json;
use ssi_domain::{
    Kind, Record, Value,
    mapping::{Flow, Row as Field, Table, ValueType},
    port::{PortError, RecordParty},
};

use super::{
    days, home, note, party, series,
    set::{MirrorSet, SERIES, of},
    zone,
};
use crate::c4c::{
    config::Codes,
    odata::{date, literal::uuid_of},
    put::{Fields, Place, children},
};

/// Fields the engine decides about that do not travel by themselves.
const DECIDED: [&str; 6] = [
    "identity_key",
    "status",
    "lifecycle",
    "owner_id",
    "organizer_id",
    "processor_id",
];

/// Properties that take a decimal, which OData v2 writes as text.
const DECIMALS: [&str; 1] = ["CompletionPercent"];

/// Why fields are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::c4c) enum Purpose {
    /// A new row: what is empty is left out.
    Create,
    /// A row that stands: what is empty is cleared.
    Update,
}

/// What a record's fields become.
#[derive(Debug, Default)]
pub(in crate::c4c) struct Mapped {
    /// Properties of the row itself.
    pub(in crate::c4c) header: Fields,
    /// Child node and text of the note.
    pub(in crate::c4c) note: Option<(String, String)>,
    /// Properties of the private address.
    pub(in crate::c4c) home: Fields,
}

/// A new record as one deep insert.
///
/// # Errors
/// `Refused` for what C4C cannot hold; then nothing has been sent.
pub(in crate::c4c) fn deep_insert(
    table: &Table,
    codes: &Codes,
    identity_key: &str,
    record: &Record,
    parties: &[RecordParty],
) -> Result<(&'static MirrorSet, Fields), PortError> {
    let kind = table.kind();
    let single = of(kind).ok_or_else(|| super::set::not_mirrored(kind))?;
    let is_series = !record.text("recurrence").trim().is_empty();
    if is_series && !single.has_occurrences {
        return Err(refused(
            "recurrence",
            format!("C4C has no series of the kind {kind}"),
        ));
    }
    let set = if is_series { &SERIES } else { single };
    let Mapped { header, note, home } = mapped(set, table, record, Purpose::Create)?;
    let mut fields = header;
    // A record that nobody's mailbox holds has no key; what a person made by hand did not come from groupware.
    if let Some(identity) = set.identity.filter(|_| !identity_key.is_empty()) {
        fields.insert(identity.into(), identity_key.into());
        fields.insert(
            "DataOriginTypeCode".into(),
            codes.groupware_origin.as_str().into(),
        );
    }
    if is_series {
        // Series say nothing of their origin.
        fields.remove("DataOriginTypeCode");
        series::write(record, &mut fields)?;
    }
    if let Some(code) = codes.document_type(kind, is_series) {
        fields.insert("DocumentType".into(), code.into());
    }
    if kind == Kind::Task {
        fields.insert(
            "DataOriginTypeCode".into(),
            codes.groupware_origin.as_str().into(),
        );
    }
    match kind {
        Kind::Account => {
            fields.insert("RoleCode".into(), codes.account_kind.as_str().into());
        }
        Kind::IndividualCustomer => {
            fields.insert("RoleCode".into(), codes.customer_kind.as_str().into());
        }
        _ => {}
    }
    if set.has_occurrences {
        occurrence(record, &mut fields);
    }
    if let Some((node, text)) = note.filter(|(_, text)| !text.is_empty()) {
        let row = note::row(set, codes, &text);
        children(&mut fields, &node).push(Json::Object(row));
    }
    if let (Some(node), Some(row)) = (set.home, home::row(home)) {
        children(&mut fields, node).push(row);
    }
    party::place(set, codes, parties, &mut fields)?;
    Ok((set, fields))
}

/// The fields of the table that are set in the record.
pub(in crate::c4c) fn mapped(
    set: &MirrorSet,
    table: &Table,
    record: &Record,
    purpose: Purpose,
) -> Result<Mapped, PortError> {
    let mut mapped = Mapped::default();
    for field in table.rows() {
        let travels = matches!(field.flow, Flow::ToCrm | Flow::Both)
            || DECIDED.contains(&field.name.as_str());
        let (true, Some(value)) = (travels, record.get(&field.name)) else {
            continue;
        };
        let Some(place) = set.place(field) else {
            continue;
        };
        let (properties, fields) = match place {
            Place::Header(properties) => (properties, &mut mapped.header),
            Place::Child(node, properties) if set.home == Some(node) => {
                (properties, &mut mapped.home)
            }
            Place::Child(node, _) => {
                let text = value.as_text().unwrap_or_default();
                mapped.note = Some((node.to_owned(), text.to_owned()));
                continue;
            }
        };
        put(
            set,
            table,
            record,
            field,
            &properties,
            value,
            purpose,
            fields,
        )?;
    }
    if table.kind() == Kind::Contact {
        account(record, &mut mapped.header);
    }
    Ok(mapped)
}

#[expect(clippy::too_many_arguments, reason = "the whole context of one field")]
fn put(
    set: &MirrorSet,
    table: &Table,
    record: &Record,
    field: &Field,
    properties: &[&str],
    value: &Value,
    purpose: Purpose,
    header: &mut Fields,
) -> Result<(), PortError> {
    let Some(first) = properties.first().copied() else {
        return Ok(());
    };
    if is_empty(value) {
        if purpose == Purpose::Update {
            for property in properties {
                header.insert((*property).into(), cleared(field.value));
            }
        }
        return Ok(());
    }
    match (field.value, value) {
        (ValueType::When, Value::Date(day)) => {
            let flag = table.row("all_day").and_then(|row| set.place(row));
            let flag = match &flag {
                Some(Place::Header(flag)) => flag.first().copied(),
                _ => None,
            };
            let at = moment(field, *day, record, flag.is_some())
                .ok_or_else(|| refused(&field.name, "a day beyond what C4C can hold".into()))?;
            header.insert(first.into(), date::write(at).into());
            if let Some(flag) = flag {
                header.entry(flag).or_insert(Json::Bool(true));
            }
        }
        (ValueType::Zone, _) => {
            let code = zone::code_of(value.as_text().unwrap_or_default());
            for property in [Some(first), set.end_zone].into_iter().flatten() {
                header.insert(property.into(), code.as_str().into());
            }
        }
        (_, Value::List(parts)) => {
            let parts = parts.iter().map(|part| part.as_text().unwrap_or_default());
            for (property, part) in properties.iter().zip(parts.chain(std::iter::repeat(""))) {
                if purpose == Purpose::Update || !part.is_empty() {
                    header.insert((*property).into(), part.into());
                }
            }
        }
        (ValueType::Number, Value::Number(number)) if DECIMALS.contains(&first) => {
            header.insert(first.into(), number.to_string().into());
        }
        _ => {
            header.insert(first.into(), plain(field, value)?);
        }
    }
    Ok(())
}

fn plain(field: &Field, value: &Value) -> Result<Json, PortError> {
    Ok(match value {
        Value::Instant(at) => date::write(*at).into(),
        Value::Date(day) => {
            let at = days::first_moment(*day)
                .ok_or_else(|| refused(&field.name, "a day beyond what C4C can hold".into()))?;
            date::write(at).into()
        }
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(number) => Json::from(*number),
        Value::Ref(record) => record.id.as_str().into(),
        Value::Address(address) => address.address.as_str().into(),
        other => other.as_text().unwrap_or_default().into(),
    })
}

/// The point in time a day is kept as.
fn moment(field: &Field, day: Date, record: &Record, has_flag: bool) -> Option<Timestamp> {
    if has_flag && field.name == "end" {
        return days::last_moment(day);
    }
    if has_flag {
        return days::first_moment(day);
    }
    // Without a flag for whole days the times themselves must be right where the record is.
    let zone = ssi_domain::zone::get(record.text("zone")).unwrap_or(TimeZone::UTC);
    days::midnight(day, &zone)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::List(parts) => parts.iter().all(is_empty),
        other => other.as_text().is_some_and(str::is_empty),
    }
}

/// What clears a property of this type.
fn cleared(kind: ValueType) -> Json {
    match kind {
        ValueType::When
        | ValueType::Instant
        | ValueType::Date
        | ValueType::Number
        | ValueType::Ref => Json::Null,
        ValueType::Bool => Json::Bool(false),
        _ => "".into(),
    }
}

/// The account of a contact, by number or key.
fn account(record: &Record, header: &mut Fields) {
    if let Some(Value::Text(id)) = record.get("account_id") {
        match uuid_of(id) {
            Some(uuid) => header.insert("AccountUUID".into(), uuid.into()),
            None => header.insert("AccountID".into(), id.as_str().into()),
        };
    }
}

/// What makes a record an occurrence of a series.
fn occurrence(record: &Record, fields: &mut Fields) {
    let key = record.text("series_key");
    let zone = ssi_domain::zone::get(record.text("zone")).unwrap_or(TimeZone::UTC);
    let day = match record.get("original_start") {
        Some(Value::Date(day)) => Some(*day),
        Some(Value::Instant(at)) => Some(zone.to_datetime(*at).date()),
        _ => None,
    };
    if key.is_empty() {
        return;
    }
    fields.insert("RecurrenceActGroupwareID".into(), key.into());
    if let Some(at) = day.and_then(days::first_moment) {
        fields.insert("OccurrenceDate".into(), date::write(at).into());
    }
}

pub(in crate::c4c) fn refused(field: &str, why: String) -> PortError {
    PortError::Refused {
        field: Some(field.to_owned()),
        why,
    }
}
