//! How a row of the tenant reads as a record, and back: by the mapping tables' C4C paths, without wire.

use jiff::{Timestamp, tz::TimeZone};
use ssi_domain::{
    Kind, PARTY_KINDS, Record, RecordId, RecordRef, Value, Version, Versioned,
    directory::Party,
    mapping::{Row as Field, Tables, ValueType},
    port::{PartyRole, RecordParty},
};
use ssi_sandbox::crm::{Crm as Tenant, Draft, EntitySet, Row, Schema, Value as Stored};

/// The set of a kind.
pub(super) fn set_of(kind: Kind) -> Option<&'static EntitySet> {
    let name = match kind {
        Kind::Appointment => "AppointmentCollection",
        Kind::Visit => "VisitCollection",
        Kind::PhoneCall => "PhoneCallCollection",
        Kind::Task => "TasksCollection",
        Kind::Contact => "ContactCollection",
        Kind::Account => "CorporateAccountCollection",
        Kind::IndividualCustomer => "IndividualCustomerCollection",
        Kind::Lead => "LeadCollection",
        Kind::Employee => "EmployeeCollection",
        Kind::Email => "EMailCollection",
        _ => return None,
    };
    Schema::standard().set(name)
}

/// The properties a field lies in. Nodes below are left to the wire tests.
fn places(set: &EntitySet, field: &Field) -> Vec<usize> {
    let paths = field.c4c.iter().filter(|path| !path.contains('/'));
    let names = paths.flat_map(|path| path.split('+'));
    names.filter_map(|name| set.position(name)).collect()
}

/// What a field holds, in one property or in several.
fn held(field: &Field, places: &[usize], row: &Row) -> Option<Value> {
    if let [at] = places {
        return value(field, &row.values[*at]);
    }
    let parts = places.iter().map(|at| row.values[*at].as_text());
    let parts: Vec<Value> = parts.map(Value::from).collect();
    let empty = parts.iter().all(|part| part.as_text() == Some(""));
    (!empty).then_some(Value::List(parts))
}

fn value(field: &Field, stored: &Stored) -> Option<Value> {
    Some(match (stored, field.value) {
        (Stored::Null | Stored::Bytes(_), _) => return None,
        (Stored::Text(text), _) if text.is_empty() => return None,
        (Stored::Text(text), ValueType::Choice) => Value::Choice(text.clone()),
        (Stored::Text(text), ValueType::Phone) => Value::Phone(text.clone()),
        (Stored::Text(text), ValueType::Zone) => Value::Zone(text.clone()),
        (Stored::Text(text), ValueType::Number) => Value::Number(text.parse::<f64>().ok()? as i64),
        (Stored::Text(text), _) => Value::Text(text.clone()),
        (Stored::Bool(yes), _) => Value::Bool(*yes),
        (Stored::Int(number), _) => Value::Number(i64::from(*number)),
        (Stored::Instant(micros), ValueType::Date) => {
            let at = Timestamp::from_microsecond(*micros).ok()?;
            Value::Date(TimeZone::UTC.to_datetime(at).date())
        }
        (Stored::Instant(micros), _) => Value::Instant(Timestamp::from_microsecond(*micros).ok()?),
        (Stored::Guid(id), _) => Value::Text(id.to_string()),
    })
}

fn stored(value: &Value) -> Option<Stored> {
    Some(match value {
        Value::Text(text) | Value::Choice(text) | Value::Phone(text) => Stored::text(text.trim()),
        Value::Bool(yes) => Stored::Bool(*yes),
        Value::Number(number) => Stored::text(number.to_string()),
        Value::Instant(at) => Stored::Instant(at.as_microsecond()),
        Value::Date(day) => {
            let at = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
            Stored::Instant(at.as_microsecond())
        }
        _ => return None,
    })
}

pub(super) fn record(tables: &Tables, tenant: &Tenant, kind: Kind, row: &Row) -> Versioned<Record> {
    let mut record = Record::new();
    if let (Some(table), Some(set)) = (tables.of(kind), set_of(kind)) {
        for field in table.rows() {
            let found = held(field, &places(set, field), row);
            if let Some(value) = found {
                record.set(&field.name, value);
            }
        }
    }
    Versioned {
        version: Version::new(etag(tenant, kind, row)),
        value: record,
    }
}

/// What the directory keeps of a row, by the same fields that a search by address reads.
pub(super) fn party(tenant: &Tenant, kind: Kind, row: &Row) -> Option<Party> {
    let set = set_of(kind).filter(|_| PARTY_KINDS.contains(&kind))?;
    let first = |names: &[&str]| {
        let texts = names.iter().map(|name| tenant.text(set, row, name));
        texts
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    Some(Party {
        record: RecordRef {
            kind,
            id: RecordId::new(row.key.clone()),
        },
        number: first(&[
            "BusinessPartnerID",
            "ContactID",
            "AccountID",
            "CustomerID",
            "ID",
        ]),
        name: first(&["Subject", "LastName", "Name"]),
        addresses: ssi_domain::participant::normalize(&first(&["Email"]))
            .into_iter()
            .collect(),
        phones: Vec::new(),
        company: String::new(),
        account: None,
        domains: Vec::new(),
        created_at: None,
        changed_at: None,
        obsolete: false,
        hidden: false,
    })
}

pub(super) fn etag(tenant: &Tenant, kind: Kind, row: &Row) -> String {
    let set = set_of(kind).expect("a known kind");
    let at = set.position("ETag").or(set.position("EntityLastChangedOn"));
    let stamp = at.and_then(|at| row.values[at].as_instant());
    let _ = tenant;
    stamp.unwrap_or_default().to_string()
}

pub(super) fn draft(tables: &Tables, kind: Kind, set: &EntitySet, record: &Record) -> Draft {
    let mut draft = Draft::default();
    let Some(table) = tables.of(kind) else {
        return draft;
    };
    for (name, value) in record.iter() {
        let at = table.row(name).map(|field| places(set, field));
        let parts = match value {
            Value::List(parts) => parts.as_slice(),
            one => std::slice::from_ref(one),
        };
        let put = at.iter().flatten().zip(parts);
        let put = put.filter_map(|(at, value)| Some((*at, stored(value)?)));
        draft.values.extend(put);
    }
    if let Some(at) = set.position("AccountID")
        && !record.text("account_id").is_empty()
    {
        draft
            .values
            .push((at, Stored::text(record.text("account_id"))));
    }
    draft
}

pub(super) fn number(parties: &[RecordParty], role: PartyRole) -> Option<String> {
    let party = parties.iter().find(|party| party.role == role)?;
    let hit = party.party.as_ref()?;
    (hit.record.kind == Kind::Employee).then(|| hit.number.clone())
}
