//! Series: one `RecurringActivity` with a pattern, in place of a rule.

use jiff::{
    SignedDuration, Span, SpanRelativeTo, Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde_json::Value as Json;
use ssi_domain::{Record, Value, mapping::Row as Field, port::PortError};

use super::{
    days,
    rule::{DAYS, Each, End, Rule, Until, Which},
    write::refused,
};
use crate::c4c::{
    odata::{date, json::Row},
    put::{Fields, Place},
};

/// When the first occurrence begins.
pub(in crate::c4c) const START: &str = "RecurrenceStartDate";
const DURATION: &str = "Duration";
const PATTERN: &str = "RecurrencePattern";

/// Codes of the pattern. Not documented; in the order of the screen.
const PATTERNS: [&str; 4] = ["1", "2", "3", "4"];

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

/// The properties that say the days of a week, from Monday on; spelt as in the service.
const WEEK: [&str; 7] = [
    "WeeklyIsMonday",
    "WeeklyIsTuesday",
    "WeeklyIsWednesday",
    "WeeklyIsThursday",
    "WeeklyIsFriday",
    "weeklyIsSaturday",
    "weeklyIsSunday",
];

/// The numbers of all patterns; a rule sets those of its own and clears the others.
const NUMBERS: [&str; 13] = [
    "DailyEveryDays",
    "RecurEveryWeeksOn",
    "MonthlyDayOfEveryMonths",
    "MonthlyDayOfEveryNthMonths",
    "MonthlyNthWeekdayofMonths",
    "MonthlyWeekdayOfMonths",
    "MonthlyWeekedayOfEveryNthMonths",
    "YearlyRecurEveryNthYear",
    "YearlyOnMonth",
    "YearlyOnDateOfMonth",
    "YearlyOnTheNthWeekday",
    "YearlyOnTheWeekday",
    "YearlyOnTheMonth",
];

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

/// The rule of a series as text; `None` for a pattern we do not know.
pub(in crate::c4c) fn rule(row: &Row) -> Option<Value> {
    let number = |name: &str| row.text(name).trim().parse::<f64>().ok().map(|n| n as i64);
    let some = |name: &str| number(name).filter(|number| *number > 0);
    let is = |name: &str| row.text(name) == "true";
    let day = |name: &str| {
        let at = usize::try_from(some(name)? - 1).ok()?;
        DAYS.get(at).map(|(_, day)| *day)
    };
    let which = |date: &str, nth: &str, weekday: &str| match (some(nth), day(weekday), some(date)) {
        (Some(nth), Some(day), _) => Which::Nth(nth, day),
        (_, _, Some(date)) => Which::Number(date),
        _ => Which::AsStart,
    };
    let at = PATTERNS
        .iter()
        .position(|code| row.text(PATTERN).trim_start_matches('0') == *code)?;
    let (each, interval) = match at {
        0 if is("DailyEveryWeekDay") => (
            Each::Week(DAYS[..5].iter().map(|(_, day)| *day).collect()),
            None,
        ),
        0 => (Each::Day, some("DailyEveryDays")),
        1 => {
            let days = WEEK.iter().zip(DAYS).filter(|(name, _)| is(name));
            let days = days.map(|(_, (_, day))| day).collect();
            (Each::Week(days), some("RecurEveryWeeksOn"))
        }
        2 => {
            let which = which(
                "MonthlyDayOfEveryMonths",
                "MonthlyNthWeekdayofMonths",
                "MonthlyWeekdayOfMonths",
            );
            let interval = match which {
                Which::Nth(..) => some("MonthlyWeekedayOfEveryNthMonths"),
                _ => some("MonthlyDayOfEveryNthMonths"),
            };
            (Each::Month(which), interval)
        }
        _ => {
            let which = which(
                "YearlyOnDateOfMonth",
                "YearlyOnTheNthWeekday",
                "YearlyOnTheWeekday",
            );
            let month = match which {
                Which::Nth(..) => some("YearlyOnTheMonth"),
                _ => some("YearlyOnMonth"),
            };
            (Each::Year { month, which }, some("YearlyRecurEveryNthYear"))
        }
    };
    let until = row
        .instant("RecurrenceEndDate")
        // CAL-63: no date is sent as the zero of time.
        .filter(|at| at.as_second() > 0 && !is("NoEndDate"));
    let end = match (some("EndOcurrences"), until) {
        _ if is("NoEndDate") => End::Never,
        (Some(count), _) => End::After(count),
        (None, Some(at)) => End::Until(last(at)),
        (None, None) => End::Never,
    };
    let rule = Rule {
        each,
        interval: interval.unwrap_or(1),
        end,
    };
    Some(Value::Text(rule.write()))
}

/// Midnight UTC stands for a day.
fn last(at: Timestamp) -> Until {
    let wall = TimeZone::UTC.to_datetime(at);
    if days::first_moment(wall.date()) == Some(at) {
        Until::Day(wall.date())
    } else {
        Until::Moment(at)
    }
}

/// Puts times and pattern into the fields of a series. `record` holds all of [`TIMES`] as they shall be.
///
/// # Errors
/// `Refused` when C4C has no pattern for the rule.
pub(in crate::c4c) fn write(record: &Record, fields: &mut Fields) -> Result<(), PortError> {
    let zone = TimeZone::get(record.text("zone")).unwrap_or(TimeZone::UTC);
    let rule =
        Rule::read(record.text("recurrence"), &zone).map_err(|why| refused("recurrence", why))?;
    let first = times(record, &zone, fields)?;
    for name in NUMBERS {
        fields.insert(name.into(), 0.into());
    }
    for name in WEEK.iter().chain(&["DailyEveryWeekDay"]) {
        fields.insert((*name).into(), false.into());
    }
    pattern(&rule, first, fields);
    let (count, until) = match rule.end {
        End::Never => (0, None),
        End::After(count) => (count, None),
        End::Until(Until::Day(day)) => (0, days::first_moment(day)),
        End::Until(Until::Moment(at)) => (0, Some(at)),
    };
    fields.insert("NoEndDate".into(), (rule.end == End::Never).into());
    fields.insert("EndOcurrences".into(), count.into());
    let until = until.map_or(Json::Null, |at| date::write(at).into());
    fields.insert("RecurrenceEndDate".into(), until);
    Ok(())
}

fn pattern(rule: &Rule, first: Date, fields: &mut Fields) {
    let mut set = |name: &str, value: i64| {
        fields.insert(name.into(), value.into());
    };
    let weekday = |day: Weekday| i64::from(day.to_monday_one_offset());
    let code = match &rule.each {
        Each::Day => {
            set("DailyEveryDays", rule.interval);
            0
        }
        Each::Week(days) => {
            set("RecurEveryWeeksOn", rule.interval);
            let own = [first.weekday()];
            let days = if days.is_empty() { &own[..] } else { days };
            for (name, (_, day)) in WEEK.iter().zip(DAYS) {
                if days.contains(&day) {
                    fields.insert((*name).into(), true.into());
                }
            }
            1
        }
        Each::Month(Which::Nth(nth, day)) => {
            set("MonthlyNthWeekdayofMonths", *nth);
            set("MonthlyWeekdayOfMonths", weekday(*day));
            set("MonthlyWeekedayOfEveryNthMonths", rule.interval);
            2
        }
        Each::Month(which) => {
            set("MonthlyDayOfEveryMonths", which.number(first));
            set("MonthlyDayOfEveryNthMonths", rule.interval);
            2
        }
        Each::Year { month, which } => {
            let month = month.unwrap_or_else(|| first.month().into());
            set("YearlyRecurEveryNthYear", rule.interval);
            if let Which::Nth(nth, day) = which {
                set("YearlyOnTheNthWeekday", *nth);
                set("YearlyOnTheWeekday", weekday(*day));
                set("YearlyOnTheMonth", month);
            } else {
                set("YearlyOnMonth", month);
                set("YearlyOnDateOfMonth", which.number(first));
            }
            3
        }
    };
    fields.insert(PATTERN.into(), PATTERNS[code].into());
}

impl Which {
    fn number(self, first: Date) -> i64 {
        match self {
            Self::Number(day) => day,
            Self::AsStart | Self::Nth(..) => first.day().into(),
        }
    }
}

/// Puts the times of the first occurrence in; answers its day.
fn times(record: &Record, zone: &TimeZone, fields: &mut Fields) -> Result<Date, PortError> {
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
    Ok(match record.get("start") {
        Some(Value::Date(day)) => {
            fields.insert("FullDayIndicator".into(), true.into());
            *day
        }
        _ => zone.to_datetime(start).date(),
    })
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
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SA,SU;UNTIL=20271231", ""),
            ("FREQ=WEEKLY;BYDAY=FR;UNTIL=20271231T110000Z", ""),
            ("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=26"),
            ("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=15", ""),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", ""),
            ("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR", ""),
            ("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=26"),
            ("FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=28;COUNT=3", ""),
            ("FREQ=YEARLY;BYMONTH=5;BYDAY=2SU", ""),
        ] {
            let row = written(&record(rule));
            let again = if again.is_empty() { rule } else { again };
            assert_eq!(super::rule(&row), Some(Value::Text(again.into())), "{rule}");
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
            assert_eq!(rule(&json::entity(text.as_bytes()).unwrap()), None);
        }
        let zero =
            r#"{"RecurrencePattern":"01","DailyEveryDays":"2","RecurrenceEndDate":"/Date(0)/"}"#;
        let found = rule(&json::entity(zero.as_bytes()).unwrap());
        assert_eq!(found, Some("FREQ=DAILY;INTERVAL=2".into()));
        let why = write(&record("FREQ=SECONDLY"), &mut Fields::new()).unwrap_err();
        assert!(
            matches!(why, PortError::Refused { field: Some(field), .. } if field == "recurrence")
        );
    }
}
