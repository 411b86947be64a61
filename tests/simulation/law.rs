//! The laws, checked after every step and at calm. What only the ports can see is in [`super::watch`].

use jiff::{SignedDuration, Timestamp};
use ssi_sandbox::{World, exchange::Cause};

use super::thing::{EVENT, Side, Thing, Wish};
use crate::people::People;

/// A law that was broken.
pub type Violation = String;

/// How long events stay mirrored after they are over, at least (CAL-20; settings default), without the day by
/// which the clocks of engine and world may differ.
const SCOPE: SignedDuration = SignedDuration::from_hours(24 * 28);

/// What must hold at any moment.
pub fn always(world: &World, things: &[Thing], judged: &Judged<'_>) -> Vec<Violation> {
    let mut broken = Vec::new();
    for thing in things {
        let (items, records) = (thing.items(world).len(), thing.records(world).len());
        let twice = judged.restored && thing.form != EVENT;
        let most = if twice { records.max(1) } else { 1 };
        if items > most || records > most {
            broken.push(format!(
                "INV-1 {}: {items} items, {records} records",
                thing.tag
            ));
        }
        if thing.wish != Wish::Mirrored && records > 0 {
            let law = match thing.wish {
                Wish::Private => "INV-13",
                _ => "INV-22",
            };
            broken.push(format!("{law} {}: {:?}, and saved", thing.tag, thing.wish));
        }
        // INV-5: what nobody deleted is where it was born.
        if thing.deleted.is_none() && !over(world, thing) {
            let gone = match (thing.born, thing.former.first()) {
                // It stays with whoever made it, whoever has it now (CAL-55).
                (Side::Mail, Some(maker)) => {
                    thing.items_in(world, maker).is_empty() || records == 0
                }
                (Side::Mail, None) => items == 0,
                (Side::Crm, _) => records == 0,
            };
            if gone {
                broken.push(format!("INV-5 {}: vanished", thing.tag));
            }
            if thing.is_cancelled(world) {
                broken.push(format!("INV-5 {}: cancelled", thing.tag));
            }
        }
        // What lost to an edit of the other side before that one was deleted lies in a card: it beats nothing any more.
        let lost = |side: &Side| {
            let edit = thing.edits.iter().rfind(|(by, _)| by == side);
            edit.is_some_and(|(_, value)| judged.cards.contains(value))
        };
        let outlives = thing.outlives.filter(|side| !lost(side));
        if let Some(side) = outlives.filter(|side| !thing.stands(world, *side)) {
            broken.push(format!(
                "INV-6 {}: edited on {side:?}, and gone there",
                thing.tag
            ));
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

/// Whether a thing may have left the mirrored days.
fn over(world: &World, thing: &Thing) -> bool {
    let now: Timestamp = world.now();
    thing.ends.is_some_and(|end| end < now - SCOPE)
}

/// What is known about a history when it is judged.
pub struct Judged<'a> {
    /// Values that stand in an open conflict.
    pub cards: &'a [String],
    /// Nothing failed in it and nothing was restored: what only one side changed must stand.
    pub quiet: bool,
    /// The database was restored. Tasks and contacts carry no key in the CRM: one whose mark was lost in a crash
    /// and whose row was lost with the database is made again, and then has an item for each record.
    pub restored: bool,
}

/// What must hold once nothing moves any more.
pub fn calm(world: &World, things: &[Thing], judged: &Judged<'_>) -> Vec<Violation> {
    let mut broken = Vec::new();
    let settled = |thing: &&Thing| {
        let twice = judged.restored && thing.records(world).len() > 1;
        // Its record says that it was made from an item; after a restore nobody knows any more of whose.
        let given = thing.form == EVENT && thing.born == Side::Mail && !thing.former.is_empty();
        let orphaned = judged.restored && given && !thing.stands(world, Side::Mail);
        thing.is_living() && !over(world, thing) && !twice && !orphaned
    };
    for thing in things.iter().filter(settled) {
        if !thing.stands(world, Side::Mail) || !thing.stands(world, Side::Crm) {
            broken.push(format!(
                "INV-3 {}: here {}, there {}",
                thing.tag,
                thing.stands(world, Side::Mail),
                thing.stands(world, Side::Crm)
            ));
            continue;
        }
        let mail = thing.value(world, Side::Mail);
        let crm = thing.value(world, Side::Crm);
        if mail != crm {
            broken.push(format!("INV-3 {}: {mail:?} here, {crm:?} there", thing.tag));
        }
        broken.extend(handed_over(world, thing));
        broken.extend(times(world, thing));
        broken.extend(lost(world, thing, &mail, judged));
    }
    broken
}

/// CAL-37, CAL-55: whoever had it before has at most a copy that is kept in step no more.
fn handed_over(world: &World, thing: &Thing) -> Vec<Violation> {
    let former = thing.former.iter().filter(|one| **one != thing.mailbox);
    let marked = former.filter(|former| {
        let items = thing.items_in(world, former);
        items
            .iter()
            .any(|(_, draft)| !draft.categories().is_empty())
    });
    let told = marked.map(|former| format!("CAL-55 {}: still marked for {former}", thing.tag));
    told.collect()
}

/// INV-16: both sides agree on the moment.
fn times(world: &World, thing: &Thing) -> Option<Violation> {
    if thing.form != EVENT {
        return None;
    }
    let (_, item) = thing.item(world)?;
    let record = thing.record(world)?;
    for (here, there) in [("Start", "StartDate"), ("End", "EndDate")] {
        let mail = item.time(here).map(|at| at.to_string());
        let crm = world.field(EVENT.set, &record, there);
        if mail != crm {
            return Some(format!(
                "INV-16 {}: {here} {mail:?} here, {crm:?} there",
                thing.tag
            ));
        }
    }
    None
}

/// INV-2: the last edit of a side stands, was superseded by the other's, or lies in a card.
fn lost(world: &World, thing: &Thing, stands: &str, judged: &Judged<'_>) -> Vec<Violation> {
    let mut broken = Vec::new();
    for side in [Side::Mail, Side::Crm] {
        let last = thing.edits.iter().rposition(|(by, _)| *by == side);
        let Some(last) = last else { continue };
        let value = &thing.edits[last].1;
        let superseded = thing.edits[last + 1..]
            .iter()
            .any(|(_, later)| *later == stands);
        let kept = judged.cards.iter().any(|card| card == value);
        // What was not carried over before it was given away stays on the former owner's item (CAL-55).
        let left = thing
            .former
            .iter()
            .any(|former| thing.values_in(world, former).contains(value));
        if !(*value == stands || superseded || kept || left) {
            broken.push(format!(
                "INV-2 {}: {value} of {side:?} is lost, {stands:?} stands",
                thing.tag
            ));
        }
    }
    // Where nothing went wrong, nobody needs a card for what only one side changed.
    let alone = judged.quiet && thing.uncontested && !thing.shared;
    if let Some((side, value)) = thing.edits.last().filter(|_| alone)
        && value != stands
    {
        broken.push(format!(
            "INV-2 {}: {value} of {side:?} was contested by nobody, {stands:?} stands",
            thing.tag
        ));
    }
    broken
}
