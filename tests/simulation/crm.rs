//! The world's CRM behind the port, without wire: fields by the mapping tables' C4C paths.

use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use ssi_domain::{
    Cursor, Kind, PARTY_KINDS, Record, RecordId, RecordRef, Value, Version, Versioned,
    directory::Party,
    mapping::{Row as Field, Table, ValueType},
    port::{
        Crm, CrmCapabilities, CrmQuery, CrmWrite, FeedPage, FeedRow, FoundBy, Hit, PartyHit,
        PartyRole, PortError, RecordHit, RecordParty, Written,
    },
};
use ssi_sandbox::{
    World,
    crm::{Author, Crm as Tenant, Draft, EntitySet, Omitted, Row, Schema, Value as Stored},
};

use super::{
    Chaos,
    chaos::{Access, Line},
    memory::Memory,
};

/// The tenant.
pub struct SimCrm {
    pub(super) world: World,
    pub(super) chaos: Chaos,
    pub(super) memory: Memory,
    /// The node that asks.
    pub(super) node: usize,
}

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
        _ => return None,
    };
    Schema::standard().set(name)
}

/// The property a field lies in; nodes below are left to the wire tests.
fn place(set: &EntitySet, field: &Field) -> Option<usize> {
    let path = field.c4c.as_deref()?;
    match path.contains(['/', '+']) {
        true => None,
        false => set.position(path),
    }
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

impl SimCrm {
    fn line(&self) -> Line {
        Line::Crm(self.node)
    }

    fn record(&self, tenant: &Tenant, kind: Kind, row: &Row) -> Versioned<Record> {
        let mut record = Record::new();
        if let (Some(table), Some(set)) = (Table::of(kind), set_of(kind)) {
            for field in table.rows() {
                let at = place(set, field);
                let found = at.and_then(|at| value(field, &row.values[at]));
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

    fn write(&self, write: CrmWrite) -> Result<Written, PortError> {
        let now = self.world.now();
        let mut tenant = self.world.crm();
        let author = Author {
            name: "engine".into(),
            employee: None,
        };
        tenant.act_as(author, now.as_microsecond());
        let refused = |why: ssi_sandbox::crm::Refusal| PortError::Refused {
            field: None,
            why: format!("{why:?}"),
        };
        let missing = || PortError::Gone {
            detail: "no such record".into(),
        };
        match write {
            CrmWrite::Create {
                kind,
                identity_key,
                record,
                parties,
                ..
            } => {
                let set = set_of(kind).ok_or_else(missing)?;
                let mut draft = draft(kind, set, &record);
                let mut put = |name: &str, text: &str| {
                    if let Some(at) = set.position(name).filter(|_| !text.is_empty()) {
                        draft.values.retain(|(known, _)| *known != at);
                        draft.values.push((at, Stored::text(text)));
                    }
                };
                put("GroupwareItemID", &identity_key);
                if kind == Kind::Account || kind == Kind::IndividualCustomer {
                    put("RoleCode", "CRM000");
                }
                if let Some(owner) = number(&parties, PartyRole::Owner) {
                    put("OwnerPartyID", &owner);
                    put("MainEmployeeResponsiblePartyID", &owner);
                }
                if let Some(organizer) = number(&parties, PartyRole::Organizer) {
                    put("OrganizerPartyID", &organizer);
                }
                let id = tenant.create(set, &draft, None).map_err(refused)?;
                let record = RecordRef {
                    kind,
                    id: RecordId::new(id),
                };
                Ok(written(&tenant, record))
            }
            CrmWrite::Update {
                record,
                version,
                set: fields,
                ..
            } => {
                let set = set_of(record.kind).ok_or_else(missing)?;
                let row = tenant.row(set, record.id.as_str()).ok_or_else(missing)?;
                if etag(&tenant, record.kind, row) != version.as_str() {
                    return Err(PortError::Stale {
                        detail: "412".into(),
                    });
                }
                if fields.text("status") == ssi_domain::mirror::CANCELLED {
                    self.chaos.watch().deleted(self.node);
                }
                let draft = draft(record.kind, set, &fields);
                tenant
                    .update(set, record.id.as_str(), &draft, Omitted::Kept)
                    .map_err(refused)?;
                Ok(written(&tenant, record))
            }
            CrmWrite::Delete { record, version } => {
                let set = set_of(record.kind).ok_or_else(missing)?;
                let row = tenant.row(set, record.id.as_str()).ok_or_else(missing)?;
                if etag(&tenant, record.kind, row) != version.as_str() {
                    return Err(PortError::Stale {
                        detail: "412".into(),
                    });
                }
                self.chaos.watch().deleted(self.node);
                tenant.delete(set, record.id.as_str()).map_err(refused)?;
                Ok(Written {
                    record,
                    version: None,
                })
            }
            CrmWrite::AddLinks { record, .. }
            | CrmWrite::RemoveLinks { record, .. }
            | CrmWrite::AddAttachment { record, .. } => Ok(Written {
                record,
                version: None,
            }),
        }
    }

    fn answer(&self, query: &CrmQuery) -> Vec<Hit> {
        let tenant = self.world.crm();
        let hit = |kind: Kind, row: &Row, address: &str| {
            let set = set_of(kind).expect("a known kind");
            let text = |name: &str| tenant.text(set, row, name);
            let numbers = [
                "BusinessPartnerID",
                "ContactID",
                "AccountID",
                "CustomerID",
                "ID",
            ];
            let record = RecordRef {
                kind,
                id: RecordId::new(row.key.clone()),
            };
            Hit::Party(PartyHit {
                number: numbers
                    .iter()
                    .map(|name| text(name))
                    .find(|number| !number.is_empty())
                    .unwrap_or_default(),
                name: ["Subject", "LastName", "Name"]
                    .iter()
                    .map(|name| text(name))
                    .find(|name| !name.is_empty())
                    .unwrap_or_default(),
                address: address.to_owned(),
                found_by: FoundBy::Address,
                ..PartyHit::bare(record)
            })
        };
        match query {
            CrmQuery::PartiesByAddress { kinds, addresses } => {
                let mut hits = Vec::new();
                for kind in kinds {
                    let Some(set) = set_of(*kind) else { continue };
                    let Some(at) = set.position("Email") else {
                        continue;
                    };
                    for row in tenant.rows(set.name) {
                        let email = row.values[at].as_text().to_lowercase();
                        if addresses.contains(&email) {
                            hits.push(hit(*kind, row, &email));
                        }
                    }
                }
                hits
            }
            CrmQuery::ByIdentity { kind, keys } => {
                let Some(set) = set_of(*kind) else {
                    return Vec::new();
                };
                let Some(at) = set.position("GroupwareItemID") else {
                    return Vec::new();
                };
                let rows = tenant.rows(set.name).into_iter();
                rows.filter(|row| keys.iter().any(|key| key == row.values[at].as_text()))
                    .map(|row| {
                        Hit::Record(RecordHit {
                            record: RecordRef {
                                kind: *kind,
                                id: RecordId::new(row.key.clone()),
                            },
                            version: Version::new(etag(&tenant, *kind, row)),
                            identity_key: row.values[at].as_text().to_owned(),
                        })
                    })
                    .collect()
            }
            CrmQuery::Search { kind, text, limit } => {
                let Some(set) = set_of(*kind) else {
                    return Vec::new();
                };
                let field = match kind {
                    Kind::Task | Kind::Appointment | Kind::Visit => "Subject",
                    Kind::Account => "Name",
                    _ => "LastName",
                };
                let wanted = text.to_lowercase();
                let rows = tenant.rows(set.name).into_iter();
                rows.filter(|row| {
                    tenant
                        .text(set, row, field)
                        .to_lowercase()
                        .contains(&wanted)
                })
                .take(*limit)
                .map(|row| hit(*kind, row, ""))
                .collect()
            }
            CrmQuery::AttachmentNames { .. } | CrmQuery::Links { .. } => Vec::new(),
        }
    }
}

/// A write that was done, with the version it left.
fn written(tenant: &Tenant, record: RecordRef) -> Written {
    let set = set_of(record.kind);
    let row = set.and_then(|set| tenant.row(set, record.id.as_str()));
    Written {
        version: row.map(|row| Version::new(etag(tenant, record.kind, row))),
        record,
    }
}

/// What the directory keeps of a row, by the same fields that a search by address reads.
fn party(tenant: &Tenant, kind: Kind, row: &Row) -> Option<Party> {
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

fn etag(tenant: &Tenant, kind: Kind, row: &Row) -> String {
    let set = set_of(kind).expect("a known kind");
    let at = set.position("ETag").or(set.position("EntityLastChangedOn"));
    let stamp = at.and_then(|at| row.values[at].as_instant());
    let _ = tenant;
    stamp.unwrap_or_default().to_string()
}

fn draft(kind: Kind, set: &EntitySet, record: &Record) -> Draft {
    let mut draft = Draft::default();
    let Some(table) = Table::of(kind) else {
        return draft;
    };
    for (name, value) in record.iter() {
        let at = table.row(name).and_then(|field| place(set, field));
        if let (Some(at), Some(value)) = (at, stored(value)) {
            draft.values.push((at, value));
        }
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

fn number(parties: &[RecordParty], role: PartyRole) -> Option<String> {
    let party = parties.iter().find(|party| party.role == role)?;
    let hit = party.party.as_ref()?;
    (hit.record.kind == Kind::Employee).then(|| hit.number.clone())
}

#[async_trait]
impl Crm for SimCrm {
    fn capabilities(&self) -> CrmCapabilities {
        CrmCapabilities {
            put_batch: 5,
            inline_attachment_bytes: 0,
        }
    }

    fn calls(&self) -> u64 {
        0
    }

    async fn check(&self) -> Result<String, PortError> {
        Ok("engine".into())
    }

    fn link_for_people(&self, _: &RecordRef) -> Option<String> {
        None
    }

    async fn find(&self, queries: &[CrmQuery]) -> Result<Vec<Vec<Hit>>, PortError> {
        self.chaos
            .call(self.line(), "find", Access::Reads, || {
                Ok(queries.iter().map(|query| self.answer(query)).collect())
            })
            .await
    }

    async fn get(&self, ids: &[RecordRef]) -> Result<Vec<Option<Versioned<Record>>>, PortError> {
        self.chaos
            .call(self.line(), "crm get", Access::Reads, || {
                let tenant = self.world.crm();
                let read = ids.iter().map(|id| {
                    let set = set_of(id.kind)?;
                    let row = tenant.row(set, id.id.as_str())?;
                    let now = self.record(&tenant, id.kind, row);
                    self.memory.record(&self.chaos, id, Some(now))
                });
                Ok(read.collect())
            })
            .await
    }

    async fn feed(&self, kind: Kind, cursor: Option<&Cursor>) -> Result<FeedPage, PortError> {
        self.chaos
            .call(self.line(), "feed", Access::Reads, || {
                let since: i64 = cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap_or(0));
                let tenant = self.world.crm();
                let mut rows = Vec::new();
                let mut last = since;
                if let Some(set) = set_of(kind) {
                    let changed = set.position("EntityLastChangedOn");
                    for row in tenant.rows(set.name) {
                        let stamp = changed.and_then(|at| row.values[at].as_instant());
                        let stamp = stamp.unwrap_or_default();
                        // Equal stamps come again: late commits may share one.
                        if stamp < since {
                            continue;
                        }
                        last = last.max(stamp);
                        let text = |name: &str| tenant.text(set, row, name);
                        let concerns = [
                            "OwnerPartyID",
                            "OrganizerPartyID",
                            "MainEmployeeResponsiblePartyID",
                            "ContactOwnerID",
                            "OwnerID",
                        ];
                        rows.push(FeedRow {
                            record: RecordRef {
                                kind,
                                id: RecordId::new(row.key.clone()),
                            },
                            version: Version::new(etag(&tenant, kind, row)),
                            identity_key: text("GroupwareItemID"),
                            concerns: concerns
                                .iter()
                                .map(|name| text(name))
                                .filter(|number| !number.is_empty())
                                .collect(),
                            party: party(&tenant, kind, row).map(Box::new),
                        });
                    }
                }
                Ok(FeedPage {
                    rows,
                    cursor: Cursor::new(last.to_string()),
                    more: false,
                    total: None,
                })
            })
            .await
    }

    async fn standing(&self, records: &[RecordRef]) -> Result<Vec<bool>, PortError> {
        self.chaos
            .call(self.line(), "standing", Access::Reads, || {
                let tenant = self.world.crm();
                let stands = records.iter().map(|record| {
                    let set = set_of(record.kind);
                    set.is_some_and(|set| tenant.row(set, record.id.as_str()).is_some())
                });
                Ok(stands.collect())
            })
            .await
    }

    async fn put(
        &self,
        writes: Vec<CrmWrite>,
    ) -> Result<Vec<Result<Written, PortError>>, PortError> {
        let mut answers = Vec::with_capacity(writes.len());
        for write in writes {
            if let Some(Err(pause @ PortError::Wait { .. })) = answers.last() {
                // The rest of a change set that was refused was not looked at either.
                answers.push(Err(pause.clone()));
                continue;
            }
            let name = match &write {
                CrmWrite::Create { .. } => "record create",
                CrmWrite::Update { .. } => "record update",
                CrmWrite::Delete { .. } => "record delete",
                _ => "record link",
            };
            let answer = self
                .chaos
                .call(self.line(), name, Access::Writes, || self.write(write))
                .await;
            answers.push(answer);
        }
        Ok(answers)
    }
}
