//! Time zones of calendar items: a Windows id, or rules of the client's own.
//! <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/time-zones-and-ews-in-exchange>

use std::{fmt::Write as _, sync::LazyLock};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::Failure;
use super::windows_zones::WINDOWS_ZONES;
use crate::xml::Element;

/// Longest name of a zone taken from a client, in bytes.
const MAX_NAME: usize = 256;

/// A zone as an item carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Id as the client wrote it, for a Windows zone in Windows' own spelling.
    pub id: String,
    /// Display name.
    pub name: String,
    /// The client's own rules, echoed on reads; Windows zones need none.
    pub definition: Option<Element>,
    /// The rules to count with.
    pub rules: TimeZone,
}

/// Zones as this program was built with them, whatever table the machine has: the same everywhere.
fn bundled(iana: &str) -> Option<TimeZone> {
    static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    DATABASE.get(iana).ok()
}

impl Zone {
    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        Self {
            id: "UTC".to_owned(),
            name: "(UTC) Coordinated Universal Time".to_owned(),
            definition: None,
            rules: TimeZone::UTC,
        }
    }

    /// The zone with that Windows id, whatever its case. IANA names are not understood, as on the original.
    pub fn windows(id: &str) -> Option<Self> {
        let wanted = id.trim().to_ascii_lowercase();
        let at = WINDOWS_ZONES
            .binary_search_by(|(known, _)| known.to_ascii_lowercase().as_str().cmp(&wanted))
            .ok()?;
        let (id, iana) = WINDOWS_ZONES[at];
        if id == "UTC" {
            return Some(Self::utc());
        }
        let rules = bundled(iana)?;
        Some(Self {
            id: id.to_owned(),
            name: display_name(&rules, iana),
            definition: None,
            rules,
        })
    }

    /// The Windows zone an IANA name stands for: the one it is the example of, else one whose clocks showed the same
    /// for the last years and do for the next.
    pub fn iana(name: &str) -> Option<Self> {
        let rules = bundled(name)?;
        let example = WINDOWS_ZONES.iter().find(|(_, iana)| *iana == name);
        match example {
            Some((id, _)) => Self::windows(id),
            None => Self::like(&rules),
        }
    }

    /// A Windows zone whose clocks show the same as these from 2015 to 2035.
    pub fn like(rules: &TimeZone) -> Option<Self> {
        const WEEK: i64 = 7 * 24 * 3_600;
        // 2015-01-01 to 2035-01-01; no zone changes twice within a week.
        let weeks = (1_420_070_400..2_051_222_400).step_by(usize::try_from(WEEK).ok()?);
        let at: Vec<Timestamp> = weeks
            .filter_map(|second| Timestamp::from_second(second).ok())
            .collect();
        let same = |zone: &TimeZone| {
            at.iter()
                .all(|at| zone.to_offset(*at) == rules.to_offset(*at))
        };
        WINDOWS_ZONES
            .iter()
            .find(|(_, iana)| bundled(iana).is_some_and(|zone| same(&zone)))
            .and_then(|(id, _)| Self::windows(id))
    }

    /// Reads `StartTimeZone`, `EndTimeZone` or the definition in a `TimeZoneContext`: a Windows id, else the
    /// rules that come with it.
    ///
    /// # Errors
    /// `ErrorTimeZone` when neither the id nor the rules can be understood.
    pub fn read(element: &Element) -> Result<Self, Failure> {
        let id = element.attribute("Id").unwrap_or_default().trim();
        let name = element.attribute("Name").unwrap_or_default().trim();
        if id.len() > MAX_NAME || name.len() > MAX_NAME {
            return Err(Failure::TIME_ZONE);
        }
        if let Some(known) = Self::windows(id) {
            return Ok(known);
        }
        let rules = custom_rules(element).ok_or(Failure::TIME_ZONE)?;
        Ok(Self {
            id: id.to_owned(),
            name: name.to_owned(),
            definition: Some(element.clone()),
            rules,
        })
    }

    /// The definition as an element of that name.
    pub fn element(&self, name: &str) -> Element {
        let mut element = self.definition.clone().unwrap_or_default();
        name.clone_into(&mut element.name);
        element.attributes = vec![("Id".to_owned(), self.id.clone())];
        if !self.name.is_empty() {
            element
                .attributes
                .push(("Name".to_owned(), self.name.clone()));
        }
        element
    }

    /// Wall clock with offset, as `StartWallClock` shows it.
    pub fn wall_clock(&self, at: Timestamp) -> String {
        at.to_zoned(self.rules.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    }
}

/// `(UTC+01:00) Berlin`; the offset is that of standard time, read in January or July, whichever is smaller.
fn display_name(rules: &TimeZone, iana: &str) -> String {
    let offset = |text: &str| {
        let at = text.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
        rules.to_offset(at).seconds()
    };
    let seconds = offset("2026-01-01T00:00:00Z").min(offset("2026-07-01T00:00:00Z"));
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    let city = iana.rsplit('/').next().unwrap_or(iana).replace('_', " ");
    format!("(UTC{sign}{:02}:{:02}) {city}", minutes / 60, minutes % 60)
}

/// The rules of the last transitions group as a POSIX zone: standard time and, with two transitions, daylight.
fn custom_rules(element: &Element) -> Option<TimeZone> {
    let periods = element.child("Periods")?;
    let bias = |id: &str| {
        let period = periods
            .all("Period")
            .find(|p| p.attribute("Id") == Some(id))?;
        bias_minutes(period.attribute("Bias")?)
    };
    let group = element
        .child("TransitionsGroups")
        .and_then(|groups| groups.children.last());
    let changes: Vec<&Element> = group
        .into_iter()
        .flat_map(|group| &group.children)
        .filter(|change| change.child("Month").is_some())
        .collect();
    let mut rules = String::new();
    match changes.as_slice() {
        [] => {
            let first = periods.all("Period").next()?;
            write!(
                rules,
                "<STD>{}",
                posix(bias_minutes(first.attribute("Bias")?)?)
            )
            .ok()?;
        }
        [one, two] => {
            let biases = (bias(one.child_text("To")?)?, bias(two.child_text("To")?)?);
            // West of UTC counts up: the smaller bias is daylight time.
            let (daylight, standard, biases) = if biases.0 < biases.1 {
                (one, two, (biases.1, biases.0))
            } else {
                (two, one, biases)
            };
            write!(
                rules,
                "<STD>{}<DLT>{},{},{}",
                posix(biases.0),
                posix(biases.1),
                change(daylight)?,
                change(standard)?
            )
            .ok()?;
        }
        _ => return None,
    }
    TimeZone::posix(&rules).ok()
}

/// `M3.5.0/2:00` for `RecurringDayTransition`.
fn change(element: &Element) -> Option<String> {
    const DAYS: [&str; 7] = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];
    let day = element.child_text("DayOfWeek")?;
    let day = DAYS.iter().position(|known| *known == day)?;
    let month: u8 = element.child_text("Month")?.parse().ok()?;
    let occurrence: i8 = element.child_text("Occurrence")?.parse().ok()?;
    let week = if occurrence == -1 { 5 } else { occurrence };
    let minutes = bias_minutes(element.child_text("TimeOffset")?)?;
    Some(format!("M{month}.{week}.{day}/{}", posix(minutes)))
}

fn posix(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    format!("{sign}{}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// `-PT1H`, `PT0S`, `-PT330M`: whole minutes, at most a day.
fn bias_minutes(text: &str) -> Option<i64> {
    let span: jiff::SignedDuration = text.trim().parse().ok()?;
    let minutes = span.as_mins();
    (minutes.abs() <= 24 * 60).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_windows_zone_has_rules_and_the_table_is_sorted() {
        for (id, iana) in WINDOWS_ZONES {
            let zone = Zone::windows(&id.to_uppercase()).unwrap_or_else(|| panic!("{id} {iana}"));
            assert_eq!(zone.id, id);
        }
        assert_eq!(Zone::windows("Europe/Berlin"), None);
        let berlin = Zone::windows("W. Europe Standard Time").unwrap();
        assert_eq!(berlin.name, "(UTC+01:00) Berlin");
        assert_eq!(
            berlin.wall_clock("2026-07-01T08:00:00Z".parse().unwrap()),
            "2026-07-01T10:00:00+02:00"
        );
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let zone = |inside: &str| {
            let text = format!("<StartTimeZone Id='x'>{inside}</StartTimeZone>");
            Zone::read(&Element::parse(text.as_bytes()).unwrap())
        };
        let changes = |month: &str, week: &str, offset: &str| {
            let change = |period: &str| {
                format!(
                    "<RecurringDayTransition><To Kind='Period'>{period}</To><TimeOffset>{offset}</TimeOffset><Month>{month}</Month>\
<DayOfWeek>Sunday</DayOfWeek><Occurrence>{week}</Occurrence></RecurringDayTransition>"
                )
            };
            format!(
                "<Periods><Period Bias='-PT1H' Id='s'/><Period Bias='-PT2H' Id='d'/></Periods>\
<TransitionsGroups><TransitionsGroup>{}{}</TransitionsGroup></TransitionsGroups>",
                change("d"),
                change("s")
            )
        };
        for wrong in [
            "<Periods/>",
            "<Periods><Period Bias='P400Y' Id='s'/></Periods>",
            "<Periods><Period Bias='-PT99999999999999999999H' Id='s'/></Periods>",
            &changes("13", "1", "PT2H"),
            &changes("3", "9", "PT2H"),
            &changes("3", "-1", "yesterday"),
        ] {
            assert_eq!(zone(wrong), Err(Failure::TIME_ZONE), "{wrong}");
        }
        assert!(zone(&changes("3", "-1", "PT2H")).is_ok());
    }

    #[test]
    fn an_unknown_zone_counts_by_the_rules_it_brings_and_is_refused_without_them() {
        let bare = Element::parse(b"<StartTimeZone Id='tzone://Microsoft/Custom'/>").unwrap();
        assert_eq!(Zone::read(&bare), Err(Failure::TIME_ZONE));
        let custom = Element::parse(
            b"<StartTimeZone Id='Custom' Name='Customized Time Zone'><Periods>\
<Period Bias='-PT1H' Name='Standard' Id='std'/><Period Bias='-PT2H' Name='Daylight' Id='dlt'/></Periods>\
<TransitionsGroups><TransitionsGroup Id='0'>\
<RecurringDayTransition><To Kind='Period'>dlt</To><TimeOffset>PT2H</TimeOffset><Month>3</Month><DayOfWeek>Sunday</DayOfWeek><Occurrence>-1</Occurrence></RecurringDayTransition>\
<RecurringDayTransition><To Kind='Period'>std</To><TimeOffset>PT3H</TimeOffset><Month>10</Month><DayOfWeek>Sunday</DayOfWeek><Occurrence>-1</Occurrence></RecurringDayTransition>\
</TransitionsGroup></TransitionsGroups></StartTimeZone>",
        )
        .unwrap();
        let zone = Zone::read(&custom).unwrap();
        for at in [
            "2026-03-29T00:59:59Z",
            "2026-03-29T01:00:00Z",
            "2026-12-01T00:00:00Z",
        ] {
            let at = at.parse().unwrap();
            let berlin = Zone::windows("W. Europe Standard Time").unwrap();
            assert_eq!(zone.wall_clock(at), berlin.wall_clock(at));
        }
        assert_eq!(zone.element("EndTimeZone").attribute("Id"), Some("Custom"));
        assert!(zone.element("EndTimeZone").child("Periods").is_some());
    }
}
