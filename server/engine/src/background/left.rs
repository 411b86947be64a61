//! What a pair that was brought into step leaves to be told.

use ssi_domain::{ReasonCode, Trace};

/// What an owner of an item is told about: a part of it that stays on its side, and what to do.
const TOLD: [ReasonCode; 9] = [
    ReasonCode::ValueKept,
    ReasonCode::TextCut,
    ReasonCode::AccountMissing,
    ReasonCode::AttachmentTooLarge,
    ReasonCode::AttachmentTypeProhibited,
    ReasonCode::AttachmentTypeNotAllowed,
    ReasonCode::AttachmentTooMany,
    ReasonCode::AttachmentUnreadable,
    ReasonCode::AttachmentRefused,
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
