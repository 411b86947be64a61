//! Events and to-dos.

use calcard::{
    common::{IanaString as _, PartialDateTime},
    icalendar::{
        ICalendar, ICalendarComponent, ICalendarComponentType as Type, ICalendarEntry,
        ICalendarParameterName as Parameter, ICalendarProperty as Property,
        ICalendarValue as Value,
    },
};
use jiff::{
    SignedDuration, Span,
    civil::{Date, DateTime, Time},
};

use super::{
    CalendarFile, FileEvent, FilePerson, FileTask, MOST, Moment, Refusal, component::Item, zone,
};

pub(super) fn read(items: Vec<Item>) -> CalendarFile {
    let mut file = CalendarFile::default();
    let mut changed = Vec::new();
    for item in items {
        match item {
            Item::Calendar(calendar) => read_one(&calendar, &mut file, &mut changed),
            Item::Contact(_) => {
                file.refused
                    .push(Refusal::new("", "a contact in a calendar file"));
            }
        }
    }
    for event in changed {
        let series = file.events.iter_mut().find(|series| {
            !event.uid.is_empty() && series.uid == event.uid && series.rrule.is_some()
        });
        match series {
            Some(series) => series.overrides.push(event),
            // An invitation to one occurrence comes without its series.
            None => file.events.push(event),
        }
    }
    file
}

fn read_one(calendar: &ICalendar, file: &mut CalendarFile, changed: &mut Vec<FileEvent>) {
    let method = method(calendar);
    file.zones.extend(zone::all(calendar));
    for part in &calendar.components {
        if file.events.len() + changed.len() + file.tasks.len() >= MOST {
            let why = format!("the file has more than {MOST} items; the rest was not read");
            file.refused.push(Refusal::new("", &why));
            return;
        }
        match part.component_type {
            Type::VEvent => match event(calendar, part, &mut file.refused) {
                Ok(mut event) => {
                    event.method.clone_from(&method);
                    let to = match event.recurrence_id {
                        Some(_) => &mut *changed,
                        None => &mut file.events,
                    };
                    to.push(event);
                }
                Err(why) => file
                    .refused
                    .push(Refusal::new(&text(part, &Property::Uid), why)),
            },
            Type::VTodo => {
                let task = task(calendar, part);
                file.tasks.push(task);
            }
            Type::VJournal => {
                let uid = text(part, &Property::Uid);
                file.refused
                    .push(Refusal::new(&uid, "journals have no place in a mailbox"));
            }
            Type::VFreebusy => {
                let uid = text(part, &Property::Uid);
                file.refused.push(Refusal::new(
                    &uid,
                    "free and busy times have no place in a mailbox",
                ));
            }
            // Zones, alarms and the calendar itself are no items.
            _ => {}
        }
    }
}

/// `METHOD`, which stands in the calendar itself.
fn method(calendar: &ICalendar) -> String {
    let mut parts = calendar.components.iter();
    let whole = parts.find(|part| part.component_type == Type::VCalendar);
    let entry = whole.and_then(|whole| whole.property(&Property::Method));
    match entry.and_then(|entry| entry.values.first()) {
        Some(Value::Method(method)) => method.as_str().to_owned(),
        Some(value) => value.as_text().unwrap_or_default().to_ascii_uppercase(),
        None => String::new(),
    }
}

fn event(
    calendar: &ICalendar,
    part: &ICalendarComponent,
    refused: &mut Vec<Refusal>,
) -> Result<FileEvent, &'static str> {
    let uid = text(part, &Property::Uid);
    let Some(start) = moment(part, &Property::Dtstart) else {
        return Err(if part.has_property(&Property::Dtstart) {
            "its start cannot be read"
        } else {
            "it has no start"
        });
    };
    let end = match (moment(part, &Property::Dtend), duration(part)) {
        (Some(end), _) => end,
        (None, Some(length)) => later(&start, length).ok_or("it ends beyond the calendar")?,
        (None, None) if part.has_property(&Property::Dtend) => {
            return Err("its end cannot be read");
        }
        (None, None) => match &start {
            Moment::Date(day) => {
                Moment::Date(day.tomorrow().map_err(|_| "it ends beyond the calendar")?)
            }
            time => time.clone(),
        },
    };
    let recurrence_id = moment(part, &Property::RecurrenceId);
    if recurrence_id.is_none() && part.has_property(&Property::RecurrenceId) {
        return Err("the occurrence it changes cannot be read");
    }
    let rules: Vec<String> = part.properties(&Property::Rrule).flat_map(rule).collect();
    if rules.len() > 1 || part.has_property(&Property::Exrule) {
        refused.push(Refusal::new(
            &uid,
            "it repeats by several rules; only the first was read",
        ));
    }
    let mut organizers = people(part, &Property::Organizer);
    Ok(FileEvent {
        method: String::new(),
        sequence: part
            .property(&Property::Sequence)
            .and_then(|entry| entry.values.first()?.as_integer())
            .unwrap_or(0),
        recurrence_id,
        summary: text(part, &Property::Summary),
        description: text(part, &Property::Description),
        location: text(part, &Property::Location),
        start,
        end,
        rrule: rules.into_iter().next(),
        rdates: moments(part, &Property::Rdate),
        exdates: moments(part, &Property::Exdate),
        overrides: Vec::new(),
        organizer: (!organizers.is_empty()).then(|| organizers.remove(0)),
        attendees: people(part, &Property::Attendee),
        status: word(part, &Property::Status),
        class: word(part, &Property::Class),
        transparency: word(part, &Property::Transp),
        categories: texts(part, &Property::Categories),
        alarms: alarms(calendar, part),
        uid,
    })
}

fn task(calendar: &ICalendar, part: &ICalendarComponent) -> FileTask {
    let start = moment(part, &Property::Dtstart);
    let by_length = || later(start.as_ref()?, duration(part)?);
    FileTask {
        uid: text(part, &Property::Uid),
        summary: text(part, &Property::Summary),
        description: text(part, &Property::Description),
        due: moment(part, &Property::Due).or_else(by_length),
        start,
        completed: moment(part, &Property::Completed),
        rrule: part.properties(&Property::Rrule).flat_map(rule).next(),
        status: word(part, &Property::Status),
        class: word(part, &Property::Class),
        percent: number(part, &Property::PercentComplete).map(|percent| percent.min(100)),
        priority: number(part, &Property::Priority),
        categories: texts(part, &Property::Categories),
        alarms: alarms(calendar, part),
    }
}

fn rule(entry: &ICalendarEntry) -> Vec<String> {
    let values = entry.values.iter();
    values
        .filter_map(|value| match value {
            Value::RecurrenceRule(rule) => Some(rule.to_string()),
            // A rule the parser does not know stays as it stands, so that the reason can name it.
            value => value.as_text().map(str::to_owned),
        })
        .collect()
}

/// All texts of a property joined: some programs write a comma in a text without a backslash.
fn text(part: &ICalendarComponent, name: &Property) -> String {
    let Some(entry) = part.property(name) else {
        return String::new();
    };
    let texts: Vec<&str> = entry.values.iter().filter_map(Value::as_text).collect();
    texts.join(",")
}

fn word(part: &ICalendarComponent, name: &Property) -> String {
    text(part, name).trim().to_ascii_uppercase()
}

fn texts(part: &ICalendarComponent, name: &Property) -> Vec<String> {
    part.properties(name)
        .flat_map(|entry| &entry.values)
        .filter_map(|value| value.as_text())
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect()
}

fn number(part: &ICalendarComponent, name: &Property) -> Option<u8> {
    let value = part.property(name)?.values.first()?;
    u8::try_from(value.as_integer()?).ok()
}

fn people(part: &ICalendarComponent, name: &Property) -> Vec<FilePerson> {
    part.properties(name)
        .filter_map(|entry| {
            let parameter = |name: &Parameter| {
                let value = entry.parameter(name).and_then(|value| value.as_text());
                value.unwrap_or_default().trim().to_owned()
            };
            let written = entry.calendar_address().unwrap_or_default().trim();
            let address = match written.split_at_checked(7) {
                Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto:") => rest,
                _ => written,
            };
            let person = FilePerson {
                name: parameter(&Parameter::Cn),
                address: address.trim().to_owned(),
                role: parameter(&Parameter::Role),
                answer: parameter(&Parameter::Partstat),
                kind: parameter(&Parameter::Cutype),
            };
            (!person.name.is_empty() || !person.address.is_empty()).then_some(person)
        })
        .collect()
}

fn moment(part: &ICalendarComponent, name: &Property) -> Option<Moment> {
    let entry = part.property(name)?;
    moment_of(entry, entry.values.first()?)
}

fn moments(part: &ICalendarComponent, name: &Property) -> Vec<Moment> {
    part.properties(name)
        .flat_map(|entry| {
            entry
                .values
                .iter()
                .filter_map(|value| moment_of(entry, value))
        })
        .collect()
}

fn moment_of(entry: &ICalendarEntry, value: &Value) -> Option<Moment> {
    use calcard::icalendar::ICalendarPeriod::{Duration, Range};
    let at = match value {
        Value::PartialDateTime(at) => at,
        Value::Period(Range { start, .. } | Duration { start, .. }) => start,
        _ => return None,
    };
    let zone = entry
        .parameter(&Parameter::Tzid)
        .and_then(|zone| zone.as_text());
    read_moment(at, zone)
}

fn read_moment(at: &PartialDateTime, zone: Option<&str>) -> Option<Moment> {
    let day = day(at)?;
    let Some(hour) = at.hour else {
        return Some(Moment::Date(day));
    };
    // A leap second is the second before it.
    let second = at.second.unwrap_or(0).min(59);
    let time = Time::new(
        i8::try_from(hour).ok()?,
        i8::try_from(at.minute.unwrap_or(0)).ok()?,
        i8::try_from(second).ok()?,
        0,
    )
    .ok()?;
    let zone = match at.tz_hour {
        Some(hours) => {
            let minutes = at.tz_minute.unwrap_or(0);
            let sign = if at.tz_minus { '-' } else { '+' };
            Some(match (hours, minutes) {
                (0, 0) => "UTC".to_owned(),
                _ => format!("{sign}{hours:02}:{minutes:02}"),
            })
        }
        None => zone
            .map(|zone| zone.trim().to_owned())
            .filter(|zone| !zone.is_empty()),
    };
    let at = DateTime::from_parts(day, time);
    Some(Moment::Time { at, zone })
}

/// The day of a date that is whole.
pub(super) fn day(at: &PartialDateTime) -> Option<Date> {
    let year = i16::try_from(at.year?).ok()?;
    let (month, day) = (i8::try_from(at.month?).ok()?, i8::try_from(at.day?).ok()?);
    Date::new(year, month, day).ok()
}

fn duration(part: &ICalendarComponent) -> Option<i64> {
    match part.property(&Property::Duration)?.values.first()? {
        Value::Duration(length) => Some(length.as_seconds()),
        _ => None,
    }
}

fn later(start: &Moment, seconds: i64) -> Option<Moment> {
    match start {
        Moment::Date(day) => {
            // Part of a day is the whole day.
            let days = seconds.div_euclid(86_400) + i64::from(seconds.rem_euclid(86_400) > 0);
            let span = Span::new().try_days(days).ok()?;
            Some(Moment::Date(day.checked_add(span).ok()?))
        }
        Moment::Time { at, zone } => {
            let at = at.checked_add(SignedDuration::from_secs(seconds)).ok()?;
            let zone = zone.clone();
            Some(Moment::Time { at, zone })
        }
    }
}

/// Alarms at a distance from the start. Those at a fixed time have no place in a mailbox's reminder.
fn alarms(calendar: &ICalendar, part: &ICalendarComponent) -> Vec<i64> {
    part.component_ids
        .iter()
        .filter_map(|id| calendar.components.get(usize::try_from(*id).ok()?))
        .filter(|alarm| alarm.component_type == Type::VAlarm)
        .filter_map(
            |alarm| match alarm.property(&Property::Trigger)?.values.first()? {
                Value::Duration(distance) => Some(distance.as_seconds() / 60),
                _ => None,
            },
        )
        .collect()
}
