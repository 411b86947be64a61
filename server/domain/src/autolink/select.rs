//! The two selectors over the one ranking: a session links one record (LNK-02), the add-in all that stay
//! ticked (LNK-01).

use std::collections::HashSet;

use super::{
    rank::rank,
    why::{bounded, name, say},
};
use crate::{
    Kind, ReasonCode, RecordRef, Trace, eligible::Route, participant::Participant, port::PartyHit,
};

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

/// The one record of these kinds that the background links to (LNK-02), and why not another.
pub fn link_one<'a>(
    participants: &[Participant],
    hits: &'a [PartyHit],
    allowed: &[Kind],
) -> (Option<&'a PartyHit>, Trace) {
    in_tiers(participants, hits, &[allowed])
}

/// The one record that a background route links to ([`tiers`]), and why not another.
pub fn link_for_route<'a>(
    route: Route,
    participants: &[Participant],
    hits: &'a [PartyHit],
) -> (Option<&'a PartyHit>, Trace) {
    in_tiers(participants, hits, tiers(route))
}

fn in_tiers<'a>(
    participants: &[Participant],
    hits: &'a [PartyHit],
    tiers: &[&[Kind]],
) -> (Option<&'a PartyHit>, Trace) {
    let ranked = rank(participants, hits);
    let of = |kinds: &&[Kind]| {
        let mut ranked = ranked.iter();
        ranked.find(|hit| kinds.contains(&hit.record.kind)).copied()
    };
    let best = tiers.iter().find_map(of);
    (best, say(best, participants, hits, tiers))
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
    bounded(&mut trace, linked.len());
    (linked, trace)
}
