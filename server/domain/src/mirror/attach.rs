//! Attachments of mirrored items: what the item has and the record lacks goes to the record (CAL-76, TSK-04).
//!
//! One way and by addition only. A file that was taken off one side stays on the other: to whom it still matters
//! there is not ours to know.

use super::{Pair, Rules, is_private};
use crate::{
    Kind, ReasonCode, Trace,
    attachment::{AttachmentDecision, choose_mirrored, extension_of},
    plan::PlannedAttachment,
    port::{AttachmentInfo, Item},
    settings::MirrorSettings,
};

/// The attachments of the item that its record shall get.
pub(super) fn attachments(
    pair: &Pair<'_>,
    item: &Item,
    rules: &Rules<'_>,
    trace: &mut Trace,
) -> Vec<PlannedAttachment> {
    let baseline = pair.known.and_then(|known| known.baseline);
    let stands = |info: &AttachmentInfo| {
        baseline.is_some_and(|known| known.has_file(rules.key, &info.name, info.size_bytes))
    };
    let refused = |info: &AttachmentInfo| {
        baseline.is_some_and(|known| known.was_refused(rules.key, &info.name, info.size_bytes))
    };
    let new = item.attachments.iter().any(|info| !stands(info));
    if !new || is_private(&item.record) || pair.read_only(rules.settings) {
        return Vec::new();
    }
    let rule = rule(pair.kind);
    if !wanted(pair.kind, &rules.settings.mirror) {
        trace.note(rule, ReasonCode::AttachmentsOff, "");
        return Vec::new();
    }
    let mut planned = Vec::new();
    for (info, (id, decision)) in item
        .attachments
        .iter()
        .zip(choose_mirrored(&item.attachments, rules.settings))
    {
        match decision {
            _ if stands(info) => {}
            AttachmentDecision::Leave(code) => trace.note(rule, code, described(&info.name)),
            AttachmentDecision::Take { .. } if refused(info) => {
                let code = ReasonCode::AttachmentRefused;
                trace.note(rule, code, described(&info.name));
            }
            AttachmentDecision::Take { name } => {
                planned.push(PlannedAttachment::new(id, name, &info.media_type));
            }
        }
    }
    planned
}

/// How a trace calls an attachment: by its type, where that is one. Names are business data.
pub fn described(name: &str) -> String {
    let extension = extension_of(name);
    let sound =
        (1..=8).contains(&extension.len()) && extension.chars().all(|c| c.is_ascii_alphanumeric());
    match sound {
        true => format!("1 attachment (.{extension})"),
        false => "1 attachment".to_owned(),
    }
}

/// The rule attachments of a kind follow.
pub fn rule(kind: Kind) -> &'static str {
    match kind {
        Kind::Task => "TSK-04",
        _ => "CAL-76",
    }
}

fn wanted(kind: Kind, mirror: &MirrorSettings) -> bool {
    match kind {
        Kind::Appointment | Kind::PhoneCall => mirror.appointment_attachments,
        Kind::Visit => mirror.visit_attachments,
        Kind::Task => mirror.task_attachments,
        // A picture of a contact is no document of the customer.
        _ => false,
    }
}
