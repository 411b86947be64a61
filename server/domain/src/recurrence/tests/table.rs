//! Rules as calendars write them, one by one.

use jiff::{
    civil::{Date, date},
    tz::TimeZone,
};

use crate::recurrence::*;

fn start(text: &str) -> Start {
    if let Ok(at) = text.parse::<jiff::civil::DateTime>()
        && text.contains('T')
    {
        return Start::Wall(at, berlin());
    }
    Start::Day(text.parse().unwrap())
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn days(rule: &str, from: &str, most: usize) -> Vec<String> {
    let recurrence = Recurrence::parse_rrule(rule, &start(from)).unwrap();
    let days = recurrence.days().take(most);
    days.map(|day| day.to_string()).collect()
}

/// The text comes back as given: it is the one spelling of its meaning.
#[test]
fn canonical_texts_are_kept() {
    for (rule, from) in [
        ("FREQ=DAILY", "2026-11-02"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=10", "2026-11-02"),
        ("FREQ=WEEKLY;BYDAY=MO,WE", "2026-11-02"),
        (
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20261231",
            "2026-11-02",
        ),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", "2026-11-01"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "2026-11-15"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-30"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "2026-11-30"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU", "2026-11-10"),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=4", "2026-11-27"),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-11-30",
        ),
        ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1", "2026-11-01"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", "2026-12-31"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYDAY=-1SU", "2026-03-29"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "2026-02-28"),
    ] {
        let read = Recurrence::parse_rrule(rule, &start(from));
        let read = read.unwrap_or_else(|why| panic!("{rule}: {why}"));
        assert_eq!(read.to_rrule(), rule);
        assert_eq!(read.first(), Some(from.parse::<Date>().unwrap()), "{rule}");
    }
}

#[test]
fn other_spellings_of_the_same_are_read() {
    for (rule, from, same) in [
        (
            "RRULE:freq=weekly;byday=mo",
            "2026-11-02",
            "FREQ=WEEKLY;BYDAY=MO",
        ),
        ("FREQ=WEEKLY", "2026-11-02", "FREQ=WEEKLY;BYDAY=MO"),
        (
            "FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=MO",
            "2026-11-02",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
        ),
        (
            "BYDAY=FR,MO;FREQ=WEEKLY;INTERVAL=1",
            "2026-11-02",
            "FREQ=WEEKLY;BYDAY=MO,FR",
        ),
        (
            "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
            "2026-11-02",
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        ),
        (
            "FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH,FR,SA",
            "2026-11-02",
            "FREQ=DAILY",
        ),
        ("FREQ=MONTHLY", "2026-11-15", "FREQ=MONTHLY;BYMONTHDAY=15"),
        (
            "FREQ=MONTHLY;BYDAY=MO",
            "2026-11-02",
            "FREQ=WEEKLY;BYDAY=MO",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2",
            "2026-11-09",
            "FREQ=MONTHLY;BYDAY=2MO",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=8,9,10,11,12,13,14",
            "2026-11-09",
            "FREQ=MONTHLY;BYDAY=2MO",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=15",
            "2026-11-15",
            "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=15",
        ),
        (
            "FREQ=MONTHLY;SKIP=BACKWARD;RSCALE=GREGORIAN;BYMONTHDAY=30",
            "2026-11-30",
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=31",
            "2026-01-31",
            "FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=-1",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=30;COUNT=3",
            "2026-10-30",
            "FREQ=MONTHLY;BYMONTHDAY=30;COUNT=3",
        ),
        (
            "FREQ=YEARLY",
            "2026-11-15",
            "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=15",
        ),
        (
            "FREQ=YEARLY;BYMONTHDAY=5",
            "2026-11-05",
            "FREQ=MONTHLY;BYMONTHDAY=5",
        ),
        (
            "FREQ=YEARLY;BYMONTH=2,5,8,11;BYDAY=1MO",
            "2026-11-02",
            "FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO",
        ),
        (
            "FREQ=YEARLY;BYDAY=1MO",
            "2026-01-05",
            "FREQ=YEARLY;BYMONTH=1;BYDAY=1MO",
        ),
        (
            "FREQ=YEARLY;BYDAY=-1FR",
            "2026-12-25",
            "FREQ=YEARLY;BYMONTH=12;BYDAY=-1FR",
        ),
        (
            "FREQ=WEEKLY;UNTIL=2026-12-31",
            "2026-11-02",
            "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231",
        ),
        // 23:59:59 of the last day in Berlin, and one minute before an event that starts at nine.
        (
            "FREQ=WEEKLY;UNTIL=20261228T225959Z",
            "2026-11-02T09:00",
            "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261228",
        ),
        (
            "FREQ=WEEKLY;UNTIL=20261228T075900Z",
            "2026-11-02T09:00",
            "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261227",
        ),
        (
            "FREQ=DAILY;UNTIL=20261204T090000",
            "2026-11-02T09:00",
            "FREQ=DAILY;UNTIL=20261204",
        ),
        (
            "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0",
            "2026-11-02T09:00",
            "FREQ=DAILY",
        ),
        // Midnight in Berlin is the day before in UTC.
        (
            "FREQ=DAILY;UNTIL=20261203T230000Z",
            "2026-11-02T00:00",
            "FREQ=DAILY;UNTIL=20261204",
        ),
    ] {
        let read = Recurrence::parse_rrule(rule, &start(from));
        let read = read.unwrap_or_else(|why| panic!("{rule}: {why}"));
        assert_eq!(read.to_rrule(), same, "{rule}");
    }
}

#[test]
fn rules_no_calendar_holds_are_refused_with_a_reason() {
    use NotRepresentable as No;
    let check = |rule: &str, from: &str, expected: fn(&No) -> bool| {
        let why = Recurrence::parse_rrule(rule, &start(from)).unwrap_err();
        assert!(expected(&why), "{rule}: {why:?}");
        assert!(why.to_string().len() > 20, "{rule}: {why}");
    };
    for (rule, from) in [
        ("FREQ=HOURLY", "2026-11-02"),
        ("FREQ=DAILY;INTERVAL=2;BYDAY=MO", "2026-11-02"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "2026-11-01"),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", "2026-11-29"),
        ("FREQ=MONTHLY;BYDAY=5MO", "2026-11-30"),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", "2026-11-02"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1", "2026-11-02"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=MO", "2026-11-02"),
        ("FREQ=YEARLY;BYWEEKNO=20", "2026-11-02"),
        ("FREQ=YEARLY;BYYEARDAY=100", "2026-11-02"),
        ("FREQ=YEARLY;BYMONTH=1,2;BYMONTHDAY=1", "2026-01-01"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=MO", "2026-11-02"),
        (
            "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=13;BYDAY=FR",
            "2026-11-13",
        ),
        ("FREQ=WEEKLY;BYMONTH=11", "2026-11-02"),
        ("FREQ=DAILY;BYHOUR=9,15", "2026-11-02T09:00"),
        ("FREQ=DAILY;X-GOOD=1", "2026-11-02"),
        ("RSCALE=HEBREW;FREQ=YEARLY", "2026-11-02"),
    ] {
        check(rule, from, |why| matches!(why, No::Unsupported(_)));
    }
    for (rule, from) in [
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-10-31"),
        ("FREQ=MONTHLY", "2026-10-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=30", "2026-11-30"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29"),
        ("FREQ=YEARLY", "2028-02-29"),
    ] {
        check(rule, from, |why| matches!(why, No::ShortMonth(29..=31)));
    }
    for rule in [
        "",
        "FREQ",
        "FREQ=",
        "FREQ=SOMETIMES",
        "BYDAY=MO",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;UNTIL=20261399",
        "FREQ=DAILY;UNTIL=soon",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=é",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=DAILY;COUNT=3;UNTIL=20261231",
        "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=DAILY;COUNT=99999999999",
        "FREQ=DAILY;UNTIL=20261231T",
    ] {
        check(rule, "2026-11-02", |why| matches!(why, No::Unreadable(_)));
    }
    check("FREQ=DAILY;UNTIL=20261101", "2026-11-02", |why| {
        *why == No::Empty
    });
    check("FREQ=DAILY;COUNT=0", "2026-11-02", |why| *why == No::Empty);
    check("FREQ=WEEKLY;BYDAY=TU", "2026-11-02", |why| {
        *why == No::StartOutsidePattern
    });
    let long = format!("FREQ=DAILY;{}", "BYDAY=MO;".repeat(1000));
    check(&long, "2026-11-02", |why| matches!(why, No::Unreadable(_)));
}

#[test]
fn short_months_take_their_last_day() {
    let pattern = Pattern::MonthlyDay {
        interval: 1,
        day: 30,
    };
    let range = Range::NoEnd {
        start: date(2027, 12, 30),
    };
    let series = Recurrence { pattern, range };
    let days: Vec<_> = series.days().take(4).map(|day| day.to_string()).collect();
    assert_eq!(
        days,
        ["2027-12-30", "2028-01-30", "2028-02-29", "2028-03-30"]
    );
    assert_eq!(
        series.to_rrule(),
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"
    );
}

#[test]
fn weeks_begin_where_the_rule_says() {
    // RFC 5545 section 3.8.5.3: the same rule with two week starts.
    let rule = "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=";
    assert_eq!(
        days(&format!("{rule}MO"), "1997-08-05", 9),
        ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    );
    assert_eq!(
        days(&format!("{rule}SU"), "1997-08-05", 9),
        ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]
    );
}

#[test]
fn wall_time_stays_over_daylight_saving() {
    let start = start("2026-03-28T02:30");
    let daily = Recurrence::parse_rrule("FREQ=DAILY;COUNT=3", &start).unwrap();
    let found = daily.expand(&start, date(2026, 1, 1), date(2027, 1, 1), 10);
    let at: Vec<_> = found.iter().map(|one| one.at.to_string()).collect();
    // The night of the 29th has no half past two: the clocks show half past three.
    assert_eq!(
        at,
        [
            "2026-03-28T01:30:00Z",
            "2026-03-29T01:30:00Z",
            "2026-03-30T00:30:00Z"
        ]
    );
    assert!(
        found
            .iter()
            .all(|one| one.wall.time() == found[0].wall.time())
    );
}

#[test]
fn old_endless_series_are_read_where_asked() {
    let start = start("0001-01-01");
    let daily = Recurrence::parse_rrule("FREQ=DAILY", &start).unwrap();
    let found = daily.expand(&start, date(2026, 11, 1), date(2026, 12, 1), 1000);
    assert_eq!(found.len(), 30);
    assert_eq!(
        daily
            .expand(&start, date(2026, 11, 1), date(2026, 12, 1), 7)
            .len(),
        7
    );
    assert!(daily.falls_on(date(9999, 12, 31)));
    assert_eq!(daily.last(), None);
    let rare = Recurrence {
        pattern: Pattern::YearlyDay {
            interval: u16::MAX,
            month: 0,
            day: 99,
        },
        range: Range::Until {
            start: date(2026, 1, 31),
            end: date(9999, 12, 31),
        },
    };
    assert_eq!(rare.last(), Some(date(2026, 1, 31)));
    assert_eq!(rare.canonical().first(), rare.first());
    let counted = Recurrence::parse_rrule(
        "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=5",
        &self::start("2026-11-06"),
    )
    .unwrap();
    assert_eq!(counted.last(), Some(date(2026, 11, 20)));
    let until =
        Recurrence::parse_rrule("FREQ=MONTHLY;UNTIL=20270314", &self::start("2026-11-15")).unwrap();
    assert_eq!(until.last(), Some(date(2027, 2, 15)));
}

#[test]
fn a_series_reads_as_json_that_people_can_follow() {
    let series =
        Recurrence::parse_rrule("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", &start("2026-11-02")).unwrap();
    let json = serde_json::to_value(series).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "pattern": {"type": "weekly", "interval": 1, "days": ["monday", "wednesday"], "first_day": "monday"},
            "range": {"type": "count", "start": "2026-11-02", "count": 3},
        })
    );
    assert_eq!(serde_json::from_value::<Recurrence>(json).unwrap(), series);
}

/// CAL-63
#[test]
fn a_series_without_last_day_has_zero_time_in_c4c() {
    for (rule, no_end, count) in [("FREQ=DAILY", true, 0), ("FREQ=DAILY;COUNT=5", false, 5)] {
        let series = Recurrence::parse_rrule(rule, &start("2026-11-02")).unwrap();
        let fields = series.to_c4c().unwrap();
        assert_eq!(fields.recurrence_end_date, C4C_ZERO_DATE);
        assert_eq!((fields.no_end_date, fields.end_ocurrences), (no_end, count));
        assert_eq!(Recurrence::from_c4c(&fields).unwrap(), series);
        let json = serde_json::to_value(&fields).unwrap();
        for name in [
            "RecurrenceStartDate",
            "RecurrenceEndDate",
            "NoEndDate",
            "EndOcurrences",
            "RecurrencePattern",
            "DailyEveryWeekDay",
            "RecurEveryWeeksOn",
            "WeeklyIsMonday",
            "weeklyIsSunday",
            "MonthlyDayOfEveryNthMonths",
            "MonthlyNthWeekdayofMonths",
            "MonthlyWeekedayOfEveryNthMonths",
            "YearlyRecurEveryNthYear",
            "YearlyOnTheNthWeekday",
            "YearlyOnTheMonth",
        ] {
            assert!(json.get(name).is_some(), "{name} is missing in {json}");
        }
    }
}

#[test]
fn what_c4c_has_no_field_for_is_refused() {
    for (rule, from) in [
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-11-30",
        ),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", "2026-11-01"),
    ] {
        let series = Recurrence::parse_rrule(rule, &start(from)).unwrap();
        let why = series.to_c4c().unwrap_err();
        assert!(matches!(why, NotRepresentable::Crm(_)), "{rule}: {why}");
    }
    let empty = C4cRecurrence::default();
    assert!(Recurrence::from_c4c(&empty).is_err());
    let odd = C4cRecurrence {
        recurrence_pattern: "03".into(),
        monthly_nth_weekday_of_months: 9,
        ..empty
    };
    assert!(Recurrence::from_c4c(&odd).is_err());
}
