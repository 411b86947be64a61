//! What a pair that was brought into step leaves to be told.

use ssi_domain::{ReasonCode, Trace};

/// What of an item the CRM does not hold, or not whole (INV-15, CON-33): the worst reason and the names of the
/// fields.
pub(super) fn left_behind(trace: &Trace) -> Option<(ReasonCode, String)> {
    use ReasonCode::{AccountMissing, TextCut, ValueKept};
    let told = [ValueKept, TextCut, AccountMissing];
    let left = trace.0.iter().filter(|step| told.contains(&step.code));
    let (codes, fields): (Vec<ReasonCode>, Vec<&str>) = left
        .map(|step| (step.code, step.detail.as_deref().unwrap_or_default()))
        .unzip();
    let worst = codes
        .iter()
        .find(|code| **code == ReasonCode::ValueKept)
        .or_else(|| codes.first())?;
    Some((*worst, fields.join(", ")))
}
