//! Rules of iCalendar (RFC 5545, section 3.3.10), as far as a series in C4C can follow them.

use std::str::FromStr;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

/// Longest rule read, in bytes.
const LONGEST: usize = 500;

/// The days as rules name them, from Monday on.
pub(super) const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// A rule C4C can follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) each: Each,
    /// Every so many of these.
    pub(super) interval: i64,
    pub(super) end: End,
}

/// Which days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Each {
    Day,
    /// On these days; none means that of the start.
    Week(Vec<Weekday>),
    Month(Which),
    Year {
        /// None means that of the start.
        month: Option<i64>,
        which: Which,
    },
}

/// Which day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// That of the start.
    AsStart,
    /// By its number; 31 is the last one of shorter months too.
    Number(i64),
    /// The first to fourth, or fifth for the last, of these.
    Nth(i64, Weekday),
}

/// When it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Never,
    After(i64),
    Until(Until),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    Day(Date),
    Moment(Timestamp),
}

/// The parts of a rule before they are understood.
#[derive(Debug, Default)]
struct Parts<'a> {
    freq: &'a str,
    interval: Option<i64>,
    end: Option<End>,
    days: Vec<(Option<i64>, Weekday)>,
    month_day: Option<i64>,
    month: Option<i64>,
    position: Option<i64>,
    week_start: &'a str,
}

impl Rule {
    /// Reads a rule; floating times are in `zone`.
    ///
    /// # Errors
    /// Why C4C cannot follow it, fit for people.
    pub(super) fn read(text: &str, zone: &TimeZone) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > LONGEST || !text.is_ascii() {
            return Err("the rule of the series is not readable".into());
        }
        let upper = text.to_ascii_uppercase();
        let body = upper.strip_prefix("RRULE:").unwrap_or(&upper);
        let parts = Parts::read(body, zone)?;
        let interval = parts.interval.unwrap_or(1);
        let each = parts.each(interval)?;
        Ok(Self {
            each,
            // Workdays of every single week.
            interval,
            end: parts.end.unwrap_or(End::Never),
        })
    }

    /// The rule as text, parts in the usual order.
    pub(super) fn write(&self) -> String {
        let (freq, more) = match &self.each {
            Each::Day => ("DAILY", Vec::new()),
            Each::Week(days) if days.is_empty() => ("WEEKLY", Vec::new()),
            Each::Week(days) => {
                let days: Vec<&str> = days.iter().map(|day| name(*day)).collect();
                ("WEEKLY", vec![format!("BYDAY={}", days.join(","))])
            }
            Each::Month(which) => ("MONTHLY", which.part().into_iter().collect()),
            Each::Year { month, which } => {
                let month = month.map(|month| format!("BYMONTH={month}"));
                ("YEARLY", month.into_iter().chain(which.part()).collect())
            }
        };
        let mut parts = vec![format!("FREQ={freq}")];
        if self.interval != 1 {
            parts.push(format!("INTERVAL={}", self.interval));
        }
        parts.extend(more);
        match self.end {
            End::Never => {}
            End::After(count) => parts.push(format!("COUNT={count}")),
            End::Until(Until::Day(day)) => parts.push(format!("UNTIL={}", day.strftime("%Y%m%d"))),
            End::Until(Until::Moment(at)) => {
                let wall = TimeZone::UTC.to_datetime(at);
                parts.push(format!("UNTIL={}", wall.strftime("%Y%m%dT%H%M%SZ")));
            }
        }
        parts.join(";")
    }
}

impl Which {
    fn part(self) -> Option<String> {
        match self {
            Self::AsStart => None,
            Self::Number(31) => Some("BYMONTHDAY=-1".into()),
            Self::Number(day) => Some(format!("BYMONTHDAY={day}")),
            Self::Nth(5, day) => Some(format!("BYDAY=-1{}", name(day))),
            Self::Nth(nth, day) => Some(format!("BYDAY={nth}{}", name(day))),
        }
    }
}

pub(super) fn name(day: Weekday) -> &'static str {
    let known = DAYS.iter().find(|(_, known)| *known == day);
    known.map_or("MO", |(name, _)| name)
}

impl<'a> Parts<'a> {
    fn read(body: &'a str, zone: &TimeZone) -> Result<Self, String> {
        let mut parts = Self::default();
        for part in body.split(';').filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("the rule has a part {part} without a value"))?;
            match key {
                "FREQ" => parts.freq = value,
                "INTERVAL" => parts.interval = Some(number(value, 1..=999, "INTERVAL")?),
                "COUNT" => parts.end = Some(End::After(number(value, 1..=9_999, "COUNT")?)),
                "UNTIL" => parts.end = Some(End::Until(until(value, zone)?)),
                "BYDAY" => {
                    parts.days = value.split(',').map(day).collect::<Result<_, _>>()?;
                }
                "BYMONTHDAY" => parts.month_day = Some(number(value, -1..=31, "BYMONTHDAY")?),
                "BYMONTH" => parts.month = Some(number(value, 1..=12, "BYMONTH")?),
                "BYSETPOS" => parts.position = Some(number(value, -1..=4, "BYSETPOS")?),
                "WKST" => parts.week_start = value,
                _ => return Err(format!("C4C has no pattern for {key}")),
            }
        }
        if parts.month_day == Some(0) || parts.position == Some(0) {
            return Err("the rule counts from zero".into());
        }
        Ok(parts)
    }

    fn each(&self, interval: i64) -> Result<Each, String> {
        let only = |allowed: &[bool]| {
            let given = [
                !self.days.is_empty(),
                self.month_day.is_some(),
                self.month.is_some(),
                self.position.is_some(),
            ];
            let more = given
                .iter()
                .zip(allowed)
                .any(|(given, allowed)| *given && !allowed);
            if more {
                return Err(format!(
                    "C4C has no such {} pattern",
                    self.freq.to_lowercase()
                ));
            }
            Ok(())
        };
        match self.freq {
            "DAILY" if self.days.is_empty() => {
                only(&[false; 4])?;
                Ok(Each::Day)
            }
            // On some days of every week.
            "DAILY" if interval == 1 => {
                only(&[true, false, false, false])?;
                self.week(interval)
            }
            "WEEKLY" => {
                only(&[true, false, false, false])?;
                self.week(interval)
            }
            "MONTHLY" => {
                only(&[true, true, false, true])?;
                Ok(Each::Month(self.which()?))
            }
            "YEARLY" => {
                only(&[true, true, true, true])?;
                let which = self.which()?;
                if matches!(which, Which::Nth(..)) && self.month.is_none() {
                    return Err("C4C needs the month of a yearly series".into());
                }
                Ok(Each::Year {
                    month: self.month,
                    which,
                })
            }
            "DAILY" => Err("C4C has no daily pattern on some days only".into()),
            "" => Err("the rule says no frequency".into()),
            other => Err(format!("C4C has no {} pattern", other.to_lowercase())),
        }
    }

    fn week(&self, interval: i64) -> Result<Each, String> {
        if self.days.iter().any(|(nth, _)| nth.is_some()) {
            return Err("C4C has no such weekly pattern".into());
        }
        let given = |day: Weekday| self.days.iter().any(|(_, given)| *given == day);
        let days: Vec<Weekday> = DAYS
            .map(|(_, day)| day)
            .into_iter()
            .filter(|day| given(*day))
            .collect();
        // Whether Sunday begins or ends a week decides which one it belongs to.
        let depends = interval > 1 && days.len() > 1 && days.contains(&Weekday::Sunday);
        if depends && !matches!(self.week_start, "" | "MO") {
            return Err("C4C cannot count weeks from another day than Monday".into());
        }
        Ok(Each::Week(days))
    }

    fn which(&self) -> Result<Which, String> {
        match (&self.days[..], &self.month_day, &self.position) {
            ([], None, None) => Ok(Which::AsStart),
            ([], Some(-1), None) => Ok(Which::Number(31)),
            ([], Some(day), None) => Ok(Which::Number(*day)),
            ([(Some(nth), day)], None, None) | ([(None, day)], None, Some(nth)) => match *nth {
                -1 => Ok(Which::Nth(5, *day)),
                1..=4 => Ok(Which::Nth(*nth, *day)),
                _ => Err(
                    "C4C counts days of a month from the first to the fourth, or the last".into(),
                ),
            },
            _ => Err("C4C has one day of the month per series".into()),
        }
    }
}

fn number(text: &str, range: std::ops::RangeInclusive<i64>, part: &str) -> Result<i64, String> {
    let number = i64::from_str(text)
        .ok()
        .filter(|number| range.contains(number));
    number.ok_or_else(|| format!("C4C has no pattern for {part}={text}"))
}

fn day(text: &str) -> Result<(Option<i64>, Weekday), String> {
    let unknown = || format!("the rule names a day {text} that is none");
    let at = text.len().checked_sub(2).ok_or_else(unknown)?;
    let (nth, code) = text.split_at(at);
    let (_, day) = DAYS
        .iter()
        .find(|(name, _)| *name == code)
        .ok_or_else(unknown)?;
    let nth = match nth.trim_start_matches('+') {
        "" => None,
        nth => Some(number(nth, -1..=5, "BYDAY")?),
    };
    Ok((nth, *day))
}

fn until(text: &str, zone: &TimeZone) -> Result<Until, String> {
    let unreadable = || format!("the rule ends at {text}, which is no time");
    if !text.contains('T') {
        let day = Date::strptime("%Y%m%d", text).map_err(|_| unreadable())?;
        return Ok(Until::Day(day));
    }
    let (wall, zone) = match text.strip_suffix('Z') {
        Some(wall) => (wall, &TimeZone::UTC),
        None => (text, zone),
    };
    let wall = DateTime::strptime("%Y%m%dT%H%M%S", wall).map_err(|_| unreadable())?;
    let at = zone.to_zoned(wall).map_err(|_| unreadable())?;
    Ok(Until::Moment(at.timestamp()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rules_are_read_and_written_again() {
        for (text, again) in [
            ("FREQ=DAILY", "FREQ=DAILY"),
            (
                "RRULE:freq=daily;interval=3;count=5",
                "FREQ=DAILY;INTERVAL=3;COUNT=5",
            ),
            ("FREQ=DAILY;BYDAY=FR,MO", "FREQ=WEEKLY;BYDAY=MO,FR"),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=SU",
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
            ),
            ("FREQ=WEEKLY;UNTIL=20261231", "FREQ=WEEKLY;UNTIL=20261231"),
            (
                "FREQ=WEEKLY;UNTIL=20261231T120000",
                "FREQ=WEEKLY;UNTIL=20261231T110000Z",
            ),
            ("FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=MONTHLY;BYMONTHDAY=15"),
            ("FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYMONTHDAY=-1"),
            ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=2", "FREQ=MONTHLY;BYDAY=2MO"),
            ("FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=-1FR"),
            ("FREQ=YEARLY", "FREQ=YEARLY"),
            (
                "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28",
                "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28",
            ),
            (
                "FREQ=YEARLY;BYDAY=1SU;BYMONTH=5",
                "FREQ=YEARLY;BYMONTH=5;BYDAY=1SU",
            ),
        ] {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let rule = Rule::read(text, &zone).unwrap();
            assert_eq!(rule.write(), again, "{text}");
            assert_eq!(Rule::read(again, &zone).unwrap(), rule, "{text}");
        }
    }

    #[test]
    fn rules_c4c_cannot_follow_are_refused() {
        for text in [
            "",
            "FREQ=HOURLY",
            "FREQ=DAILY;INTERVAL=2;BYDAY=MO",
            "FREQ=DAILY;BYHOUR=9",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
            "FREQ=WEEKLY;BYDAY=2MO",
            "FREQ=MONTHLY;BYMONTHDAY=1,15",
            "FREQ=MONTHLY;BYMONTHDAY=-2",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=MONTHLY;BYDAY=5MO",
            "FREQ=MONTHLY;BYDAY=MO",
            "FREQ=YEARLY;BYDAY=1SU",
            "FREQ=YEARLY;BYWEEKNO=20",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;INTERVAL=-1",
            "FREQ=DAILY;UNTIL=soon",
            "FREQ",
            "FREQ=DÄILY",
        ] {
            assert!(Rule::read(text, &TimeZone::UTC).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_borne(text in "[A-Z;=,0-9:+-]{0,60}") {
            let _ = Rule::read(&text, &TimeZone::UTC);
        }
    }
}
