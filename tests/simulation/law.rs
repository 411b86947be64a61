//! The laws, checked after every step and at calm.

use ssi_sandbox::{World, exchange::Cause};

use super::deed::{Side, Thing, items_of, records_of};
use crate::people::People;

/// A law that was broken.
pub type Violation = String;

/// What must hold at any moment.
pub fn always(world: &World, things: &[Thing]) -> Vec<Violation> {
    let mut broken = Vec::new();
    for thing in things {
        let (items, records) = (items_of(world, thing).len(), records_of(world, thing).len());
        if items > 1 || records > 1 {
            broken.push(format!(
                "INV-1 {}: {items} items, {records} records",
                thing.tag
            ));
        }
        // INV-5, INV-6: what nobody deleted is where it was born.
        if thing.deleted.is_none() {
            let gone = match thing.born {
                Side::Mail => items == 0,
                Side::Crm => records == 0,
            };
            if gone {
                broken.push(format!("INV-5 {}: vanished", thing.tag));
            }
            if cancelled(world, thing) {
                broken.push(format!("INV-5 {}: cancelled", thing.tag));
            }
        }
    }
    // INV-12: the engine sends nothing.
    let sent = world
        .notices()
        .into_iter()
        .filter(|notice| !matches!(notice.cause, Cause::Human))
        .count();
    if sent > 0 {
        broken.push(format!("INV-12: {sent} messages nobody sent"));
    }
    broken
}

fn cancelled(world: &World, thing: &Thing) -> bool {
    let property = match thing.set {
        "AppointmentCollection" => "LifeCycleStatusCode",
        _ => return false,
    };
    let records = records_of(world, thing).into_iter();
    records
        .filter_map(|key| world.field(thing.set, &key, property))
        .any(|status| status == "4")
}

/// What must hold once nothing moves any more. `cards`: values that stand in an open conflict.
pub fn calm(world: &World, things: &[Thing], cards: &[String]) -> Vec<Violation> {
    let mut broken = Vec::new();
    for thing in things {
        if thing.released {
            continue;
        }
        let items = items_of(world, thing);
        let records = records_of(world, thing);
        if thing.deleted.is_some() {
            continue;
        }
        let (Some((_, item)), Some(record)) = (items.first(), records.first()) else {
            broken.push(format!(
                "INV-3 {}: {} items, {} records",
                thing.tag,
                items.len(),
                records.len()
            ));
            continue;
        };
        let mail = item.text(thing.field.0).to_owned();
        let crm = world
            .field(thing.set, record, thing.field.1)
            .unwrap_or_default();
        if mail != crm {
            broken.push(format!("INV-3 {}: {mail:?} here, {crm:?} there", thing.tag));
        }
        // INV-2: the last edit of a side stands, was superseded by the other's, or lies in a card.
        for side in [Side::Mail, Side::Crm] {
            let last = thing.edits.iter().rposition(|(by, _)| *by == side);
            let Some(last) = last else { continue };
            let value = &thing.edits[last].1;
            let superseded = thing.edits[last + 1..]
                .iter()
                .any(|(_, later)| *later == mail);
            let stands = *value == mail;
            let kept = cards.iter().any(|card| card == value);
            if !(stands || superseded || kept) {
                broken.push(format!(
                    "INV-2 {}: {value} of {side:?} is lost, {mail:?} stands",
                    thing.tag
                ));
            }
        }
    }
    broken
}
