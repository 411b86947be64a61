//! The one order of candidates (LNK-05).

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use jiff::Timestamp;

use super::same_name::same_person_name;
use crate::{
    Kind, ReasonCode, RecordId, RecordRef,
    participant::{Participant, Standing},
    port::{FoundBy, PartyHit},
};

/// The kinds people are linked as, in the order of LNK-05. Employees never are (LNK-06).
pub const LINKED_KINDS: [Kind; 4] = [
    Kind::Contact,
    Kind::IndividualCustomer,
    Kind::Lead,
    Kind::Account,
];

/// What the order is made of, the strongest first. Total: two different records never compare equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank<'a> {
    /// The participant's place on the item: From, To, Cc; organizer, required, optional.
    pub(super) place: usize,
    /// Contact, Individual Customer, Lead, Account.
    pub(super) kind: usize,
    /// By what it was found.
    pub(super) found_by: FoundBy,
    /// The record's name is another one than the item gives the participant. Tells apart those who share an
    /// address; an item without a name says nothing.
    pub(super) other_name: bool,
    /// Pinned ones come before others that are equal so far.
    pub(super) unpinned: bool,
    /// A record without a date of creation comes after those that have one.
    pub(super) undated: bool,
    /// The earliest created.
    pub(super) created_at: Option<Timestamp>,
    /// The last changed.
    pub(super) stale: Reverse<Option<Timestamp>>,
    /// So that the order is total.
    pub(super) id: &'a RecordId,
}

/// What ranking knows about a set of candidates.
pub(super) struct Field<'a> {
    places: HashMap<&'a str, (usize, &'a str)>,
    /// Places that have an account by better proof than a domain, or whose domain names several.
    no_domain: HashMap<usize, ReasonCode>,
}

/// The candidates in the one order all linking uses: the participant's place, then Contact, Individual
/// Customer, Lead, Account, then by what they were found, the name, the earliest created and the rest of
/// [`PartyHit`], at last the id. Each record once.
///
/// Obsolete records, employees, and parties of addresses that are internal, blocked or not on the item are
/// left out; so are accounts found by domain where a better proof names an account, or where the domain
/// names several: nobody careful would guess.
pub fn rank<'a>(participants: &[Participant], hits: &'a [PartyHit]) -> Vec<&'a PartyHit> {
    let field = Field::new(participants, hits);
    let mut ranked: Vec<(Rank<'_>, &PartyHit)> = hits
        .iter()
        .filter(|hit| field.refusal(hit, &LINKED_KINDS).is_none())
        .filter_map(|hit| Some((field.rank(hit)?, hit)))
        .collect();
    ranked.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut seen = HashSet::new();
    ranked
        .into_iter()
        .map(|(_, hit)| hit)
        .filter(|hit| seen.insert(&hit.record))
        .collect()
}

/// The ranking as cards are shown: pinned ones first (SRCH-10), else as ranked.
pub fn pinned_first<'a>(ranked: &[&'a PartyHit]) -> Vec<&'a PartyHit> {
    let (pinned, others): (Vec<&PartyHit>, Vec<&PartyHit>) =
        ranked.iter().partition(|hit| hit.pinned);
    pinned.into_iter().chain(others).collect()
}

impl<'a> Field<'a> {
    pub(super) fn new(participants: &'a [Participant], hits: &[PartyHit]) -> Self {
        let mut places = HashMap::new();
        for (place, person) in participants.iter().enumerate() {
            if let (Standing::External, Some(key)) = (person.standing, person.key.as_deref()) {
                places
                    .entry(key)
                    .or_insert((place, person.address.name.as_str()));
            }
        }
        let mut field = Self {
            places,
            no_domain: HashMap::new(),
        };
        field.settle_domains(hits);
        field
    }

    /// Where a domain says nothing: an account is known by better proof, or several stand under the domain.
    fn settle_domains(&mut self, hits: &[PartyHit]) {
        let mut by_domain: HashMap<usize, (FoundBy, HashSet<&RecordRef>)> = HashMap::new();
        for hit in hits.iter().filter(|hit| !hit.obsolete) {
            let Some(&(place, _)) = self.places.get(hit.address.as_str()) else {
                continue;
            };
            let has_account = hit.record.kind == Kind::Account || hit.account.is_some();
            if !by_a_domain(hit) {
                if has_account {
                    self.no_domain.insert(place, ReasonCode::BetterProof);
                }
                continue;
            }
            let (best, accounts) = by_domain
                .entry(place)
                .or_insert_with(|| (hit.found_by, HashSet::new()));
            if hit.found_by < *best {
                *best = hit.found_by;
                accounts.clear();
            }
            if hit.found_by == *best {
                accounts.insert(&hit.record);
            }
        }
        for (place, (_, accounts)) in by_domain {
            if accounts.len() > 1 {
                self.no_domain
                    .entry(place)
                    .or_insert(ReasonCode::SeveralAccounts);
            }
        }
    }

    /// Where a candidate stands; `None`: its address is not one that links.
    pub(super) fn rank<'h>(&self, hit: &'h PartyHit) -> Option<Rank<'h>> {
        let &(place, name) = self.places.get(hit.address.as_str())?;
        let kind = LINKED_KINDS
            .iter()
            .position(|kind| *kind == hit.record.kind)?;
        Some(Rank {
            place,
            kind,
            found_by: hit.found_by,
            other_name: same_person_name(name, &hit.name) == Some(false),
            unpinned: !hit.pinned,
            undated: hit.created_at.is_none(),
            created_at: hit.created_at,
            stale: Reverse(hit.changed_at),
            id: &hit.record.id,
        })
    }

    /// Why a candidate is none.
    pub(super) fn refusal(
        &self,
        hit: &PartyHit,
        allowed: &[Kind],
    ) -> Option<(&'static str, ReasonCode)> {
        if hit.record.kind == Kind::Employee {
            return Some(("LNK-06", ReasonCode::EmployeeNotLinked));
        }
        if hit.obsolete {
            return Some(("LNK-05", ReasonCode::Obsolete));
        }
        let Some((place, _)) = self.places.get(hit.address.as_str()) else {
            return Some(("LNK-05", ReasonCode::AddressNotLinked));
        };
        if !allowed.contains(&hit.record.kind) {
            return Some(("EM-31", ReasonCode::KindNotLinked));
        }
        let code = self.no_domain.get(place).filter(|_| by_a_domain(hit))?;
        Some(("LNK-05", *code))
    }
}

fn by_a_domain(hit: &PartyHit) -> bool {
    matches!(hit.found_by, FoundBy::Domain | FoundBy::RelatedDomain)
}
