//! What a pair that was brought into step leaves to be told.

use ssi_domain::{ReasonCode, Trace};

use crate::transfer::mirror::End;

/// What an owner of an item is told about: a part of it that stays on its side, and what to do.
const TOLD: [ReasonCode; 10] = [
    ReasonCode::ValueKept,
    ReasonCode::TextCut,
    ReasonCode::AccountMissing,
    ReasonCode::AttachmentTooLarge,
    ReasonCode::AttachmentTypeProhibited,
    ReasonCode::AttachmentTypeNotAllowed,
    ReasonCode::AttachmentTooMany,
    ReasonCode::AttachmentUnreadable,
    ReasonCode::AttachmentRefused,
    ReasonCode::AttendeeNotInvited,
];

/// What of an item the CRM does not hold, or not whole (INV-15, CON-33, CAL-76): the worst reason and the names of the
/// fields.
pub(super) fn left_behind(trace: &Trace) -> Option<(ReasonCode, String)> {
    let left = trace.0.iter().filter(|step| TOLD.contains(&step.code));
    let (codes, fields): (Vec<ReasonCode>, Vec<&str>) = left
        .map(|step| (step.code, step.detail.as_deref().unwrap_or_default()))
        .unzip();
    let worst = codes
        .iter()
        .find(|code| **code == ReasonCode::ValueKept)
        .or_else(|| codes.first())?;
    Some((*worst, fields.join(", ")))
}

/// Whether a look leaves something to be told now. Of a pair that stands in step only somebody who was added in the CRM
/// is, for which nothing had to be written; `moved` says that it was not told before.
pub(super) fn tells(end: &End, moved: bool, trace: &Trace) -> bool {
    let added = |trace: &Trace| {
        let mut steps = trace.0.iter();
        steps.any(|step| step.code == ReasonCode::AttendeeNotInvited)
    };
    match end {
        End::InStep => moved && added(trace),
        _ => left_behind(trace).is_some(),
    }
}
