//! How a series repeats: Exchange's `Recurrence` element, read and written.
//!
//! <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/recurrence-patterns-and-ews>

use std::str::FromStr;

use jiff::civil::Date;
use ssi_domain::recurrence::{DayKind, Days, Index, Pattern, Range, Recurrence, Weekday};

use super::{
    value::civil_date,
    xml::{Walker, Xml, XmlError},
};

/// Exchange's names of the days, Monday first.
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// Exchange's groups of days.
const GROUPS: [(&str, DayKind); 3] = [
    ("Day", DayKind::Day),
    ("Weekday", DayKind::Weekday),
    ("WeekendDay", DayKind::WeekendDay),
];

const INDEXES: [(&str, Index); 5] = [
    ("First", Index::First),
    ("Second", Index::Second),
    ("Third", Index::Third),
    ("Fourth", Index::Fourth),
    ("Last", Index::Last),
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

/// Largest intervals Exchange takes (MS-OXOCAL 2.2.1.44.1): days, weeks, months.
const MOST: [u16; 3] = [999, 99, 99];

/// A `Recurrence` element as read; empty where the answer says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Name of the pattern element, for example `WeeklyRecurrence`.
    name: String,
    /// Name of the range element, for example `NumberedRecurrence`.
    range: String,
    interval: String,
    days: Vec<String>,
    index: String,
    day_of_month: String,
    month: String,
    first_day: String,
    start: Option<Date>,
    end: Option<Date>,
    count: String,
}

impl Written {
    /// Reads a `Recurrence` element, of calendar items or tasks.
    pub(crate) fn read(walker: &mut Walker<'_>) -> Result<Self, XmlError> {
        let mut written = Self::default();
        while let Some(element) = walker.child()? {
            match element.name() {
                range @ ("NoEndRecurrence" | "EndDateRecurrence" | "NumberedRecurrence") => {
                    range.clone_into(&mut written.range);
                }
                name => name.clone_into(&mut written.name),
            }
            while let Some(part) = walker.child()? {
                let name = part.name().to_owned();
                let text = walker.text()?;
                let text = text.trim();
                match name.as_str() {
                    "Interval" => text.clone_into(&mut written.interval),
                    "DaysOfWeek" => {
                        written.days = text.split_whitespace().map(str::to_owned).collect();
                    }
                    "DayOfWeekIndex" => text.clone_into(&mut written.index),
                    "DayOfMonth" => text.clone_into(&mut written.day_of_month),
                    "Month" => text.clone_into(&mut written.month),
                    "FirstDayOfWeek" => text.clone_into(&mut written.first_day),
                    "StartDate" => written.start = civil_date(text),
                    "EndDate" => written.end = civil_date(text),
                    "NumberOfOccurrences" => text.clone_into(&mut written.count),
                    _ => {}
                }
            }
        }
        Ok(written)
    }

    /// The rule, of something that first happens on `first` if the range does not say; or a sentence that
    /// says why there is none.
    pub(crate) fn rule(&self, first: Option<Date>) -> Result<String, String> {
        let pattern = self.pattern()?;
        let start = self.start.or(first);
        let start = start.ok_or_else(|| unreadable("the day it starts"))?;
        let range = match self.range.as_str() {
            "NumberedRecurrence" => Range::Count {
                start,
                count: number(&self.count, "the number of its occurrences")?,
            },
            "EndDateRecurrence" => Range::Until {
                start,
                end: self.end.ok_or_else(|| unreadable("the day it ends"))?,
            },
            // Without a range the series has no end, which is what `NoEndRecurrence` says.
            _ => Range::NoEnd { start },
        };
        let series = Recurrence { pattern, range };
        series
            .first()
            .map(|_| series.to_rrule())
            .ok_or_else(|| "The series ends before it happens for the first time.".to_owned())
    }

    fn pattern(&self) -> Result<Pattern, String> {
        let interval = match self.interval.as_str() {
            "" => 1,
            text => number(text, "its interval")?,
        };
        Ok(match self.name.as_str() {
            "DailyRecurrence" => Pattern::Daily { interval },
            "WeeklyRecurrence" => Pattern::Weekly {
                interval,
                days: self.week_days()?,
                first_day: weekday(&self.first_day).unwrap_or(Weekday::Monday),
            },
            "AbsoluteMonthlyRecurrence" => Pattern::MonthlyDay {
                interval,
                day: self.month_day()?,
            },
            "RelativeMonthlyRecurrence" => Pattern::MonthlyNth {
                interval,
                index: self.index()?,
                days: self.day_kind()?,
            },
            "AbsoluteYearlyRecurrence" => Pattern::YearlyDay {
                interval: 1,
                month: self.month()?,
                day: self.month_day()?,
            },
            "RelativeYearlyRecurrence" => Pattern::YearlyNth {
                interval: 1,
                month: self.month()?,
                index: self.index()?,
                days: self.day_kind()?,
            },
            name if name.ends_with("Regeneration") => {
                return Err(
                    "The next task comes only when this one is done, which no rule can say.".into(),
                );
            }
            _ => return Err("The server does not say how the series repeats.".into()),
        })
    }

    fn week_days(&self) -> Result<Days, String> {
        let mut days = Vec::new();
        for name in &self.days {
            days.extend(
                kind(name)
                    .ok_or_else(|| unreadable("its days"))?
                    .days()
                    .iter(),
            );
        }
        match days.is_empty() {
            true => Err(unreadable("its days")),
            false => Ok(days.into_iter().collect()),
        }
    }

    fn day_kind(&self) -> Result<DayKind, String> {
        match &self.days[..] {
            [day] => kind(day).ok_or_else(|| unreadable("its day")),
            _ => Err(unreadable("its day")),
        }
    }

    fn index(&self) -> Result<Index, String> {
        let known = INDEXES.iter().find(|(name, _)| *name == self.index);
        known
            .map(|(_, index)| *index)
            .ok_or_else(|| unreadable("which week it is in"))
    }

    fn month(&self) -> Result<u8, String> {
        let at = MONTHS.iter().position(|month| *month == self.month);
        let month = at.and_then(|at| u8::try_from(at + 1).ok());
        month.ok_or_else(|| unreadable("its month"))
    }

    fn month_day(&self) -> Result<u8, String> {
        number::<u8>(&self.day_of_month, "its day")
            .ok()
            .filter(|day| *day <= 31)
            .ok_or_else(|| unreadable("its day"))
    }
}

/// Writes the `Recurrence` element of a series; or says why Exchange cannot hold it.
pub(crate) fn write(series: &Recurrence) -> Result<String, String> {
    let mut xml = Xml::new();
    xml.open("t:Recurrence", &[]);
    write_pattern(&mut xml, series.pattern)?;
    let start = series.range.start().to_string();
    match series.range {
        Range::NoEnd { .. } => {
            xml.open("t:NoEndRecurrence", &[])
                .leaf("t:StartDate", &start)
                .close("t:NoEndRecurrence");
        }
        Range::Until { end, .. } => {
            xml.open("t:EndDateRecurrence", &[])
                .leaf("t:StartDate", &start)
                .leaf("t:EndDate", &end.to_string())
                .close("t:EndDateRecurrence");
        }
        Range::Count { count, .. } => {
            xml.open("t:NumberedRecurrence", &[])
                .leaf("t:StartDate", &start)
                .leaf("t:NumberOfOccurrences", &count.to_string())
                .close("t:NumberedRecurrence");
        }
    }
    xml.close("t:Recurrence");
    Ok(xml.finish())
}

fn write_pattern(xml: &mut Xml, pattern: Pattern) -> Result<(), String> {
    let [most_days, most_weeks, most_months] = MOST;
    match pattern {
        Pattern::Daily { interval } => {
            xml.open("t:DailyRecurrence", &[]);
            write_interval(xml, interval, most_days)?;
            xml.close("t:DailyRecurrence");
        }
        Pattern::Weekly {
            interval,
            days,
            first_day,
        } => {
            let names: Vec<&str> = days.iter().map(|day| DAYS[day as usize]).collect();
            xml.open("t:WeeklyRecurrence", &[]);
            write_interval(xml, interval, most_weeks)?;
            xml.leaf("t:DaysOfWeek", &names.join(" "));
            // Exchange's week starts on Sunday unless it is told; it matters from two weeks on.
            if interval > 1 {
                xml.leaf("t:FirstDayOfWeek", DAYS[first_day as usize]);
            }
            xml.close("t:WeeklyRecurrence");
        }
        Pattern::MonthlyDay { interval, day } => {
            xml.open("t:AbsoluteMonthlyRecurrence", &[]);
            write_interval(xml, interval, most_months)?;
            xml.leaf("t:DayOfMonth", &day.to_string())
                .close("t:AbsoluteMonthlyRecurrence");
        }
        Pattern::MonthlyNth {
            interval,
            index,
            days,
        } => {
            xml.open("t:RelativeMonthlyRecurrence", &[]);
            write_interval(xml, interval, most_months)?;
            write_nth(xml, index, days);
            xml.close("t:RelativeMonthlyRecurrence");
        }
        // Exchange's years have no interval, its months do. The series starts in the month it falls on.
        Pattern::YearlyDay { interval, day, .. } if interval > 1 => {
            let interval = interval.saturating_mul(12);
            return write_pattern(xml, Pattern::MonthlyDay { interval, day });
        }
        Pattern::YearlyNth {
            interval,
            index,
            days,
            ..
        } if interval > 1 => {
            let monthly = Pattern::MonthlyNth {
                interval: interval.saturating_mul(12),
                index,
                days,
            };
            return write_pattern(xml, monthly);
        }
        Pattern::YearlyDay { month, day, .. } => {
            xml.open("t:AbsoluteYearlyRecurrence", &[])
                .leaf("t:DayOfMonth", &day.to_string())
                .leaf("t:Month", month_name(month))
                .close("t:AbsoluteYearlyRecurrence");
        }
        Pattern::YearlyNth {
            month, index, days, ..
        } => {
            xml.open("t:RelativeYearlyRecurrence", &[]);
            write_nth(xml, index, days);
            xml.leaf("t:Month", month_name(month))
                .close("t:RelativeYearlyRecurrence");
        }
    }
    Ok(())
}

fn write_interval(xml: &mut Xml, interval: u16, most: u16) -> Result<(), String> {
    if interval > most {
        return Err(format!(
            "the mail server cannot hold the series: its interval is at most {most}"
        ));
    }
    xml.leaf("t:Interval", &interval.to_string());
    Ok(())
}

fn write_nth(xml: &mut Xml, index: Index, days: DayKind) {
    let group = GROUPS.iter().find(|(_, kind)| *kind == days);
    let name = match (group, days) {
        (Some((name, _)), _) => name,
        (None, DayKind::Of(day)) => DAYS[day as usize],
        (None, _) => "Day",
    };
    let which = INDEXES.iter().find(|(_, known)| *known == index);
    xml.leaf("t:DaysOfWeek", name)
        .leaf("t:DayOfWeekIndex", which.map_or("First", |(name, _)| name));
}

fn month_name(month: u8) -> &'static str {
    MONTHS[usize::from(month.clamp(1, 12)) - 1]
}

fn weekday(name: &str) -> Option<Weekday> {
    let at = DAYS.iter().position(|day| *day == name)?;
    Weekday::ALL.get(at).copied()
}

fn kind(name: &str) -> Option<DayKind> {
    let group = GROUPS.iter().find(|(group, _)| *group == name);
    group
        .map(|(_, kind)| *kind)
        .or_else(|| weekday(name).map(DayKind::Of))
}

fn number<T: FromStr + PartialOrd + From<u8>>(text: &str, what: &str) -> Result<T, String> {
    let number = text.parse::<T>().ok();
    number
        .filter(|number| *number >= T::from(1))
        .ok_or_else(|| unreadable(what))
}

fn unreadable(what: &str) -> String {
    format!("The series repeats in a way that cannot be read: {what}.")
}
