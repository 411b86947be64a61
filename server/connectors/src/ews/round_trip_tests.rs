//! INV-16: what is written and read again is the same, over zones, days and rules.

use jiff::{Timestamp, ToSpan, civil::Date, civil::date};
use proptest::prelude::*;
use ssi_domain::{ItemId, Kind, Record, Value};

use super::{
    encode::{self, Act, Ground},
    item::Draft,
    plan::{Class, Plans},
    version::ServerVersion,
    xml::Walker,
};

/// Zones on both sides of UTC, with and without summer time, of half and quarter hours, and beyond twelve.
const ZONES: [&str; 12] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Pacific/Honolulu",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Asia/Tokyo",
];

/// Writes an item as for CreateItem and reads it as from GetItem.
fn there_and_back(kind: Kind, record: &Record) -> Record {
    let plans = Plans::built_in();
    let ground = Ground {
        plans: &plans,
        kind,
        set: record,
        now: None,
        act: Act::Create,
        version: ServerVersion::Exchange2016,
    };
    let parts = encode::parts(&ground).unwrap();
    let xml = encode::item(Class::of_kind(kind).unwrap(), parts);
    let mut walker = Walker::new(&xml);
    let element = walker.child().unwrap().unwrap();
    let draft = Draft::read(&plans, &element, &mut walker).unwrap();
    draft.into_item(&ItemId::new("a")).record
}

fn series(rule: &str, start: &str) -> String {
    let at: Timestamp = start.parse().unwrap();
    let record = Record::new()
        .with("start", at)
        .with("end", at)
        .with("zone", Value::Zone("Europe/Berlin".into()))
        .with("recurrence", rule);
    there_and_back(Kind::Appointment, &record)
        .text("recurrence")
        .to_owned()
}

#[test]
fn rules_come_back_as_they_went() {
    for (rule, start) in [
        ("FREQ=DAILY", "2026-03-05"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=5", "2026-03-05"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;UNTIL=20270101", "2026-03-06"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "2026-03-08"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "2026-03-15"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=4", "2026-03-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "2026-03-30"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=3TH", "2026-03-19"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-03-27"),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-03-31",
        ),
        ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=2", "2026-03-07"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1", "2026-02-28"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", "2026-12-31"),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=2SU", "2026-05-10"),
        (
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYMONTHDAY=5",
            "2026-03-05",
        ),
        ("FREQ=YEARLY;INTERVAL=8;BYMONTH=3;BYDAY=-1TH", "2026-03-26"),
    ] {
        assert_eq!(series(rule, &format!("{start}T09:00:00Z")), rule);
    }
    // Other ways to say what Exchange can hold.
    for (rule, back) in [
        ("RRULE:FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=TH"),
        ("freq=monthly", "FREQ=MONTHLY;BYMONTHDAY=5"),
        ("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5"),
        ("FREQ=DAILY;BYDAY=TH,FR", "FREQ=WEEKLY;BYDAY=TH,FR"),
        ("FREQ=MONTHLY;BYDAY=TH;BYSETPOS=1", "FREQ=MONTHLY;BYDAY=1TH"),
        // The end is the last day on which the event still starts in time, in its own zone.
        (
            "FREQ=DAILY;UNTIL=20260331T220000Z",
            "FREQ=DAILY;UNTIL=20260331",
        ),
        (
            "FREQ=DAILY;UNTIL=20260401T080000Z",
            "FREQ=DAILY;UNTIL=20260401",
        ),
    ] {
        assert_eq!(series(rule, "2026-03-05T09:00:00Z"), back);
    }
}

#[test]
fn rules_exchange_cannot_hold_are_refused_with_a_sentence() {
    let at: Timestamp = "2026-03-05T09:00:00Z".parse().unwrap();
    for rule in [
        "FREQ=HOURLY",
        "FREQ=SECONDLY;COUNT=3",
        "FREQ=MONTHLY;BYMONTHDAY=1,15",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=MONTHLY;BYDAY=5MO",
        "FREQ=MONTHLY;BYDAY=MO,WE;BYSETPOS=1",
        "FREQ=MONTHLY;BYDAY=MO",
        "FREQ=MONTHLY;INTERVAL=100",
        "FREQ=YEARLY;INTERVAL=9",
        "FREQ=WEEKLY;BYDAY=MO",
        "FREQ=YEARLY;BYMONTH=1,7",
        "FREQ=YEARLY;BYWEEKNO=20",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=7",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTH=1",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=x",
        "FREQ=DAILY;UNTIL=soon",
        "FREQ",
        "nonsense",
    ] {
        let record = Record::new().with("start", at).with("recurrence", rule);
        let ground = Ground {
            plans: &Plans::built_in(),
            kind: Kind::Appointment,
            set: &record,
            now: None,
            act: Act::Create,
            version: ServerVersion::Exchange2016,
        };
        let error = encode::parts(&ground).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.code(), "refused", "{rule}");
        assert!(
            text.contains("recurrence") && text.contains("series"),
            "{text}"
        );
    }
}

/// Where clocks change at midnight a day starts at one.
#[test]
fn an_all_day_event_ends_before_a_day_without_midnight() {
    let record = Record::new()
        .with("start", Value::Date(date(1993, 9, 30)))
        .with("end", Value::Date(date(1993, 10, 17)))
        .with("all_day", Value::Bool(true))
        .with("zone", Value::Zone("America/Sao_Paulo".into()));
    let back = there_and_back(Kind::Appointment, &record);
    assert_eq!(back.get("end"), Some(&Value::Date(date(1993, 10, 17))));
}

fn any_day() -> impl Strategy<Value = Date> {
    (0_i64..80_000).prop_map(|days| date(1900, 1, 1).checked_add(days.days()).unwrap())
}

proptest! {
    #[test]
    fn all_day_events_keep_their_days(start in any_day(), length in 1_i64..40, zone in 0..ZONES.len()) {
        let end = start.checked_add(length.days()).unwrap();
        let record = Record::new()
            .with("start", Value::Date(start))
            .with("end", Value::Date(end))
            .with("all_day", Value::Bool(true))
            .with("zone", Value::Zone(ZONES[zone].into()));
        let back = there_and_back(Kind::Appointment, &record);
        prop_assert_eq!(back.get("start"), Some(&Value::Date(start)));
        prop_assert_eq!(back.get("end"), Some(&Value::Date(end)));
        prop_assert_eq!(back.get("all_day"), Some(&Value::Bool(true)));
    }

    #[test]
    fn times_and_zones_are_kept(second in 0_i64..4_000_000_000, zone in 0..ZONES.len()) {
        let at = Timestamp::from_second(second).unwrap();
        let record = Record::new()
            .with("start", at)
            .with("end", at)
            .with("zone", Value::Zone(ZONES[zone].into()));
        let back = there_and_back(Kind::Visit, &record);
        prop_assert_eq!(back.get("start"), Some(&Value::Instant(at)));
        prop_assert_eq!(back.text("zone"), ZONES[zone]);
    }

    #[test]
    fn days_of_tasks_and_birthdays_are_kept(day in any_day()) {
        let task = Record::new().with("due", Value::Date(day));
        let back = there_and_back(Kind::Task, &task);
        prop_assert_eq!(back.get("due"), Some(&Value::Date(day)));
        let contact = Record::new().with("birthday", Value::Date(day));
        let back = there_and_back(Kind::IndividualCustomer, &contact);
        prop_assert_eq!(back.get("birthday"), Some(&Value::Date(day)));
    }

    /// Whatever people write, in any script, comes back but for what XML cannot carry.
    #[test]
    fn texts_are_kept(text in "[\\PC&&[^\u{fffe}\u{ffff}]]{1,60}") {
        prop_assume!(!text.trim().is_empty());
        let record = Record::new().with("subject", text.as_str());
        let back = there_and_back(Kind::Task, &record);
        prop_assert_eq!(back.text("subject"), text.as_str());
        let record = Record::new().with("surname", text.as_str());
        let back = there_and_back(Kind::Contact, &record);
        prop_assert_eq!(back.text("surname"), text.as_str());
    }
}
