//! Series: one `RecurringActivity` with a pattern, in place of a rule.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, tz::TimeZone};
use serde_json::Value as Json;
use ssi_domain::{
    Record, Value,
    mapping::Row as Field,
    port::PortError,
    recurrence::{C4cRecurrence, NotRepresentable, Recurrence, Start},
    zone,
};

use super::{days, write::refused};
use crate::c4c::{
    odata::{date, json::Row},
    put::{Fields, Place},
};

/// When the first occurrence begins.
pub(in crate::c4c) const START: &str = "RecurrenceStartDate";
const DURATION: &str = "Duration";
const LAST_DAY: &str = "RecurrenceEndDate";

/// Where the fields of appointments and visits live on a series.
const PATHS: [(&str, &[&str]); 11] = [
    ("subject", &["SubjectName"]),
    ("start", &[START]),
    ("zone", &["TimeZone"]),
    ("all_day", &["FullDayIndicator"]),
    ("location", &["Location", "AdditionalLocationName"]),
    ("importance", &["Priority"]),
    ("sensitivity", &["InformationSensitivityCode"]),
    ("status", &["LifeCycleStatusCode"]),
    ("organizer_id", &["OrganizerPartyID"]),
    ("owner_id", &["OwnerPartyID"]),
    ("identity_key", &["GroupwareItemID"]),
];

/// The node of a series' notes.
const NOTES: &str = "RecurringActivityText";

/// Fields that make up when a series happens; they change together.
pub(in crate::c4c) const TIMES: [&str; 5] = ["start", "end", "zone", "all_day", "recurrence"];

/// Where a field lives on a series.
pub(in crate::c4c) fn place(field: &Field) -> Option<Place<'_>> {
    if field.name == "body" {
        return Some(Place::Child(NOTES, vec!["Text"]));
    }
    let (_, path) = PATHS.iter().find(|(name, _)| *name == field.name)?;
    // Appointments have one location, visits two.
    let pair = field.c4c.as_deref().is_some_and(|path| path.contains('+'));
    let path = if pair { path } else { &path[..1] };
    Some(Place::Header(path.to_vec()))
}

/// When the first occurrence ends.
pub(in crate::c4c) fn end(row: &Row, start: Timestamp) -> Option<Timestamp> {
    let span: Span = row.text(DURATION).trim().parse().ok()?;
    let length = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .ok()
        .filter(|length| !length.is_negative())?;
    start.checked_add(length).ok()
}

/// The rule of a series as text; `None` for a pattern we do not know. `zone` is that of the series.
pub(in crate::c4c) fn rule(row: &Row, zone: Option<&TimeZone>) -> Option<Value> {
    let Ok(Json::Object(mut fields)) = serde_json::to_value(C4cRecurrence::default()) else {
        return None;
    };
    // Whether numbers are numbers or texts, and yes or no words, differs between services.
    for (name, value) in &mut fields {
        let text = row.text(name);
        let read = match value {
            Json::Number(_) => number(&text).map(Json::from),
            Json::Bool(_) => Some(Json::Bool(text == "true")),
            _ if name == START || name == LAST_DAY => {
                let at = row.instant(name);
                at.map(|at| days::day(at, zone).to_string().into())
            }
            _ => Some(text.into()),
        };
        if let Some(read) = read {
            *value = read;
        }
    }
    let fields: C4cRecurrence = serde_json::from_value(Json::Object(fields)).ok()?;
    let rule = Recurrence::from_c4c(&fields).ok()?;
    Some(Value::Text(rule.to_rrule()))
}

fn number(text: &str) -> Option<i32> {
    let (whole, _) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    whole.parse().ok()
}

/// Puts times and pattern into the fields of a series. `record` holds all of [`TIMES`] as they shall be.
///
/// # Errors
/// `Refused` when C4C has no pattern for the rule.
pub(in crate::c4c) fn write(record: &Record, fields: &mut Fields) -> Result<(), PortError> {
    let start = times(record, fields)?;
    let no_pattern = |why: NotRepresentable| refused("recurrence", why.to_string());
    let rule = Recurrence::parse_rrule(record.text("recurrence"), &start).map_err(no_pattern)?;
    let pattern = rule.to_c4c().map_err(no_pattern)?;
    let last = days::first_moment(pattern.recurrence_end_date)
        .ok_or_else(|| refused("recurrence", "it ends beyond what C4C can hold".into()))?;
    if let Ok(Json::Object(members)) = serde_json::to_value(pattern) {
        fields.extend(members.into_iter().filter(|(name, _)| name != START));
    }
    fields.insert(LAST_DAY.into(), date::write(last).into());
    Ok(())
}

/// Puts the times of the first occurrence in; answers when it starts.
fn times(record: &Record, fields: &mut Fields) -> Result<Start, PortError> {
    let beyond = |name: &str| refused(name, "a time beyond what C4C can hold".into());
    let moment = |name: &str| match record.get(name) {
        Some(Value::Instant(at)) => Ok(Some(*at)),
        Some(Value::Date(day)) => days::first_moment(*day)
            .map(Some)
            .ok_or_else(|| beyond(name)),
        _ => Ok(None),
    };
    let start = moment("start")?
        .ok_or_else(|| refused("start", "a series needs a first occurrence".into()))?;
    let length = match moment("end")? {
        Some(end) => end.duration_since(start).max(SignedDuration::ZERO),
        None => SignedDuration::ZERO,
    };
    fields.insert(START.into(), date::write(start).into());
    fields.insert(DURATION.into(), length.to_string().into());
    if let Some(Value::Date(day)) = record.get("start") {
        fields.insert("FullDayIndicator".into(), true.into());
        return Ok(Start::Day(*day));
    }
    let zone = zone::get(record.text("zone")).unwrap_or(TimeZone::UTC);
    // The service counts the occurrences by the clocks of the code it holds; by others they would move.
    if !super::zone::is_held(record.text("zone")) {
        let why = "C4C has no such time zone; move the series into one that it has";
        return Err(refused("zone", why.into()));
    }
    Ok(Start::Wall(zone.to_datetime(start), zone))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::c4c::odata::json;

    fn record(rule: &str) -> Record {
        Record::new()
            .with(
                "start",
                Value::Instant("2026-11-25T23:30:00Z".parse().unwrap()),
            )
            .with(
                "end",
                Value::Instant("2026-11-26T01:00:00Z".parse().unwrap()),
            )
            .with("zone", Value::Zone("Europe/Berlin".into()))
            .with("recurrence", rule)
    }

    fn written(record: &Record) -> Row {
        let mut fields = Fields::new();
        write(record, &mut fields).unwrap();
        json::entity(Json::Object(fields).to_string().as_bytes()).unwrap()
    }

    /// CAL-60 to CAL-63, and yearly ones too.
    #[test]
    fn rules_survive_the_way_through_the_pattern() {
        for (rule, again) in [
            ("FREQ=DAILY;INTERVAL=3;COUNT=5", ""),
            (
                "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
                "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            ),
            // Thursday in Berlin, though Wednesday in UTC.
            ("FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=TH"),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,SA,SU;UNTIL=20271231", ""),
            (
                "FREQ=WEEKLY;BYDAY=TH;UNTIL=20271231T110000Z",
                "FREQ=WEEKLY;BYDAY=TH;UNTIL=20271231",
            ),
            ("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=26"),
            ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=26", ""),
            ("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1TH", ""),
            ("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=26"),
            (
                "FREQ=YEARLY;INTERVAL=2;BYMONTH=11;BYMONTHDAY=26;COUNT=3",
                "",
            ),
            ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ""),
        ] {
            let row = written(&record(rule));
            let again = if again.is_empty() { rule } else { again };
            let berlin = zone::get("Europe/Berlin");
            let read = super::rule(&row, berlin.as_ref());
            assert_eq!(read, Some(Value::Text(again.into())), "{rule}");
            let start = row.instant(START).unwrap();
            assert_eq!(start.to_string(), "2026-11-25T23:30:00Z");
            assert_eq!(
                end(&row, start).unwrap().to_string(),
                "2026-11-26T01:00:00Z"
            );
        }
    }

    #[test]
    fn a_series_of_whole_days_counts_days() {
        let whole = Record::new()
            .with("start", Value::Date(date(2026, 11, 25)))
            .with("end", Value::Date(date(2026, 11, 27)))
            .with("recurrence", "FREQ=WEEKLY");
        let row = written(&whole);
        assert_eq!(row.text("FullDayIndicator"), "true");
        assert_eq!(row.text(DURATION), "PT48H");
        assert_eq!(row.text("WeeklyIsWednesday"), "true");
    }

    #[test]
    fn other_patterns_are_not_guessed_at() {
        for text in [
            r#"{"RecurrencePattern":"9"}"#,
            r#"{"RecurrencePattern":""}"#,
            "{\"x\":1}",
        ] {
            assert_eq!(rule(&json::entity(text.as_bytes()).unwrap(), None), None);
        }
        let zero = r#"{"RecurrencePattern":"01","DailyEveryDays":"2","RecurrenceStartDate":"/Date(1795305600000)/","RecurrenceEndDate":"/Date(0)/"}"#;
        let found = rule(&json::entity(zero.as_bytes()).unwrap(), None);
        assert_eq!(found, Some("FREQ=DAILY;INTERVAL=2".into()));
        let why = write(&record("FREQ=SECONDLY"), &mut Fields::new()).unwrap_err();
        assert!(
            matches!(why, PortError::Refused { field: Some(field), .. } if field == "recurrence")
        );
    }
}
