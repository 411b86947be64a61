//! One side of a pair is gone: what becomes of the other (CAL-50 to CAL-58, 5.3).

use super::{
    Fate, Known, MirrorPlan, Origin, Pair, Role, Rules,
    create::item_for,
    hold::{handed_over, moved_on},
    mark::is_occurrence,
    plan::{delete_item, is_cancelled, outcome, release, retired, stop},
};
use crate::{ReasonCode, Record, Trace, Versioned, plan::Effect, port::Item};

/// The item was deleted or cancelled in the mailbox (CAL-51 to CAL-54, 5.3).
pub(super) fn item_gone(
    pair: &Pair<'_>,
    crm: &Versioned<Record>,
    known: Known<'_>,
    rules: &Rules<'_>,
) -> MirrorPlan {
    let Some(record) = pair.record.filter(|_| known.writer) else {
        return stop(Fate::End, "CAL-37", ReasonCode::OtherWriter);
    };
    if moved_on(pair, known, rules.settings) {
        return handed_over();
    }
    if pair.read_only(rules.settings) {
        let mut plan = item_for(pair, crm, rules);
        plan.trace.pass("CON-21", ReasonCode::Restored);
        return plan;
    }
    if is_cancelled(pair.kind, &crm.value) {
        return stop(Fate::End, "CAL-50", ReasonCode::DeletionFollows);
    }
    if pair.is_party() {
        let kept = || stop(Fate::End, "CON-01", ReasonCode::ItemDeleted);
        return retired(pair, crm, known, rules).unwrap_or_else(kept);
    }
    let unmoved = known
        .baseline
        .is_some_and(|baseline| baseline.crm_unmoved(rules.key, pair.table, &crm.value));
    if !unmoved {
        return stop(Fate::End, "INV-06", ReasonCode::EditBeatsDelete);
    }
    let mut trace = Trace::new();
    trace.pass("CAL-56", ReasonCode::DeletionFollows);
    let (record, version) = (record.clone(), crm.version.clone());
    let effect = match rules.settings.mirror.cancel_instead_of_delete {
        true => Effect::CancelRecord { record, version },
        false => Effect::DeleteRecord { record, version },
    };
    MirrorPlan {
        effects: vec![effect],
        ..outcome(Fate::End, trace)
    }
}

/// The record was deleted or cancelled in the CRM (CAL-51 to CAL-54, 5.3).
pub(super) fn record_gone(
    pair: &Pair<'_>,
    item: &Item,
    known: Known<'_>,
    rules: &Rules<'_>,
) -> MirrorPlan {
    if !known.writer {
        return release(pair, item, rules, "CAL-37", ReasonCode::OtherWriter);
    }
    let unmoved = known
        .baseline
        .is_some_and(|baseline| baseline.mail_unmoved(rules.key, pair.table, &item.record));
    let ours = match known.origin {
        Origin::Crm => pair.role == Role::Alone,
        Origin::Mail => pair.is_party(),
    };
    if ours && !unmoved {
        let mut plan = release(pair, item, rules, "INV-06", ReasonCode::EditBeatsDelete);
        plan.fate = Fate::End;
        return plan;
    }
    if !ours {
        // It stays anyway; that the record is not made again for the sake of the edit has to be said.
        let (rule, code) = match (unmoved, is_occurrence(item)) {
            // It has no category of its own to be taken off: its owner is told.
            (true, true) => ("CAL-51", ReasonCode::OccurrenceKept),
            (true, false) => ("CAL-51", ReasonCode::RecordGone),
            (false, _) => ("INV-06", ReasonCode::EditBeatsDelete),
        };
        let mut plan = release(pair, item, rules, rule, code);
        plan.fate = Fate::End;
        return plan;
    }
    let mut trace = Trace::new();
    trace.pass("CAL-52", ReasonCode::DeletionFollows);
    MirrorPlan {
        effects: vec![delete_item(item)],
        ..outcome(Fate::End, trace)
    }
}
