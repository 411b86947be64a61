//! Zones that a calendar file explains itself (RFC 5545, section 3.6.5).

use std::str::FromStr as _;

use calcard::{
    common::{PartialDateTime, timezone::Tz},
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType as Type,
        ICalendarProperty as Property, ICalendarRecurrenceRule, ICalendarValue as Value,
    },
};
use jiff::civil::Weekday;

/// A zone by its latest rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileZone {
    /// The IANA name it stands for, where the file gives it away (`X-LIC-LOCATION` and the like).
    pub location: Option<String>,
    /// Minutes east of UTC in winter, or always.
    pub standard: i32,
    /// Minutes east of UTC in summer, when summer begins and when winter does.
    pub daylight: Option<(i32, Change, Change)>,
}

/// When the clocks change, every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// 1…12.
    pub month: i8,
    /// 1…4, 5 for the last.
    pub week: i8,
    /// The day of the week.
    pub day: Weekday,
    /// Minutes after midnight, by the clock before the change.
    pub minutes: i32,
}

/// The IANA zone that a name of any program means.
pub(crate) fn location(name: &str) -> Option<String> {
    // Mozilla's and Evolution's names end with the place: /mozilla.org/20050126_1/Europe/Berlin.
    let mut rest = name.trim().trim_matches('"');
    loop {
        if let Ok(Tz::Tz(zone)) = Tz::from_str(rest) {
            return Some(zone.name().to_owned());
        }
        (_, rest) = rest.split_once('/')?;
    }
}

pub(super) fn all(calendar: &ICalendar) -> Vec<(String, FileZone)> {
    let zones = calendar
        .components
        .iter()
        .filter(|part| part.component_type == Type::VTimezone);
    zones.filter_map(|zone| read(calendar, zone)).collect()
}

fn read(calendar: &ICalendar, zone: &ICalendarComponent) -> Option<(String, FileZone)> {
    let text = |name: &Property| Some(zone.property(name)?.values.first()?.as_text()?.to_owned());
    let name = text(&Property::Tzid)?;
    let known = zone.timezone().and_then(|(_, zone)| match zone {
        Tz::Tz(zone) => Some(zone.name().to_owned()),
        _ => None,
    });
    let parts = zone
        .component_ids
        .iter()
        .filter_map(|id| calendar.components.get(usize::try_from(*id).ok()?));
    // The newest of each kind counts: older ones tell of the past.
    let newest = |kind: Type| {
        let kinds = parts
            .clone()
            .filter(move |part| part.component_type == kind);
        kinds.max_by_key(|part| starts(part).map(|at| (at.year, at.month, at.day)))
    };
    let (winter, summer) = (newest(Type::Standard), newest(Type::Daylight));
    let standard = winter.or(summer).and_then(offset)?;
    let daylight = winter
        .zip(summer)
        .and_then(|(winter, summer)| Some((offset(summer)?, change(summer)?, change(winter)?)));
    let read = FileZone {
        location: known,
        standard,
        daylight,
    };
    Some((name, read))
}

fn offset(part: &ICalendarComponent) -> Option<i32> {
    let Value::PartialDateTime(at) = part.property(&Property::Tzoffsetto)?.values.first()? else {
        return None;
    };
    let minutes = i32::from(at.tz_hour?) * 60 + i32::from(at.tz_minute.unwrap_or(0));
    Some(if at.tz_minus { -minutes } else { minutes })
}

fn starts(part: &ICalendarComponent) -> Option<&PartialDateTime> {
    match part.property(&Property::Dtstart)?.values.first()? {
        Value::PartialDateTime(at) => Some(at),
        _ => None,
    }
}

fn change(part: &ICalendarComponent) -> Option<Change> {
    let at = starts(part)?;
    let rule: &ICalendarRecurrenceRule = match part.property(&Property::Rrule)?.values.first()? {
        Value::RecurrenceRule(rule) => rule,
        _ => return None,
    };
    let month = rule.bymonth.first().map(|month| month.month());
    let month = i8::try_from(month.or(at.month)?).ok()?;
    let on = rule.byday.first()?;
    let week = match i8::try_from(on.ordwk.unwrap_or(1)).ok()? {
        -1 => 5,
        week @ 1..=4 => week,
        _ => return None,
    };
    let minutes = i32::from(at.hour.unwrap_or(0)) * 60 + i32::from(at.minute.unwrap_or(0));
    let day = day(on.weekday)?;
    Some(Change {
        month,
        week,
        day,
        minutes,
    })
}

fn day(day: calcard::icalendar::ICalendarWeekday) -> Option<Weekday> {
    use calcard::icalendar::ICalendarWeekday as Day;
    Some(match day {
        Day::Monday => Weekday::Monday,
        Day::Tuesday => Weekday::Tuesday,
        Day::Wednesday => Weekday::Wednesday,
        Day::Thursday => Weekday::Thursday,
        Day::Friday => Weekday::Friday,
        Day::Saturday => Weekday::Saturday,
        Day::Sunday => Weekday::Sunday,
    })
}
