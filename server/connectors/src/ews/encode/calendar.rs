//! The times of an event, which only make sense together: start, end, zone, all-day, recurrence.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use ssi_domain::{
    Record, Value,
    port::PortError,
    recurrence::{Recurrence, Start},
};

use super::{Act, Ground, element::is_empty, part::Part, refused};
use crate::ews::{recurrence, version::ServerVersion, xml::Xml, zone};

/// The fields that say when.
const TIMES: [&str; 5] = ["start", "end", "zone", "all_day", "recurrence"];

/// Exchange's name of UTC.
const UTC: &str = "UTC";

/// The zone of an event: how to write it, and what it is.
struct Zone {
    id: Option<String>,
    zone: TimeZone,
}

/// Changed times are read in the zone of the request unless the item's own is written along.
pub(super) fn needs_now(set: &Record) -> bool {
    let has = |name: &str| set.get(name).is_some();
    let whole = has("zone") && has("start") && has("end") && has("all_day");
    TIMES.iter().any(|name| has(name)) && !whole
}

/// Adds what says when, and the reminder.
pub(super) fn complete(ground: &Ground<'_>, parts: &mut Vec<Part>) -> Result<(), PortError> {
    reminder(ground, parts);
    let set = ground.set;
    if ground.act == Act::Update && !TIMES.iter().any(|name| set.get(name).is_some()) {
        return Ok(());
    }
    let zone = zone_of(ground);
    let start = moment(ground, "start", &zone)?;
    let end = moment(ground, "end", &zone)?;
    if ground.act == Act::Create && start.is_none() {
        return Err(refused("start", "an event needs a start"));
    }
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        return Err(refused("end", "an event cannot end before it starts"));
    }
    let mut write = |uri, at: Option<Timestamp>, field: &str| {
        if let Some(at) = at.filter(|_| set.get(field).is_some()) {
            let text = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            parts.push(Part::leaf(uri, &text));
        }
    };
    write("calendar:Start", start, "start");
    write("calendar:End", end, "end");
    if let Some(all_day) = all_day(set) {
        let text = if all_day { "true" } else { "false" };
        parts.push(Part::leaf("calendar:IsAllDayEvent", text));
    }
    if let Some(value) = set.get("recurrence") {
        series(ground, value, start, &zone, parts)?;
    }
    if let Some(id) = &zone.id
        && ground.version >= ServerVersion::Exchange2010
    {
        for uri in ["calendar:StartTimeZone", "calendar:EndTimeZone"] {
            let mut xml = Xml::new();
            let name = uri.rsplit(':').next().unwrap_or(uri);
            xml.empty(&format!("t:{name}"), &[("Id", id)]);
            parts.push(Part::element(uri, xml.finish()));
        }
    }
    Ok(())
}

/// Whether it takes whole days, if the write says so: by the flag, or by a day in place of a time.
fn all_day(set: &Record) -> Option<bool> {
    match (set.get("all_day"), set.get("start")) {
        (Some(Value::Bool(all_day)), _) => Some(*all_day),
        (None, Some(Value::Date(_))) => Some(true),
        _ => None,
    }
}

/// The zone to write: the one given, else the one the item has.
fn zone_of(ground: &Ground<'_>) -> Zone {
    let given = ground.set.text("zone");
    let now = ground.now.map(|now| now.text("zone")).unwrap_or_default();
    let source = ground.now.map(|now| now.text("zone_source"));
    let name = if given.is_empty() { now } else { given };
    // The server's own word for its zone is the surest.
    let own = source.filter(|_| given.is_empty() || given == now);
    let id = match own.filter(|id| !id.is_empty() && zone::is_server_id(id)) {
        Some(id) => Some(id.to_owned()),
        None => zone::server_id(name),
    };
    match zone::find(name) {
        Some(zone) => Zone { id, zone },
        // An unknown zone: times are written as instants, days as those of UTC.
        None => Zone {
            id: id.or_else(|| (ground.act == Act::Create).then(|| UTC.to_owned())),
            zone: TimeZone::UTC,
        },
    }
}

/// When it starts or ends after the write. A day is its midnight in the event's zone.
fn moment(ground: &Ground<'_>, field: &str, zone: &Zone) -> Result<Option<Timestamp>, PortError> {
    let given = ground.set.get(field);
    if given.is_some_and(is_empty) {
        return Err(refused(field, "an event needs a start and an end"));
    }
    let value = given.or_else(|| ground.now.and_then(|now| now.get(field)));
    match value {
        Some(Value::Instant(at)) => Ok(Some(*at)),
        Some(Value::Date(day)) => midnight(*day, &zone.zone)
            .map(Some)
            .ok_or_else(|| refused(field, "the day lies beyond the calendar")),
        Some(_) => Err(refused(field, "neither a time nor a day")),
        None => Ok(None),
    }
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(day.to_zoned(zone.clone()).ok()?.timestamp())
}

fn series(
    ground: &Ground<'_>,
    value: &Value,
    start: Option<Timestamp>,
    zone: &Zone,
    parts: &mut Vec<Part>,
) -> Result<(), PortError> {
    if is_empty(value) {
        if ground.act == Act::Update {
            let mut part = Part::element("calendar:Recurrence", String::new());
            part.content = None;
            parts.push(part);
        }
        return Ok(());
    }
    let text = value.as_text().unwrap_or_default();
    let start = start.ok_or_else(|| refused("recurrence", "a series needs a start"))?;
    let first = start.to_zoned(zone.zone.clone());
    let first = Start::Wall(first.datetime(), zone.zone.clone());
    let series = Recurrence::parse_rrule(text, &first)
        .map_err(|why| refused("recurrence", format!("the series cannot be stored: {why}")))?;
    let xml = recurrence::write(&series).map_err(|why| refused("recurrence", why))?;
    parts.push(Part::element("calendar:Recurrence", xml));
    Ok(())
}

/// A new event has a reminder only if one is asked for; Exchange would add its own.
fn reminder(ground: &Ground<'_>, parts: &mut Vec<Part>) {
    let minutes = match ground.set.get("reminder_minutes") {
        Some(Value::Number(minutes)) if *minutes >= 0 => Some(*minutes),
        Some(_) => None,
        None if ground.act == Act::Update => return,
        None => None,
    };
    let set = if minutes.is_some() { "true" } else { "false" };
    parts.push(Part::leaf("item:ReminderIsSet", set));
    if let Some(minutes) = minutes {
        let text = minutes.to_string();
        parts.push(Part::leaf("item:ReminderMinutesBeforeStart", &text));
    }
}
