//! The laws, checked after every step and at calm. What only the ports can see is in [`super::watch`].

use jiff::{SignedDuration, Timestamp};
use ssi_domain::Value;
use ssi_sandbox::{World, exchange::Cause};

use super::{
    chosen::Way,
    thing::{Side, TASK, Thing, Wish},
};
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
        let (items, records) = (thing.items(world).len(), thing.count_records(world));
        let twice = judged.restored && !thing.form.is_event();
        let most = if twice { records.max(1) } else { 1 };
        if items > most || records > most {
            broken.push(format!(
                "INV-1 {}: {items} items, {records} records",
                thing.tag
            ));
        }
        let law = match thing.wish {
            Wish::Private => Some("INV-13"),
            Wish::Unasked => Some("INV-22"),
            Wish::Mirrored | Wish::Tried => None,
        };
        if let Some(law) = law.filter(|_| records > 0) {
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
        // INV-18: what is read only in the mailbox is not deleted from there.
        let kept = thing.way == Way::Restored && thing.born == Side::Crm;
        if kept && thing.deleted == Some(Side::Mail) && !thing.stands(world, Side::Crm) {
            broken.push(format!("INV-18 {}: deleted in the CRM too", thing.tag));
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
    /// Most tasks that come down to a mailbox.
    pub limit: Option<usize>,
    /// What that left out.
    pub left: &'a [Left],
}

/// What a limit left out of a mailbox, as its owner is told.
pub struct Left {
    /// The mailbox.
    pub address: &'static str,
    /// So many tasks.
    pub counted: usize,
    /// There is a note about it.
    pub told: bool,
}

/// What must hold once nothing moves any more.
pub fn calm(world: &World, things: &[Thing], judged: &Judged<'_>) -> Vec<Violation> {
    let mut broken = Vec::new();
    let settled = |thing: &&Thing| {
        let twice = judged.restored && thing.records(world).len() > 1;
        // Its record says that it was made from an item; after a restore nobody knows any more of whose.
        let given = thing.form.is_event() && thing.born == Side::Mail && !thing.former.is_empty();
        let orphaned = judged.restored && given && !thing.stands(world, Side::Mail);
        // A wish that was lost with the database.
        let forgotten = judged.restored && thing.by_hand && !thing.stands(world, Side::Crm);
        let left = judged.limit.is_some() && is_left(world, thing);
        let lost = twice || orphaned || forgotten || left;
        thing.is_living() && !over(world, thing) && !lost
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
        match thing.way {
            Way::From(from) => broken.extend(one_way(thing, from, &mail, &crm)),
            Way::Both | Way::Restored if mail != crm => {
                broken.push(format!("INV-3 {}: {mail:?} here, {crm:?} there", thing.tag));
            }
            Way::Both | Way::Restored => broken.extend(lost(world, thing, &mail, judged)),
        }
        broken.extend(handed_over(world, thing));
        broken.extend(times(world, thing));
    }
    if let Some(limit) = judged.limit {
        let left = judged.left.iter();
        broken.extend(left.filter_map(|left| cut(world, things, limit, left)));
    }
    broken
}

/// Whether a task of the CRM is not in its mailbox.
fn is_left(world: &World, thing: &Thing) -> bool {
    let down = thing.born == Side::Crm || !thing.former.is_empty();
    let stands = |side| thing.stands(world, side);
    thing.is_living() && thing.form == TASK && down && stands(Side::Crm) && !stands(Side::Mail)
}

/// INV-15: what a limit leaves out is counted and told of, and nothing is left out where there is room (CON-11).
fn cut(world: &World, things: &[Thing], limit: usize, left: &Left) -> Option<Violation> {
    let of_mailbox = |thing: &&Thing| thing.mailbox == left.address;
    let missing = things.iter().filter(of_mailbox);
    let missing = missing.filter(|thing| is_left(world, thing)).count();
    // What was deleted in the moment in which its record was made, and stands, came down as well.
    let again = |thing: &Thing| thing.deleted == Some(Side::Mail);
    let came = |thing: &&Thing| thing.born == Side::Crm || !thing.former.is_empty() || again(thing);
    let here = things.iter().filter(of_mailbox).filter(came);
    let here = here.filter(|thing| thing.form == TASK && thing.stands(world, Side::Mail));
    let (here, who) = (here.count(), left.address);
    if missing > left.counted || (missing > 0 && !left.told) {
        let told = format!(
            "INV-15 {who}: {missing} tasks are left out, {} told of ({})",
            left.counted, left.told
        );
        return Some(told);
    }
    (missing > 0 && here < limit).then(|| {
        format!("INV-15 {who}: {missing} tasks are left out though {here} of {limit} came down")
    })
}

/// INV-18: what travels one way arrives, and what the other side sets stays there.
fn one_way(thing: &Thing, from: Side, mail: &str, crm: &str) -> Vec<Violation> {
    let (source, target) = match from {
        Side::Mail => (mail, crm),
        Side::Crm => (crm, mail),
    };
    let set = |by: Side| thing.edits.iter().filter(move |(side, _)| *side == by);
    let mut broken = Vec::new();
    if set(from.other()).any(|(_, value)| value == source) {
        let told = format!("INV-18 {}: {source} went against its way", thing.tag);
        broken.push(told);
    }
    let last = set(from).next_back().map(|(_, value)| value.as_str());
    if thing.former.is_empty() && last.is_some_and(|last| last != source) {
        let told = format!(
            "INV-2 {}: {last:?} is lost, {source:?} stands on {from:?}",
            thing.tag
        );
        broken.push(told);
    }
    let own = set(from.other())
        .next_back()
        .map(|(_, value)| value.as_str());
    // What was sent before it was given away does not come down to whoever has it now.
    let sent = !thing.former.is_empty() && set(from).any(|(_, value)| value == target);
    if target != source && own != Some(target) && !sent {
        let told = format!("INV-3 {}: {mail:?} here, {crm:?} there", thing.tag);
        broken.push(told);
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
    let (from, to) = thing.form.times?;
    let (_, item) = thing.item(world)?;
    let record = thing.record(world)?;
    for (here, there) in [("Start", from), ("End", to)] {
        let mail = item.time(here).map(|at| at.to_string());
        let crm = world.field(thing.form.set, &record, there);
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
    let sides = [Side::Mail, Side::Crm].into_iter();
    for side in sides.filter(|side| thing.way.carries(*side)) {
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
    let carried = |edit: &&(Side, String)| thing.way.carries(edit.0);
    if let Some((side, value)) = thing.edits.last().filter(|_| alone).filter(carried)
        && value != stands
    {
        broken.push(format!(
            "INV-2 {}: {value} of {side:?} was contested by nobody, {stands:?} stands",
            thing.tag
        ));
    }
    broken
}

/// What a value on a card says; a place of two lines is two texts.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Date(day) => vec![format!("{day}T00:00:00Z")],
        Value::List(parts) => parts.iter().flat_map(texts).collect(),
        other => other.as_text().map(str::to_owned).into_iter().collect(),
    }
}
