//! Tasks: dates, status and percentage that follow each other (MS-OXOTASK, MS-OXWSTASK).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::Failure;
use super::item::Draft;
use super::property::Value;
use super::recurrence::{Pattern, Range, Recurrence, Unit};
use super::settle::Surroundings;

pub(super) fn settle(
    draft: &mut Draft,
    before: Option<&Draft>,
    around: &Surroundings<'_>,
) -> Result<(), Failure> {
    dates(draft, before, around)?;
    completion(draft, before, around);
    let text = |text: &str| Value::Text(text.to_owned());
    let recurring = draft.properties.contains_key("Recurrence");
    draft
        .properties
        .insert("IsRecurring", Value::Bool(recurring));
    for (name, value) in [
        ("IsTeamTask", Value::Bool(false)),
        ("ChangeCount", text("1")),
        ("DelegationState", text("NoMatch")),
        ("Owner", text(&around.owner.name)),
        ("StatusDescription", text("Not Started")),
    ] {
        draft.properties.entry(name).or_insert(value);
    }
    let words = match draft.text("Status") {
        "InProgress" => "In Progress",
        "Completed" => "Completed",
        "WaitingOnOthers" => "Waiting on someone else",
        "Deferred" => "Deferred",
        _ => "Not Started",
    };
    draft.properties.insert("StatusDescription", text(words));
    if before.is_some()
        && let Ok(count) = draft.text("ChangeCount").parse::<u32>()
    {
        let next = count.saturating_add(1).to_string();
        draft.properties.insert("ChangeCount", Value::Text(next));
    }
    Ok(())
}

/// Start and due are dates: the day the time falls on in the zone of the request, answered as midnight UTC
/// (MS-OXOTASK, `PidLidTaskDueDate`). A due day before the start moves to it.
fn dates(
    draft: &mut Draft,
    before: Option<&Draft>,
    around: &Surroundings<'_>,
) -> Result<(), Failure> {
    for name in ["StartDate", "DueDate"] {
        let at = match draft.properties.get(name) {
            None => continue,
            Some(Value::Time(at)) => *at,
            Some(_) => return Err(Failure::CALENDAR_VALUE),
        };
        if before.is_some_and(|before| before.time(name) == Some(at)) {
            continue;
        }
        let day = around.zone.rules.to_datetime(at).date();
        let midnight = day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
        let midnight = midnight.map_err(|_| Failure::CALENDAR_VALUE)?;
        draft.properties.insert(name, Value::Time(midnight));
    }
    if let (Some(start), Some(due)) = (draft.time("StartDate"), draft.time("DueDate"))
        && due < start
    {
        draft.properties.insert("DueDate", Value::Time(start));
    }
    Ok(())
}

/// Whichever of status, percentage and completion date was written, the other two follow (MS-OXOTASK).
fn completion(draft: &mut Draft, before: Option<&Draft>, around: &Surroundings<'_>) {
    let changed = |name: &str| {
        let old = before.and_then(|before| before.properties.get(name));
        draft.properties.get(name) != old
    };
    let percent = |draft: &Draft| {
        let number = draft.text("PercentComplete").trim().parse::<f64>().ok();
        number.map(|number| number.clamp(0.0, 100.0))
    };
    let written = percent(draft).unwrap_or(0.0);
    let was_done = before.is_some_and(|before| before.flag("IsComplete"));
    let done = if changed("Status") && !draft.text("Status").is_empty() {
        draft.text("Status") == "Completed"
    } else if changed("PercentComplete") {
        written >= 100.0
    } else if changed("CompleteDate") {
        draft.time("CompleteDate").is_some()
    } else {
        was_done
    };
    let status = match draft.text("Status") {
        _ if done => "Completed",
        "" | "NotStarted" | "Completed" if written > 0.0 && written < 100.0 => "InProgress",
        "" | "Completed" => "NotStarted",
        "NotStarted" if changed("PercentComplete") && written > 0.0 => "InProgress",
        other => other,
    };
    let percent = match status {
        "Completed" => 100.0,
        "NotStarted" => 0.0,
        _ if written >= 100.0 => 0.0,
        _ => written,
    };
    let status = status.to_owned();
    let properties = &mut draft.properties;
    properties.insert("Status", Value::Text(status));
    properties.insert("PercentComplete", Value::Text(percent.to_string()));
    properties.insert("IsComplete", Value::Bool(done));
    if done {
        // The day of completion counts, its time does not; a day to come is none.
        let day = |at: Timestamp| {
            let day = around.zone.rules.to_datetime(at).date();
            let midnight = day.to_zoned(TimeZone::UTC);
            midnight.map_or(at, |midnight| midnight.timestamp())
        };
        let at = match properties.get("CompleteDate") {
            Some(Value::Time(at)) => *at,
            _ => around.now,
        };
        properties.insert("CompleteDate", Value::Time(day(at.min(around.now))));
    } else {
        properties.remove("CompleteDate");
    }
}

/// What a recurring task becomes when it was just completed: the next one, open again. The completed one stays
/// as a task of its own (MS-OXOTASK). `None` when nothing of the kind happened or none is left.
///
/// `after` loses its recurrence to the next one.
pub(super) fn follow_up(
    before: &Draft,
    after: &mut Draft,
    around: &Surroundings<'_>,
) -> Option<Draft> {
    if before.flag("IsComplete") || !after.flag("IsComplete") {
        return None;
    }
    let recurrence = after.recurrence()?.clone();
    let day_of = |name: &str| {
        after
            .time(name)
            .map(|at| TimeZone::UTC.to_datetime(at).date())
    };
    let today = around.zone.rules.to_datetime(around.now).date();
    let current = day_of("StartDate").or_else(|| day_of("DueDate"));
    let current = current.unwrap_or_else(|| recurrence.range.start());
    let (day, rest) = next_day(&recurrence, current, today)?;
    let mut next = after.clone();
    let forward = current.until(day).ok()?;
    for name in ["StartDate", "DueDate"] {
        if let Some(moved) = day_of(name).and_then(|day| day.checked_add(forward).ok()) {
            let midnight = moved.to_zoned(TimeZone::UTC).ok()?.timestamp();
            next.properties.insert(name, Value::Time(midnight));
        }
    }
    let text = |text: &str| Value::Text(text.to_owned());
    next.properties
        .insert("Recurrence", Value::Recurrence(rest));
    next.properties.insert("IsComplete", Value::Bool(false));
    next.properties.insert("Status", text("NotStarted"));
    next.properties
        .insert("StatusDescription", text("Not Started"));
    next.properties.insert("PercentComplete", text("0"));
    next.properties.remove("CompleteDate");
    after.properties.remove("Recurrence");
    after.properties.insert("IsRecurring", Value::Bool(false));
    Some(next)
}

/// The next day and the recurrence from there on.
fn next_day(recurrence: &Recurrence, current: Date, today: Date) -> Option<(Date, Recurrence)> {
    let day = match recurrence.pattern {
        Pattern::Regeneration { unit, interval } => {
            let interval = i64::from(interval);
            let span = match unit {
                Unit::Day => interval.days(),
                Unit::Week => interval.weeks(),
                Unit::Month => interval.months(),
                Unit::Year => interval.years(),
            };
            today.checked_add(span).ok()?
        }
        _ => recurrence.days().find(|day| *day > current)?,
    };
    let range = match recurrence.range {
        Range::Numbered { count: 0 | 1, .. } => return None,
        Range::Numbered { count, .. } => Range::Numbered {
            start: day,
            count: count - 1,
        },
        Range::EndDate { end, .. } if end < day => return None,
        range => range.starting(day),
    };
    let pattern = recurrence.pattern.clone();
    Some((day, Recurrence { pattern, range }))
}
