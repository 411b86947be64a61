//! Events of files, put into a calendar as Outlook imports them: nothing is sent.

use jiff::{
    Timestamp,
    civil::{DateTime, Time},
};

use super::{rule, zones::Zones};
use crate::{
    World,
    calendar_file::{FileEvent, FilePerson, Moment},
    exchange::{
        Actor, Address, Attendee, Body, Disposal, Draft, Failure, Kind, Place, Response, Sending,
        Value, Zone,
    },
};

/// Changed and removed occurrences of one series that are put in; more are left out with a word.
const MOST_CHANGES: usize = 500;

/// Why the mailbox did not take an event, as a stable code.
pub(super) type Refused = String;

/// What came of putting an event in.
pub(super) struct Put {
    /// Its number in the mailbox.
    pub key: u64,
    /// What was done differently from the file, as stable codes.
    pub notes: Vec<String>,
}

/// A time on the clock of a zone, and in the world.
struct When {
    at: Timestamp,
    wall: DateTime,
    zone: Zone,
    day: bool,
}

fn when(moment: &Moment, zones: &Zones<'_>, notes: &mut Vec<String>) -> Result<When, Refused> {
    let (wall, zone, day) = match moment {
        Moment::Date(day) => (day.to_datetime(Time::midnight()), Zones::home(), true),
        Moment::Time { at, zone } => match zones.named(zone.as_deref()) {
            Some(zone) => (*at, zone, false),
            None => {
                note(notes, "zone_unknown_taken_as_local");
                (*at, Zones::home(), false)
            }
        },
    };
    let at = wall.to_zoned(zone.rules.clone());
    let at = at
        .map_err(|_| "time_beyond_the_calendar".to_owned())?
        .timestamp();
    Ok(When {
        at,
        wall,
        zone,
        day,
    })
}

fn note(notes: &mut Vec<String>, code: &str) {
    if !notes.iter().any(|known| known == code) {
        notes.push(code.to_owned());
    }
}

/// Puts an event in, with its changed and removed occurrences.
///
/// # Errors
/// A stable code: ours, or the one Exchange refuses with.
pub(super) fn put(
    world: &World,
    owner: &str,
    event: &FileEvent,
    zones: &Zones<'_>,
    categories: &[String],
) -> Result<Put, Refused> {
    let mut notes = Vec::new();
    let start = when(&event.start, zones, &mut notes)?;
    let end = when(&event.end, zones, &mut notes)?;
    let mut draft = Draft::new(Kind::CalendarItem);
    head(&mut draft, event);
    times(&mut draft, &start, &end);
    people(&mut draft, event, owner);
    let properties = &mut draft.properties;
    if !event.uid.is_empty() {
        properties.insert("UID", Value::Text(event.uid.clone()));
    }
    if !categories.is_empty() {
        let mut all = categories.to_vec();
        all.extend(event.categories.iter().take(20).cloned());
        all.dedup();
        properties.insert("Categories", Value::Strings(all));
    }
    if let Some(text) = &event.rrule {
        let recurrence = rule::read(text, start.wall, &start.zone)
            .ok_or_else(|| "mailbox_cannot_hold_this_recurrence".to_owned())?;
        properties.insert("Recurrence", Value::Recurrence(recurrence));
    }
    if let Some(original) = &event.recurrence_id {
        // An occurrence without its series, as people get it who are invited to that one only.
        let original = when(original, zones, &mut notes)?;
        properties.insert("RecurrenceId", Value::Time(original.at));
    }
    if !event.rdates.is_empty() {
        note(&mut notes, "further_days_left_out");
    }
    let sent = event.organizer.is_some() && !event.attendees.is_empty();
    properties.insert("MeetingRequestWasSent", Value::Bool(sent));
    let cancelled = event.method == "CANCEL" || event.status == "CANCELLED";
    properties.insert("IsCancelled", Value::Bool(cancelled));
    let actor = Actor::human(owner);
    let refused = |failure: Failure| failure.code.to_owned();
    let mut exchange = world.exchange();
    let folder = exchange
        .mailbox(owner)
        .map_err(refused)?
        .distinguished("calendar")
        .ok_or("no_calendar")?;
    let key = exchange
        .create_item(&actor, folder, draft, &start.zone, Sending::NONE)
        .map_err(refused)?;
    drop(exchange);
    if event.rrule.is_some() {
        occurrences(world, &actor, key, event, (&start.zone, zones), &mut notes);
    }
    Ok(Put { key, notes })
}

fn head(draft: &mut Draft, event: &FileEvent) {
    let text = |text: &str| Value::Text(text.to_owned());
    let sensitivity = match event.class.as_str() {
        "PRIVATE" => "Private",
        "CONFIDENTIAL" => "Confidential",
        _ => "Normal",
    };
    let busy = match event.transparency.as_str() {
        "TRANSPARENT" => "Free",
        _ if event.status == "TENTATIVE" => "Tentative",
        _ => "Busy",
    };
    let properties = &mut draft.properties;
    properties.insert("Subject", text(&event.summary));
    properties.insert("Location", text(&event.location));
    properties.insert("Sensitivity", text(sensitivity));
    properties.insert("LegacyFreeBusyStatus", text(busy));
    // Exchange knows one reminder, before the start.
    let before = event.alarms.iter().copied().find(|minutes| *minutes <= 0);
    properties.insert("ReminderIsSet", Value::Bool(before.is_some()));
    if let Some(minutes) = before {
        let minutes = Value::Text(minutes.unsigned_abs().to_string());
        properties.insert("ReminderMinutesBeforeStart", minutes);
    }
    if !event.description.is_empty() {
        draft.body = Body::plain(&event.description);
    }
}

fn times(draft: &mut Draft, start: &When, end: &When) {
    let properties = &mut draft.properties;
    properties.insert("Start", Value::Time(start.at));
    properties.insert("End", Value::Time(end.at));
    properties.insert("StartTimeZone", Value::Zone(start.zone.clone()));
    properties.insert("EndTimeZone", Value::Zone(end.zone.clone()));
    properties.insert("IsAllDayEvent", Value::Bool(start.day));
}

fn address(person: &FilePerson) -> Address {
    Address {
        name: person.name.clone(),
        email: person.address.clone(),
    }
}

fn people(draft: &mut Draft, event: &FileEvent, owner: &str) {
    let is_owner = |who: &FilePerson| who.address.eq_ignore_ascii_case(owner);
    let properties = &mut draft.properties;
    if let Some(organizer) = event.organizer.as_ref().filter(|who| !is_owner(who)) {
        properties.insert("Organizer", Value::Mailbox(address(organizer)));
        let mine = event.attendees.iter().find(|who| is_owner(who));
        let answer = mine.map_or(Response::NoResponseReceived, |who| answer(&who.answer));
        properties.insert("MyResponseType", Value::Text(answer.name().to_owned()));
    }
    let mut lists: [(&'static str, Vec<Attendee>); 3] = [
        ("RequiredAttendees", Vec::new()),
        ("OptionalAttendees", Vec::new()),
        ("Resources", Vec::new()),
    ];
    let invited = event.attendees.iter().filter(|who| {
        !event
            .organizer
            .as_ref()
            .is_some_and(|organizer| organizer.address.eq_ignore_ascii_case(&who.address))
    });
    for who in invited {
        let list = match (
            who.kind.to_uppercase().as_str(),
            who.role.to_uppercase().as_str(),
        ) {
            ("ROOM" | "RESOURCE", _) => 2,
            (_, "OPT-PARTICIPANT" | "NON-PARTICIPANT") => 1,
            _ => 0,
        };
        lists[list].1.push(Attendee {
            who: address(who),
            response: answer(&who.answer),
            at: None,
        });
    }
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        properties.insert(name, Value::Attendees(list));
    }
}

fn answer(written: &str) -> Response {
    match written.to_uppercase().as_str() {
        "ACCEPTED" => Response::Accept,
        "DECLINED" => Response::Decline,
        "TENTATIVE" => Response::Tentative,
        _ => Response::NoResponseReceived,
    }
}

/// Puts changed occurrences in and takes removed ones out.
fn occurrences(
    world: &World,
    actor: &Actor,
    key: u64,
    series: &FileEvent,
    (zone, zones): (&Zone, &Zones<'_>),
    notes: &mut Vec<String>,
) {
    let place = |moment: &Moment, notes: &mut Vec<String>| {
        let original = match moment {
            // The day of an occurrence stands for it, whatever its time.
            Moment::Date(day) => {
                let wall = match &series.start {
                    Moment::Date(_) => day.to_datetime(Time::midnight()),
                    Moment::Time { at, .. } => day.to_datetime(at.time()),
                };
                wall.to_zoned(zone.rules.clone()).ok()?.timestamp()
            }
            time => when(time, zones, notes).ok()?.at,
        };
        Some(Place {
            key,
            occurrence: Some(original),
        })
    };
    if series.exdates.len() + series.overrides.len() > MOST_CHANGES {
        note(notes, "too_many_changed_occurrences");
    }
    let mut exchange = world.exchange();
    for changed in series.overrides.iter().take(MOST_CHANGES) {
        let moment = changed.recurrence_id.as_ref();
        let Some(at) = moment.and_then(|moment| place(moment, notes)) else {
            note(notes, "changed_occurrence_not_found");
            continue;
        };
        let done = if changed.status == "CANCELLED" || changed.method == "CANCEL" {
            exchange.delete_item(actor, at, Disposal::Hard, Sending::NONE)
        } else {
            let times_of = (
                when(&changed.start, zones, notes),
                when(&changed.end, zones, notes),
            );
            let (Ok(start), Ok(end)) = times_of else {
                note(notes, "time_beyond_the_calendar");
                continue;
            };
            exchange.update_item(actor, at, zone, Sending::NONE, |draft| {
                head(draft, changed);
                times(draft, &start, &end);
                Ok(())
            })
        };
        if done.is_err() {
            note(notes, "changed_occurrence_refused");
        }
    }
    for removed in series.exdates.iter().take(MOST_CHANGES) {
        let Some(at) = place(removed, notes) else {
            continue;
        };
        // A removed day on which the series has nothing changes nothing.
        let _none = exchange
            .delete_item(actor, at, Disposal::Hard, Sending::NONE)
            .is_err();
    }
}
