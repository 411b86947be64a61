//! A rule of iCalendar as a pattern of Exchange, which knows fewer of them.
//!
//! <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/recurrence-patterns-and-ews>

use std::collections::BTreeMap;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use crate::ews::{
    recurrence::{DAYS, GROUPS, INDEXES, MONTHS},
    xml::Xml,
};

/// Largest interval of months Exchange takes (MS-OXOCAL 2.2.1.44.1).
const MOST_MONTHS: u32 = 99;

/// The parts of a rule that can be said to Exchange.
const KNOWN: [&str; 9] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYDAY",
    "BYMONTHDAY",
    "BYMONTH",
    "BYSETPOS",
    "WKST",
];

/// The `Recurrence` element for a rule, of an event that starts on `first` in `zone`; or a sentence that
/// says why Exchange cannot hold it.
pub(super) fn to_xml(rule: &str, first: Date, zone: &TimeZone) -> Result<String, String> {
    let rule = Rule::parse(rule)?;
    let mut xml = Xml::new();
    xml.open("t:Recurrence", &[]);
    rule.pattern(&mut xml, first)?;
    rule.range(&mut xml, first, zone)?;
    xml.close("t:Recurrence");
    Ok(xml.finish())
}

/// A rule taken apart.
struct Rule(BTreeMap<String, String>);

/// Which day of a month.
enum MonthDay {
    Absolute(u8),
    /// Exchange's name of the day or group, and of the week.
    Relative(&'static str, &'static str),
}

impl Rule {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let text = text.strip_prefix("RRULE:").unwrap_or(text);
        let mut parts = BTreeMap::new();
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or("The rule of the series cannot be read.")?;
            let name = name.trim().to_ascii_uppercase();
            if !KNOWN.contains(&name.as_str()) {
                return Err(cannot(&format!("{name} is unknown to it")));
            }
            parts.insert(name, value.trim().to_ascii_uppercase());
        }
        Ok(Self(parts))
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    fn interval(&self) -> Result<u32, String> {
        match self.get("INTERVAL") {
            "" => Ok(1),
            text => text
                .parse()
                .ok()
                .filter(|interval| *interval > 0)
                .ok_or_else(|| "The interval of the series cannot be read.".to_owned()),
        }
    }

    fn pattern(&self, xml: &mut Xml, first: Date) -> Result<(), String> {
        let interval = self.interval()?;
        match self.get("FREQ") {
            "DAILY" => self.daily(xml, interval),
            "WEEKLY" => self.weekly(xml, interval, first),
            "MONTHLY" if self.get("BYMONTH").is_empty() => self.monthly(xml, interval, first),
            "YEARLY" => self.yearly(xml, interval, first),
            _ => Err(cannot("it repeats by day, week, month or year only")),
        }
    }

    fn daily(&self, xml: &mut Xml, interval: u32) -> Result<(), String> {
        let plain = ["BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"]
            .iter()
            .all(|name| self.get(name).is_empty());
        if plain {
            open(xml, "DailyRecurrence", Some(interval));
            close(xml, "DailyRecurrence");
            return Ok(());
        }
        let only_days = ["BYMONTHDAY", "BYMONTH", "BYSETPOS"]
            .iter()
            .all(|name| self.get(name).is_empty());
        if interval == 1 && only_days {
            // Every day that is one of these is every week on these.
            return self.write_weekly(xml, 1, &self.week_days()?);
        }
        Err(cannot("its days are chosen in more than one way"))
    }

    fn weekly(&self, xml: &mut Xml, interval: u32, first: Date) -> Result<(), String> {
        let extra = ["BYMONTHDAY", "BYMONTH", "BYSETPOS"]
            .iter()
            .any(|name| !self.get(name).is_empty());
        if extra {
            return Err(cannot("its weeks are chosen in more than one way"));
        }
        let mut days = self.week_days()?;
        if days.is_empty() {
            let at = usize::from(first.weekday().to_monday_zero_offset().unsigned_abs());
            days.push(DAYS[at].0);
        }
        self.write_weekly(xml, interval, &days)
    }

    fn write_weekly(&self, xml: &mut Xml, interval: u32, days: &[&str]) -> Result<(), String> {
        open(xml, "WeeklyRecurrence", Some(interval));
        xml.leaf("t:DaysOfWeek", &days.join(" "));
        if interval > 1 {
            let start = match self.get("WKST") {
                "" => "MO",
                code => code,
            };
            xml.leaf("t:FirstDayOfWeek", day_name(start)?);
        }
        close(xml, "WeeklyRecurrence");
        Ok(())
    }

    /// Exchange's names of the days, in the order of the week.
    fn week_days(&self) -> Result<Vec<&'static str>, String> {
        let codes: Vec<&str> = list(self.get("BYDAY"));
        for code in &codes {
            day_name(code)?;
        }
        let named = DAYS.iter().filter(|(_, code)| codes.contains(code));
        Ok(named.map(|(name, _)| *name).collect())
    }

    fn monthly(&self, xml: &mut Xml, interval: u32, first: Date) -> Result<(), String> {
        if interval > MOST_MONTHS {
            return Err(cannot("more than 99 months lie between"));
        }
        match self.month_day(first)? {
            MonthDay::Absolute(day) => {
                open(xml, "AbsoluteMonthlyRecurrence", Some(interval));
                xml.leaf("t:DayOfMonth", &day.to_string());
                close(xml, "AbsoluteMonthlyRecurrence");
            }
            MonthDay::Relative(day, index) => {
                open(xml, "RelativeMonthlyRecurrence", Some(interval));
                xml.leaf("t:DaysOfWeek", day)
                    .leaf("t:DayOfWeekIndex", index);
                close(xml, "RelativeMonthlyRecurrence");
            }
        }
        Ok(())
    }

    fn yearly(&self, xml: &mut Xml, interval: u32, first: Date) -> Result<(), String> {
        let month = match &list(self.get("BYMONTH"))[..] {
            [] => first.month(),
            [one] => one
                .parse()
                .ok()
                .filter(|month| (1..=12).contains(month))
                .ok_or("The month of the series cannot be read.")?,
            _ => return Err(cannot("it falls into several months of a year")),
        };
        if interval > 1 {
            // Exchange's years have no interval, its months do.
            return match interval.checked_mul(12) {
                Some(months) if month == first.month() => self.monthly(xml, months, first),
                _ => Err(cannot("it falls into other years than its start")),
            };
        }
        let named = MONTHS[usize::from(month.unsigned_abs()) - 1];
        match self.month_day(first)? {
            MonthDay::Absolute(day) => {
                open(xml, "AbsoluteYearlyRecurrence", None);
                xml.leaf("t:DayOfMonth", &day.to_string())
                    .leaf("t:Month", named);
                close(xml, "AbsoluteYearlyRecurrence");
            }
            MonthDay::Relative(day, index) => {
                open(xml, "RelativeYearlyRecurrence", None);
                xml.leaf("t:DaysOfWeek", day)
                    .leaf("t:DayOfWeekIndex", index)
                    .leaf("t:Month", named);
                close(xml, "RelativeYearlyRecurrence");
            }
        }
        Ok(())
    }

    fn month_day(&self, first: Date) -> Result<MonthDay, String> {
        let (days, by_day) = (list(self.get("BYMONTHDAY")), self.get("BYDAY"));
        match (&days[..], by_day) {
            ([], "") => Ok(MonthDay::Absolute(first.day().unsigned_abs())),
            ([], codes) => self.relative(codes),
            ([one], "") if self.get("BYSETPOS").is_empty() => match one.parse::<i8>() {
                // Exchange takes the last day of months that are shorter.
                Ok(-1) => Ok(MonthDay::Absolute(31)),
                Ok(day @ 1..=31) => Ok(MonthDay::Absolute(day.unsigned_abs())),
                _ => Err(cannot("it counts its days from the end of the month")),
            },
            _ => Err(cannot("it falls on several days of a month")),
        }
    }

    fn relative(&self, codes: &str) -> Result<MonthDay, String> {
        let codes = list(codes);
        let position = self.get("BYSETPOS");
        let (day, index) = match &codes[..] {
            [one] if position.is_empty() => {
                let split = one.len().saturating_sub(2);
                let (index, code) = (
                    one.get(..split).unwrap_or_default(),
                    one.get(split..).unwrap_or_default(),
                );
                (day_name(code)?, index)
            }
            [one] => (day_name(one)?, position),
            many if !position.is_empty() => {
                let ordered: Vec<&str> = DAYS
                    .iter()
                    .map(|(_, code)| *code)
                    .filter(|code| many.contains(code))
                    .collect();
                let ordered = ordered.join(",");
                let group = GROUPS.iter().find(|(_, days)| *days == ordered);
                let (name, _) = group.ok_or_else(|| cannot("its days are no group it knows"))?;
                (*name, position)
            }
            _ => return Err(cannot("it falls on several days of a month")),
        };
        let index: i8 = index
            .parse()
            .map_err(|_| cannot("it falls on every such day of the month"))?;
        let named = INDEXES.iter().find(|(_, known)| *known == index);
        let (index, _) =
            named.ok_or_else(|| cannot("it knows the first four weeks and the last"))?;
        Ok(MonthDay::Relative(day, index))
    }

    fn range(&self, xml: &mut Xml, first: Date, zone: &TimeZone) -> Result<(), String> {
        let start = first.to_string();
        match (self.get("COUNT"), self.get("UNTIL")) {
            ("", "") => {
                open(xml, "NoEndRecurrence", None);
                xml.leaf("t:StartDate", &start);
                close(xml, "NoEndRecurrence");
            }
            ("", until) => {
                let end = until_day(until, zone).ok_or("The end of the series cannot be read.")?;
                open(xml, "EndDateRecurrence", None);
                xml.leaf("t:StartDate", &start)
                    .leaf("t:EndDate", &end.to_string());
                close(xml, "EndDateRecurrence");
            }
            (count, _) => {
                let count: u32 = count
                    .parse()
                    .map_err(|_| "The number of occurrences cannot be read.")?;
                open(xml, "NumberedRecurrence", None);
                xml.leaf("t:StartDate", &start)
                    .leaf("t:NumberOfOccurrences", &count.to_string());
                close(xml, "NumberedRecurrence");
            }
        }
        Ok(())
    }
}

/// `20260305`, or the local day of `20260305T100000Z`; without `Z` it is local already.
fn until_day(until: &str, zone: &TimeZone) -> Option<Date> {
    if !until.contains('T') {
        return Date::strptime("%Y%m%d", until).ok();
    }
    let written = DateTime::strptime("%Y%m%dT%H%M%S", until.trim_end_matches('Z')).ok()?;
    if !until.ends_with('Z') {
        return Some(written.date());
    }
    let at: Timestamp = written.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(at.to_zoned(zone.clone()).date())
}

fn list(text: &str) -> Vec<&str> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

fn day_name(code: &str) -> Result<&'static str, String> {
    let day = DAYS.iter().find(|(_, known)| *known == code);
    day.map(|(name, _)| *name)
        .ok_or_else(|| cannot("its days are counted"))
}

fn open(xml: &mut Xml, name: &str, interval: Option<u32>) {
    xml.open(&format!("t:{name}"), &[]);
    if let Some(interval) = interval {
        xml.leaf("t:Interval", &interval.to_string());
    }
}

fn close(xml: &mut Xml, name: &str) {
    xml.close(&format!("t:{name}"));
}

fn cannot(why: &str) -> String {
    format!("Exchange cannot hold this series: {why}.")
}
