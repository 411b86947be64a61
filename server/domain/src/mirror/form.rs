//! An event that became a series, or a series that became a single event. The CRM keeps the two in different places and
//! turns none into the other: the record is made anew, and then the old one goes as a deletion in the mailbox would
//! make it go (CAL-56, docs/decisions/0013).

use super::{Fate, MirrorPlan, Pair, Rules, check::unreadable, create::record_for, plan::outcome};
use crate::{
    ReasonCode, Record, Trace, Versioned,
    plan::Effect,
    port::{Item, Series},
};

/// Whether a record is a series.
fn repeats(record: &Record) -> bool {
    !record.text("recurrence").is_empty() || unreadable(record)
}

/// What is to be done when item and record no longer have the same form; `None` while they have.
pub(super) fn remade(
    pair: &Pair<'_>,
    item: &Item,
    crm: &Versioned<Record>,
    rules: &Rules<'_>,
) -> Option<MirrorPlan> {
    let known = pair.known.filter(|_| pair.is_event())?;
    let record = pair.record?;
    let series = match item.event.as_ref()?.series {
        Series::Single => false,
        Series::Master { .. } => true,
        Series::Exception { .. } => return None,
    };
    if series == repeats(&crm.value) {
        return None;
    }
    // Nothing is agreed about a record that is not there yet.
    let fresh = Pair {
        known: None,
        record: None,
        ..*pair
    };
    let mut plan = record_for(&fresh, item, rules);
    if plan.effects.is_empty() {
        plan.fate = Fate::Wait;
        return Some(plan);
    }
    plan.trace.pass("CAL-62", ReasonCode::FormChanged);
    let unmoved = known
        .baseline
        .is_some_and(|baseline| baseline.crm_unmoved(rules.key, pair.table, &crm.value));
    let (record, version) = (record.clone(), crm.version.clone());
    // What somebody edited in the CRM stays to be seen (INV-6).
    plan.effects.push(
        if unmoved && !rules.settings.mirror.cancel_instead_of_delete {
            Effect::DeleteRecord { record, version }
        } else {
            Effect::CancelRecord { record, version }
        },
    );
    Some(plan)
}

/// A series of the CRM whose pattern nobody here understands stays as it is, on both sides.
pub(super) fn not_understood(crm: &Record) -> Option<MirrorPlan> {
    let unfit = super::check::pattern(crm).err()?;
    let mut trace = Trace::new();
    trace.stop("CAL-60", unfit.code);
    Some(MirrorPlan {
        unfit: Some(unfit),
        ..outcome(Fate::Wait, trace)
    })
}
