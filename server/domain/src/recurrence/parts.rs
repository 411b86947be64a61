//! The parts of a rule's text, each read by itself.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    fmt::strtime,
    tz::TimeZone,
};

use super::{NotRepresentable, Start, Weekday};

/// Longer texts are no rules anybody wrote.
const LONGEST: usize = 2_000;

/// The base of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freq {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A rule as written.
#[derive(Debug)]
pub(super) struct Parts {
    pub freq: Freq,
    pub interval: u16,
    pub until: Option<Date>,
    pub count: Option<u32>,
    pub months: Vec<u8>,
    pub month_days: Vec<i8>,
    pub days: Vec<(Option<i16>, Weekday)>,
    pub positions: Vec<i16>,
    pub week_start: Weekday,
    /// RFC 7529: short months take their last day.
    pub last_day: bool,
}

impl Parts {
    /// Reads `FREQ=…;…`, with or without `RRULE:`, in any case and order.
    pub(super) fn read(text: &str, start: &Start) -> Result<Self, NotRepresentable> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(unreadable("it is too long"));
        }
        let upper = text.to_ascii_uppercase();
        let body = match upper.split_once(':') {
            Some((name, body)) if name.split(';').next() == Some("RRULE") => body,
            _ => &upper,
        };
        let mut freq = None;
        let mut parts = Parts {
            freq: Freq::Daily,
            interval: 1,
            until: None,
            count: None,
            months: Vec::new(),
            month_days: Vec::new(),
            days: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
            last_day: false,
        };
        for part in body
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| unreadable("a part has no value"))?;
            let (name, value) = (name.trim(), value.trim());
            if name == "FREQ" {
                freq = Some(read_freq(value)?);
            } else {
                parts.take(name, value, start)?;
            }
        }
        parts.freq = freq.ok_or_else(|| unreadable("it does not say how often"))?;
        if parts.until.is_some() && parts.count.is_some() {
            return Err(unreadable("it has both a last day and a number of times"));
        }
        Ok(parts)
    }

    fn take(&mut self, name: &str, value: &str, start: &Start) -> Result<(), NotRepresentable> {
        match name {
            "INTERVAL" => {
                self.interval = number::<u16>(value)?;
                if self.interval == 0 {
                    return Err(unreadable("its interval is 0"));
                }
            }
            "COUNT" => {
                let count = number::<u32>(value)?;
                if count == 0 {
                    return Err(NotRepresentable::Empty);
                }
                self.count = Some(count);
            }
            "UNTIL" => self.until = Some(until(value, start)?),
            "BYMONTH" => self.months = list(value, |text| within(number::<u8>(text)?, 1, 12))?,
            "BYMONTHDAY" => {
                self.month_days = list(value, |text| match number::<i8>(text)? {
                    0 => Err(unreadable("it has a day 0")),
                    day => within(day, -31, 31),
                })?;
            }
            "BYDAY" => self.days = list(value, read_day)?,
            "BYSETPOS" => self.positions = list(value, number::<i16>)?,
            "WKST" => {
                self.week_start =
                    Weekday::from_code(value).ok_or_else(|| unreadable("its week start"))?;
            }
            "RSCALE" if value == "GREGORIAN" => {}
            "SKIP" if value == "OMIT" => {}
            "SKIP" if value == "BACKWARD" => self.last_day = true,
            "RSCALE" | "SKIP" => {
                return Err(NotRepresentable::Unsupported(
                    "it counts in another calendar",
                ));
            }
            "BYHOUR" => clock(value, start, Time::hour)?,
            "BYMINUTE" => clock(value, start, Time::minute)?,
            "BYSECOND" => clock(value, start, Time::second)?,
            "BYWEEKNO" => {
                return Err(NotRepresentable::Unsupported("it goes by numbers of weeks"));
            }
            "BYYEARDAY" => {
                return Err(NotRepresentable::Unsupported("it goes by days of the year"));
            }
            // Extensions of programs; what they change cannot be known.
            _ => {
                return Err(NotRepresentable::Unsupported(
                    "it has a part that no standard knows",
                ));
            }
        }
        Ok(())
    }
}

pub(super) fn unreadable(what: &str) -> NotRepresentable {
    NotRepresentable::Unreadable(what.to_owned())
}

fn read_freq(value: &str) -> Result<Freq, NotRepresentable> {
    match value {
        "DAILY" => Ok(Freq::Daily),
        "WEEKLY" => Ok(Freq::Weekly),
        "MONTHLY" => Ok(Freq::Monthly),
        "YEARLY" => Ok(Freq::Yearly),
        "HOURLY" | "MINUTELY" | "SECONDLY" => Err(NotRepresentable::Unsupported(
            "it happens more than once a day",
        )),
        _ => Err(unreadable("nobody knows how often that is")),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, NotRepresentable> {
    text.trim()
        .parse()
        .map_err(|_| unreadable("a number in it is none or too large"))
}

fn within<T: PartialOrd>(number: T, least: T, most: T) -> Result<T, NotRepresentable> {
    if number < least || number > most {
        return Err(unreadable("a number in it is out of bounds"));
    }
    Ok(number)
}

fn list<T>(
    value: &str,
    read: impl Fn(&str) -> Result<T, NotRepresentable>,
) -> Result<Vec<T>, NotRepresentable> {
    value.split(',').map(|text| read(text.trim())).collect()
}

/// `MO`, `2MO`, `-1FR`.
fn read_day(text: &str) -> Result<(Option<i16>, Weekday), NotRepresentable> {
    let bad = || unreadable("a day of the week in it");
    let at = text.len().checked_sub(2).ok_or_else(bad)?;
    let (count, code) = text.split_at_checked(at).ok_or_else(bad)?;
    let day = Weekday::from_code(code).ok_or_else(bad)?;
    let count = match count.trim() {
        "" => None,
        count => match number::<i16>(count)? {
            0 => return Err(bad()),
            count => Some(count),
        },
    };
    Ok((count, day))
}

/// `BYHOUR` and its like say nothing when they repeat the time of the start.
fn clock(value: &str, start: &Start, part: fn(Time) -> i8) -> Result<(), NotRepresentable> {
    let own = match start {
        Start::Day(_) => 0,
        Start::Wall(at, _) => part(at.time()),
    };
    let asked = list(value, number::<i8>)?;
    if asked.iter().all(|asked| *asked == own) {
        return Ok(());
    }
    Err(NotRepresentable::Unsupported(
        "it happens at other times than its first event",
    ))
}

/// The last day an event may start on: a day as written, or the last one that starts no later than an instant.
fn until(value: &str, start: &Start) -> Result<Date, NotRepresentable> {
    let bad = || unreadable("its last day");
    let digits = |text: &str| text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let day = |text: &str| -> Option<Date> { strtime::parse("%Y%m%d", text).ok()?.to_date().ok() };
    // Some programs write `2026-12-31` or `2026-12-31T23:59:59Z`.
    let plain: String = value.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    if digits(&plain) {
        return day(&plain).ok_or_else(bad);
    }
    let (date, time) = plain.split_once('T').ok_or_else(bad)?;
    if !digits(date) {
        return Err(bad());
    }
    let utc = time.ends_with('Z');
    let time = strtime::parse("%H%M%S", time.trim_end_matches('Z'))
        .and_then(|time| time.to_time())
        .map_err(|_| bad())?;
    let last = day(date).ok_or_else(bad)?.to_datetime(time);
    match start {
        // An all-day series ends on the day the text names, whatever time stands beside it.
        Start::Day(_) => Ok(last.date()),
        Start::Wall(at, zone) => {
            let zone = if utc { zone } else { &TimeZone::UTC };
            // A local `UNTIL` is compared as it stands, by letting both sides be local.
            let last = TimeZone::UTC.to_timestamp(last).map_err(|_| bad())?;
            last_day_until(last, at, zone).ok_or_else(bad)
        }
    }
}

fn last_day_until(last: Timestamp, at: &DateTime, zone: &TimeZone) -> Option<Date> {
    let day = zone.to_datetime(last).date();
    let starts = zone
        .to_ambiguous_timestamp(day.to_datetime(at.time()))
        .compatible()
        .ok()?;
    if starts <= last {
        Some(day)
    } else {
        day.yesterday().ok()
    }
}
