//! Records that may be the one somebody is about to create: same address, or same name (and company).

use crate::{
    Kind, Record,
    name::{PersonName, join},
    port::{CrmQuery, PartyHit},
};

/// Records of one name that are looked at.
const MOST: usize = 25;

/// What to ask for before creating; empty for kinds that may exist twice (tasks, calls, appointments).
pub fn duplicate_queries(kind: Kind, record: &Record) -> Vec<CrmQuery> {
    let mut queries = Vec::new();
    if !is_party(kind) {
        return queries;
    }
    let address = record.text("email");
    if !address.is_empty() {
        queries.push(CrmQuery::PartiesByAddress {
            kinds: vec![
                Kind::Contact,
                Kind::IndividualCustomer,
                Kind::Lead,
                Kind::Account,
            ],
            addresses: vec![address.to_owned()],
        });
    }
    let name = name_of(kind, record);
    if name.chars().count() >= 3 {
        queries.push(CrmQuery::Search {
            kind,
            text: name,
            limit: MOST,
        });
    }
    queries
}

/// Those of the hits that look like the record: the same address, or the same kind and name in the same account;
/// where one of the two has no account, the name decides.
pub fn duplicates(kind: Kind, record: &Record, hits: Vec<PartyHit>) -> Vec<PartyHit> {
    let (address, name) = (record.text("email"), comparable(&name_of(kind, record)));
    let account = record.text("account_id");
    let mut found: Vec<PartyHit> = Vec::new();
    for hit in hits {
        let same_address = !address.is_empty() && hit.address == address;
        let other_account = hit
            .account
            .as_ref()
            .is_some_and(|known| !account.is_empty() && known.id.as_str() != account);
        let same_name = hit.record.kind == kind
            && !name.is_empty()
            && comparable(&hit.name) == name
            && !other_account;
        let known = found.iter().any(|one| one.record == hit.record);
        if (same_address || same_name) && !hit.obsolete && !known {
            found.push(hit);
        }
    }
    found
}

fn is_party(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Contact | Kind::IndividualCustomer | Kind::Lead | Kind::Account
    )
}

fn name_of(kind: Kind, record: &Record) -> String {
    match kind {
        Kind::Contact | Kind::IndividualCustomer => join(&PersonName {
            first: record.text("given_name").to_owned(),
            middle: record.text("middle_name").to_owned(),
            last: record.text("surname").to_owned(),
        }),
        Kind::Account => record.text("name").to_owned(),
        _ => record.text("subject").to_owned(),
    }
}

/// Names without case, and whatever the spaces are.
fn comparable(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RecordId, RecordRef};

    fn hit(kind: Kind, id: &str, name: &str, address: &str, account: Option<&str>) -> PartyHit {
        let record = |kind, id: &str| RecordRef {
            kind,
            id: RecordId::new(id),
        };
        PartyHit {
            name: name.into(),
            address: address.into(),
            account: account.map(|id| record(Kind::Account, id)),
            ..PartyHit::bare(record(kind, id))
        }
    }

    #[test]
    fn the_same_address_or_name_and_company_is_a_duplicate() {
        let wanted = Record::new()
            .with("given_name", "Ann")
            .with("surname", "Lee")
            .with("email", "ann@shop.example")
            .with("account_id", "A1");
        let hits = vec![
            hit(Kind::Lead, "1", "Somebody", "ann@shop.example", None),
            hit(Kind::Contact, "2", "ann  LEE", "", Some("A1")),
            hit(Kind::Contact, "3", "Ann Lee", "", Some("A2")),
            hit(Kind::Contact, "4", "Ann Leeds", "", None),
            hit(Kind::Account, "5", "Ann Lee", "", None),
            PartyHit {
                obsolete: true,
                ..hit(Kind::Contact, "6", "Ann Lee", "", None)
            },
        ];
        let found = duplicates(Kind::Contact, &wanted, hits);
        let ids: Vec<&str> = found.iter().map(|hit| hit.record.id.as_str()).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(duplicate_queries(Kind::Contact, &wanted).len(), 2);
        assert!(duplicate_queries(Kind::Task, &wanted).is_empty());
    }
}
