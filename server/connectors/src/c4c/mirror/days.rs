//! Days of events without a time. The service keeps points in time only; which ones it keeps for a whole day is
//! not documented, so every convention seen is read, and one is written: midnight UTC of the first day to one
//! second before midnight UTC after the last.

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

/// What stands between the last second of a day and midnight when ends are inclusive.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// The first day, and the day after the last.
pub(in crate::c4c) fn read(
    start: Timestamp,
    end: Option<Timestamp>,
    zone: Option<&TimeZone>,
) -> (Date, Date) {
    let utc = TimeZone::UTC;
    let local = zone.unwrap_or(&utc);
    // Days meant in UTC begin at midnight UTC; all others are meant in the record's zone.
    let basis = if is_midnight(wall(start, &utc)) {
        &utc
    } else {
        local
    };
    let first = wall(start, basis).date();
    let after = end.map(|end| {
        let fits = |zone: &TimeZone| is_boundary(wall(end, zone));
        let basis = if !fits(basis) && fits(local) {
            local
        } else if !fits(basis) && fits(&utc) {
            &utc
        } else {
            basis
        };
        let end = wall(end, basis);
        if is_midnight(end) {
            end.date()
        } else {
            next(end.date())
        }
    });
    let least = next(first);
    (first, after.map_or(least, |after| after.max(least)))
}

/// The day a point in time stands for.
pub(in crate::c4c) fn day(at: Timestamp, zone: Option<&TimeZone>) -> Date {
    let universal = wall(at, &TimeZone::UTC);
    match zone {
        Some(zone) if !is_boundary(universal) => wall(at, zone).date(),
        _ => universal.date(),
    }
}

/// Midnight of a day in UTC. `None` beyond the years a point in time can have.
pub(in crate::c4c) fn first_moment(day: Date) -> Option<Timestamp> {
    let zoned = TimeZone::UTC.to_zoned(day.to_datetime(Time::midnight()));
    zoned.ok().map(|zoned| zoned.timestamp())
}

/// The last second before a day.
pub(in crate::c4c) fn last_moment(after: Date) -> Option<Timestamp> {
    first_moment(after)?.checked_sub(SECOND).ok()
}

/// Midnight of a day where the record is.
pub(in crate::c4c) fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let zoned = zone.to_zoned(day.to_datetime(Time::midnight()));
    zoned.ok().map(|zoned| zoned.timestamp())
}

fn wall(at: Timestamp, zone: &TimeZone) -> DateTime {
    zone.to_datetime(at)
}

fn is_midnight(wall: DateTime) -> bool {
    wall.hour() == 0 && wall.minute() == 0 && wall.second() == 0
}

/// Midnight, or the last minute before it.
fn is_boundary(wall: DateTime) -> bool {
    is_midnight(wall) || wall.hour() == 23 && wall.minute() == 59
}

fn next(day: Date) -> Date {
    day.checked_add(1.day()).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn every_convention_gives_the_same_days() {
        let days = (date(2026, 11, 22), date(2026, 11, 24));
        for (start, end, zone) in [
            ("2026-11-22T00:00:00Z", "2026-11-23T23:59:59Z", "UTC"),
            ("2026-11-22T00:00:00Z", "2026-11-24T00:00:00Z", "UTC"),
            (
                "2026-11-22T00:00:00Z",
                "2026-11-23T23:59:59Z",
                "America/New_York",
            ),
            ("2026-11-22T00:00:00Z", "2026-11-24T00:00:00Z", "Asia/Tokyo"),
            (
                "2026-11-21T23:00:00Z",
                "2026-11-23T23:00:00Z",
                "Europe/Berlin",
            ),
            (
                "2026-11-21T23:00:00Z",
                "2026-11-23T22:59:59Z",
                "Europe/Berlin",
            ),
            (
                "2026-11-22T05:00:00Z",
                "2026-11-24T04:59:59Z",
                "America/New_York",
            ),
            ("2026-11-21T15:00:00Z", "2026-11-23T15:00:00Z", "Asia/Tokyo"),
            (
                "2026-11-22T00:00:00Z",
                "2026-11-23T22:59:59Z",
                "Europe/Berlin",
            ),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            assert_eq!(
                read(at(start), Some(at(end)), Some(&zone)),
                days,
                "{start} {end}"
            );
        }
    }

    #[test]
    fn an_end_that_is_missing_or_before_the_start_gives_one_day() {
        let start = at("2026-11-22T00:00:00Z");
        let day = (date(2026, 11, 22), date(2026, 11, 23));
        assert_eq!(read(start, None, None), day);
        assert_eq!(read(start, Some(start), None), day);
        assert_eq!(read(start, Some(at("2020-01-01T00:00:00Z")), None), day);
    }

    #[test]
    fn a_due_time_counts_where_the_record_is() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, day_of_month) in [
            ("2026-11-22T00:00:00Z", 22),
            ("2026-11-22T23:59:59Z", 22),
            ("2026-11-21T23:00:00Z", 22),
            ("2026-11-22T08:00:00Z", 22),
        ] {
            assert_eq!(
                day(at(text), Some(&berlin)),
                date(2026, 11, day_of_month),
                "{text}"
            );
        }
        assert_eq!(day(at("2026-11-22T08:00:00Z"), None), date(2026, 11, 22));
    }

    proptest! {
        #[test]
        fn written_days_are_read_again_in_any_zone(
            first in 0_i32..30_000, length in 1_i32..400, hours in -12_i32..=14,
        ) {
            let first = date(1970, 1, 1).checked_add(first.days()).unwrap();
            let after = first.checked_add(length.days()).unwrap();
            let zone = jiff::tz::Offset::constant(i8::try_from(hours).unwrap()).to_time_zone();
            let (start, end) = (first_moment(first).unwrap(), last_moment(after).unwrap());
            prop_assert_eq!(read(start, Some(end), Some(&zone)), (first, after));
        }
    }
}
