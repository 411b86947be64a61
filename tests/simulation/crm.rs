//! The world's CRM behind the port, without wire.

use async_trait::async_trait;
use ssi_domain::{
    Cursor, Kind, Record, RecordId, RecordRef, Version, Versioned,
    port::{
        Crm, CrmCapabilities, CrmQuery, CrmWrite, FeedPage, FeedRow, FoundBy, Hit, PartyHit,
        PartyRole, PortError, RecordHit, Written,
    },
};
use ssi_sandbox::{
    World,
    crm::{Author, Crm as Tenant, Omitted, Row, Value as Stored},
};

use super::{
    Chaos,
    chaos::{Access, Line},
    chosen::Chosen,
    crm_mail::{against_once, attached, attached_to, mail_draft, mails_of},
    memory::Memory,
    row::{draft, etag, number, party, record, set_of},
    thing::Side,
};

/// Rows of a short page of the feed.
const FEED_PAGE: usize = 3;

/// The tenant.
pub struct SimCrm {
    pub(super) world: World,
    pub(super) chaos: Chaos,
    pub(super) memory: Memory,
    pub(super) chosen: Chosen,
    /// The node that asks.
    pub(super) node: usize,
}

impl SimCrm {
    fn line(&self) -> Line {
        Line::Crm(self.node)
    }

    /// INV-18: what does not travel to the CRM is not written there.
    fn directed(&self, kind: Kind, fields: &Record) {
        if let Some(what) = self.chosen.against(kind, fields, Side::Crm) {
            let law = format!("INV-18: {what} was written in the CRM");
            self.chaos.watch().break_law(law);
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
        if let Some(law) = against_once(&write) {
            self.chaos.watch().break_law(law);
        }
        match write {
            CrmWrite::Create {
                kind: Kind::Email,
                identity_key,
                record,
                parties,
                attachments,
            } => {
                let draft = mail_draft(&identity_key, &record, &parties, &attachments);
                let set = set_of(Kind::Email).ok_or_else(missing)?;
                let id = tenant.create(set, &draft, None).map_err(refused)?;
                let record = RecordRef {
                    kind: Kind::Email,
                    id: RecordId::new(id),
                };
                Ok(written(&tenant, record))
            }
            CrmWrite::AddAttachment { record, attachment } if record.kind == Kind::Email => {
                let set = set_of(Kind::Email).ok_or_else(missing)?;
                let row = tenant.row(set, record.id.as_str());
                row.ok_or_else(missing)?;
                let (set, draft) = attached(&attachment);
                tenant
                    .create(set, &draft, Some(record.id.as_str()))
                    .map_err(refused)?;
                Ok(Written {
                    record,
                    version: None,
                })
            }
            CrmWrite::Create {
                kind,
                identity_key,
                record,
                parties,
                ..
            } => {
                let set = set_of(kind).ok_or_else(missing)?;
                self.directed(kind, &record);
                let mut draft = draft(&self.chosen.tables, kind, set, &record);
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
                self.directed(record.kind, &fields);
                let draft = draft(&self.chosen.tables, record.kind, set, &fields);
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
            CrmQuery::ByIdentity {
                kind: Kind::Email,
                keys,
            } => mails_of(&tenant, keys),
            CrmQuery::AttachmentNames { record } if record.kind == Kind::Email => {
                attached_to(&tenant, record)
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
            CrmQuery::ByName { kind, name } => {
                let Some(set) = set_of(*kind) else {
                    return Vec::new();
                };
                let wanted = name.trim().to_lowercase();
                let rows = tenant.rows(set.name).into_iter();
                rows.filter(|row| tenant.text(set, row, "Name").to_lowercase() == wanted)
                    .map(|row| hit(*kind, row, ""))
                    .collect()
            }
            CrmQuery::AttachmentNames { .. }
            | CrmQuery::Links { .. }
            | CrmQuery::Occurrences { .. } => Vec::new(),
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

#[async_trait]
impl Crm for SimCrm {
    fn capabilities(&self) -> CrmCapabilities {
        CrmCapabilities {
            put_batch: 5,
            inline_attachment_bytes: self.chosen.inline_bytes,
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
                    let now = record(&self.chosen.tables, &tenant, id.kind, row);
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
                let mut rows: Vec<(i64, FeedRow)> = Vec::new();
                if let Some(set) = set_of(kind) {
                    let changed = set.position("EntityLastChangedOn");
                    let changed = changed.or(set.position("ETag"));
                    for row in tenant.rows(set.name) {
                        let stamp = changed.and_then(|at| row.values[at].as_instant());
                        let stamp = stamp.unwrap_or_default();
                        // Equal stamps come again: late commits may share one.
                        if stamp < since {
                            continue;
                        }
                        let text = |name: &str| tenant.text(set, row, name);
                        let concerns = [
                            "OwnerPartyID",
                            "OrganizerPartyID",
                            "MainEmployeeResponsiblePartyID",
                            "ProcessorPartyID",
                            "ContactOwnerID",
                            "OwnerID",
                        ];
                        let told = FeedRow {
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
                        };
                        rows.push((stamp, told));
                    }
                }
                rows.sort_by_key(|(stamp, _)| *stamp);
                // Rows of one stamp are never parted, or the next page would begin with what was told already.
                let newer = rows.iter().filter(|(stamp, _)| *stamp > since);
                let short = self.chaos.quirks().short_pages;
                let cut = newer.map(|(stamp, _)| *stamp).nth(FEED_PAGE - 1);
                let last = rows.last().map_or(since, |(stamp, _)| *stamp);
                let end = cut.filter(|_| short).unwrap_or(last);
                rows.retain(|(stamp, _)| *stamp <= end);
                Ok(FeedPage {
                    rows: rows.into_iter().map(|(_, row)| row).collect(),
                    cursor: Cursor::new(end.to_string()),
                    more: end < last,
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
