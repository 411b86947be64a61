//! Recurrences: the six patterns of calendar items (and the regenerating ones of tasks) with their three ranges.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/recurrence-recurrencetype>

use jiff::civil::{Date, Weekday};

use super::Failure;
use crate::xml::Element;

/// Which day of a month or year a relative pattern means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// One day of the week.
    Of(Weekday),
    /// Any day.
    Day,
    /// Monday to Friday.
    Weekday,
    /// Saturday or Sunday.
    WeekendDay,
}

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// The first.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The fourth.
    Fourth,
    /// The last.
    Last,
}

/// When a regenerating task comes back after it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Days.
    Day,
    /// Weeks.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

/// How it repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Every `interval` days.
    Daily {
        /// 1…999.
        interval: u16,
    },
    /// On some days of every `interval` weeks.
    Weekly {
        /// 1…99.
        interval: u16,
        /// At least one, in week order.
        days: Vec<Weekday>,
        /// Where a week begins.
        first_day: Weekday,
    },
    /// On a day of every `interval` months; short months take their last day.
    AbsoluteMonthly {
        /// 1…99.
        interval: u16,
        /// 1…31.
        day: i8,
    },
    /// On the first, second... of some days of every `interval` months.
    RelativeMonthly {
        /// 1…99.
        interval: u16,
        /// Which day.
        days: Days,
        /// Which of them.
        index: Index,
    },
    /// On a date of every year.
    AbsoluteYearly {
        /// 1…31.
        day: i8,
        /// 1…12.
        month: i8,
    },
    /// On the first, second... of some days of a month of every year.
    RelativeYearly {
        /// Which day.
        days: Days,
        /// Which of them.
        index: Index,
        /// 1…12.
        month: i8,
    },
    /// A new task some time after the last one was completed; tasks only.
    Regeneration {
        /// Unit of the interval.
        unit: Unit,
        /// 1…999.
        interval: u16,
    },
}

/// Where it starts and ends. Dates are those of the series' own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// For ever.
    NoEnd {
        /// First day that may count.
        start: Date,
    },
    /// Until a day.
    EndDate {
        /// First day that may count.
        start: Date,
        /// Last day that may count.
        end: Date,
    },
    /// A number of times.
    Numbered {
        /// First day that may count.
        start: Date,
        /// 1…999.
        count: u16,
    },
}

impl Range {
    /// First day that may count.
    pub fn start(self) -> Date {
        match self {
            Self::NoEnd { start } | Self::EndDate { start, .. } | Self::Numbered { start, .. } => {
                start
            }
        }
    }

    /// The same range from another day on.
    #[must_use]
    pub fn starting(self, start: Date) -> Self {
        match self {
            Self::NoEnd { .. } => Self::NoEnd { start },
            Self::EndDate { end, .. } => Self::EndDate { start, end },
            Self::Numbered { count, .. } => Self::Numbered { start, count },
        }
    }
}

/// A recurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// How it repeats.
    pub pattern: Pattern,
    /// Where it starts and ends.
    pub range: Range,
}

const WEEK: [(&str, Weekday); 7] = [
    ("Sunday", Weekday::Sunday),
    ("Monday", Weekday::Monday),
    ("Tuesday", Weekday::Tuesday),
    ("Wednesday", Weekday::Wednesday),
    ("Thursday", Weekday::Thursday),
    ("Friday", Weekday::Friday),
    ("Saturday", Weekday::Saturday),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const INDEXES: [(&str, Index); 5] = [
    ("First", Index::First),
    ("Second", Index::Second),
    ("Third", Index::Third),
    ("Fourth", Index::Fourth),
    ("Last", Index::Last),
];

const DAYS: [(&str, Days); 3] = [
    ("Day", Days::Day),
    ("Weekday", Days::Weekday),
    ("WeekendDay", Days::WeekendDay),
];

const UNITS: [(&str, Unit); 4] = [
    ("DailyRegeneration", Unit::Day),
    ("WeeklyRegeneration", Unit::Week),
    ("MonthlyRegeneration", Unit::Month),
    ("YearlyRegeneration", Unit::Year),
];

fn named<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    let found = table.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value)
}

fn name_of<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    let found = table.iter().find(|(_, known)| known == value);
    found.map_or("", |(name, _)| name)
}

/// A date, with or without the zone that Exchange appends.
fn date(text: &str) -> Option<Date> {
    text.trim().get(..10)?.parse().ok()
}

fn number<T: std::str::FromStr + PartialOrd>(
    element: &Element,
    name: &str,
    low: T,
    high: T,
) -> Result<T, Failure> {
    let value = element.child_text(name).and_then(|text| text.parse().ok());
    value
        .filter(|value| *value >= low && *value <= high)
        .ok_or(Failure::RECURRENCE)
}

impl Recurrence {
    /// Reads `Recurrence`.
    ///
    /// # Errors
    /// `ErrorCalendarInvalidRecurrence` for unknown patterns and numbers out of range.
    pub fn read(element: &Element) -> Result<Self, Failure> {
        let [pattern, range] = element.children.as_slice() else {
            return Err(Failure::RECURRENCE);
        };
        Ok(Self {
            pattern: read_pattern(pattern)?,
            range: read_range(range)?,
        })
    }

    /// Writes it back; `zone` (`Z`, `+01:00`) is appended to the dates, as Exchange does.
    pub fn element(&self, zone: &str) -> Element {
        let mut element = Element::new("Recurrence");
        element.children = vec![write_pattern(&self.pattern), write_range(&self.range, zone)];
        element
    }
}

fn read_pattern(element: &Element) -> Result<Pattern, Failure> {
    let wrong = || Failure::RECURRENCE;
    let interval = |most| number(element, "Interval", 1, most);
    let text = |name: &str| element.child_text(name).unwrap_or_default();
    let day = || number(element, "DayOfMonth", 1i8, 31);
    let month = || {
        let at = MONTHS.iter().position(|known| *known == text("Month"));
        at.and_then(|at| i8::try_from(at + 1).ok())
            .ok_or_else(wrong)
    };
    let index = || named(&INDEXES, text("DayOfWeekIndex")).ok_or_else(wrong);
    let days = || {
        let name = text("DaysOfWeek");
        let of = || named(&WEEK, name).map(Days::Of);
        named(&DAYS, name).or_else(of).ok_or_else(wrong)
    };
    match element.name.as_str() {
        "DailyRecurrence" => Ok(Pattern::Daily {
            interval: interval(999)?,
        }),
        "WeeklyRecurrence" => {
            let mut wanted = Vec::new();
            for name in text("DaysOfWeek").split_ascii_whitespace() {
                match name {
                    "Day" => wanted.extend(WEEK.map(|(_, day)| day)),
                    "Weekday" => wanted.extend(WEEK[1..6].iter().map(|(_, day)| *day)),
                    "WeekendDay" => wanted.extend([Weekday::Sunday, Weekday::Saturday]),
                    name => wanted.push(named(&WEEK, name).ok_or_else(wrong)?),
                }
            }
            let days: Vec<Weekday> = WEEK.map(|(_, day)| day).into_iter().collect();
            let days: Vec<Weekday> = days.into_iter().filter(|d| wanted.contains(d)).collect();
            if days.is_empty() {
                return Err(wrong());
            }
            Ok(Pattern::Weekly {
                interval: interval(99)?,
                days,
                first_day: named(&WEEK, text("FirstDayOfWeek")).unwrap_or(Weekday::Sunday),
            })
        }
        "AbsoluteMonthlyRecurrence" => Ok(Pattern::AbsoluteMonthly {
            interval: interval(99)?,
            day: day()?,
        }),
        "RelativeMonthlyRecurrence" => Ok(Pattern::RelativeMonthly {
            interval: interval(99)?,
            days: days()?,
            index: index()?,
        }),
        "AbsoluteYearlyRecurrence" => Ok(Pattern::AbsoluteYearly {
            day: day()?,
            month: month()?,
        }),
        "RelativeYearlyRecurrence" => Ok(Pattern::RelativeYearly {
            days: days()?,
            index: index()?,
            month: month()?,
        }),
        name => Ok(Pattern::Regeneration {
            unit: named(&UNITS, name).ok_or_else(wrong)?,
            interval: interval(999)?,
        }),
    }
}

fn read_range(element: &Element) -> Result<Range, Failure> {
    let day = |name: &str| {
        let text = element.child_text(name).unwrap_or_default();
        date(text).ok_or(Failure::RECURRENCE)
    };
    let start = day("StartDate")?;
    match element.name.as_str() {
        "NoEndRecurrence" => Ok(Range::NoEnd { start }),
        "EndDateRecurrence" => Ok(Range::EndDate {
            start,
            end: day("EndDate")?,
        }),
        "NumberedRecurrence" => Ok(Range::Numbered {
            start,
            count: number(element, "NumberOfOccurrences", 1, 999)?,
        }),
        _ => Err(Failure::RECURRENCE),
    }
}

fn days_name(days: &Days) -> &'static str {
    match days {
        Days::Of(day) => name_of(&WEEK, day),
        other => name_of(&DAYS, other),
    }
}

fn month_name(month: i8) -> &'static str {
    let at = usize::try_from(month).unwrap_or(1).saturating_sub(1);
    MONTHS.get(at).copied().unwrap_or("January")
}

fn write_pattern(pattern: &Pattern) -> Element {
    let (name, parts): (&str, Vec<(&str, String)>) = match pattern {
        Pattern::Daily { interval } => {
            ("DailyRecurrence", vec![("Interval", interval.to_string())])
        }
        Pattern::Weekly {
            interval,
            days,
            first_day,
        } => {
            let days: Vec<&str> = days.iter().map(|day| name_of(&WEEK, day)).collect();
            let parts = vec![
                ("Interval", interval.to_string()),
                ("DaysOfWeek", days.join(" ")),
                ("FirstDayOfWeek", name_of(&WEEK, first_day).to_owned()),
            ];
            ("WeeklyRecurrence", parts)
        }
        Pattern::AbsoluteMonthly { interval, day } => {
            let parts = vec![
                ("Interval", interval.to_string()),
                ("DayOfMonth", day.to_string()),
            ];
            ("AbsoluteMonthlyRecurrence", parts)
        }
        Pattern::RelativeMonthly {
            interval,
            days,
            index,
        } => {
            let parts = vec![
                ("Interval", interval.to_string()),
                ("DaysOfWeek", days_name(days).to_owned()),
                ("DayOfWeekIndex", name_of(&INDEXES, index).to_owned()),
            ];
            ("RelativeMonthlyRecurrence", parts)
        }
        Pattern::AbsoluteYearly { day, month } => {
            let parts = vec![
                ("DayOfMonth", day.to_string()),
                ("Month", month_name(*month).to_owned()),
            ];
            ("AbsoluteYearlyRecurrence", parts)
        }
        Pattern::RelativeYearly { days, index, month } => {
            let parts = vec![
                ("DaysOfWeek", days_name(days).to_owned()),
                ("DayOfWeekIndex", name_of(&INDEXES, index).to_owned()),
                ("Month", month_name(*month).to_owned()),
            ];
            ("RelativeYearlyRecurrence", parts)
        }
        Pattern::Regeneration { unit, interval } => (
            name_of(&UNITS, unit),
            vec![("Interval", interval.to_string())],
        ),
    };
    with_parts(name, parts)
}

fn write_range(range: &Range, zone: &str) -> Element {
    let day = |day: Date| format!("{day}{zone}");
    match *range {
        Range::NoEnd { start } => with_parts("NoEndRecurrence", vec![("StartDate", day(start))]),
        Range::EndDate { start, end } => with_parts(
            "EndDateRecurrence",
            vec![("StartDate", day(start)), ("EndDate", day(end))],
        ),
        Range::Numbered { start, count } => with_parts(
            "NumberedRecurrence",
            vec![
                ("StartDate", day(start)),
                ("NumberOfOccurrences", count.to_string()),
            ],
        ),
    }
}

fn with_parts(name: &str, parts: Vec<(&str, String)>) -> Element {
    let mut element = Element::new(name);
    let parts = parts
        .iter()
        .map(|(name, text)| Element::with_text(name, text));
    element.children = parts.collect();
    element
}
