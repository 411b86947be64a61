//! The days a recurrence falls on.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};

use super::recurrence::{Days, Index, Pattern, Range, Recurrence};

/// Where an endless series ends all the same (MS-OXOCAL, `PidLidClipEnd`: 31 August 4500).
const LAST_DAY: Date = date(4500, 8, 31);
/// Most periods looked at: a daily series until [`LAST_DAY`] has fewer than a million. Patterns that never
/// fall on any day end here.
const MAX_PERIODS: u32 = 1_000_000;

impl Recurrence {
    /// All days in order, from the first on or after the start of the range. Regenerating patterns have only
    /// the start.
    pub fn days(&self) -> impl Iterator<Item = Date> + '_ {
        let (last, most) = match self.range {
            Range::NoEnd { .. } => (LAST_DAY, usize::MAX),
            Range::EndDate { end, .. } => (end.min(LAST_DAY), usize::MAX),
            Range::Numbered { count, .. } => (LAST_DAY, usize::from(count)),
        };
        let start = self.range.start();
        (0..MAX_PERIODS)
            .map_while(move |number| period(&self.pattern, start, number))
            .flatten()
            .skip_while(move |day| *day < start)
            .take_while(move |day| *day <= last)
            .take(most)
    }
}

/// The days in the period with that number, counted from the one the start lies in; `None` past the end of time.
fn period(pattern: &Pattern, start: Date, number: u32) -> Option<Vec<Date>> {
    let number = i64::from(number);
    let least = (number - 1).max(0) * least_days(pattern);
    if start.checked_add(least.days()).ok()? > LAST_DAY {
        return None;
    }
    match pattern {
        Pattern::Daily { interval } => {
            let day = start.checked_add((number * i64::from(*interval)).days());
            Some(vec![day.ok()?])
        }
        Pattern::Weekly {
            interval,
            days,
            first_day,
        } => {
            let back = i64::from(start.weekday().since(*first_day));
            let week = start.checked_sub(back.days()).ok()?;
            let week = week
                .checked_add((number * i64::from(*interval)).weeks())
                .ok()?;
            let mut found = Vec::with_capacity(days.len());
            for day in days {
                let on = i64::from(day.since(*first_day));
                found.push(week.checked_add(on.days()).ok()?);
            }
            found.sort_unstable();
            Some(found)
        }
        Pattern::AbsoluteMonthly { interval, day } => {
            let month = month_of(start, number * i64::from(*interval))?;
            Some(vec![in_month(month, *day)])
        }
        Pattern::RelativeMonthly {
            interval,
            days,
            index,
        } => {
            let month = month_of(start, number * i64::from(*interval))?;
            Some(relative(month, *days, *index).into_iter().collect())
        }
        Pattern::AbsoluteYearly { day, month } => {
            Some(vec![in_month(year_of(start, number, *month)?, *day)])
        }
        Pattern::RelativeYearly { days, index, month } => {
            let month = year_of(start, number, *month)?;
            Some(relative(month, *days, *index).into_iter().collect())
        }
        Pattern::Regeneration { .. } => (number == 0).then(|| vec![start]),
    }
}

/// A lower bound of a period's length, so that the search ends at [`LAST_DAY`].
fn least_days(pattern: &Pattern) -> i64 {
    match pattern {
        Pattern::Daily { .. } | Pattern::Regeneration { .. } => 1,
        Pattern::Weekly { .. } => 7,
        Pattern::AbsoluteMonthly { .. } | Pattern::RelativeMonthly { .. } => 28,
        Pattern::AbsoluteYearly { .. } | Pattern::RelativeYearly { .. } => 365,
    }
}

fn month_of(start: Date, later: i64) -> Option<Date> {
    start.first_of_month().checked_add(later.months()).ok()
}

fn year_of(start: Date, later: i64, month: i8) -> Option<Date> {
    let year = i16::try_from(i64::from(start.year()) + later).ok()?;
    Date::new(year, month, 1).ok()
}

/// Exchange takes the last day of a month that is too short, where iCalendar would skip it.
fn in_month(month: Date, day: i8) -> Date {
    let day = day.min(month.days_in_month());
    month.with().day(day).build().unwrap_or(month)
}

fn relative(month: Date, days: Days, index: Index) -> Option<Date> {
    let fits = |day: &Date| match days {
        Days::Of(weekday) => day.weekday() == weekday,
        Days::Day => true,
        Days::WeekendDay => matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
        Days::Weekday => !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
    };
    let mut all = (1..=month.days_in_month())
        .map(|day| in_month(month, day))
        .filter(fits);
    match index {
        Index::First => all.next(),
        Index::Second => all.nth(1),
        Index::Third => all.nth(2),
        Index::Fourth => all.nth(3),
        Index::Last => all.next_back(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: Pattern, range: Range, expected: &[&str]) {
        let recurrence = Recurrence { pattern, range };
        let found: Vec<String> = recurrence
            .days()
            .take(8)
            .map(|day| day.to_string())
            .collect();
        assert_eq!(found, expected, "{recurrence:?}");
        assert_eq!(
            Recurrence::read(&recurrence.element("+01:00")),
            Ok(recurrence)
        );
    }

    fn numbered(start: Date, count: u16) -> Range {
        Range::Numbered { start, count }
    }

    #[test]
    fn every_pattern_falls_on_its_days() {
        let start = date(2026, 1, 30);
        check(
            Pattern::Daily { interval: 3 },
            Range::EndDate {
                start,
                end: date(2026, 2, 7),
            },
            &["2026-01-30", "2026-02-02", "2026-02-05"],
        );
        check(
            Pattern::Weekly {
                interval: 2,
                days: vec![Weekday::Sunday, Weekday::Monday, Weekday::Friday],
                first_day: Weekday::Monday,
            },
            numbered(start, 5),
            &[
                "2026-01-30",
                "2026-02-01",
                "2026-02-09",
                "2026-02-13",
                "2026-02-15",
            ],
        );
        check(
            Pattern::AbsoluteMonthly {
                interval: 1,
                day: 31,
            },
            numbered(start, 3),
            &["2026-01-31", "2026-02-28", "2026-03-31"],
        );
        check(
            Pattern::RelativeMonthly {
                interval: 2,
                days: Days::Of(Weekday::Tuesday),
                index: Index::Last,
            },
            numbered(start, 2),
            &["2026-03-31", "2026-05-26"],
        );
        check(
            Pattern::RelativeMonthly {
                interval: 1,
                days: Days::Weekday,
                index: Index::First,
            },
            numbered(start, 2),
            &["2026-02-02", "2026-03-02"],
        );
        check(
            Pattern::AbsoluteYearly { day: 29, month: 2 },
            numbered(start, 3),
            &["2026-02-28", "2027-02-28", "2028-02-29"],
        );
        check(
            Pattern::RelativeYearly {
                days: Days::WeekendDay,
                index: Index::Second,
                month: 1,
            },
            numbered(start, 1),
            &["2027-01-03"],
        );
    }

    #[test]
    fn an_endless_series_ends_with_the_calendar() {
        let start = date(4499, 12, 1);
        let recurrence = Recurrence {
            pattern: Pattern::AbsoluteYearly { day: 1, month: 8 },
            range: Range::NoEnd { start },
        };
        let found: Vec<Date> = recurrence.days().collect();
        assert_eq!(found, [date(4500, 8, 1)]);
    }

    #[test]
    fn numbers_out_of_range_and_strange_patterns_are_refused() {
        for wrong in [
            "<Recurrence/>",
            "<Recurrence><DailyRecurrence><Interval>0</Interval></DailyRecurrence><NoEndRecurrence><StartDate>2026-01-01</StartDate></NoEndRecurrence></Recurrence>",
            "<Recurrence><HourlyRecurrence><Interval>1</Interval></HourlyRecurrence><NoEndRecurrence><StartDate>2026-01-01</StartDate></NoEndRecurrence></Recurrence>",
            "<Recurrence><DailyRecurrence><Interval>1</Interval></DailyRecurrence><NumberedRecurrence><StartDate>2026-01-01</StartDate><NumberOfOccurrences>1000</NumberOfOccurrences></NumberedRecurrence></Recurrence>",
        ] {
            let element = crate::xml::Element::parse(wrong.as_bytes()).unwrap();
            assert_eq!(
                Recurrence::read(&element),
                Err(crate::exchange::Failure::RECURRENCE)
            );
        }
    }
}
