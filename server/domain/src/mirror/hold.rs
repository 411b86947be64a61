//! Whose pair it is by the record: who keeps it in step, and what happens when somebody else shall (CAL-38, CAL-55).

use super::{Fate, Known, MirrorPlan, Origin, Pair, Role, Rules, mark::unmark, plan::outcome};
use crate::{
    Kind, ReasonCode, Record, SyncSettings, Trace, plan::Effect, port::Item, settings::VisitsTo,
};

/// Whom the record names as the one in whose mailbox it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Named {
    /// Nobody, or it is not known who this mailbox's owner is to the CRM.
    #[default]
    Nobody,
    /// This mailbox's owner.
    Us,
    /// Somebody else.
    Another,
}

/// How the record stands among the mailboxes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hold {
    /// Whom it names.
    pub named: Named,
    /// Another mailbox writes for it at this moment (CAL-37).
    pub busy: bool,
    /// It was made from an item of another mailbox, whose owner it named then, and its meeting stands in no
    /// calendar of ours.
    pub elsewhere: bool,
}

/// The number of the employee in whose mailbox a record stands: the organizer of an appointment or phone call
/// (CAL-38), organizer or owner of a visit as the settings say, who processes a task, who owns a party. Empty: nobody
/// is named.
pub fn responsible<'a>(kind: Kind, record: &'a Record, settings: &SyncSettings) -> &'a str {
    let fields: &[&str] = match (kind, settings.mirror.visits_to) {
        (Kind::Visit, VisitsTo::Owner) => &["owner_id", "organizer_id"],
        (Kind::Appointment | Kind::Visit | Kind::PhoneCall, _) => &["organizer_id", "owner_id"],
        (Kind::Task, _) => &["processor_id", "owner_id"],
        _ => &["responsible_id"],
    };
    let mut names = fields.iter().map(|field| record.text(field).trim());
    names.find(|name| !name.is_empty()).unwrap_or_default()
}

/// Whom a record names, to the mailbox of this employee.
pub fn named(
    kind: Kind,
    record: &Record,
    settings: &SyncSettings,
    employee: Option<&str>,
) -> Named {
    let employee = employee.map(str::trim).filter(|number| !number.is_empty());
    match (responsible(kind, record, settings), employee) {
        ("", _) | (_, None) => Named::Nobody,
        (one, Some(own)) if one == own => Named::Us,
        _ => Named::Another,
    }
}

/// Whether the record named this mailbox's owner when both sides last agreed, and names another now. What never
/// named them stays: an attendee's mailbox may write for a meeting (CAL-33).
pub(super) fn moved_on(pair: &Pair<'_>, known: Known<'_>, settings: &SyncSettings) -> bool {
    if settings.mirror.shared(pair.kind) {
        return false;
    }
    let was = known.baseline.and_then(|baseline| baseline.ours());
    // Not said by earlier versions, nor where the record could not be read again: what came from the CRM came because
    // it named them, and what they made themselves was theirs.
    let was = was.unwrap_or(known.origin == Origin::Crm || pair.role != Role::Attendee);
    known.writer && was && pair.hold.named == Named::Another
}

/// The former owner's item: an event stays without our category (CAL-55); so does a task or a party that was born
/// here or was edited, and what only came down goes again.
pub(super) fn hand_over(
    pair: &Pair<'_>,
    item: &Item,
    known: Known<'_>,
    rules: &Rules<'_>,
) -> MirrorPlan {
    let unmoved = known
        .baseline
        .is_some_and(|baseline| baseline.mail_unmoved(rules.key, pair.table, &item.record));
    let goes = !pair.is_event() && known.origin == Origin::Crm && unmoved;
    let mut plan = handed_over();
    if goes {
        plan.effects.push(Effect::DeleteItem {
            item: item.id.clone(),
            version: item.version.clone(),
        });
    } else {
        plan.effects.extend(unmark(pair, item, rules));
    }
    plan
}

/// Nothing is left here to be changed.
pub(super) fn handed_over() -> MirrorPlan {
    let mut trace = Trace::new();
    trace.stop("CAL-55", ReasonCode::HandedOver);
    outcome(Fate::HandOver, trace)
}

/// Whether a pair that went to another mailbox comes back: the record names this one's owner again, and nobody writes
/// for it.
pub(super) fn comes_back(pair: &Pair<'_>, known: Known<'_>) -> bool {
    !known.writer && pair.hold.named == Named::Us && !pair.hold.busy
}
