//! Rules of repetition: from a file into Exchange's six patterns, and as text from both sides, so that they can be
//! compared.
//! MS-OXCICAL, section 2.1.3.2.2.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Weekday};

use crate::{
    crm::Record,
    exchange::{Days, Index, Pattern, Range, Recurrence, Zone},
};

const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// Parts of a rule that Exchange has nothing for.
const FOREIGN: [&str; 7] = [
    "BYSECOND",
    "BYMINUTE",
    "BYHOUR",
    "BYYEARDAY",
    "BYWEEKNO",
    "RSCALE",
    "SKIP",
];

/// Exchange's pattern for the text of an `RRULE`, for a series that starts at that time of its zone. `None` where a
/// mailbox cannot hold it.
pub(super) fn read(text: &str, start: DateTime, zone: &Zone) -> Option<Recurrence> {
    let parts: BTreeMap<String, String> = text
        .trim()
        .split(';')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.trim().to_uppercase(), value.trim().to_uppercase()))
        .collect();
    let part = |name: &str| parts.get(name).map(String::as_str);
    if FOREIGN.iter().any(|name| parts.contains_key(*name)) {
        return None;
    }
    let interval: u16 = part("INTERVAL").map_or(Some(1), |text| text.parse().ok())?;
    let rule = Rule {
        interval,
        days: days(part("BYDAY").unwrap_or_default())?,
        month_day: match part("BYMONTHDAY") {
            None => None,
            Some("-1") => Some(31),
            Some(text) => Some(text.parse().ok().filter(|day| (1..=31).contains(day))?),
        },
        month: match part("BYMONTH") {
            None => None,
            Some(text) => Some(text.parse().ok().filter(|month| (1..=12).contains(month))?),
        },
        position: match part("BYSETPOS") {
            None => None,
            Some(text) => Some(text.parse().ok()?),
        },
        first_day: part("WKST").and_then(day).unwrap_or(Weekday::Monday),
        start: start.date(),
    };
    let pattern = rule.pattern(part("FREQ")?)?;
    let start = start.date();
    let range = match (part("COUNT"), part("UNTIL")) {
        (Some(count), _) => Range::Numbered {
            start,
            count: count
                .parse()
                .ok()
                .filter(|count| (1..=999).contains(count))?,
        },
        (None, Some(until)) => Range::EndDate {
            start,
            end: last_day(until, zone)?,
        },
        (None, None) => Range::NoEnd { start },
    };
    Some(Recurrence { pattern, range })
}

struct Rule {
    interval: u16,
    /// Number in the month or year, 0 for every one, and day.
    days: Vec<(i32, Weekday)>,
    month_day: Option<i8>,
    month: Option<i8>,
    position: Option<i32>,
    first_day: Weekday,
    start: Date,
}

impl Rule {
    fn pattern(&self, frequency: &str) -> Option<Pattern> {
        if !(1..=999).contains(&self.interval) {
            return None;
        }
        let plain = self.month_day.is_none() && self.position.is_none() && self.month.is_none();
        match frequency {
            "DAILY" if plain && self.days.is_empty() => Some(Pattern::Daily {
                interval: self.interval,
            }),
            "DAILY" if plain && self.interval == 1 => self.weekly(),
            "WEEKLY" if plain => self.weekly(),
            "MONTHLY" if self.month.is_none() => self.monthly(self.interval),
            "YEARLY" => self.yearly(),
            _ => None,
        }
    }

    fn weekly(&self) -> Option<Pattern> {
        if self.interval > 99 || self.days.iter().any(|(number, _)| *number != 0) {
            return None;
        }
        let mut days: Vec<Weekday> = self.days.iter().map(|(_, day)| *day).collect();
        if days.is_empty() {
            days.push(self.start.weekday());
        }
        // The order of a week in Exchange.
        days.sort_by_key(|day| day.to_sunday_zero_offset());
        days.dedup();
        Some(Pattern::Weekly {
            interval: self.interval,
            days,
            first_day: self.first_day,
        })
    }

    fn monthly(&self, interval: u16) -> Option<Pattern> {
        if interval > 99 {
            return None;
        }
        if let Some((days, index)) = self.relative()? {
            return Some(Pattern::RelativeMonthly {
                interval,
                days,
                index,
            });
        }
        Some(Pattern::AbsoluteMonthly {
            interval,
            day: self.month_day.unwrap_or(self.start.day()),
        })
    }

    fn yearly(&self) -> Option<Pattern> {
        let month = self.month.unwrap_or(self.start.month());
        if self.interval > 1 {
            // Every other year is every 24th month, if it begins in the right one.
            let months = self.interval.checked_mul(12)?;
            return (month == self.start.month()).then(|| self.monthly(months))?;
        }
        if let Some((days, index)) = self.relative()? {
            // Without a month the number counts in the year.
            self.month?;
            return Some(Pattern::RelativeYearly { days, index, month });
        }
        Some(Pattern::AbsoluteYearly {
            day: self.month_day.unwrap_or(self.start.day()),
            month,
        })
    }

    /// The first, second… of some days: an inner `None` says that no days are named.
    #[expect(clippy::option_option, reason = "not held and not asked differ")]
    fn relative(&self) -> Option<Option<(Days, Index)>> {
        let [(number, first), rest @ ..] = self.days.as_slice() else {
            return self.position.is_none().then_some(None);
        };
        if self.month_day.is_some() {
            return None;
        }
        let named: Vec<Weekday> = self.days.iter().map(|(_, day)| *day).collect();
        let days = match rest.len() {
            0 => Days::Of(*first),
            _ if self.days.iter().any(|(number, _)| *number != 0) => return None,
            6 => Days::Day,
            4 if !named.contains(&Weekday::Saturday) && !named.contains(&Weekday::Sunday) => {
                Days::Weekday
            }
            1 if named.contains(&Weekday::Saturday) && named.contains(&Weekday::Sunday) => {
                Days::WeekendDay
            }
            _ => return None,
        };
        let which = match (number, self.position) {
            (0, Some(position)) => position,
            (number, None) => *number,
            _ => return None,
        };
        let index = match which {
            1 => Index::First,
            2 => Index::Second,
            3 => Index::Third,
            4 => Index::Fourth,
            -1 => Index::Last,
            _ => return None,
        };
        Some(Some((days, index)))
    }
}

fn day(name: &str) -> Option<Weekday> {
    let found = DAYS.iter().find(|(known, _)| *known == name);
    found.map(|(_, day)| *day)
}

fn days(text: &str) -> Option<Vec<(i32, Weekday)>> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| {
            let at = name.len().checked_sub(2)?;
            let (number, name) = name.split_at_checked(at)?;
            let number = match number {
                "" => 0,
                number => number.parse().ok()?,
            };
            Some((number, day(name)?))
        })
        .collect()
}

/// The last day of `UNTIL`, by the clock of the series.
fn last_day(text: &str, zone: &Zone) -> Option<Date> {
    let day: Date = text.get(..8)?.parse().ok()?;
    if !text.ends_with('Z') {
        return Some(day);
    }
    let number = |at: std::ops::Range<usize>| text.get(at)?.parse::<i8>().ok();
    let time = jiff::civil::Time::new(number(9..11)?, number(11..13)?, 0, 0).ok()?;
    let at = jiff::tz::TimeZone::UTC
        .to_timestamp(day.to_datetime(time))
        .ok()?;
    Some(zone.rules.to_datetime(at).date())
}

fn name(day: Weekday) -> &'static str {
    let found = DAYS.iter().find(|(_, known)| *known == day);
    found.map_or("", |(name, _)| name)
}

fn named(days: Days) -> (String, bool) {
    match days {
        Days::Of(day) => (name(day).to_owned(), false),
        Days::Day => ("MO,TU,WE,TH,FR,SA,SU".to_owned(), true),
        Days::Weekday => ("MO,TU,WE,TH,FR".to_owned(), true),
        Days::WeekendDay => ("SA,SU".to_owned(), true),
    }
}

fn relative(days: Days, index: Index) -> String {
    let index = match index {
        Index::First => 1,
        Index::Second => 2,
        Index::Third => 3,
        Index::Fourth => 4,
        Index::Last => -1,
    };
    match named(days) {
        (days, true) => format!("BYDAY={days};BYSETPOS={index}"),
        (day, false) => format!("BYDAY={index}{day}"),
    }
}

fn every(interval: u16) -> String {
    match interval {
        0 | 1 => String::new(),
        interval => format!(";INTERVAL={interval}"),
    }
}

/// A series of a mailbox as the text of a rule.
pub(super) fn of_mailbox(recurrence: &Recurrence) -> String {
    let pattern = match &recurrence.pattern {
        Pattern::Daily { interval } => format!("FREQ=DAILY{}", every(*interval)),
        Pattern::Weekly { interval, days, .. } => {
            let in_order = DAYS.iter().filter(|(_, day)| days.contains(day));
            let names: Vec<&str> = in_order.map(|(name, _)| *name).collect();
            format!("FREQ=WEEKLY{};BYDAY={}", every(*interval), names.join(","))
        }
        Pattern::AbsoluteMonthly { interval, day } => {
            format!("FREQ=MONTHLY{};BYMONTHDAY={day}", every(*interval))
        }
        Pattern::RelativeMonthly {
            interval,
            days,
            index,
        } => {
            let which = relative(*days, *index);
            format!("FREQ=MONTHLY{};{which}", every(*interval))
        }
        Pattern::AbsoluteYearly { day, month } => {
            format!("FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}")
        }
        Pattern::RelativeYearly { days, index, month } => {
            format!("FREQ=YEARLY;BYMONTH={month};{}", relative(*days, *index))
        }
        Pattern::Regeneration { unit, interval } => format!("AGAIN={interval} {unit:?}"),
    };
    match recurrence.range {
        Range::NoEnd { .. } => pattern,
        Range::EndDate { end, .. } => format!("{pattern};UNTIL={}", end.strftime("%Y%m%d")),
        Range::Numbered { count, .. } => format!("{pattern};COUNT={count}"),
    }
}

/// A series of the CRM as the text of a rule; the codes are those of `recurrence_pattern`, days from 1 for Monday,
/// 5 for the last of a month.
pub(super) fn of_crm(record: &Record) -> String {
    let number = |name: &str| record.field(name).parse::<u16>().unwrap_or(0);
    let which = |nth: u16, day: u16| {
        let nth = if nth == 5 { -1 } else { i32::from(nth) };
        let day = usize::from(day).checked_sub(1).and_then(|at| DAYS.get(at));
        format!("BYDAY={nth}{}", day.map_or("?", |(name, _)| name))
    };
    let pattern = match record.field("RecurrencePattern") {
        "1" if record.is("DailyEveryWeekDay") => "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR".to_owned(),
        "1" => format!("FREQ=DAILY{}", every(number("DailyEveryDays"))),
        "2" => {
            let fields = [
                "WeeklyIsMonday",
                "WeeklyIsTuesday",
                "WeeklyIsWednesday",
                "WeeklyIsThursday",
                "WeeklyIsFriday",
                "weeklyIsSaturday",
                "weeklyIsSunday",
            ];
            let on = fields
                .iter()
                .zip(DAYS)
                .filter(|(field, _)| record.is(field));
            let names: Vec<&str> = on.map(|(_, (name, _))| name).collect();
            let interval = every(number("RecurEveryWeeksOn"));
            format!("FREQ=WEEKLY{interval};BYDAY={}", names.join(","))
        }
        "3" => match number("MonthlyDayOfEveryMonths") {
            0 => {
                let interval = every(number("MonthlyWeekedayOfEveryNthMonths"));
                let nth = number("MonthlyNthWeekdayofMonths");
                let which = which(nth, number("MonthlyWeekdayOfMonths"));
                format!("FREQ=MONTHLY{interval};{which}")
            }
            day => {
                let interval = every(number("MonthlyDayOfEveryNthMonths"));
                format!("FREQ=MONTHLY{interval};BYMONTHDAY={day}")
            }
        },
        "4" => {
            let interval = every(number("YearlyRecurEveryNthYear"));
            match number("YearlyOnDateOfMonth") {
                0 => {
                    let nth = number("YearlyOnTheNthWeekday");
                    let which = which(nth, number("YearlyOnTheWeekday"));
                    let month = number("YearlyOnTheMonth");
                    format!("FREQ=YEARLY{interval};BYMONTH={month};{which}")
                }
                day => {
                    let month = number("YearlyOnMonth");
                    format!("FREQ=YEARLY{interval};BYMONTH={month};BYMONTHDAY={day}")
                }
            }
        }
        other => format!("PATTERN={other}"),
    };
    let last = record.time("RecurrenceEndDate").map(|at| {
        let day = jiff::tz::TimeZone::UTC.to_datetime(at).date();
        day.strftime("%Y%m%d").to_string()
    });
    match (record.is("NoEndDate"), number("EndOcurrences"), last) {
        (true, _, _) => pattern,
        (false, 0, Some(last)) => format!("{pattern};UNTIL={last}"),
        (false, 0, None) => pattern,
        (false, count, _) => format!("{pattern};COUNT={count}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_become_patterns_or_nothing() {
        let start = jiff::civil::date(2026, 11, 26).at(9, 0, 0, 0);
        let berlin = Zone::windows("W. Europe Standard Time").unwrap();
        for (rule, again) in [
            (
                "FREQ=DAILY;INTERVAL=2;COUNT=5",
                "FREQ=DAILY;INTERVAL=2;COUNT=5",
            ),
            ("FREQ=DAILY;BYDAY=MO,TU", "FREQ=WEEKLY;BYDAY=MO,TU"),
            ("FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=TH"),
            (
                "FREQ=WEEKLY;UNTIL=20261231T230000Z;BYDAY=SU,MO",
                "FREQ=WEEKLY;BYDAY=MO,SU;UNTIL=20270101",
            ),
            ("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=26"),
            ("FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=-1FR"),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            ),
            ("FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=26"),
            (
                "FREQ=YEARLY;INTERVAL=2",
                "FREQ=MONTHLY;INTERVAL=24;BYMONTHDAY=26",
            ),
            (
                "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
                "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            ),
        ] {
            let read = read(rule, start, &berlin).unwrap_or_else(|| panic!("{rule}"));
            assert_eq!(of_mailbox(&read), again, "{rule}");
        }
        for rule in [
            "FREQ=HOURLY",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;BYHOUR=9",
            "FREQ=MONTHLY;BYMONTHDAY=1,15",
            "FREQ=WEEKLY;BYDAY=XX",
            "FREQ=DAILY;COUNT=100000",
            "FREQ=YEARLY;BYDAY=20MO",
            "nonsense",
        ] {
            assert_eq!(read(rule, start, &berlin), None, "{rule}");
        }
    }
}
