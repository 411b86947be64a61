//! Events as a mailbox holds them: by the wall clock of a zone, with a rule, and those of calendar files.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use ssi_domain::{
    recurrence::{self as rule, DayKind, Recurrence, Start},
    zone,
};
use ssi_sandbox::{
    calendar_file::{FileEvent, Moment},
    exchange::{Body, Days, Draft, Index, Kind, Pattern, Range, Recurrence as Held, Value, Zone},
};
use ssi_tests::people::text;

/// Why a mailbox cannot hold an event at all: then it is never met in one.
pub(super) type Unheld = String;

/// An event by the clock of a zone; whole days when the start is a day.
pub(super) struct Timed {
    pub(super) start: Moment,
    pub(super) end: Moment,
    /// The zone of series and of whole days.
    pub(super) zone: Zone,
    pub(super) rule: Option<String>,
}

impl Timed {
    /// The event as Outlook makes it.
    pub(super) fn draft(&self, subject: &str) -> Result<Draft, Unheld> {
        let whole = matches!(self.start, Moment::Date(_));
        let start = self.moment(&self.start)?;
        let end = self.moment(&self.end)?;
        let mut draft = Draft::new(Kind::CalendarItem);
        let properties = &mut draft.properties;
        properties.insert("Subject", text(subject));
        properties.insert("Start", Value::Time(start));
        properties.insert("End", Value::Time(end));
        properties.insert("IsAllDayEvent", Value::Bool(whole));
        for name in ["StartTimeZone", "EndTimeZone"] {
            properties.insert(name, Value::Zone(self.zone.clone()));
        }
        if let Some(rule) = &self.rule {
            let wall = self.zone.rules.to_datetime(start);
            let first = match &self.start {
                Moment::Date(day) => Start::Day(*day),
                Moment::Time { .. } => Start::Wall(wall, self.zone.rules.clone()),
            };
            let rule = Recurrence::parse_rrule(rule, &first).map_err(|why| why.to_string())?;
            properties.insert("Recurrence", Value::Recurrence(held(&rule)?));
        }
        Ok(draft)
    }

    fn moment(&self, moment: &Moment) -> Result<Timestamp, Unheld> {
        let (wall, zone) = match moment {
            Moment::Date(day) => (day.to_datetime(Time::midnight()), self.zone.rules.clone()),
            Moment::Time { at, zone } => (*at, rules(zone.as_deref(), &self.zone)),
        };
        instant(wall, &zone)
    }
}

fn instant(wall: DateTime, zone: &TimeZone) -> Result<Timestamp, Unheld> {
    let zoned = wall.to_zoned(zone.clone());
    Ok(zoned.map_err(|why| why.to_string())?.timestamp())
}

/// The rules of a zone as a file names it; a time that floats is that of the calendar it is put into.
fn rules(name: Option<&str>, home: &Zone) -> TimeZone {
    name.and_then(zone::read)
        .and_then(|found| zone::get(&found.iana))
        .unwrap_or_else(|| home.rules.clone())
}

/// The zone of Exchange for one of a file; one that nobody knows keeps its name, as Outlook's own do.
pub(super) fn windows(name: Option<&str>) -> Zone {
    let Some(name) = name else {
        return Zone::windows("W. Europe Standard Time").expect("a zone of Windows");
    };
    let iana = zone::read(name).map(|found| found.iana);
    let id = iana.as_deref().and_then(zone::to_windows);
    match id.and_then(Zone::windows) {
        Some(zone) => zone,
        None => Zone {
            id: name.to_owned(),
            name: name.to_owned(),
            definition: None,
            rules: iana
                .and_then(|iana| zone::get(&iana))
                .unwrap_or(TimeZone::UTC),
        },
    }
}

impl Timed {
    /// The times of an event of a file.
    fn of(event: &FileEvent) -> Self {
        let name = match &event.start {
            Moment::Time { zone, .. } => zone.as_deref(),
            Moment::Date(_) => None,
        };
        Self {
            start: event.start.clone(),
            end: event.end.clone(),
            zone: windows(name),
            rule: event.rrule.clone(),
        }
    }
}

/// When a moment of an event of a file is.
pub(super) fn moment_of(event: &FileEvent, moment: &Moment) -> Result<Timestamp, Unheld> {
    Timed::of(event).moment(moment)
}

/// An event of a file as a mailbox holds it.
pub(super) fn of_file(event: &FileEvent) -> Result<Draft, Unheld> {
    let timed = Timed::of(event);
    let mut draft = timed.draft(&event.summary)?;
    draft.properties.insert("Location", text(&event.location));
    draft.body = Body::plain(&event.description);
    Ok(draft)
}

/// A series as Exchange keeps it.
fn held(rule: &Recurrence) -> Result<Held, Unheld> {
    let pattern = match rule.pattern {
        rule::Pattern::Daily { interval } => Pattern::Daily { interval },
        rule::Pattern::Weekly {
            interval,
            days,
            first_day,
        } => Pattern::Weekly {
            interval,
            // In the order of a week that begins on Sunday.
            days: {
                let mut days: Vec<_> = days.iter().map(weekday).collect();
                days.sort_by_key(|day| day.to_sunday_zero_offset());
                days
            },
            first_day: weekday(first_day),
        },
        rule::Pattern::MonthlyDay { interval, day } => Pattern::AbsoluteMonthly {
            interval,
            day: number(day)?,
        },
        rule::Pattern::MonthlyNth {
            interval,
            index,
            days,
        } => Pattern::RelativeMonthly {
            interval,
            days: kind(days),
            index: nth(index),
        },
        rule::Pattern::YearlyDay {
            interval: 1,
            month,
            day,
        } => Pattern::AbsoluteYearly {
            day: number(day)?,
            month: number(month)?,
        },
        rule::Pattern::YearlyNth {
            interval: 1,
            month,
            index,
            days,
        } => Pattern::RelativeYearly {
            days: kind(days),
            index: nth(index),
            month: number(month)?,
        },
        // Outlook keeps every other year as every 24th month.
        rule::Pattern::YearlyDay { interval, day, .. } => Pattern::AbsoluteMonthly {
            interval: interval * 12,
            day: number(day)?,
        },
        rule::Pattern::YearlyNth {
            interval,
            index,
            days,
            ..
        } => Pattern::RelativeMonthly {
            interval: interval * 12,
            days: kind(days),
            index: nth(index),
        },
    };
    let range = match rule.range {
        rule::Range::NoEnd { start } => Range::NoEnd { start },
        rule::Range::Until { start, end } => Range::EndDate { start, end },
        rule::Range::Count { start, count } => Range::Numbered {
            start,
            count: u16::try_from(count)
                .ok()
                .filter(|count| *count < 1_000)
                .ok_or("more occurrences than Exchange counts")?,
        },
    };
    Ok(Held { pattern, range })
}

fn number(number: u8) -> Result<i8, Unheld> {
    i8::try_from(number).map_err(|why| why.to_string())
}

fn weekday(day: rule::Weekday) -> jiff::civil::Weekday {
    let monday = Date::constant(2026, 11, 23);
    let days = std::iter::successors(Some(monday), |day| day.tomorrow().ok());
    let found = days.take(7).find(|date| rule::Weekday::of(*date) == day);
    found.expect("a day of the week").weekday()
}

fn kind(days: DayKind) -> Days {
    match days {
        DayKind::Of(day) => Days::Of(weekday(day)),
        DayKind::Day => Days::Day,
        DayKind::Weekday => Days::Weekday,
        DayKind::WeekendDay => Days::WeekendDay,
    }
}

fn nth(index: rule::Index) -> Index {
    match index.number() {
        1 => Index::First,
        2 => Index::Second,
        3 => Index::Third,
        4 => Index::Fourth,
        _ => Index::Last,
    }
}
