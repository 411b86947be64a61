//! Days of the week, sets of them, and which of them in a month.

use jiff::civil::{self, Date};
use serde::{Deserialize, Serialize};

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the days say it all")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All seven, Monday first.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// iCalendar's code: `MO`, `TU`…
    pub fn code(self) -> &'static str {
        ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][self as usize]
    }

    /// The day of a code of iCalendar, in any case.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|day| day.code().eq_ignore_ascii_case(code))
    }

    /// The day of the week a date falls on.
    pub fn of(date: Date) -> Self {
        date.weekday().into()
    }

    /// Days from `first` up to this day, 0…6.
    pub(super) fn days_since(self, first: Weekday) -> i32 {
        (self as i32 - first as i32).rem_euclid(7)
    }
}

impl From<civil::Weekday> for Weekday {
    fn from(day: civil::Weekday) -> Self {
        Self::ALL[usize::from(day.to_monday_zero_offset().unsigned_abs()) % 7]
    }
}

impl From<Weekday> for civil::Weekday {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Monday => civil::Weekday::Monday,
            Weekday::Tuesday => civil::Weekday::Tuesday,
            Weekday::Wednesday => civil::Weekday::Wednesday,
            Weekday::Thursday => civil::Weekday::Thursday,
            Weekday::Friday => civil::Weekday::Friday,
            Weekday::Saturday => civil::Weekday::Saturday,
            Weekday::Sunday => civil::Weekday::Sunday,
        }
    }
}

/// A set of days of the week. Two sets of the same days are equal, however they were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Weekday>", into = "Vec<Weekday>")]
pub struct Days(u8);

impl Days {
    /// Every day.
    pub const ALL: Days = Days(0b111_1111);
    /// Monday to Friday.
    pub const WEEKDAYS: Days = Days(0b001_1111);
    /// Saturday and Sunday.
    pub const WEEKEND: Days = Days(0b110_0000);

    /// Whether a day is among them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day as u8) != 0
    }

    /// The days, Monday first.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        Weekday::ALL
            .into_iter()
            .filter(move |day| self.contains(*day))
    }

    /// How many.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The codes of iCalendar, Monday first: `MO,WE`.
    pub fn codes(self) -> String {
        self.iter().map(Weekday::code).collect::<Vec<_>>().join(",")
    }
}

impl FromIterator<Weekday> for Days {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        Days(days.into_iter().fold(0, |set, day| set | 1 << day as u8))
    }
}

impl From<Vec<Weekday>> for Days {
    fn from(days: Vec<Weekday>) -> Self {
        days.into_iter().collect()
    }
}

impl From<Days> for Vec<Weekday> {
    fn from(days: Days) -> Self {
        days.iter().collect()
    }
}

/// The days a relative pattern counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// One day of the week.
    Of(Weekday),
    /// Any day.
    Day,
    /// Monday to Friday.
    Weekday,
    /// Saturday and Sunday.
    WeekendDay,
}

impl DayKind {
    /// The days of the week it counts.
    pub fn days(self) -> Days {
        match self {
            DayKind::Of(day) => Days::from_iter([day]),
            DayKind::Day => Days::ALL,
            DayKind::Weekday => Days::WEEKDAYS,
            DayKind::WeekendDay => Days::WEEKEND,
        }
    }

    /// The kind that counts exactly these days.
    pub fn of(days: Days) -> Option<Self> {
        match days {
            Days::ALL => Some(DayKind::Day),
            Days::WEEKDAYS => Some(DayKind::Weekday),
            Days::WEEKEND => Some(DayKind::WeekendDay),
            days if days.len() == 1 => days.iter().next().map(DayKind::Of),
            _ => None,
        }
    }
}

/// Which of the days a relative pattern means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Index {
    First,
    Second,
    Third,
    Fourth,
    Last,
}

impl Index {
    /// All five.
    pub const ALL: [Index; 5] = [
        Index::First,
        Index::Second,
        Index::Third,
        Index::Fourth,
        Index::Last,
    ];

    /// iCalendar's number: 1…4, or -1 for the last.
    pub fn number(self) -> i8 {
        [1, 2, 3, 4, -1][self as usize]
    }

    /// The index of iCalendar's number. There is none for a fifth, which months may lack.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|index| i16::from(index.number()) == number)
    }
}
