//! How a series repeats, as typed data, with its text form (RFC 5545 section 3.3.10), its days, and C4C's fields.
//!
//! The patterns are those Exchange can hold, because a series lives in a mailbox first. A rule of iCalendar that
//! says more is refused with a reason ([`NotRepresentable`]) and never approximated (CAL-60…64).
//!
//! **Short months.** A day that a month does not have means its *last* day here, as in Exchange
//! (<https://learn.microsoft.com/exchange/client-developer/web-service-reference/absolutemonthlyrecurrence>);
//! iCalendar skips such months. The two are never mixed up: [`Recurrence::parse_rrule`] refuses a rule that
//! would skip, and [`Recurrence::to_rrule`] writes a text that takes the last day in iCalendar's terms too.

mod c4c;
mod canonical;
mod days;
mod expand;
mod parse;
mod parts;
mod reason;
#[cfg(test)]
mod tests;
mod text;

pub use c4c::{C4C_ZERO_DATE, C4cRecurrence};
pub use days::{DayKind, Days, Index, Weekday};
pub use expand::{Occurrence, Start};
pub use reason::NotRepresentable;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How a series repeats and how long.
///
/// Numbers out of their bounds, which only a careless caller can produce, are read as the nearest bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recurrence {
    /// On which days.
    pub pattern: Pattern,
    /// From when to when.
    pub range: Range,
}

/// On which days a series falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Pattern {
    /// Every `interval` days.
    Daily {
        /// Days from one to the next, from 1.
        interval: u16,
    },
    /// On some days of every `interval` weeks.
    Weekly {
        /// Weeks from one to the next, from 1.
        interval: u16,
        /// The days; at least one.
        days: Days,
        /// Where a week begins; matters from two weeks on.
        first_day: Weekday,
    },
    /// On a day of every `interval` months; the last day of months that are too short.
    MonthlyDay {
        /// Months from one to the next, from 1.
        interval: u16,
        /// Day of the month, 1…31.
        day: u8,
    },
    /// On the first, second… or last of some days of every `interval` months.
    MonthlyNth {
        /// Months from one to the next, from 1.
        interval: u16,
        /// Which of the days.
        index: Index,
        /// The days.
        days: DayKind,
    },
    /// On a day of a month of every `interval` years; its last day when it is too short.
    ///
    /// Exchange has no interval here: more than one is a monthly pattern of twelve times as many months there.
    YearlyDay {
        /// Years from one to the next, from 1.
        interval: u16,
        /// 1…12.
        month: u8,
        /// Day of the month, 1…31.
        day: u8,
    },
    /// On the first, second… or last of some days of a month of every `interval` years.
    YearlyNth {
        /// Years from one to the next, from 1.
        interval: u16,
        /// 1…12.
        month: u8,
        /// Which of the days.
        index: Index,
        /// The days.
        days: DayKind,
    },
}

/// From when to when a series runs. Days are those of the series' own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Range {
    /// Without an end.
    NoEnd {
        /// The first day it may fall on; intervals count from its day, week, month or year.
        start: Date,
    },
    /// Until a day.
    Until {
        /// The first day it may fall on.
        start: Date,
        /// The last day it may fall on.
        end: Date,
    },
    /// A number of times.
    Count {
        /// The first day it may fall on.
        start: Date,
        /// How often it happens, from 1. Days taken out later count too.
        count: u32,
    },
}

impl Range {
    /// The first day the series may fall on.
    pub fn start(&self) -> Date {
        match self {
            Range::NoEnd { start } | Range::Until { start, .. } | Range::Count { start, .. } => {
                *start
            }
        }
    }

    /// The same range from another day.
    #[must_use]
    pub fn starting(self, start: Date) -> Self {
        match self {
            Range::NoEnd { .. } => Range::NoEnd { start },
            Range::Until { end, .. } => Range::Until { start, end },
            Range::Count { count, .. } => Range::Count { start, count },
        }
    }
}
