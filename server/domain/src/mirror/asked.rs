//! Whether an item asks for being mirrored, and as what (CAL-01 to CAL-14, CON-01, TSK-02).

use jiff::{SignedDuration, Timestamp};

use crate::{
    Kind, ReasonCode, SyncSettings, Value,
    mirror::is_private,
    port::{FolderRole, Item},
};

/// Whether and why an item is to be mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// By category or folder.
    Mark,
    /// By a person's click.
    Hand,
    /// By automatic capturing (CAL-10).
    Auto,
    /// Automatic capturing wants it if its participants are known (CAL-12, CAL-13).
    AutoIfKnown,
    /// Nothing asks, for this reason.
    No(ReasonCode),
}

/// What the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The item; headers are enough.
    pub item: &'a Item,
    /// The folder it lies in.
    pub folder: FolderRole,
    /// Whether people from outside take part who are not blocked (CAL-14).
    pub outsiders: bool,
    /// Now.
    pub now: Timestamp,
}

/// As what an item is mirrored if it is, and whether it asks for it.
pub fn asked(facts: &Facts<'_>, settings: &SyncSettings) -> (Kind, Asked) {
    let names = &settings.names;
    let has = |name: &str| {
        facts
            .item
            .categories
            .iter()
            .any(|category| category.trim().to_lowercase() == name.trim().to_lowercase())
    };
    let mark = |yes: bool| match yes {
        true => Asked::Mark,
        false => Asked::No(ReasonCode::NotAsked),
    };
    match facts.folder {
        FolderRole::Calendar => {
            let kind = if has(&names.visit_category) {
                Kind::Visit
            } else if has(&names.phone_call_category) {
                Kind::PhoneCall
            } else {
                Kind::Appointment
            };
            let marked = kind != Kind::Appointment || has(&names.category);
            if marked {
                return (kind, Asked::Mark);
            }
            (kind, captured(facts, settings))
        }
        FolderRole::OwnTasks => (Kind::Task, Asked::Mark),
        FolderRole::Tasks => (Kind::Task, mark(has(&names.category))),
        FolderRole::OwnContacts => (Kind::Contact, Asked::Mark),
        FolderRole::OwnAccounts => (Kind::Account, Asked::Mark),
        FolderRole::OwnIndividualCustomers => (Kind::IndividualCustomer, Asked::Mark),
        FolderRole::Contacts => {
            if has(&names.account_category) {
                (Kind::Account, Asked::Mark)
            } else if has(&names.individual_customer_category) {
                (Kind::IndividualCustomer, Asked::Mark)
            } else {
                (Kind::Contact, mark(has(&names.category)))
            }
        }
        FolderRole::Inbox | FolderRole::Sent | FolderRole::Saved => {
            (Kind::Email, Asked::No(ReasonCode::NotAsked))
        }
    }
}

/// Automatic capturing of events (CAL-10 to CAL-14).
fn captured(facts: &Facts<'_>, settings: &SyncSettings) -> Asked {
    let mirror = &settings.mirror;
    let meeting = facts.item.event.as_ref().is_some_and(|event| event.meeting);
    let on = if meeting {
        mirror.auto_meetings
    } else {
        mirror.auto_appointments
    };
    if !on {
        return Asked::No(ReasonCode::NotAsked);
    }
    if is_private(&facts.item.record) && !mirror.auto_private {
        return Asked::No(ReasonCode::PrivateNotStored);
    }
    let days = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
    let from = facts.now - days(mirror.capture_days_back);
    let to = facts.now + days(mirror.capture_days_ahead);
    let start = start_of(facts.item);
    if !start.is_some_and(|start| start >= from && start <= to) {
        return Asked::No(ReasonCode::OutsideWindow);
    }
    match (meeting, facts.outsiders) {
        (false, _) => Asked::Auto,
        (true, false) => Asked::No(ReasonCode::InternalOnly),
        (true, true) if mirror.auto_unknown => Asked::Auto,
        (true, true) => Asked::AutoIfKnown,
    }
}

/// When to look again at an event that capturing left for now: on the day it comes into the captured days (CAL-11), or
/// tomorrow where nobody of it is known yet (CAL-12). `None`: nothing but a change of it can matter.
pub fn look_again_at(
    item: &Item,
    why: ReasonCode,
    settings: &SyncSettings,
    now: Timestamp,
) -> Option<Timestamp> {
    let start = start_of(item).filter(|start| *start > now)?;
    let ahead = i64::from(settings.mirror.capture_days_ahead);
    match why {
        ReasonCode::OutsideWindow => {
            Some(start - SignedDuration::from_hours(24 * ahead)).filter(|at| *at > now)
        }
        ReasonCode::NoMatch => Some(now + SignedDuration::from_hours(24)),
        _ => None,
    }
}

fn start_of(item: &Item) -> Option<Timestamp> {
    instant(item.record.get("start")?)
}

/// The instant of a time; of a day its midnight in UTC, which is near enough for windows of days.
pub(crate) fn instant(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Instant(at) => Some(*at),
        Value::Date(day) => jiff::tz::TimeZone::UTC
            .to_timestamp(day.to_datetime(jiff::civil::Time::midnight()))
            .ok(),
        _ => None,
    }
}

/// Whether a task is done for longer than such tasks stay mirrored (TSK-09). Where nobody says when it last changed, the
/// day it was due stands for it.
pub fn past_task(record: &crate::Record, settings: &SyncSettings, now: Timestamp) -> bool {
    let done = matches!(record.text("status"), "3" | "4");
    let back = SignedDuration::from_hours(24 * i64::from(settings.mirror.tasks_done_days));
    let at = record.get("changed_at").or_else(|| record.get("due"));
    done && at.and_then(instant).is_some_and(|at| at < now - back)
}

/// Whether an event is over for longer than events stay mirrored (CAL-20). What repeats never is: its end
/// is not known here.
pub fn past(record: &crate::Record, settings: &SyncSettings, now: Timestamp) -> bool {
    let back = SignedDuration::from_hours(24 * i64::from(settings.mirror.scope_days_back));
    let repeats = !record.text("recurrence").is_empty();
    let end = record.get("end").and_then(instant);
    !repeats && end.is_some_and(|end| end < now - back)
}
