//! Calendar items: what the server derives and refuses (MS-OXOCAL, MS-OXWSMTGS).

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::attendee::Response;
use super::item::Draft;
use super::property::Value;
use super::recurrence::Pattern;
use super::series::{Series, span_on};
use super::settle::Surroundings;
use super::{Failure, attendee, goid};

/// Minutes an event without an end lasts.
const DEFAULT_MINUTES: i64 = 30;
/// Longest event Exchange takes: five years.
/// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode>
const MAX_DAYS: i64 = 5 * 366;
/// Occurrences looked at to tell whether an event is longer than its own interval.
const SPANS_CHECKED: usize = 24;

pub(super) fn settle(
    draft: &mut Draft,
    before: Option<&Draft>,
    around: &Surroundings<'_>,
) -> Result<(), Failure> {
    zones(draft, before, around);
    times(draft, around)?;
    match before {
        None => goid::settle(draft),
        Some(before) => keep_uid(draft, before),
    }
    attendee::settle(draft, before, around.people)?;
    if let Some(Value::Recurrence(_)) = draft.properties.get("Recurrence") {
        series(draft, before)?;
    } else if draft.text("CalendarItemType") == "RecurringMaster" {
        draft.series = Series::default();
        set(draft, "CalendarItemType", Value::Text("Single".to_owned()));
    }
    defaults(draft, around);
    derived(draft);
    Ok(())
}

fn set(draft: &mut Draft, name: &'static str, value: Value) {
    draft.properties.insert(name, value);
}

fn preset(draft: &mut Draft, name: &'static str, value: Value) {
    draft.properties.entry(name).or_insert(value);
}

fn zones(draft: &mut Draft, before: Option<&Draft>, around: &Surroundings<'_>) {
    let known = |name: &str| match before.and_then(|before| before.properties.get(name)) {
        Some(Value::Zone(zone)) => Some(zone.clone()),
        _ => None,
    };
    let start = known("StartTimeZone").unwrap_or_else(|| around.zone.clone());
    preset(draft, "StartTimeZone", Value::Zone(start));
    let end = known("EndTimeZone").map(Value::Zone);
    if let Some(end) = end.or_else(|| draft.properties.get("StartTimeZone").cloned()) {
        preset(draft, "EndTimeZone", end);
    }
}

fn times(draft: &mut Draft, around: &Surroundings<'_>) -> Result<(), Failure> {
    for name in ["Start", "End"] {
        if matches!(draft.properties.get(name), Some(value) if !matches!(value, Value::Time(_))) {
            return Err(Failure::CALENDAR_VALUE);
        }
    }
    let default = |at: Timestamp, minutes: i64| at.checked_add(minutes.minutes()).unwrap_or(at);
    let mut start = draft.time("Start").unwrap_or_else(|| {
        // The next half hour, as a new appointment in Outlook has it.
        let half = i64::from(30 * 60);
        let next = (around.now.as_second() / half + 1) * half;
        Timestamp::from_second(next).unwrap_or(around.now)
    });
    let mut end = draft
        .time("End")
        .unwrap_or_else(|| default(start, DEFAULT_MINUTES));
    if end < start {
        return Err(Failure::END_BEFORE_START);
    }
    if end.duration_since(start) > SignedDuration::from_hours(24 * MAX_DAYS) {
        return Err(Failure::TOO_LONG);
    }
    if draft.flag("IsAllDayEvent") {
        (start, end) = whole_days(&draft.rules(), start, end).ok_or(Failure::CALENDAR_VALUE)?;
    }
    set(draft, "Start", Value::Time(start));
    set(draft, "End", Value::Time(end));
    Ok(())
}

/// All-day events last from midnight to midnight in their own zone, at least one day: other starts go back, other
/// ends forward.
/// <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-create-all-day-events-by-using-ews-in-exchange>
fn whole_days(
    rules: &TimeZone,
    start: Timestamp,
    end: Timestamp,
) -> Option<(Timestamp, Timestamp)> {
    let first = rules.to_datetime(start).date();
    let last = rules.to_datetime(end);
    let mut after = last.date();
    if last.time() != Time::midnight() || after == first {
        after = after.tomorrow().ok()?;
    }
    let midnight = |day: jiff::civil::Date| {
        let zoned = day.to_zoned(rules.clone()).ok()?;
        Some(zoned.timestamp())
    };
    Some((midnight(first)?, midnight(after)?))
}

/// The UID of an event never changes, whatever a client writes later.
fn keep_uid(draft: &mut Draft, before: &Draft) {
    goid::take_written(draft);
    set(draft, "UID", Value::Text(before.text("UID").to_owned()));
}

fn series(draft: &mut Draft, before: Option<&Draft>) -> Result<(), Failure> {
    let rules = draft.rules();
    let mut recurrence = draft.recurrence().cloned().ok_or(Failure::RECURRENCE)?;
    if matches!(recurrence.pattern, Pattern::Regeneration { .. }) {
        return Err(Failure::RECURRENCE);
    }
    let start = draft.time("Start").ok_or(Failure::CALENDAR_VALUE)?;
    let end = draft.time("End").ok_or(Failure::CALENDAR_VALUE)?;
    let wall = rules.to_datetime(start);
    let moved = before.is_some_and(|before| before.time("Start") != Some(start));
    let rewritten = before.is_none_or(|before| before.recurrence() != Some(&recurrence));
    if moved && !rewritten {
        // The series begins where its first event was put.
        recurrence.range = recurrence.range.starting(wall.date());
    }
    // The event lies on the first day the pattern falls on, whatever day the client wrote.
    let first = recurrence.days().next().ok_or(Failure::NO_OCCURRENCE)?;
    let shifted = first.to_datetime(wall.time());
    let span = wall.duration_until(rules.to_datetime(end));
    let (start, end) = span_on(&rules, shifted, span).ok_or(Failure::CALENDAR_VALUE)?;
    set(draft, "Start", Value::Time(start));
    set(draft, "End", Value::Time(end));
    let days: Vec<jiff::civil::Date> = recurrence.days().take(SPANS_CHECKED).collect();
    let overlaps = |pair: &[jiff::civil::Date]| match pair {
        [one, next] => next.duration_since(*one) < span,
        _ => false,
    };
    if days.windows(2).any(overlaps) {
        return Err(Failure::SPAN_TOO_BIG);
    }
    set(draft, "Recurrence", Value::Recurrence(recurrence));
    set(
        draft,
        "CalendarItemType",
        Value::Text("RecurringMaster".to_owned()),
    );
    let same = before.is_some_and(|before| {
        before.recurrence() == draft.recurrence()
            && ["Start", "End"]
                .iter()
                .all(|name| before.time(name) == draft.time(name))
            && before.rules() == draft.rules()
            && before.flag("IsAllDayEvent") == draft.flag("IsAllDayEvent")
    });
    if !same {
        // A new pattern or time drops every exception and brings deleted occurrences back.
        draft.series = Series::default();
    }
    Ok(())
}

fn defaults(draft: &mut Draft, around: &Surroundings<'_>) {
    let text = |text: &str| Value::Text(text.to_owned());
    preset(draft, "CalendarItemType", text("Single"));
    preset(draft, "IsAllDayEvent", Value::Bool(false));
    preset(draft, "IsCancelled", Value::Bool(false));
    preset(draft, "IsRecurring", Value::Bool(false));
    preset(draft, "MeetingRequestWasSent", Value::Bool(false));
    preset(draft, "IsResponseRequested", Value::Bool(true));
    preset(draft, "LegacyFreeBusyStatus", text("Busy"));
    preset(draft, "MyResponseType", text(Response::Organizer.name()));
    preset(draft, "Organizer", Value::Mailbox(around.owner.clone()));
    preset(draft, "AppointmentSequenceNumber", text("0"));
    preset(draft, "ReminderMinutesBeforeStart", text("15"));
    preset(draft, "ConferenceType", text("0"));
    preset(draft, "AllowNewTimeProposal", Value::Bool(true));
    preset(draft, "IsOnlineMeeting", Value::Bool(false));
    let own = draft
        .mailboxes("Organizer")
        .first()
        .is_some_and(|who| who.email.eq_ignore_ascii_case(&around.owner.email));
    preset(draft, "IsOrganizer", Value::Bool(own));
}

fn derived(draft: &mut Draft) {
    let invited = draft.all_attendees().next().is_some();
    let received = !draft.flag("IsOrganizer");
    let meeting = invited || received || draft.flag("MeetingRequestWasSent");
    set(draft, "IsMeeting", Value::Bool(meeting));
    // PidLidAppointmentStateFlags: meeting (1), received (2), cancelled (4).
    let state = u8::from(meeting)
        + 2 * u8::from(meeting && received)
        + 4 * u8::from(draft.flag("IsCancelled"));
    set(draft, "AppointmentState", Value::Text(state.to_string()));
    if let (Some(start), Some(end)) = (draft.time("Start"), draft.time("End")) {
        let lasts = end.duration_since(start);
        set(draft, "Duration", Value::Text(duration(lasts)));
        set(draft, "ReminderDueBy", Value::Time(start));
    }
    if let Some(Value::Zone(zone)) = draft.properties.get("StartTimeZone") {
        let name = Value::Text(zone.name.clone());
        set(draft, "TimeZone", name);
    }
}

/// `PT1H30M`, `P1D`: days from 24 hours on.
fn duration(lasts: SignedDuration) -> String {
    let minutes = lasts.as_mins();
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let part = |number: i64, unit: &str| match number {
        0 => String::new(),
        number => format!("{number}{unit}"),
    };
    let time = part(hours, "H") + &part(minutes, "M");
    match (days, time.is_empty()) {
        (0, true) => "PT0S".to_owned(),
        (days, true) => format!("P{days}D"),
        (days, false) => format!("P{}T{time}", part(days, "D")),
    }
}
