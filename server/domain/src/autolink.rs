//! Which CRM records an item is linked to: one ranking, two selectors (LNK-01, LNK-02, LNK-05).

use std::collections::{HashMap, HashSet};

use crate::{
    Kind, ReasonCode, RecordRef, Trace,
    eligible::Route,
    participant::{Participant, Standing},
    port::PartyHit,
};

/// The kinds people are linked as, in the order of LNK-05. Employees never are (LNK-06).
pub const LINKED_KINDS: [Kind; 4] = [
    Kind::Contact,
    Kind::IndividualCustomer,
    Kind::Lead,
    Kind::Account,
];

/// Steps of a trace about candidates that were not linked, at most; more are counted.
const MOST_STEPS: usize = 20;

/// The kinds a background route may link, in tiers: a later tier is looked at only when nobody is found
/// in an earlier one.
///
/// Auto-save links Contacts and Individual Customers only (EM-31). Where a person asked for the item, a
/// Lead, else an Account is better than no link (LNK-04).
pub fn tiers(route: Route) -> &'static [&'static [Kind]] {
    const PEOPLE: &[Kind] = &[Kind::Contact, Kind::IndividualCustomer];
    match route {
        Route::Auto => &[PEOPLE],
        Route::Hand | Route::Wish | Route::Category | Route::Folder | Route::Thread => {
            &[PEOPLE, &[Kind::Lead], &[Kind::Account]]
        }
    }
}

/// The candidates in the one order all linking uses: the participant's place, then Contact, Individual
/// Customer, Lead, Account, then the earliest created, then the id. Each record once.
///
/// Obsolete records, employees, and parties of addresses that are internal, blocked or not on the item
/// are left out.
pub fn rank<'a>(participants: &[Participant], hits: &'a [PartyHit]) -> Vec<&'a PartyHit> {
    let places = places(participants);
    let mut ranked: Vec<(usize, &PartyHit)> = hits
        .iter()
        .filter(|hit| refusal(hit, &places, &LINKED_KINDS).is_none())
        .filter_map(|hit| Some((*places.get(hit.address.as_str())?, hit)))
        .collect();
    ranked.sort_by(|(place_a, a), (place_b, b)| {
        let key = |place: &usize, hit: &PartyHit| {
            let kind = LINKED_KINDS
                .iter()
                .position(|kind| *kind == hit.record.kind);
            // A record without a date of creation comes after those that have one.
            (*place, kind, hit.created_at.is_none(), hit.created_at)
        };
        key(place_a, a)
            .cmp(&key(place_b, b))
            .then_with(|| a.record.id.cmp(&b.record.id))
    });
    let mut seen = HashSet::new();
    ranked
        .into_iter()
        .map(|(_, hit)| hit)
        .filter(|hit| seen.insert(&hit.record))
        .collect()
}

/// The one record of these kinds that the background links to (LNK-02), and why not another.
pub fn link_one<'a>(
    participants: &[Participant],
    hits: &'a [PartyHit],
    allowed: &[Kind],
) -> (Option<&'a PartyHit>, Trace) {
    link_in_tiers(participants, hits, &[allowed])
}

/// The one record that a background route links to ([`tiers`]), and why not another.
pub fn link_for_route<'a>(
    route: Route,
    participants: &[Participant],
    hits: &'a [PartyHit],
) -> (Option<&'a PartyHit>, Trace) {
    link_in_tiers(participants, hits, tiers(route))
}

/// The records the add-in links (LNK-01): all found, and those chosen by hand.
///
/// `ticked` is the list as the dialog left it; it is final, found or not. `None` means that no dialog was
/// shown, so everything found counts as ticked. The order is the ranking's, then the caller's.
pub fn link_ticked(
    found: &[&PartyHit],
    ticked: Option<&[RecordRef]>,
    chosen_by_hand: &[RecordRef],
) -> (Vec<RecordRef>, Trace) {
    let mut trace = Trace::new();
    let mut linked = Vec::new();
    let mut seen = HashSet::new();
    let ticks: Option<HashSet<&RecordRef>> = ticked.map(|list| list.iter().collect());
    for hit in found {
        let wanted = ticks
            .as_ref()
            .is_none_or(|ticks| ticks.contains(&hit.record));
        if hit.record.kind == Kind::Employee {
            trace.note("LNK-06", ReasonCode::EmployeeNotLinked, name(&hit.record));
        } else if !wanted {
            trace.note("LNK-01", ReasonCode::ClearedByUser, name(&hit.record));
        } else if seen.insert(&hit.record) {
            trace.note("LNK-01", ReasonCode::Linked, name(&hit.record));
            linked.push(hit.record.clone());
        }
    }
    for record in ticked.unwrap_or_default().iter().chain(chosen_by_hand) {
        if record.kind == Kind::Employee {
            trace.note("LNK-06", ReasonCode::EmployeeNotLinked, name(record));
        } else if seen.insert(record) {
            trace.note("LNK-01", ReasonCode::ChosenByHand, name(record));
            linked.push(record.clone());
        }
    }
    let untold = trace.0.len().saturating_sub(MOST_STEPS);
    if untold > 0 {
        trace.0.truncate(MOST_STEPS);
        trace.note(
            "LNK-01",
            ReasonCode::Linked,
            format!("{untold} more, {} in all", linked.len()),
        );
    }
    (linked, trace)
}

fn link_in_tiers<'a>(
    participants: &[Participant],
    hits: &'a [PartyHit],
    tiers: &[&[Kind]],
) -> (Option<&'a PartyHit>, Trace) {
    let ranked = rank(participants, hits);
    let best = tiers.iter().find_map(|kinds| {
        ranked
            .iter()
            .copied()
            .find(|hit| kinds.contains(&hit.record.kind))
    });
    let allowed: Vec<Kind> = tiers
        .iter()
        .flat_map(|kinds| kinds.iter().copied())
        .collect();
    let mut trace = Trace::new();
    match best {
        Some(hit) => trace.note("LNK-02", ReasonCode::Linked, name(&hit.record)),
        None => trace.note(
            "EM-40",
            ReasonCode::SavedUnlinked,
            format!("{} found", hits.len()),
        ),
    }
    let places = places(participants);
    let mut told = HashSet::new();
    let mut untold = 0_usize;
    for hit in hits {
        if best.is_some_and(|best| best.record == hit.record) || !told.insert(&hit.record) {
            continue;
        }
        if told.len() > MOST_STEPS {
            untold += 1;
            continue;
        }
        let (rule, code) =
            refusal(hit, &places, &allowed).unwrap_or(("LNK-05", ReasonCode::LowerRank));
        trace.note(rule, code, name(&hit.record));
    }
    if untold > 0 {
        trace.note("LNK-05", ReasonCode::LowerRank, format!("{untold} more"));
    }
    (best, trace)
}

/// The place of each linkable address among the participants.
fn places(participants: &[Participant]) -> HashMap<&str, usize> {
    let mut places = HashMap::new();
    for (place, person) in participants.iter().enumerate() {
        if let (Standing::External, Some(key)) = (person.standing, person.key.as_deref()) {
            places.entry(key).or_insert(place);
        }
    }
    places
}

fn refusal(
    hit: &PartyHit,
    places: &HashMap<&str, usize>,
    allowed: &[Kind],
) -> Option<(&'static str, ReasonCode)> {
    if hit.record.kind == Kind::Employee {
        Some(("LNK-06", ReasonCode::EmployeeNotLinked))
    } else if hit.obsolete {
        Some(("LNK-05", ReasonCode::Obsolete))
    } else if !places.contains_key(hit.address.as_str()) {
        Some(("LNK-05", ReasonCode::AddressNotLinked))
    } else if !allowed.contains(&hit.record.kind) {
        Some(("EM-31", ReasonCode::KindNotLinked))
    } else {
        None
    }
}

fn name(record: &RecordRef) -> String {
    format!("{} {}", record.kind, record.id)
}

#[cfg(test)]
mod tests;
