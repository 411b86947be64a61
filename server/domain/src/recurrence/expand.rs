//! The days of a series and their instants.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{DayKind, Index, Pattern, Range, Recurrence, Weekday};

/// So many events of a series are counted; daily ones reach that after two centuries.
const MOST_COUNTED: usize = 80_000;

/// When the events of a series start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// All day, from this day.
    Day(Date),
    /// At this wall time in this zone.
    Wall(DateTime, TimeZone),
}

impl Start {
    /// The day of the start.
    pub fn day(&self) -> Date {
        match self {
            Start::Day(day) => *day,
            Start::Wall(at, _) => at.date(),
        }
    }

    /// The start of the event on another day. A wall time that the clocks skip moves on by what they skip, one
    /// that comes twice is the first (RFC 5545 section 3.3.5). Days count from midnight UTC.
    pub fn on(&self, day: Date) -> Option<Occurrence> {
        let (wall, zone) = match self {
            Start::Day(_) => (day.at(0, 0, 0, 0), &TimeZone::UTC),
            Start::Wall(at, zone) => (day.to_datetime(at.time()), zone),
        };
        let at = zone.to_ambiguous_timestamp(wall).compatible().ok()?;
        Some(Occurrence { day, wall, at })
    }
}

impl From<Date> for Start {
    fn from(day: Date) -> Self {
        Start::Day(day)
    }
}

/// One event of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occurrence {
    /// The day in the series' zone.
    pub day: Date,
    /// The wall time it is planned for; midnight for all-day events.
    pub wall: DateTime,
    /// The instant; midnight UTC for all-day events.
    pub at: Timestamp,
}

impl Recurrence {
    /// The events from day `from` on and before day `to`, in order, at most `most`. Wall time and zone are
    /// `start`'s; days are those of the recurrence. The cost grows with what is returned, not with the age of
    /// the series.
    pub fn expand(&self, start: &Start, from: Date, to: Date, most: usize) -> Vec<Occurrence> {
        self.days_from(from)
            .take_while(|day| *day < to)
            .filter_map(|day| start.on(day))
            .take(most)
            .collect()
    }

    /// All days of the series in order. Without an end they go on to the year 9999.
    pub fn days(&self) -> impl Iterator<Item = Date> {
        self.days_from(self.range.start())
    }

    /// The day of the first event; `None` when there is none.
    pub fn first(&self) -> Option<Date> {
        self.days().next()
    }

    /// The day of the last event; `None` without an end or when there is none.
    pub fn last(&self) -> Option<Date> {
        match self.range {
            Range::NoEnd { .. } => None,
            // The last period with a day before the end is near it: a year in the widest pattern's steps.
            Range::Until { end, .. } => {
                let span = self.widest_step();
                let near = end.checked_sub(span.days()).unwrap_or(Date::MIN);
                self.days_from(near).last()
            }
            Range::Count { .. } => self.days().last(),
        }
    }

    /// Whether a day belongs to the series.
    pub fn falls_on(&self, day: Date) -> bool {
        self.days_from(day).next() == Some(day)
    }

    /// Which event of the series falls on a day, from 1; `None`: none does, or none that anybody counts so far.
    pub fn number_of(&self, day: Date) -> Option<u32> {
        let mut days = self.days().take(MOST_COUNTED);
        let at = days.position(|one| one >= day)?;
        (self.falls_on(day)).then(|| u32::try_from(at + 1).ok())?
    }

    fn widest_step(&self) -> i64 {
        let (interval, days) = match self.pattern {
            Pattern::Daily { interval } => (interval, 1),
            Pattern::Weekly { interval, .. } => (interval, 7),
            Pattern::MonthlyDay { interval, .. } | Pattern::MonthlyNth { interval, .. } => {
                (interval, 31)
            }
            Pattern::YearlyDay { interval, .. } | Pattern::YearlyNth { interval, .. } => {
                (interval, 366)
            }
        };
        // No further than the calendar goes, and a span holds.
        ((i64::from(interval) + 1) * days).min(3_660_000)
    }

    /// The days from `from` on: skips whole periods instead of walking through them.
    fn days_from(&self, from: Date) -> impl Iterator<Item = Date> {
        let start = self.range.start();
        let from = from.max(start);
        let first = self.period_before(from);
        let (end, left) = match self.range {
            Range::NoEnd { .. } => (Date::MAX, u64::MAX),
            Range::Until { end, .. } => (end, u64::MAX),
            Range::Count { count, .. } => (
                Date::MAX,
                u64::from(count.max(1)).saturating_sub(self.happened_before(first)),
            ),
        };
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let recurrence = *self;
        (first..)
            .map_while(move |period| recurrence.period(period))
            .flatten()
            .filter(move |day| *day >= start)
            .take(left)
            .skip_while(move |day| *day < from)
            .take_while(move |day| *day <= end)
    }

    /// A period that begins no later than the one `day` is in.
    fn period_before(&self, day: Date) -> u32 {
        let start = self.range.start();
        let days = i64::from((day - start).get_days());
        let months = i64::from(months(day)) - i64::from(months(start));
        let years = i64::from(day.year()) - i64::from(start.year());
        let (passed, interval) = match self.pattern {
            Pattern::Daily { interval } => (days, interval),
            Pattern::Weekly { interval, .. } => (days / 7, interval),
            Pattern::MonthlyDay { interval, .. } | Pattern::MonthlyNth { interval, .. } => {
                (months, interval)
            }
            Pattern::YearlyDay { interval, .. } | Pattern::YearlyNth { interval, .. } => {
                (years, interval)
            }
        };
        let period = (passed / i64::from(interval.max(1)) - 1).max(0);
        u32::try_from(period).unwrap_or(u32::MAX)
    }

    /// How many events the periods before `period` hold.
    fn happened_before(&self, period: u32) -> u64 {
        if period == 0 {
            return 0;
        }
        let start = self.range.start();
        let in_first = self.period(0).map_or(0, |days| {
            days.into_iter().filter(|day| *day >= start).count()
        });
        // Every pattern falls equally often in each period: a month has a first to fourth and a last of any
        // day, and short months take their last day.
        let in_each = match self.pattern {
            Pattern::Weekly { days, .. } => days.len(),
            _ => 1,
        };
        in_first as u64 + u64::from(period - 1) * in_each as u64
    }

    /// The days of a period, counted from 0, in order; `None` beyond the calendar.
    fn period(&self, period: u32) -> Option<Vec<Date>> {
        let start = self.range.start();
        let step = |interval: u16| i64::from(interval.max(1)) * i64::from(period);
        match self.pattern {
            Pattern::Daily { interval } => Some(vec![add_days(start, step(interval))?]),
            Pattern::Weekly {
                interval,
                days,
                first_day,
            } => {
                let into = i64::from(Weekday::of(start).days_since(first_day));
                let week = step(interval) * 7 - into;
                let mut offsets: Vec<i64> = days
                    .iter()
                    .map(|day| i64::from(day.days_since(first_day)))
                    .collect();
                offsets.sort_unstable();
                let dates: Vec<Date> = offsets
                    .iter()
                    .filter_map(|day| add_days(start, week + day))
                    .collect();
                // The week that the calendar ends in still has its first days.
                (!dates.is_empty()).then_some(dates)
            }
            Pattern::MonthlyDay { interval, day } => {
                let first = month_start(i64::from(months(start)) + step(interval))?;
                Some(vec![day_or_last(first, day)])
            }
            Pattern::MonthlyNth {
                interval,
                index,
                days,
            } => {
                let first = month_start(i64::from(months(start)) + step(interval))?;
                Some(vec![nth(first, index, days)])
            }
            Pattern::YearlyDay {
                interval,
                month,
                day,
            } => {
                let first = year_month(start, step(interval), month)?;
                Some(vec![day_or_last(first, day)])
            }
            Pattern::YearlyNth {
                interval,
                month,
                index,
                days,
            } => {
                let first = year_month(start, step(interval), month)?;
                Some(vec![nth(first, index, days)])
            }
        }
    }
}

/// Months since the year 0.
pub(super) fn months(day: Date) -> i32 {
    i32::from(day.year()) * 12 + i32::from(day.month()) - 1
}

/// The first day of a month counted from the year 0.
pub(super) fn month_start(months: i64) -> Option<Date> {
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
    Date::new(year, month, 1).ok()
}

fn year_month(start: Date, years: i64, month: u8) -> Option<Date> {
    let month = i64::from(month.clamp(1, 12)) - 1;
    month_start((i64::from(start.year()) + years) * 12 + month)
}

fn add_days(day: Date, days: i64) -> Option<Date> {
    // Beyond what a span can say is beyond the calendar.
    let days = i32::try_from(days).ok()?;
    (days.unsigned_abs() < 4_000_000)
        .then(|| day.checked_add(days.days()).ok())
        .flatten()
}

fn day_or_last(first: Date, day: u8) -> Date {
    let wanted = i8::try_from(day.clamp(1, 31)).unwrap_or(31);
    Date::new(
        first.year(),
        first.month(),
        wanted.min(first.days_in_month()),
    )
    .unwrap_or(first)
}

fn nth(first: Date, index: Index, days: DayKind) -> Date {
    let set = days.days();
    let length = first.days_in_month();
    let mut hits = (1..=length)
        .filter_map(|day| Date::new(first.year(), first.month(), day).ok())
        .filter(|day| set.contains(Weekday::of(*day)));
    let hit = match index {
        Index::Last => hits.next_back(),
        index => hits.nth(index as usize),
    };
    hit.unwrap_or(first)
}
