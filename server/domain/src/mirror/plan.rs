//! The decision about one pair.

use super::{
    Asked, Fate, Known, MirrorPlan, Named, Origin, Pair, Role, Rules, Scope, View,
    account::note_account,
    attach::attachments,
    check::{check, named},
    create::{item_for, join, record_for, visible},
    describe::describe,
    form::{not_understood, remade},
    gone::{item_gone, record_gone},
    guests::note_uninvited,
    hold::{comes_back, hand_over, moved_on},
    is_private,
    mark::{is_marked, is_occurrence, mark_effects, unmark},
    remind::remind_anew,
};
use crate::{
    Kind, ReasonCode, Record, Trace, Value, Versioned,
    mapping::convert::note_left,
    merge::{Direction, Merged, Sides, merge},
    plan::{Effect, StampRecord},
    port::{Item, PartyRole, RecordParty},
};

/// What the CRM calls a cancelled activity and an obsolete party.
pub const CANCELLED: &str = "4";

/// Decides about one pair; see the printed matrix in `docs/decision-matrix.md`.
pub fn plan(pair: &Pair<'_>, rules: &Rules<'_>) -> MirrorPlan {
    if !pair.enabled(rules.settings) {
        let fate = pair.known.map_or(Fate::None, |_| Fate::Wait);
        return stop(fate, "ARC-04", ReasonCode::KindOff);
    }
    match (pair.mail, pair.crm, pair.known) {
        (View::Unread, _, _) | (_, View::Unread, _) => {
            stop(Fate::Wait, "INV-05", ReasonCode::NotReadable)
        }
        (View::Gone, View::Gone, None) => stop(Fate::None, "INV-05", ReasonCode::DeletionFollows),
        (View::Gone, View::Gone, Some(_)) => stop(Fate::End, "CAL-50", ReasonCode::DeletionFollows),
        (View::Present(item), View::Gone, None) => record_for(pair, item, rules),
        (View::Gone, View::Present(crm), None) => item_for(pair, crm, rules),
        (View::Present(item), View::Present(crm), None) => join(pair, item, crm, rules),
        (mail, crm, Some(known)) if !known.active => released(pair, mail, crm, known, rules),
        (View::Present(item), View::Present(crm), Some(known)) => {
            both(pair, item, crm, known, rules)
        }
        (View::Gone, View::Present(crm), Some(known)) => item_gone(pair, crm, known, rules),
        (View::Present(item), View::Gone, Some(known)) => record_gone(pair, item, known, rules),
    }
}

/// A pair that was released or ended: only a new request brings it back.
fn released(
    pair: &Pair<'_>,
    mail: View<&Item>,
    crm: View<&Versioned<Record>>,
    known: Known<'_>,
    rules: &Rules<'_>,
) -> MirrorPlan {
    let over = match (mail, crm) {
        (View::Present(item), _) if item.event.as_ref().is_some_and(|event| event.cancelled) => {
            true
        }
        (_, View::Present(crm)) => is_cancelled(pair.kind, &crm.value),
        _ => false,
    };
    let again = matches!(pair.asked, Asked::Mark | Asked::Hand) && !over;
    match (mail, crm) {
        (View::Present(item), View::Present(crm)) if comes_back(pair, known) && !over => {
            if pair.scope == Scope::Past {
                return stop(Fate::Wait, "CAL-20", ReasonCode::OutOfScope);
            }
            let mut trace = Trace::new();
            trace.pass("CAL-38", ReasonCode::MirrorFromCrm);
            follow(pair, item, crm, direction(pair, item, rules), rules, trace)
        }
        (View::Gone, View::Present(crm)) if comes_back(pair, known) => {
            match item_for(pair, crm, rules) {
                plan if plan.fate == Fate::Keep => plan,
                plan => MirrorPlan {
                    fate: Fate::Wait,
                    ..plan
                },
            }
        }
        (View::Present(item), View::Present(crm)) if again && known.writer => {
            let mut trace = Trace::new();
            trace.pass("CAL-07", ReasonCode::MirrorAsked);
            follow(pair, item, crm, direction(pair, item, rules), rules, trace)
        }
        // Lying in our folder asked for the record that somebody deleted; only our category, put on again, asks
        // for another one.
        (View::Present(item), View::Gone)
            if again && (pair.asked == Asked::Hand || is_marked(pair, item, rules)) =>
        {
            record_for(pair, item, rules)
        }
        _ => stop(Fate::Wait, "CAL-07", ReasonCode::Released),
    }
}

/// Both sides stand.
fn both(
    pair: &Pair<'_>,
    item: &Item,
    crm: &Versioned<Record>,
    known: Known<'_>,
    rules: &Rules<'_>,
) -> MirrorPlan {
    if !known.writer {
        return release(pair, item, rules, "CAL-35", ReasonCode::TakenOver);
    }
    if moved_on(pair, known, rules.settings) {
        return hand_over(pair, item, known, rules);
    }
    if let Asked::No(_) = pair.asked {
        return unasked(pair, item, crm, known, rules);
    }
    if is_cancelled(pair.kind, &crm.value) {
        return record_gone(pair, item, known, rules);
    }
    if item.event.as_ref().is_some_and(|event| event.cancelled) {
        return item_gone(pair, crm, known, rules);
    }
    if pair.scope == Scope::Past && pair.kind == Kind::Task {
        return task_over(pair, item, crm, known, rules);
    }
    if pair.scope == Scope::Past {
        return out_of_scope(pair, item, known, rules);
    }
    follow(
        pair,
        item,
        crm,
        direction(pair, item, rules),
        rules,
        Trace::new(),
    )
}

/// Who may be written (INV-11, INV-18).
fn direction(pair: &Pair<'_>, item: &Item, rules: &Rules<'_>) -> Direction {
    if pair.role == Role::Attendee || is_private(&item.record) {
        Direction::ToCrm
    } else if pair.read_only(rules.settings) {
        Direction::ToMail
    } else {
        Direction::Both
    }
}

/// The category or the folder was taken away by the user.
fn unasked(
    pair: &Pair<'_>,
    item: &Item,
    crm: &Versioned<Record>,
    known: Known<'_>,
    rules: &Rules<'_>,
) -> MirrorPlan {
    if pair.is_party() && pair.read_only(rules.settings) {
        let mut trace = Trace::new();
        trace.pass("CON-20", ReasonCode::Restored);
        return MirrorPlan {
            effects: vec![Effect::MoveItem {
                item: item.id.clone(),
                to: pair.home(),
            }],
            ..outcome(Fate::Keep, trace)
        };
    }
    if let (Kind::Task, true, Some(record)) =
        (pair.kind, pair.read_only(rules.settings), pair.record)
    {
        let mut trace = Trace::new();
        trace.pass("TSK-03", ReasonCode::Restored);
        let stamp = StampRecord::Existing(record.clone());
        let effects = mark_effects(pair, item, stamp, rules, &mut trace);
        return MirrorPlan {
            effects,
            ..outcome(Fate::Keep, trace)
        };
    }
    if let Some(mut plan) = retired(pair, crm, known, rules) {
        plan.effects.extend(unmark(pair, item, rules));
        return plan;
    }
    stop(Fate::Release, "CAL-07", ReasonCode::Released)
}

/// The record of a party whose item is gone is taken out of use, where somebody switched that on (5.3) and nobody
/// edited it meanwhile (INV-6).
pub(super) fn retired(
    pair: &Pair<'_>,
    crm: &Versioned<Record>,
    known: Known<'_>,
    rules: &Rules<'_>,
) -> Option<MirrorPlan> {
    let wanted = pair.is_party()
        && known.writer
        && rules.settings.mirror.delete_contacts_in_crm
        // One of many copies says nothing about the record.
        && (pair.hold.named == Named::Us || !rules.settings.mirror.shared(pair.kind))
        && !is_cancelled(pair.kind, &crm.value);
    let record = pair.record.filter(|_| wanted)?;
    let unmoved = known
        .baseline
        .is_some_and(|baseline| baseline.crm_unmoved(rules.key, pair.table, &crm.value));
    if !unmoved {
        return None;
    }
    let mut trace = Trace::new();
    trace.pass("CON-01", ReasonCode::DeletionFollows);
    Some(MirrorPlan {
        effects: vec![Effect::DeleteRecord {
            record: record.clone(),
            version: crm.version.clone(),
        }],
        ..outcome(Fate::End, trace)
    })
}

/// Merges what both sides hold and writes what follows from it.
pub(super) fn follow(
    pair: &Pair<'_>,
    item: &Item,
    crm: &Versioned<Record>,
    direction: Direction,
    rules: &Rules<'_>,
    mut trace: Trace,
) -> MirrorPlan {
    if let Some(plan) = remade(pair, item, crm, rules).or_else(|| not_understood(&crm.value)) {
        return plan;
    }
    let Some(mail) = visible(pair, item, rules, &mut trace) else {
        return private_gone(pair, item, crm, rules, trace);
    };
    let series = item.event.as_ref().map(|event| &event.series);
    if let Err(unfit) = check(pair.kind, &mail, series) {
        trace.stop("CON-41", unfit.code);
        return MirrorPlan {
            unfit: Some(unfit),
            ..outcome(Fate::Wait, trace)
        };
    }
    let baseline = pair.known.and_then(|known| known.baseline);
    let sides = Sides {
        mail: &mail,
        crm: &crm.value,
    };
    let Merged {
        mut to_crm,
        mut to_mail,
        conflicts,
    } = merge(
        pair.table, baseline, sides, direction, rules.key, &mut trace,
    );
    named(pair.table, &mail, &mut to_crm, &mut trace);
    if is_occurrence(item) && crm.value.text("identity_key").is_empty() {
        // Made by the CRM: from now on it is found by its key, as those made from a mailbox are (INV-9).
        to_crm.set("identity_key", pair.identity_key);
    }
    let mut stands = crm.value.clone();
    for (field, value) in to_crm.iter() {
        stands.set(field, value.clone());
    }
    describe(
        pair,
        &item.record,
        &stands,
        direction,
        &mut to_mail,
        rules,
        &mut trace,
    );
    if direction != Direction::ToMail {
        note_left(pair.table, &mail, &mut trace);
        let open = to_crm.get("company").is_none() && to_mail.get("company").is_none();
        if open && direction == Direction::Both {
            note_account(pair, (&mail, &crm.value), rules, &mut trace);
        }
    }
    note_uninvited(pair, item, &crm.value, &mut trace);
    let mut effects = Vec::new();
    let people = pair.takeover
        || baseline.is_some_and(|baseline| !baseline.same_people(rules.key, &item.record));
    let parties = (people && !is_private(&item.record)).then(|| {
        // The owner can change in the CRM (CAL-30): set anew only by who takes the meeting over (CAL-35).
        let stays = |party: &&RecordParty| pair.takeover || party.role != PartyRole::Owner;
        pair.parties.iter().filter(stays).cloned().collect()
    });
    if let Some(record) = pair.record
        && (to_crm.iter().next().is_some() || parties.is_some())
    {
        trace.pass("ARC-05", ReasonCode::RecordFollows);
        effects.push(Effect::UpdateRecord {
            record: record.clone(),
            version: crm.version.clone(),
            set: to_crm,
            parties,
        });
    }
    let attachments = attachments(pair, item, rules, &mut trace);
    if let (Some(record), false) = (pair.record, attachments.is_empty()) {
        effects.push(Effect::AttachToRecord {
            record: record.clone(),
            attachments,
        });
    }
    remind_anew(pair, item, &mut to_mail, rules);
    if to_mail.iter().next().is_some() {
        trace.pass("ARC-05", ReasonCode::ItemFollows);
        effects.push(Effect::UpdateItem {
            item: item.id.clone(),
            version: item.version.clone(),
            kind: pair.kind,
            set: to_mail,
        });
    }
    if let Some(record) = pair.record {
        let stamp = StampRecord::Existing(record.clone());
        effects.extend(mark_effects(pair, item, stamp, rules, &mut trace));
    }
    if effects.is_empty() {
        trace.pass("ARC-05", ReasonCode::InStep);
    }
    MirrorPlan {
        effects,
        conflicts,
        ..outcome(Fate::Keep, trace)
    }
}

/// The item turned private and private ones are not stored: nothing of it goes up any more, and what was made of it goes
/// (INV-13, docs/decisions/0055). A record of the CRM's own is everybody's and stays as it was; so does a party's, unless
/// somebody switched on that parties may be taken away.
fn private_gone(
    pair: &Pair<'_>,
    item: &Item,
    crm: &Versioned<Record>,
    rules: &Rules<'_>,
    trace: Trace,
) -> MirrorPlan {
    let from_crm = pair.known.is_none_or(|known| known.origin == Origin::Crm);
    let goes = match pair.is_party() {
        _ if from_crm => None,
        true => pair
            .known
            .and_then(|known| retired(pair, crm, known, rules)),
        false => pair.record.map(|record| MirrorPlan {
            effects: vec![Effect::DeleteRecord {
                record: record.clone(),
                version: crm.version.clone(),
            }],
            ..outcome(Fate::End, trace)
        }),
    };
    // Without the private mark it is mirrored again, if something asks for it.
    let mut plan = goes.unwrap_or_else(|| stop(Fate::Release, "CAL-70", ReasonCode::PrivateLeft));
    plan.effects.extend(unmark(pair, item, rules));
    plan
}

/// The event left the mirrored days (CAL-21, CAL-22). Nobody withdrew it: moved back into them in the CRM, it comes back.
fn out_of_scope(pair: &Pair<'_>, item: &Item, known: Known<'_>, rules: &Rules<'_>) -> MirrorPlan {
    // A series never leaves, and so do none of its occurrences (CAL-20).
    let from_crm = known.origin == Origin::Crm && !is_occurrence(item);
    let goes = from_crm && (pair.role == Role::Alone || rules.settings.mirror.delete_out_of_scope);
    let unmoved = known
        .baseline
        .is_some_and(|baseline| baseline.mail_unmoved(rules.key, pair.table, &item.record));
    if !(goes && unmoved) {
        let plan = release(pair, item, rules, "CAL-21", ReasonCode::OutOfScope);
        return MirrorPlan {
            fate: Fate::HandOver,
            ..plan
        };
    }
    let mut trace = Trace::new();
    trace.pass("CAL-22", ReasonCode::OutOfScope);
    MirrorPlan {
        effects: vec![delete_item(item)],
        ..outcome(Fate::HandOver, trace)
    }
}

/// A task is done for so long that it is kept in step no more: it stays where it is (TSK-09). What is not carried over
/// yet comes first.
fn task_over(
    pair: &Pair<'_>,
    item: &Item,
    crm: &Versioned<Record>,
    known: Known<'_>,
    rules: &Rules<'_>,
) -> MirrorPlan {
    let unmoved = known.baseline.is_some_and(|baseline| {
        baseline.mail_unmoved(rules.key, pair.table, &item.record)
            && baseline.crm_unmoved(rules.key, pair.table, &crm.value)
    });
    if unmoved {
        let mut plan = release(pair, item, rules, "TSK-09", ReasonCode::TaskOver);
        // Opened again in the CRM, it comes back.
        plan.fate = Fate::HandOver;
        return plan;
    }
    follow(
        pair,
        item,
        crm,
        direction(pair, item, rules),
        rules,
        Trace::new(),
    )
}

pub(super) fn delete_item(item: &Item) -> Effect {
    Effect::DeleteItem {
        item: item.id.clone(),
        version: item.version.clone(),
    }
}

/// The item stays, without our category.
pub(super) fn release(
    pair: &Pair<'_>,
    item: &Item,
    rules: &Rules<'_>,
    rule: &'static str,
    code: ReasonCode,
) -> MirrorPlan {
    MirrorPlan {
        effects: unmark(pair, item, rules).into_iter().collect(),
        ..stop(Fate::Release, rule, code)
    }
}

/// Whether a record counts as deleted: cancelled, or obsolete (CAL-50).
pub(super) fn is_cancelled(kind: Kind, record: &Record) -> bool {
    let field = match kind {
        Kind::Appointment | Kind::Visit | Kind::PhoneCall => "status",
        Kind::Contact | Kind::Account | Kind::IndividualCustomer => "lifecycle",
        _ => return false,
    };
    record.get(field).and_then(Value::as_text) == Some(CANCELLED)
}

pub(super) fn stop(fate: Fate, rule: &'static str, code: ReasonCode) -> MirrorPlan {
    let mut trace = Trace::new();
    trace.stop(rule, code);
    outcome(fate, trace)
}

pub(super) fn outcome(fate: Fate, trace: Trace) -> MirrorPlan {
    MirrorPlan {
        effects: Vec::new(),
        conflicts: Vec::new(),
        unfit: None,
        fate,
        trace,
    }
}
