//! When a task that comes from the CRM reminds its owner (TSK-05).

use jiff::{Timestamp, civil::Time};

use super::{Origin, Pair, Rules};
use crate::{Kind, Record, Value, port::Item};

/// Adds the reminder of a task that comes down: at the time of day the settings say, on the day it is due. None for
/// what is over: it would ring at once.
pub(super) fn remind(record: &mut Record, crm: &Record, rules: &Rules<'_>) {
    let over = matches!(crm.text("status"), "3" | "4");
    if over {
        return;
    }
    if let Some(at) = reminder(record, rules) {
        record.set("reminds", Value::Bool(true));
        record.set("reminder_at", at);
    }
}

/// The reminder of a task of the CRM moves with its day, if its owner left it on.
pub(super) fn remind_anew(pair: &Pair<'_>, item: &Item, to_mail: &mut Record, rules: &Rules<'_>) {
    let from_crm = pair.known.is_some_and(|known| known.origin == Origin::Crm);
    let reminds = item.record.get("reminds") == Some(&Value::Bool(true));
    let moves = pair.kind == Kind::Task && to_mail.get("due").is_some();
    if from_crm && reminds && moves {
        match reminder(to_mail, rules) {
            Some(at) => to_mail.set("reminder_at", at),
            None => to_mail.set("reminds", Value::Bool(false)),
        }
    }
}

fn reminder(record: &Record, rules: &Rules<'_>) -> Option<Timestamp> {
    let mirror = &rules.settings.mirror;
    let time: Time = mirror.task_reminder_at.as_ref()?.parse().ok()?;
    let Some(Value::Date(due)) = record.get("due") else {
        return None;
    };
    let zone = crate::zone::get(&mirror.default_zone)?;
    let at = zone.to_timestamp(due.to_datetime(time)).ok()?;
    (at > rules.now).then_some(at)
}
