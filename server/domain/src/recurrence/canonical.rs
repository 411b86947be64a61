//! One spelling for each meaning, so that two sides that mean the same say the same.

use super::{DayKind, Days, Index, Pattern, Range, Recurrence, Weekday, expand};

impl Recurrence {
    /// The same series in its one spelling: it starts on its first event, twelve months are a year, the 31st of
    /// any month is its last day, a week begins on Monday where that says nothing.
    ///
    /// Law: `r.canonical()` falls on the same days as `r`, and `r.canonical().canonical() == r.canonical()`.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let pattern = self.pattern.bounded();
        let range = match self.range {
            Range::Count { start, count } => Range::Count {
                start,
                count: count.max(1),
            },
            range => range,
        };
        let bounded = Recurrence { pattern, range };
        // The first event lies a whole number of periods after the start, so later days stay the same.
        let Some(start) = bounded.first() else {
            // Nothing ever happens; another way to say so could make something happen.
            return bounded;
        };
        let month = start.month().unsigned_abs();
        Recurrence {
            pattern: pattern.in_years(month).simplest(),
            range: range.starting(start),
        }
    }
}

impl Pattern {
    /// Numbers within their bounds.
    fn bounded(self) -> Self {
        match self {
            Pattern::Daily { interval } => Pattern::Daily {
                interval: interval.max(1),
            },
            Pattern::Weekly {
                interval,
                days,
                first_day,
            } => Pattern::Weekly {
                interval: interval.max(1),
                days,
                first_day,
            },
            Pattern::MonthlyDay { interval, day } => Pattern::MonthlyDay {
                interval: interval.max(1),
                day: day.clamp(1, 31),
            },
            Pattern::MonthlyNth {
                interval,
                index,
                days,
            } => Pattern::MonthlyNth {
                interval: interval.max(1),
                index,
                days,
            },
            Pattern::YearlyDay {
                interval,
                month,
                day,
            } => Pattern::YearlyDay {
                interval: interval.max(1),
                month: month.clamp(1, 12),
                day: day.clamp(1, 31),
            },
            Pattern::YearlyNth {
                interval,
                month,
                index,
                days,
            } => Pattern::YearlyNth {
                interval: interval.max(1),
                month: month.clamp(1, 12),
                index,
                days,
            },
        }
    }

    /// Months that make whole years, as years in the month of the first event.
    fn in_years(self, month: u8) -> Self {
        match self {
            Pattern::MonthlyDay { interval, day } if interval % 12 == 0 => Pattern::YearlyDay {
                interval: interval / 12,
                month,
                day,
            },
            Pattern::MonthlyNth {
                interval,
                index,
                days,
            } if interval % 12 == 0 => Pattern::YearlyNth {
                interval: interval / 12,
                month,
                index,
                days,
            },
            other => other,
        }
    }

    fn simplest(self) -> Self {
        match self {
            Pattern::Weekly {
                interval: 1,
                days: Days::ALL,
                ..
            } => Pattern::Daily { interval: 1 },
            Pattern::Weekly { interval, days, .. } if interval == 1 || days.len() == 1 => {
                Pattern::Weekly {
                    interval,
                    days,
                    first_day: Weekday::Monday,
                }
            }
            Pattern::MonthlyDay { interval, day: 31 } => Pattern::MonthlyNth {
                interval,
                index: Index::Last,
                days: DayKind::Day,
            },
            Pattern::MonthlyNth {
                interval,
                index,
                days: DayKind::Day,
            } if index != Index::Last => Pattern::MonthlyDay {
                interval,
                day: index.number().unsigned_abs(),
            },
            Pattern::YearlyDay {
                interval,
                month,
                day,
            } => yearly_day(interval, month, day),
            Pattern::YearlyNth {
                interval,
                month,
                index,
                days: DayKind::Day,
            } => match index {
                Index::Last => yearly_day(interval, month, 31),
                index => yearly_day(interval, month, index.number().unsigned_abs()),
            },
            other => other,
        }
    }
}

/// February's last day is the only one that no number names in every year.
fn yearly_day(interval: u16, month: u8, day: u8) -> Pattern {
    if month == 2 && day > 28 {
        return Pattern::YearlyNth {
            interval,
            month,
            index: Index::Last,
            days: DayKind::Day,
        };
    }
    let longest = expand::month_start(i64::from(month) - 1)
        .map_or(31, |first| first.days_in_month().unsigned_abs());
    Pattern::YearlyDay {
        interval,
        month,
        day: day.min(longest),
    }
}
