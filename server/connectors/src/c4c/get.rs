//! Reads records by key and turns rows into fields, by the mapping table.

use ssi_domain::{
    Address, Kind, Record, RecordRef, RichText, TextFormat, Value, Version, Versioned,
    mapping::{Backend, Row as Field, ValueType},
    port::PortError,
};

use super::{
    find::EMAILS,
    mirror::{self, set::Target},
    odata::{
        json::{self, Row},
        literal::bare,
        query::Query,
        service::Answer,
    },
    parties::set_of,
    put::Place,
    tenant::C4c,
};
use crate::http::Intent;

const GET: &str = "get record";

impl C4c {
    pub(super) async fn read_records(
        &self,
        ids: &[RecordRef],
    ) -> Result<Vec<Option<Versioned<Record>>>, PortError> {
        let rows = self.record_rows(ids).await?;
        self.learn_owners_of(ids, &rows).await?;
        let records = ids.iter().zip(rows).map(|(id, row)| {
            let Some(row) = row else { return Ok(None) };
            let value = match Target::of(id) {
                Some(target) => {
                    let table = self.table(id.kind)?;
                    let codes = &self.shared.config.codes;
                    let mut record = mirror::read::record(&target, table, codes, &row);
                    if let Some(number) = self.owner_number(&target, &row) {
                        record.set("responsible_id", number);
                    }
                    if let Some(at) = row.instant("EntityLastChangedOn")
                        && target.kind == Kind::Task
                    {
                        record.set("changed_at", at);
                    }
                    record
                }
                None => self.record(id.kind, &row),
            };
            let version = match Target::of(id) {
                Some(target) => self.version(target.set(), &row),
                None => Version::new(row.tag()),
            };
            Ok(Some(Versioned { version, value }))
        });
        records.collect()
    }

    /// Learns the numbers of employees that own the records and are named by UUID only.
    async fn learn_owners_of(
        &self,
        ids: &[RecordRef],
        rows: &[Option<Row>],
    ) -> Result<(), PortError> {
        let owners = ids.iter().zip(rows).filter_map(|(id, row)| {
            let property = Target::of(id)?.set().concerns_uuid?;
            Some(bare(&row.as_ref()?.text(property))).filter(|owner| !owner.is_empty())
        });
        let mut owners: Vec<String> = owners.collect();
        owners.sort();
        owners.dedup();
        self.employee_numbers(&owners).await
    }

    /// The business partner id of the employee who owns a party.
    fn owner_number(&self, target: &Target, row: &Row) -> Option<String> {
        let owner = bare(&row.text(target.set().concerns_uuid?));
        let number = self.shared.known.employee(&owner)?;
        (!number.is_empty()).then_some(number)
    }

    /// The rows behind records with their children, all in one batch; `None` where the service says there is
    /// none.
    pub(super) async fn record_rows(
        &self,
        ids: &[RecordRef],
    ) -> Result<Vec<Option<Row>>, PortError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut answers = self.ask_records(ids).await?;
        let malformed = |answer: &Answer| matches!(answer.status, 400 | 501);
        if answers.iter().any(malformed) && self.shared.known.refuse_expand() {
            answers = self.ask_records(ids).await?;
        }
        let rows = answers.into_iter().map(|answer| {
            if matches!(answer.status, 404 | 410) {
                return Ok(None);
            }
            if !answer.is_success() {
                return Err(answer.error(Intent::Read, GET));
            }
            let row = json::entity(&answer.body)
                .map_err(|error| PortError::answer(format!("{GET}: {error}")))?;
            if row.is_empty() {
                return Err(PortError::answer(format!("{GET}: an empty record")));
            }
            Ok(Some(row))
        });
        let mut rows: Vec<Option<Row>> = rows.collect::<Result<_, _>>()?;
        self.adopt_children(ids, &mut rows).await?;
        Ok(rows)
    }

    async fn ask_records(&self, ids: &[RecordRef]) -> Result<Vec<Answer>, PortError> {
        let addresses = ids
            .iter()
            .map(|id| self.address_of(id))
            .collect::<Result<_, _>>()?;
        self.answers(addresses, GET).await
    }

    fn address_of(&self, record: &RecordRef) -> Result<String, PortError> {
        let key = record.id.as_str();
        if let Some(target) = Target::of(record) {
            return Ok(self.mirrored_address(&target));
        }
        if record.kind == Kind::Email {
            let mut children: Vec<&str> = Vec::new();
            for field in self.shared.config.tables.email().rows() {
                if let Some(Place::Child(child, _)) = Place::of(field)
                    && !children.contains(&child)
                {
                    children.push(child);
                }
            }
            if !self.shared.known.expands() {
                children.clear();
            }
            return Ok(Query::row(EMAILS, key).expand(&children).address());
        }
        let set = set_of(record.kind).ok_or_else(|| {
            PortError::item(format!("records of the kind {} are not read", record.kind))
        })?;
        Ok(Query::row(set.name, key).address())
    }

    fn record(&self, kind: Kind, row: &Row) -> Record {
        let mut record = Record::new();
        if kind == Kind::Email {
            for field in self.shared.config.tables.email().rows() {
                if let Some(value) = value_of(field, row) {
                    record.set(&field.name, value);
                }
            }
            record.set("identity_key", row.text("GroupwareItemID"));
            return record;
        }
        if let Some(hit) = set_of(kind).and_then(|set| set.hit(row)) {
            record.set("name", hit.name);
            record.set("number", hit.number);
            if !hit.address.is_empty() {
                record.set("email", hit.address);
            }
            if let Some(account) = hit.account {
                record.set("account", Value::Ref(account));
            }
            if let Some(at) = hit.created_at {
                record.set("created_at", at);
            }
        }
        record
    }
}

/// The value of a field as the row holds it; `None` when it holds none.
pub(super) fn value_of(field: &Field, row: &Row) -> Option<Value> {
    field.path(Backend::C4c)?;
    match Place::of(field)? {
        Place::Header(properties) => one(field.value, &properties, row),
        Place::Child(child, properties) => {
            let children = row.children(child)?;
            let mut values = children
                .iter()
                .filter_map(|child| one(field.value, &properties, child));
            match field.value {
                ValueType::Addresses | ValueType::Texts => Some(Value::List(values.collect())),
                _ => values.next(),
            }
        }
    }
}

pub(super) fn one(kind: ValueType, properties: &[&str], row: &Row) -> Option<Value> {
    let first = properties.first()?;
    let text = row.text(first);
    match kind {
        ValueType::Address | ValueType::Addresses => {
            let name = properties.get(1).map(|name| row.text(name));
            let address = Address {
                name: name.unwrap_or_default(),
                address: text,
            };
            let empty = address.name.is_empty() && address.address.is_empty();
            (!empty).then_some(Value::Address(address))
        }
        ValueType::Instant | ValueType::When => row.instant(first).map(Value::Instant),
        ValueType::Date => {
            let at = row.instant(first)?;
            Some(Value::Date(jiff::tz::TimeZone::UTC.to_datetime(at).date()))
        }
        _ if text.is_empty() => None,
        ValueType::Text | ValueType::Texts | ValueType::Ref => Some(Value::Text(text)),
        ValueType::RichText => Some(Value::RichText(RichText {
            format: TextFormat::Plain,
            text,
        })),
        ValueType::Phone => Some(Value::Phone(text)),
        ValueType::Zone => Some(Value::Zone(text)),
        ValueType::Choice => Some(Value::Choice(text)),
        ValueType::Bool => Some(Value::Bool(text == "true")),
        ValueType::Number => text.parse().ok().map(Value::Number),
    }
}
