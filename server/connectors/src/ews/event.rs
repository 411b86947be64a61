//! What an event is beside its mapped fields, and its times.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time},
};
use ssi_domain::{
    ItemId, Value,
    port::{EventFacts, EventRole, Series},
};

use super::{
    op::find_folder::is_true,
    recurrence::Written,
    uid,
    value::{civil_date, instant},
    xml::{Element, Walker, XmlError},
    zone,
};

/// Most exceptions or deleted occurrences kept of a series; Exchange itself holds fewer than 1,000.
const MOST_OCCURRENCES: usize = 10_000;

/// `AppointmentState` (MS-OXOCAL PidLidAppointmentStateFlags): received from its organizer.
const STATE_RECEIVED: u32 = 2;
/// `AppointmentState`: cancelled.
const STATE_CANCELLED: u32 = 4;

/// Which end of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Where it starts.
    Start,
    /// Where it ends; the end of an all-day event is the day after its last.
    End,
}

/// An event while it is read.
#[derive(Debug, Default)]
pub(crate) struct EventDraft {
    uid: String,
    item_type: String,
    my_response: String,
    is_meeting: bool,
    is_cancelled: bool,
    is_organizer: Option<bool>,
    state: u32,
    original_start: Option<Timestamp>,
    recurrence_id: Option<Timestamp>,
    modified: Vec<(ItemId, Timestamp)>,
    deleted: Vec<Timestamp>,
    start_wall: String,
    end_wall: String,
    start_zone_id: String,
    end_zone_id: String,
    zone_name: String,
    /// Set from the mapped field.
    pub(crate) all_day: bool,
    /// Whether a reminder is set at all; without one the minutes mean nothing.
    pub(crate) reminder: Option<bool>,
    /// Id in the element `StartTimeZone`.
    pub(crate) start_zone: String,
    end_zone: String,
    /// How it repeats.
    pub(crate) series: Option<Written>,
    /// Attendees of any sort.
    pub(crate) attendees: usize,
    /// As written.
    pub(crate) start: Option<String>,
    pub(crate) end: Option<String>,
}

impl EventDraft {
    /// Reads a property if it is one of ours; says whether it was.
    pub(crate) fn take(
        &mut self,
        element: &Element<'_>,
        walker: &mut Walker<'_>,
    ) -> Result<bool, XmlError> {
        let text = |walker: &mut Walker<'_>| walker.text().map(|text| text.trim().to_owned());
        match element.name() {
            "UID" => self.uid = text(walker)?,
            "CalendarItemType" => self.item_type = text(walker)?,
            "MyResponseType" => self.my_response = text(walker)?,
            "IsMeeting" => self.is_meeting = is_true(&walker.text()?),
            "IsCancelled" => self.is_cancelled = is_true(&walker.text()?),
            "IsOrganizer" => self.is_organizer = Some(is_true(&walker.text()?)),
            "ReminderIsSet" => self.reminder = Some(is_true(&walker.text()?)),
            "AppointmentState" => self.state = text(walker)?.parse().unwrap_or(0),
            "OriginalStart" => self.original_start = instant(&walker.text()?),
            "RecurrenceId" => self.recurrence_id = instant(&walker.text()?),
            "StartWallClock" => self.start_wall = text(walker)?,
            "EndWallClock" => self.end_wall = text(walker)?,
            "StartTimeZoneId" => self.start_zone_id = text(walker)?,
            "EndTimeZoneId" => self.end_zone_id = text(walker)?,
            "TimeZone" => self.zone_name = text(walker)?,
            "EndTimeZone" => {
                self.end_zone = element.attribute("Id")?.unwrap_or_default();
                walker.skip()?;
            }
            "ModifiedOccurrences" => self.modified(walker)?,
            "DeletedOccurrences" => self.deleted(walker)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn modified(&mut self, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        while walker.child()?.is_some() {
            let (mut id, mut start, mut original) = (None, None, None);
            while let Some(part) = walker.child()? {
                match part.name() {
                    "ItemId" => {
                        id = part.attribute("Id")?.filter(|id| !id.is_empty());
                        walker.skip()?;
                    }
                    "Start" => start = instant(&walker.text()?),
                    "OriginalStart" => original = instant(&walker.text()?),
                    _ => walker.skip()?,
                }
            }
            if let (Some(id), Some(at)) = (id, original.or(start))
                && self.modified.len() < MOST_OCCURRENCES
            {
                self.modified.push((ItemId(id), at));
            }
        }
        Ok(())
    }

    fn deleted(&mut self, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        while walker.child()?.is_some() {
            while let Some(part) = walker.child()? {
                match part.name() {
                    "Start" => {
                        let at = instant(&walker.text()?);
                        let room = self.deleted.len() < MOST_OCCURRENCES;
                        self.deleted.extend(at.filter(|_| room));
                    }
                    _ => walker.skip()?,
                }
            }
        }
        Ok(())
    }

    /// The id the server gives the event's zone; empty when it gives none.
    pub(crate) fn zone_source(&self) -> &str {
        let all = [
            &self.start_zone_id,
            &self.start_zone,
            &self.end_zone_id,
            &self.end_zone,
            &self.zone_name,
        ];
        all.into_iter()
            .find(|id| !id.is_empty())
            .map_or("", String::as_str)
    }

    /// When it starts or ends: a day for all-day events, else an instant. `None` when unreadable.
    pub(crate) fn when(&self, edge: Edge) -> Option<Value> {
        if !self.all_day {
            let written = match edge {
                Edge::Start => &self.start,
                Edge::End => &self.end,
            };
            return instant(written.as_ref()?).map(Value::Instant);
        }
        let start = self.day(Edge::Start)?;
        match edge {
            Edge::Start => Some(Value::Date(start)),
            Edge::End => {
                // An event of no length still takes its day.
                let next = start.tomorrow().ok()?;
                let end = self.day(Edge::End).unwrap_or(next);
                Some(Value::Date(end.max(next)))
            }
        }
    }

    /// The day an all-day event starts on, or the first it does not take any more, in its own zone.
    fn day(&self, edge: Edge) -> Option<Date> {
        let (written, wall) = match edge {
            Edge::Start => (self.start.as_deref().unwrap_or_default(), &self.start_wall),
            Edge::End => (self.end.as_deref().unwrap_or_default(), &self.end_wall),
        };
        let civil = self.civil(written, wall)?;
        // A minute before midnight is how some clients write the end of a day.
        let past_midnight = civil.time() != Time::midnight() && !self.begins_day(civil);
        match edge {
            Edge::End if past_midnight => civil.date().tomorrow().ok(),
            _ => Some(civil.date()),
        }
    }

    /// Whether a day has no earlier moment in the event's zone: some days start at one, where clocks change at midnight.
    fn begins_day(&self, at: DateTime) -> bool {
        let zone = zone::find(self.zone_source());
        let first = zone.and_then(|zone| at.date().to_zoned(zone).ok());
        first.is_some_and(|first| first.datetime() == at)
    }

    fn civil(&self, written: &str, wall: &str) -> Option<DateTime> {
        // A wall clock that says UTC is an instant in disguise.
        if !wall.is_empty() && !wall.ends_with('Z') {
            return local_part(wall);
        }
        let text = if written.is_empty() { wall } else { written };
        let at = instant(text)?;
        match zone::find(self.zone_source()) {
            Some(zone) => Some(at.to_zoned(zone).datetime()),
            None => nearest_midnight(at),
        }
    }

    /// The rule of a series, or why there is none.
    pub(crate) fn rule(&self) -> Option<Result<String, String>> {
        self.series
            .as_ref()
            .map(|series| series.rule(self.first_day()))
    }

    /// The day it first happens on, in its own zone.
    fn first_day(&self) -> Option<Date> {
        match self.when(Edge::Start)? {
            Value::Date(day) => Some(day),
            Value::Instant(at) => {
                let zone = zone::find(self.zone_source()).unwrap_or(jiff::tz::TimeZone::UTC);
                Some(at.to_zoned(zone).date())
            }
            _ => None,
        }
    }

    /// The facts.
    pub(crate) fn facts(self) -> EventFacts {
        let meeting = self.is_meeting || self.attendees > 0;
        EventFacts {
            role: self.role(meeting),
            meeting,
            cancelled: self.is_cancelled || self.state & STATE_CANCELLED != 0,
            series: self.series_facts(),
            uid: uid::clean(&self.uid),
        }
    }

    /// INV-11: what cannot be told is not ours.
    fn role(&self, meeting: bool) -> EventRole {
        let organizer = match (self.is_organizer, self.my_response.as_str()) {
            _ if !meeting => true,
            (Some(is_organizer), _) => is_organizer,
            (None, "Organizer") => true,
            (None, "" | "Unknown") => self.attendees == 0 && self.state & STATE_RECEIVED == 0,
            (None, _) => false,
        };
        if organizer {
            EventRole::Organizer
        } else {
            EventRole::Attendee
        }
    }

    fn series_facts(&self) -> Series {
        let original = self.original_start.or(self.recurrence_id);
        match self.item_type.as_str() {
            "RecurringMaster" => self.master(),
            "Exception" | "Occurrence" => {
                let start = || self.start.as_deref().and_then(instant);
                match original.or_else(start) {
                    Some(original_start) => Series::Exception { original_start },
                    None => Series::Single,
                }
            }
            // Servers that do not say what it is.
            kind if kind != "Single" && self.series.is_some() => self.master(),
            // Somebody who is invited to one occurrence only has it as a single event, with the day it had.
            _ => match self.recurrence_id {
                Some(original_start) => Series::Exception { original_start },
                None => Series::Single,
            },
        }
    }

    fn master(&self) -> Series {
        let rule = self.rule().unwrap_or_else(|| Written::default().rule(None));
        Series::Master {
            exceptions: self.modified.clone(),
            deleted: self.deleted.clone(),
            not_representable: rule.err(),
        }
    }
}

/// The date and time as written, whatever zone is said to be meant.
fn local_part(text: &str) -> Option<DateTime> {
    let head = text.get(..19).unwrap_or(text);
    head.parse::<DateTime>()
        .ok()
        .or_else(|| civil_date(text).map(|day| day.to_datetime(Time::midnight())))
}

/// The midnight nearest to an instant: what an all-day event of an unknown zone most likely means.
pub(crate) fn nearest_midnight(at: Timestamp) -> Option<DateTime> {
    let half_a_day = SignedDuration::from_hours(12) - SignedDuration::from_secs(1);
    let later = at.checked_add(half_a_day).ok()?;
    let day = later.to_zoned(jiff::tz::TimeZone::UTC).date();
    Some(day.to_datetime(Time::midnight()))
}
