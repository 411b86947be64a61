//! Records that may be the one somebody is about to create: same address, or same name (and company).

use crate::{
    Kind, Record,
    autolink::candidate_keys,
    directory::fold,
    name::{PersonName, join},
    port::{CrmQuery, PartyHit},
};

/// Records of one name that are looked at.
const MOST: usize = 25;
/// Names of fewer characters say nothing.
const FEWEST: usize = 3;

/// What to ask the CRM for before creating; empty for kinds that may exist twice (tasks, calls, appointments).
pub fn duplicate_queries(kind: Kind, record: &Record) -> Vec<CrmQuery> {
    let mut queries = Vec::new();
    if !is_party(kind) {
        return queries;
    }
    let addresses = same_addresses(record);
    if !addresses.is_empty() {
        queries.push(CrmQuery::PartiesByAddress {
            kinds: vec![
                Kind::Contact,
                Kind::IndividualCustomer,
                Kind::Lead,
                Kind::Account,
            ],
            addresses,
        });
    }
    let names = names(kind, record).into_iter();
    queries.extend(names.map(|text| CrmQuery::Search {
        kind,
        text,
        limit: MOST,
    }));
    queries
}

/// The address of a new record and the other spellings of the same mailbox, as linking knows them; none for kinds
/// that may exist twice.
pub fn same_addresses(record: &Record) -> Vec<String> {
    let address = record.text("email");
    if address.is_empty() {
        return Vec::new();
    }
    let keys = candidate_keys(address).into_iter();
    keys.map(|candidate| candidate.key).collect()
}

/// The names another record of the kind would have if it were the same: of a lead its title and its person.
pub fn names(kind: Kind, record: &Record) -> Vec<String> {
    let person = || {
        join(&PersonName {
            first: record.text("given_name").to_owned(),
            middle: record.text("middle_name").to_owned(),
            last: record.text("surname").to_owned(),
        })
    };
    let mut names = match kind {
        Kind::Contact | Kind::IndividualCustomer => vec![person()],
        Kind::Account => vec![record.text("name").to_owned()],
        Kind::Lead => vec![record.text("subject").to_owned(), person()],
        _ => Vec::new(),
    };
    names.retain(|name| name.chars().count() >= FEWEST);
    names.dedup();
    names
}

/// Those of the hits that look like the record: the same address in any spelling, or the same kind and name in the
/// same account; where one of the two has no account, the name decides.
pub fn duplicates(kind: Kind, record: &Record, hits: Vec<PartyHit>) -> Vec<PartyHit> {
    let addresses = same_addresses(record);
    let names: Vec<String> = names(kind, record)
        .iter()
        .map(|name| comparable(name))
        .collect();
    let account = record.text("account_id");
    let mut found: Vec<PartyHit> = Vec::new();
    for hit in hits {
        let same_address = is_party(hit.record.kind) && addresses.contains(&hit.address);
        let other_account = hit
            .account
            .as_ref()
            .is_some_and(|known| !account.is_empty() && known.id.as_str() != account);
        let same_name =
            hit.record.kind == kind && names.contains(&comparable(&hit.name)) && !other_account;
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

/// Names without case, accents and width, and whatever the spaces are.
fn comparable(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    fold(&words.join(" "))
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

    /// SB-05
    #[test]
    fn another_spelling_of_the_address_or_the_name_is_the_same() {
        let wanted = Record::new()
            .with("given_name", "Zoe")
            .with("surname", "Muller")
            .with("subject", "Interested")
            .with("email", "zoe.muller+fair@googlemail.com");
        let hits = vec![
            hit(Kind::Contact, "1", "Z", "zoemuller@gmail.com", None),
            hit(Kind::Lead, "2", "ZO\u{cb}  M\u{dc}LLER", "", None),
            hit(Kind::Lead, "3", "interested", "", None),
            hit(Kind::Lead, "4", "Somebody", "", None),
            hit(Kind::Employee, "5", "Z", "zoemuller@gmail.com", None),
        ];
        let found = duplicates(Kind::Lead, &wanted, hits);
        let ids: Vec<&str> = found.iter().map(|hit| hit.record.id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "3"]);
    }
}
