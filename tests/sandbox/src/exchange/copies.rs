//! What meeting messages do to an attendee's mailbox: the copy of the event, its updates and its end.

use jiff::Timestamp;

use super::Failure;
use super::attendee::{ATTENDEE_LISTS, Response};
use super::change::{Place, apply};
use super::fields::Kind;
use super::ids::change_key;
use super::item::Draft;
use super::mailbox::Mailbox;
use super::property::{Address, Value};
use super::series::Exception;
use crate::xml::Element;

/// What of the organizer's event travels to the attendees. Categories, named properties and reminders are
/// everybody's own.
pub(super) const TRAVELS: [&str; 20] = [
    "Subject",
    "Sensitivity",
    "Importance",
    "UID",
    "Start",
    "End",
    "IsAllDayEvent",
    "Location",
    "IsMeeting",
    "IsResponseRequested",
    "Organizer",
    "RequiredAttendees",
    "OptionalAttendees",
    "AppointmentSequenceNumber",
    "Recurrence",
    "StartTimeZone",
    "EndTimeZone",
    "Duration",
    "TimeZone",
    "OriginalStart",
];

/// The subject of what is called off.
pub(super) fn cancelled_subject(event: &Draft) -> String {
    let subject = event.text("Subject");
    if subject.starts_with("Canceled: ") {
        return subject.to_owned();
    }
    format!("Canceled: {subject}")
}

pub(super) fn associated(mailbox: &Mailbox, key: u64) -> Value {
    let version = mailbox.item(key).map_or(0, |item| item.version);
    let mut link = Element::new("AssociatedCalendarItemId");
    link.attributes = vec![
        ("Id".to_owned(), mailbox.item_id(key)),
        ("ChangeKey".to_owned(), change_key(mailbox.id, version)),
    ];
    Value::Tree(link)
}

/// The event of that UID that is not in a bin.
pub(super) fn live_by_uid(mailbox: &Mailbox, uid: &str) -> Option<u64> {
    let bins = ["deleteditems", "recoverableitemsdeletions"].map(|bin| mailbox.distinguished(bin));
    let mut found = mailbox.by_uid(uid);
    found
        .find(|item| item.data.kind == Kind::CalendarItem && !bins.contains(&Some(item.folder)))
        .map(|item| item.key)
}

/// Lays what travels of the organizer's event over an attendee's copy.
fn lay_over(copy: &mut Draft, event: &Draft, owner: &Address, asks_again: bool) {
    for name in TRAVELS {
        match event.properties.get(name) {
            Some(value) => copy.properties.insert(name, value.clone()),
            None => copy.properties.remove(name),
        };
    }
    copy.body = event.body.clone();
    let text = |text: &str| Value::Text(text.to_owned());
    let properties = &mut copy.properties;
    properties.insert("IsMeeting", Value::Bool(true));
    properties.insert("IsOrganizer", Value::Bool(false));
    properties.insert("IsCancelled", Value::Bool(false));
    properties.insert("MeetingRequestWasSent", Value::Bool(false));
    properties.insert("AppointmentState", text("3"));
    if asks_again || !properties.contains_key("MyResponseType") {
        let response = Response::NoResponseReceived.name();
        properties.insert("MyResponseType", text(response));
        properties.insert("LegacyFreeBusyStatus", text("Tentative"));
        properties.remove("AppointmentReplyTime");
    }
    if let Some(start) = event.time("Start") {
        properties.insert("ReminderDueBy", Value::Time(start));
    }
    let own = Response::of_name(copy.text("MyResponseType"));
    // Attendees do not see each other's answers, only their own.
    for list in ATTENDEE_LISTS {
        if let Some(Value::Attendees(attendees)) = copy.properties.get_mut(list) {
            for attendee in attendees {
                let mine = attendee.who.email.eq_ignore_ascii_case(&owner.email);
                attendee.response = if mine { own } else { Response::Unknown };
                attendee.at = None;
            }
        }
    }
}

fn fresh_copy(event: &Draft, owner: &Address) -> Draft {
    let mut copy = Draft::new(Kind::CalendarItem);
    lay_over(&mut copy, event, owner, true);
    let text = |text: &str| Value::Text(text.to_owned());
    for (name, value) in [
        ("CalendarItemType", text("Single")),
        ("IsRecurring", Value::Bool(false)),
        ("ReminderIsSet", Value::Bool(event.flag("ReminderIsSet"))),
        (
            "ReminderMinutesBeforeStart",
            text(event.text("ReminderMinutesBeforeStart")),
        ),
        ("ConferenceType", text("0")),
        ("AllowNewTimeProposal", Value::Bool(true)),
        ("IsOnlineMeeting", Value::Bool(false)),
    ] {
        copy.properties.entry(name).or_insert(value);
    }
    if event.recurrence().is_some() {
        let master = text("RecurringMaster");
        copy.properties.insert("CalendarItemType", master);
    }
    copy
}

pub(super) fn write_copy(
    mailbox: &mut Mailbox,
    event: &Draft,
    asks_again: bool,
    now: Timestamp,
) -> Result<u64, Failure> {
    let owner = mailbox.owner();
    let Some(key) = live_by_uid(mailbox, event.text("UID")) else {
        let mut copy = fresh_copy(event, &owner);
        copy.series = event.series.clone();
        let calendar = mailbox.distinguished("calendar");
        return mailbox.insert(calendar.ok_or(Failure::FOLDER_NOT_FOUND)?, copy, now);
    };
    mailbox.change(key, now, |item| {
        lay_over(&mut item.data, event, &owner, asks_again);
        let kind = if event.recurrence().is_some() {
            "RecurringMaster"
        } else {
            "Single"
        };
        let kind = Value::Text(kind.to_owned());
        item.data.properties.insert("CalendarItemType", kind);
        item.data.series = event.series.clone();
    })?;
    Ok(key)
}

pub(super) fn write_occurrence(
    mailbox: &mut Mailbox,
    event: &Draft,
    original: Timestamp,
    asks_again: bool,
    now: Timestamp,
) -> Result<u64, Failure> {
    let owner = mailbox.owner();
    let place = |key: u64| Place {
        key,
        occurrence: Some(original),
    };
    let known = live_by_uid(mailbox, event.text("UID"));
    let series = known.and_then(|key| Some((key, mailbox.look(place(key)).ok()?)));
    let Some((key, item)) = series else {
        // Invited to this occurrence alone: a single event with the series' UID.
        return write_copy(mailbox, event, asks_again, now);
    };
    let mut copy = item.data.clone();
    lay_over(&mut copy, event, &owner, asks_again);
    let master = mailbox.item(key).ok_or(Failure::ITEM_NOT_FOUND)?;
    let plain = master.data.plain_occurrence(original);
    let exception = Exception::between(&plain.ok_or(Failure::ITEM_NOT_FOUND)?, &copy);
    mailbox.change(key, now, |item| {
        item.data.series.exceptions.insert(original, exception);
    })?;
    Ok(key)
}

/// Marks an attendee's copy as cancelled; it stays until its owner removes it.
pub(super) fn cancel_copy(
    mailbox: &mut Mailbox,
    event: &Draft,
    occurrence: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<u64>, Failure> {
    let Some(key) = live_by_uid(mailbox, event.text("UID")) else {
        return Ok(None);
    };
    let place = Place { key, occurrence };
    let Ok(item) = mailbox.look(place) else {
        return Ok(None);
    };
    let mut copy = item.data.clone();
    let subject = cancelled_subject(&copy);
    let properties = &mut copy.properties;
    properties.insert("Subject", Value::Text(subject));
    properties.insert("IsCancelled", Value::Bool(true));
    properties.insert("AppointmentState", Value::Text("7".to_owned()));
    properties.insert("LegacyFreeBusyStatus", Value::Text("Free".to_owned()));
    apply(mailbox, place, copy, now)?;
    Ok(Some(key))
}

/// Answered requests leave the inbox, as Outlook and Exchange have it by default.
pub(super) fn clear_requests(
    mailbox: &mut Mailbox,
    uid: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let inbox = mailbox.distinguished("inbox");
    let asked = |item: &&std::sync::Arc<super::Item>| {
        item.data.kind == Kind::MeetingRequest && Some(item.folder) == inbox
    };
    let requests: Vec<u64> = mailbox
        .by_uid(uid)
        .filter(asked)
        .map(|item| item.key)
        .collect();
    let bin = mailbox
        .distinguished("deleteditems")
        .ok_or(Failure::FOLDER_NOT_FOUND)?;
    for request in requests {
        mailbox.move_item(request, bin, now)?;
    }
    Ok(())
}
