//! What a record is linked with, by its header, its involved parties and its document references.

use std::collections::HashMap;

use ssi_domain::{
    Kind, RecordId, RecordRef,
    port::{PartyHit, PortError},
};

use super::{Filter, Probe, Shape};
use crate::c4c::{
    config::Codes,
    link::{Linkable, Roles},
    odata::{json::Row, literal::bare},
    parties::{PartySet, set_of},
    tenant::C4c,
};

/// Kinds an involved party can be.
const PARTIES: [Kind; 4] = [
    Kind::Contact,
    Kind::Account,
    Kind::IndividualCustomer,
    Kind::Employee,
];

/// A stored reference to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::c4c) struct Reference {
    /// `ObjectID` by the stored UUID; empty when only a number is stored.
    pub(in crate::c4c) id: String,
    /// The number people see; empty when only a UUID is stored.
    pub(in crate::c4c) number: String,
    /// What it can be.
    pub(in crate::c4c) kinds: Vec<Kind>,
}

impl Reference {
    pub(in crate::c4c) fn is_to(&self, hit: &PartyHit) -> bool {
        let same_number = !self.number.is_empty() && self.number == hit.number;
        let same_id = !self.id.is_empty() && self.id == bare(hit.record.id.as_str());
        self.kinds.contains(&hit.record.kind) && (same_id || same_number)
    }
}

/// The references of a record that was read with its children. Owner, sender and attendees are no links.
pub(in crate::c4c) fn references(place: &Linkable, row: &Row, codes: &Codes) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    let mut add = |id: String, number: String, kinds: &[Kind]| {
        let reference = Reference {
            id: bare(&id),
            number,
            kinds: kinds.to_vec(),
        };
        let empty = reference.id.is_empty() && reference.number.is_empty();
        if !empty && !found.contains(&reference) {
            found.push(reference);
        }
    };
    let text = |name: Option<&str>| name.map(|name| row.text(name)).unwrap_or_default();
    for (slot, kinds) in [
        (place.contact, &[Kind::Contact][..]),
        (place.account, &[Kind::Account, Kind::IndividualCustomer]),
    ] {
        if let Some(slot) = slot {
            add(text(slot.uuid), text(slot.number), kinds);
        }
    }
    for party in rows_of(row, place.parties) {
        let role = party.text("RoleCode");
        let links = role == codes.contact_role || role == codes.account_role;
        if links || place.roles == Roles::All {
            add(party.text("PartyUUID"), party.text("PartyID"), &PARTIES);
        }
    }
    for document in rows_of(row, place.documents.map(|(node, _)| node)) {
        let code = document.text("TypeCode");
        let kinds = [Kind::Lead, Kind::Opportunity, Kind::Ticket];
        let kind = kinds
            .into_iter()
            .find(|kind| codes.document(*kind) == Some(code.as_str()));
        if let Some(kind) = kind {
            add(String::new(), document.text("ID"), &[kind]);
        }
    }
    found
}

fn rows_of(row: &Row, node: Option<&str>) -> Vec<Row> {
    node.and_then(|node| row.children(node)).unwrap_or_default()
}

impl Codes {
    /// The business document type of a kind that is linked by document reference.
    pub(in crate::c4c) fn document(&self, kind: Kind) -> Option<&str> {
        match kind {
            Kind::Lead => Some(&self.lead_type),
            Kind::Opportunity => Some(&self.opportunity_type),
            Kind::Ticket => Some(&self.ticket_type),
            _ => None,
        }
    }
}

impl C4c {
    /// The records behind the references of each record, in stored order, each once.
    pub(super) async fn linked_parties(
        &self,
        rows: &[(Linkable, Row)],
    ) -> Result<Vec<Vec<PartyHit>>, PortError> {
        let codes = &self.shared.config.codes;
        let stored: Vec<Vec<Reference>> = rows
            .iter()
            .map(|(place, row)| references(place, row, codes))
            .collect();
        let hits = self.resolve(stored.iter().flatten()).await?;
        let resolved = stored.into_iter().map(|references| {
            let mut parties: Vec<PartyHit> = Vec::new();
            for reference in references {
                let behind = hits.iter().find(|hit| reference.is_to(hit)).cloned();
                let party = behind.or_else(|| unread(&reference));
                let known = |party: &PartyHit| parties.iter().any(|p| p.record == party.record);
                if let Some(party) = party.filter(|party| !known(party)) {
                    parties.push(party);
                }
            }
            parties
        });
        Ok(resolved.collect())
    }

    /// The business partner ids of employees by key, each asked for once; none for those that cannot be read.
    pub(in crate::c4c) async fn employee_numbers(&self, keys: &[String]) -> Result<(), PortError> {
        let known = &self.shared.known;
        let unknown = keys.iter().filter(|key| known.employee(key).is_none());
        let unknown: Vec<&str> = unknown
            .map(String::as_str)
            .filter(|key| is_plain(key))
            .collect();
        let set = set_of(Kind::Employee).filter(|set| known.offers(set.kind));
        let (Some(set), false) = (set, unknown.is_empty()) else {
            return Ok(());
        };
        let filters = self.any_of("ObjectID", unknown.iter().copied());
        let probes = filters.into_iter().map(|filter| by(set, filter));
        let found = self.run(probes.collect()).await?;
        let mut numbers: HashMap<String, String> = unknown
            .iter()
            .map(|key| ((*key).to_owned(), String::new()))
            .collect();
        for row in found.iter().flat_map(|(_, rows)| rows) {
            numbers.insert(bare(&row.text("ObjectID")), row.text(set.number));
        }
        known.learn_employees(numbers);
        Ok(())
    }

    async fn resolve(
        &self,
        references: impl Iterator<Item = &Reference> + Clone,
    ) -> Result<Vec<PartyHit>, PortError> {
        let kinds = [&PARTIES[..], &[Kind::Lead, Kind::Opportunity, Kind::Ticket]].concat();
        let mut probes = Vec::new();
        for set in kinds.into_iter().filter_map(set_of) {
            if !self.shared.known.offers(set.kind) {
                continue;
            }
            let of_kind = references
                .clone()
                .filter(|one| one.kinds.contains(&set.kind));
            let ids = of_kind.clone().map(|one| one.id.as_str());
            let numbers = of_kind
                .filter(|one| one.id.is_empty())
                .map(|one| one.number.as_str());
            let filters = [
                self.any_of("ObjectID", ids.filter(|id| is_plain(id))),
                self.any_of(set.number, numbers.filter(|number| is_plain(number))),
            ];
            probes.extend(filters.into_iter().flatten().map(|filter| by(set, filter)));
        }
        let found = self.run(probes).await?;
        let hits = found.iter().flat_map(|(probe, rows)| {
            let set = probe.party;
            rows.iter().filter_map(move |row| set?.hit(row))
        });
        Ok(hits.collect())
    }
}

fn by(set: &'static PartySet, filter: Filter) -> Probe {
    Probe::new(0, set.name, Shape::Rows(filter, set.select())).of(set)
}

fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.contains('*')
}

/// A record we may not read, or that lives in a set we do not know, is a link all the same when its kind is
/// beyond doubt.
fn unread(reference: &Reference) -> Option<PartyHit> {
    let [kind] = reference.kinds[..] else {
        return None;
    };
    let record = RecordRef {
        kind,
        id: RecordId::new(reference.id.clone()),
    };
    (!reference.id.is_empty()).then(|| PartyHit {
        number: reference.number.clone(),
        ..PartyHit::bare(record)
    })
}
