//! How a series repeats: Exchange's patterns as rules of iCalendar (RFC 5545 section 3.3.10) and back.
//!
//! <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/recurrence-patterns-and-ews>

use jiff::civil::Date;

use super::{
    value::civil_date,
    xml::{Walker, XmlError},
};

/// Exchange's day names with those of iCalendar.
pub(super) const DAYS: [(&str, &str); 7] = [
    ("Monday", "MO"),
    ("Tuesday", "TU"),
    ("Wednesday", "WE"),
    ("Thursday", "TH"),
    ("Friday", "FR"),
    ("Saturday", "SA"),
    ("Sunday", "SU"),
];

/// Exchange's groups of days with those of iCalendar.
pub(super) const GROUPS: [(&str, &str); 3] = [
    ("Day", "MO,TU,WE,TH,FR,SA,SU"),
    ("Weekday", "MO,TU,WE,TH,FR"),
    ("WeekendDay", "SA,SU"),
];

pub(super) const INDEXES: [(&str, i8); 5] = [
    ("First", 1),
    ("Second", 2),
    ("Third", 3),
    ("Fourth", 4),
    ("Last", -1),
];

pub(super) const MONTHS: [&str; 12] = [
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

/// A `Recurrence` element as read; empty where the answer says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pattern {
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
    end: Option<Date>,
    count: String,
}

impl Pattern {
    /// Reads a `Recurrence` element, of calendar items or tasks.
    pub(crate) fn read(walker: &mut Walker<'_>) -> Result<Self, XmlError> {
        let mut pattern = Self::default();
        while let Some(element) = walker.child()? {
            match element.name() {
                range @ ("NoEndRecurrence" | "EndDateRecurrence" | "NumberedRecurrence") => {
                    range.clone_into(&mut pattern.range);
                }
                name => name.clone_into(&mut pattern.name),
            }
            while let Some(part) = walker.child()? {
                let name = part.name().to_owned();
                let text = walker.text()?;
                let text = text.trim();
                match name.as_str() {
                    "Interval" => text.clone_into(&mut pattern.interval),
                    "DaysOfWeek" => {
                        pattern.days = text.split_whitespace().map(str::to_owned).collect();
                    }
                    "DayOfWeekIndex" => text.clone_into(&mut pattern.index),
                    "DayOfMonth" => text.clone_into(&mut pattern.day_of_month),
                    "Month" => text.clone_into(&mut pattern.month),
                    "FirstDayOfWeek" => text.clone_into(&mut pattern.first_day),
                    "EndDate" => pattern.end = civil_date(text),
                    "NumberOfOccurrences" => text.clone_into(&mut pattern.count),
                    _ => {}
                }
            }
        }
        Ok(pattern)
    }

    /// The rule, or a sentence that says why there is none.
    pub(crate) fn to_rule(&self) -> Result<String, String> {
        let mut parts = self.pattern_parts()?;
        match self.range.as_str() {
            "NumberedRecurrence" => {
                let count: u32 = number(&self.count, "the number of its occurrences")?;
                parts.push(format!("COUNT={count}"));
            }
            "EndDateRecurrence" => {
                let end = self.end.ok_or_else(|| unreadable("the day it ends"))?;
                parts.push(format!("UNTIL={}", end.strftime("%Y%m%d")));
            }
            // Without a range the series has no end, which is what `NoEndRecurrence` says.
            _ => {}
        }
        Ok(parts.join(";"))
    }

    fn pattern_parts(&self) -> Result<Vec<String>, String> {
        let interval = match self.interval.as_str() {
            "" | "1" => None,
            text => Some(format!("INTERVAL={}", number::<u32>(text, "its interval")?)),
        };
        let (freq, rest) = match self.name.as_str() {
            "DailyRecurrence" => ("DAILY", Vec::new()),
            "WeeklyRecurrence" => ("WEEKLY", self.weekly()?),
            "AbsoluteMonthlyRecurrence" => ("MONTHLY", vec![self.month_day()?]),
            "RelativeMonthlyRecurrence" => ("MONTHLY", self.relative()?),
            "AbsoluteYearlyRecurrence" => ("YEARLY", vec![self.by_month()?, self.month_day()?]),
            "RelativeYearlyRecurrence" => {
                let mut parts = vec![self.by_month()?];
                parts.extend(self.relative()?);
                ("YEARLY", parts)
            }
            name if name.ends_with("Regeneration") => {
                return Err(
                    "The next task comes only when this one is done, which no rule can say.".into(),
                );
            }
            _ => return Err("The server does not say how the series repeats.".into()),
        };
        let mut parts = vec![format!("FREQ={freq}")];
        parts.extend(interval);
        parts.extend(rest);
        Ok(parts)
    }

    fn weekly(&self) -> Result<Vec<String>, String> {
        let mut days = Vec::new();
        for name in &self.days {
            let known = DAYS.iter().chain(&GROUPS).find(|(day, _)| day == name);
            let (_, codes) = known.ok_or_else(|| unreadable("its days"))?;
            days.extend(codes.split(','));
        }
        // In the order of the week, each once: two servers that mean the same say the same.
        let ordered: Vec<&str> = DAYS
            .iter()
            .map(|(_, code)| *code)
            .filter(|code| days.contains(code))
            .collect();
        let mut parts = Vec::new();
        if !ordered.is_empty() {
            parts.push(format!("BYDAY={}", ordered.join(",")));
        }
        // iCalendar's week starts on Monday unless it says otherwise, and it matters from two weeks on.
        let first = DAYS.iter().find(|(name, _)| *name == self.first_day);
        if let Some((_, code)) = first
            && *code != "MO"
            && !matches!(self.interval.as_str(), "" | "1")
        {
            parts.push(format!("WKST={code}"));
        }
        Ok(parts)
    }

    fn by_month(&self) -> Result<String, String> {
        let at = MONTHS.iter().position(|month| *month == self.month);
        let at = at.ok_or_else(|| unreadable("its month"))?;
        Ok(format!("BYMONTH={}", at + 1))
    }

    /// Exchange takes the last day of months that are too short. For the 31st that is the last day of
    /// every month; for the 29th and 30th the rule differs from it in February only.
    fn month_day(&self) -> Result<String, String> {
        let day: u8 = number(&self.day_of_month, "its day")?;
        match day {
            1..=30 => Ok(format!("BYMONTHDAY={day}")),
            31 if self.name == "AbsoluteMonthlyRecurrence" => Ok("BYMONTHDAY=-1".to_owned()),
            31 => Ok("BYMONTHDAY=31".to_owned()),
            _ => Err(unreadable("its day")),
        }
    }

    fn relative(&self) -> Result<Vec<String>, String> {
        let index = INDEXES.iter().find(|(name, _)| *name == self.index);
        let (_, index) = index.ok_or_else(|| unreadable("which week it is in"))?;
        let [day] = &self.days[..] else {
            return Err(unreadable("its day"));
        };
        if day == "Day" {
            return Ok(vec![format!("BYMONTHDAY={index}")]);
        }
        if let Some((_, code)) = DAYS.iter().find(|(name, _)| name == day) {
            return Ok(vec![format!("BYDAY={index}{code}")]);
        }
        let group = GROUPS.iter().find(|(name, _)| name == day);
        let (_, codes) = group.ok_or_else(|| unreadable("its day"))?;
        Ok(vec![format!("BYDAY={codes}"), format!("BYSETPOS={index}")])
    }
}

fn number<T: std::str::FromStr + PartialOrd + From<u8>>(
    text: &str,
    what: &str,
) -> Result<T, String> {
    let number = text.parse::<T>().ok();
    number
        .filter(|number| *number >= T::from(1))
        .ok_or_else(|| unreadable(what))
}

fn unreadable(what: &str) -> String {
    format!("The series repeats in a way that cannot be read: {what}.")
}
