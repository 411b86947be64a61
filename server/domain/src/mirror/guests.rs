//! People whom somebody added to the record of a meeting. Nothing here invites them (docs/decisions/0010); the
//! organizer is told.

use std::collections::HashSet;

use super::{Origin, Pair, is_private};
use crate::{
    Address, ReasonCode, Record, Trace, Value,
    participant::normalize,
    port::{EventRole, Item},
};

/// Whom the item knows.
const INVITED: [&str; 4] = ["organizer", "required", "optional", "resources"];

/// Says which attendees of the record the meeting does not invite, by their numbers: names are business data. An event
/// of the CRM that nobody made a meeting of is the CRM's to invite to.
pub(super) fn note_uninvited(pair: &Pair<'_>, item: &Item, crm: &Record, trace: &mut Trace) {
    let from_mail = pair.known.is_some_and(|known| known.origin == Origin::Mail);
    let hers = item
        .event
        .as_ref()
        .is_some_and(|event| event.role == EventRole::Organizer && (event.meeting || from_mail));
    let Some(Value::List(attendees)) = crm.get("attendees").filter(|_| hers) else {
        return;
    };
    if is_private(&item.record) {
        return;
    }
    let (numbers, addresses) = invited(pair, item);
    let mut missing: Vec<&str> = attendees
        .iter()
        .filter_map(attendee)
        .filter(|(number, address)| {
            let known = normalize(&address.address).is_some_and(|one| addresses.contains(&one));
            !known && !numbers.contains(number)
        })
        .map(|(number, _)| {
            if number.is_empty() {
                "1 without a number"
            } else {
                number
            }
        })
        .collect();
    missing.sort_unstable();
    missing.dedup();
    if !missing.is_empty() {
        trace.note("CAL-39", ReasonCode::AttendeeNotInvited, missing.join(", "));
    }
}

/// Numbers and addresses of everybody who takes part, and of the owner.
fn invited<'a>(pair: &Pair<'a>, item: &Item) -> (HashSet<&'a str>, HashSet<String>) {
    let mut addresses: HashSet<String> = INVITED
        .iter()
        .flat_map(|field| item.record.addresses(field))
        .filter_map(|one| normalize(&one.address))
        .collect();
    let mut numbers = HashSet::new();
    for party in pair.parties {
        addresses.extend(normalize(&party.address.address));
        if let Some(hit) = &party.party {
            addresses.extend(normalize(&hit.address));
            numbers.insert(hit.number.as_str());
        }
    }
    numbers.remove("");
    (numbers, addresses)
}

/// An attendee as connectors tell them: number and address, of which one may be empty.
fn attendee(value: &Value) -> Option<(&str, &Address)> {
    let Value::List(parts) = value else {
        return None;
    };
    match parts.as_slice() {
        [Value::Text(number), Value::Address(address)] => Some((number, address)),
        _ => None,
    }
}
