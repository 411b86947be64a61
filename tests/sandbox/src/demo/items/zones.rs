//! The zone of an event of a file, as Exchange has it.

use std::collections::BTreeMap;

use jiff::civil::Weekday;

use crate::{
    calendar_file::{Change, FileZone, location},
    exchange::Zone,
    xml::Element,
};

/// The zone of people's computers: times without a zone are theirs.
const HOME: &str = "W. Europe Standard Time";

/// Finds zones for the names of one file.
pub(super) struct Zones<'a>(pub(super) &'a BTreeMap<String, FileZone>);

impl Zones<'_> {
    /// The zone of people's computers.
    pub(super) fn home() -> Zone {
        Zone::windows(HOME).unwrap_or_else(Zone::utc)
    }

    /// The zone with that name; `None` when neither the name nor the file says what it is.
    pub(super) fn named(&self, name: Option<&str>) -> Option<Zone> {
        let Some(name) = name.map(str::trim) else {
            return Some(Self::home());
        };
        if matches!(name, "UTC" | "GMT" | "Z") {
            return Some(Zone::utc());
        }
        if let Some(minutes) = offset(name) {
            let known = jiff::tz::Offset::from_seconds(minutes * 60).ok()?;
            return Zone::like(&known.to_time_zone()).or_else(|| custom(name, minutes, None));
        }
        let iana = |name: &str| Zone::iana(name);
        let explained = || {
            let zone = self.0.get(name)?;
            let known = zone.location.as_deref().and_then(iana);
            known.or_else(|| custom(name, zone.standard, zone.daylight))
        };
        Zone::windows(name)
            .or_else(|| iana(name))
            .or_else(|| location(name).as_deref().and_then(iana))
            .or_else(explained)
    }
}

/// `+05:30` in minutes.
fn offset(text: &str) -> Option<i32> {
    let (sign, rest) = text.split_at_checked(1)?;
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    Some(sign * (hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?))
}

/// A zone with rules of its own, as Outlook writes one that Windows does not have.
fn custom(name: &str, standard: i32, daylight: Option<(i32, Change, Change)>) -> Option<Zone> {
    let period = |id: &str, minutes: i32| {
        let mut period = Element::new("Period");
        period.attributes = vec![
            ("Bias".to_owned(), span(-minutes)),
            ("Name".to_owned(), id.to_owned()),
            ("Id".to_owned(), id.to_owned()),
        ];
        period
    };
    let mut periods = Element::new("Periods");
    periods.children.push(period("std", standard));
    let mut group = Element::new("TransitionsGroup");
    group.attributes = vec![("Id".to_owned(), "0".to_owned())];
    if let Some((minutes, begins, ends)) = daylight {
        periods.children.push(period("dlt", minutes));
        group.children = vec![transition("dlt", begins), transition("std", ends)];
    }
    let mut groups = Element::new("TransitionsGroups");
    groups.children.push(group);
    let mut zone = Element::new("StartTimeZone");
    zone.attributes = vec![
        ("Id".to_owned(), short(name)),
        ("Name".to_owned(), short(name)),
    ];
    zone.children = vec![periods, groups];
    Zone::read(&zone).ok()
}

/// A name that Exchange takes: at most 256 bytes.
fn short(name: &str) -> String {
    let mut end = name.len().min(200);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
}

fn transition(to: &str, change: Change) -> Element {
    let mut target = Element::with_text("To", to);
    target.attributes = vec![("Kind".to_owned(), "Period".to_owned())];
    let week = if change.week == 5 { -1 } else { change.week };
    let mut transition = Element::new("RecurringDayTransition");
    transition.children = vec![
        target,
        Element::with_text("TimeOffset", &span(change.minutes)),
        Element::with_text("Month", &change.month.to_string()),
        Element::with_text("DayOfWeek", day(change.day)),
        Element::with_text("Occurrence", &week.to_string()),
    ];
    transition
}

fn span(minutes: i32) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    format!("{sign}PT{}M", minutes.abs())
}

fn day(day: Weekday) -> &'static str {
    match day {
        Weekday::Sunday => "Sunday",
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_program_find_their_zone() {
        let none = BTreeMap::new();
        let zone = |name| Zones(&none).named(Some(name)).map(|zone| zone.id);
        for (name, id) in [
            ("Europe/Berlin", "W. Europe Standard Time"),
            // One of those whose clocks show the same.
            ("Europe/Vienna", "Central Europe Standard Time"),
            ("w. europe standard time", "W. Europe Standard Time"),
            ("/mozilla.org/20050126_1/Asia/Tokyo", "Tokyo Standard Time"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(zone(name).as_deref(), Some(id), "{name}");
        }
        assert_eq!(zone("Nowhere at all"), None);
        let india = Zones(&none).named(Some("+05:30")).unwrap();
        let noon = "2026-06-01T12:00:00Z".parse().unwrap();
        assert_eq!(india.wall_clock(noon), "2026-06-01T17:30:00+05:30");
    }

    #[test]
    fn a_zone_that_only_the_file_knows_counts_by_its_rules() {
        let file = b"BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Ours\r\n\
            BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n\
            TZOFFSETFROM:+0530\r\nTZOFFSETTO:+0415\r\nEND:STANDARD\r\n\
            BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n\
            TZOFFSETFROM:+0415\r\nTZOFFSETTO:+0530\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n\
            BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Ours:20260701T090000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let file = crate::calendar_file::read_calendar(file);
        let zone = Zones(&file.zones).named(Some("Ours")).unwrap();
        let at = |text: &str| zone.wall_clock(text.parse().unwrap());
        assert_eq!(at("2026-07-01T03:30:00Z"), "2026-07-01T09:00:00+05:30");
        assert_eq!(at("2026-12-01T00:00:00Z"), "2026-12-01T04:15:00+04:15");
    }
}
