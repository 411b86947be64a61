//! What holds for every series.

use jiff::{ToSpan, civil::date, tz::TimeZone};
use proptest::prelude::*;

use crate::recurrence::*;

fn weekday() -> impl Strategy<Value = Weekday> {
    prop::sample::select(&Weekday::ALL[..])
}

fn some_days() -> impl Strategy<Value = Days> {
    prop::collection::vec(weekday(), 1..8).prop_map(Days::from)
}

fn kind() -> impl Strategy<Value = DayKind> {
    prop_oneof![
        3 => weekday().prop_map(DayKind::Of),
        1 => Just(DayKind::Day),
        1 => Just(DayKind::Weekday),
        1 => Just(DayKind::WeekendDay),
    ]
}

fn index() -> impl Strategy<Value = Index> {
    prop::sample::select(&Index::ALL[..])
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let interval = || prop_oneof![3 => 1..5u16, 1 => 1..100u16, 1 => Just(12), 1 => Just(24)];
    prop_oneof![
        interval().prop_map(|interval| Pattern::Daily { interval }),
        (interval(), some_days(), weekday()).prop_map(|(interval, days, first_day)| {
            Pattern::Weekly {
                interval,
                days,
                first_day,
            }
        }),
        (interval(), 1..=31u8).prop_map(|(interval, day)| Pattern::MonthlyDay { interval, day }),
        (interval(), index(), kind()).prop_map(|(interval, index, days)| {
            Pattern::MonthlyNth {
                interval,
                index,
                days,
            }
        }),
        (interval(), 1..=12u8, 1..=31u8).prop_map(|(interval, month, day)| {
            Pattern::YearlyDay {
                interval,
                month,
                day,
            }
        }),
        (interval(), 1..=12u8, index(), kind()).prop_map(|(interval, month, index, days)| {
            Pattern::YearlyNth {
                interval,
                month,
                index,
                days,
            }
        }),
    ]
}

fn series() -> impl Strategy<Value = Recurrence> {
    let day = (0..12_000i32).prop_map(|days| date(2015, 1, 1) + days.days());
    (pattern(), day, 0..3u8, 1..60u32, 0..4_000i32).prop_map(
        |(pattern, start, kind, count, days)| {
            let range = match kind {
                0 => Range::NoEnd { start },
                1 => Range::Until {
                    start,
                    end: start + days.days(),
                },
                _ => Range::Count { start, count },
            };
            Recurrence { pattern, range }
        },
    )
}

/// Zones with and without summer time, on both hemispheres, with odd offsets.
const ZONES: [&str; 10] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/Santiago",
    "Africa/Casablanca",
    "UTC",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// INV-16
    #[test]
    fn a_rule_keeps_its_meaning_over_its_text(series in series()) {
        let Some(first) = series.first() else {
            return Ok(());
        };
        let text = series.to_rrule();
        let read = Recurrence::parse_rrule(&text, &Start::Day(first))
            .map_err(|why| TestCaseError::fail(format!("{text}: {why}")))?;
        prop_assert_eq!(read, series.canonical());
        prop_assert_eq!(read.to_rrule(), text);
        let days: Vec<_> = series.days().take(150).collect();
        prop_assert_eq!(read.days().take(150).collect::<Vec<_>>(), days);
    }

    #[test]
    fn canonical_is_the_same_series(series in series()) {
        let canonical = series.canonical();
        prop_assert_eq!(canonical.canonical(), canonical);
        let days: Vec<_> = series.days().take(150).collect();
        prop_assert_eq!(canonical.days().take(150).collect::<Vec<_>>(), days);
    }

    /// CAL-63
    #[test]
    fn a_series_keeps_its_meaning_over_c4c(series in series()) {
        match series.to_c4c() {
            Ok(fields) if series.first().is_some() => {
                prop_assert_eq!(Recurrence::from_c4c(&fields), Ok(series.canonical()));
            }
            Ok(fields) => prop_assert_eq!(Recurrence::from_c4c(&fields), Err(NotRepresentable::Empty)),
            Err(why) => prop_assert!(matches!(why, NotRepresentable::Crm(_))),
        }
    }

    #[test]
    fn a_window_shows_what_the_whole_series_has_there(series in series(), skip in 0..6_000i32, long in 1..900i32) {
        let from = series.range.start() + skip.days();
        let to = from + long.days();
        let start = Start::Day(series.range.start());
        let seen: Vec<_> = series.expand(&start, from, to, 10_000).iter().map(|one| one.day).collect();
        let all: Vec<_> = series
            .days()
            .skip_while(|day| *day < from)
            .take_while(|day| *day < to)
            .collect();
        prop_assert_eq!(seen, all);
    }

    #[test]
    fn days_rise_and_stay_in_the_range(series in series()) {
        let days: Vec<_> = series.days().take(500).collect();
        prop_assert!(days.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(days.iter().all(|day| *day >= series.range.start()));
        // The calendar ends with the year 9999, before which a step of 99 years may be the last.
        let beyond = days.last().is_some_and(|day| day.year() > 9_900);
        match series.range {
            Range::NoEnd { .. } => prop_assert!(days.len() == 500 || beyond),
            Range::Until { end, .. } => prop_assert!(days.iter().all(|day| *day <= end)),
            Range::Count { count, .. } => prop_assert!(days.len() == count as usize || beyond),
        }
        if days.len() < 500 {
            let last = if matches!(series.range, Range::NoEnd { .. }) { None } else { days.last().copied() };
            prop_assert_eq!(series.last(), last);
        }
    }

    #[test]
    fn wall_time_is_kept_in_every_zone(
        series in series(),
        zone in prop::sample::select(&ZONES[..]),
        minute in 0..1440i32,
    ) {
        let zone = TimeZone::get(zone).unwrap();
        let at = series.range.start().at(0, 0, 0, 0) + minute.minutes();
        let start = Start::Wall(at, zone.clone());
        let from = series.range.start();
        for one in series.expand(&start, from, from + 3_000.days(), 200) {
            prop_assert_eq!(one.wall.time(), at.time());
            prop_assert_eq!(one.wall.date(), one.day);
            // Only a time that the clocks skip shows another one, and by no more than they skip.
            let shown = zone.to_datetime(one.at);
            if zone.to_ambiguous_timestamp(one.wall).is_ambiguous() {
                prop_assert!((shown - one.wall).get_hours().abs() <= 1);
            } else {
                prop_assert_eq!(shown, one.wall);
            }
        }
    }

    #[test]
    fn no_text_is_too_odd(text in ".{0,80}", from in 0..3_000i32) {
        let start = Start::Day(date(2020, 1, 1) + from.days());
        let _ = Recurrence::parse_rrule(&text, &start);
        let _ = Recurrence::parse_rrule(&format!("FREQ=MONTHLY;{text}"), &start);
    }

    #[test]
    fn any_mix_of_parts_is_read_or_refused(
        freq in prop::sample::select(&["DAILY", "WEEKLY", "MONTHLY", "YEARLY"][..]),
        parts in prop::collection::vec(prop::sample::select(&[
            "INTERVAL=2", "COUNT=5", "UNTIL=20300101", "BYDAY=MO", "BYDAY=1MO", "BYDAY=SA,SU", "BYDAY=-1FR,2TU",
            "BYMONTHDAY=1", "BYMONTHDAY=31", "BYMONTHDAY=-1", "BYMONTHDAY=28,29,30", "BYSETPOS=-1", "BYSETPOS=2",
            "BYMONTH=2", "BYMONTH=1,4,7,10", "WKST=SU", "BYHOUR=0",
        ][..]), 0..4),
        from in 0..3_000i32,
    ) {
        let start = date(2020, 1, 1) + from.days();
        let rule = format!("FREQ={freq};{}", parts.join(";"));
        if let Ok(series) = Recurrence::parse_rrule(&rule, &Start::Day(start)) {
            prop_assert_eq!(series.first(), Some(start), "{}", rule);
            let again = Recurrence::parse_rrule(&series.to_rrule(), &Start::Day(start));
            prop_assert_eq!(again, Ok(series), "{}", rule);
        }
    }
}
