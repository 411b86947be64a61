//! What an item looks like on either side, in words that can be compared.

use jiff::{Timestamp, civil::Time, tz::TimeZone};
use serde_json::{Value as Json, json};

use super::rule;
use crate::{
    World,
    crm::{AppointmentView, Kind as CrmKind, PhoneCallView, Record, SeriesView, VisitView},
    exchange::{Draft, Kind, Value},
};

/// The kinds of records that items of calendars, tasks and contacts become.
pub(super) const RECORDS: [CrmKind; 8] = [
    CrmKind::Appointment,
    CrmKind::Visit,
    CrmKind::PhoneCall,
    CrmKind::Series,
    CrmKind::Task,
    CrmKind::Contact,
    CrmKind::Account,
    CrmKind::IndividualCustomer,
];

/// The ObjectID in the id of a record; the server tells series from appointments by a word before it.
pub(super) fn bare(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or(id)
}

/// The record with this ObjectID, whatever its kind.
pub(super) fn record(world: &World, id: &str) -> Option<Record> {
    let crm = world.crm();
    RECORDS.iter().find_map(|kind| crm.record(*kind, id))
}

/// An item of a mailbox; `None` when it is gone.
pub(super) fn in_mailbox(world: &World, mailbox: &str, key: u64) -> Option<Json> {
    let exchange = world.exchange();
    let item = exchange.mailbox(mailbox).ok()?.item(key)?;
    let data = &item.data;
    Some(match data.kind {
        Kind::CalendarItem => event(data)?,
        Kind::Task => json!({
            "subject": data.text("Subject"),
            "start": data.time("StartDate").map(day),
            "due": data.time("DueDate").map(day),
            "status": data.text("Status"),
        }),
        _ => json!({
            "first": data.text("GivenName"),
            "last": data.text("Surname"),
            "company": data.text("CompanyName"),
            "job_title": data.text("JobTitle"),
            "email": entry(data, "EmailAddresses", "EmailAddress1"),
            "phone": entry(data, "PhoneNumbers", "BusinessPhone"),
            "mobile": entry(data, "PhoneNumbers", "MobilePhone"),
        }),
    })
}

fn entry(data: &Draft, dictionary: &str, key: &str) -> String {
    let Some(Value::Tree(tree)) = data.properties.get(dictionary) else {
        return String::new();
    };
    let mut entries = tree.children.iter();
    let found = entries.find(|entry| entry.attribute("Key") == Some(key));
    found.map(|entry| entry.text.clone()).unwrap_or_default()
}

fn event(data: &Draft) -> Option<Json> {
    let all_day = data.flag("IsAllDayEvent");
    let rules = data.rules();
    let time = |name: &str| {
        let at = data.time(name)?;
        Some(match all_day {
            true => rules.to_datetime(at).date().to_string(),
            false => at.to_string(),
        })
    };
    let zone = match data.properties.get("StartTimeZone") {
        Some(Value::Zone(zone)) => zone.id.clone(),
        _ => String::new(),
    };
    Some(json!({
        "start": time("Start")?,
        "end": time("End")?,
        "zone": zone,
        "all_day": all_day,
        "recurrence": data.recurrence().map(rule::of_mailbox),
        "changed_occurrences": data.series.exceptions.len(),
        "removed_occurrences": data.series.deleted.len(),
    }))
}

/// A day that is kept as a point in time.
fn day(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).date().to_string()
}

/// A time of the CRM; of whole days the day.
fn moment(at: Option<Timestamp>, all_day: bool) -> Option<String> {
    let at = at?;
    let wall = TimeZone::UTC.to_datetime(at);
    Some(match all_day && wall.time() == Time::midnight() {
        true => wall.date().to_string(),
        false => at.to_string(),
    })
}

/// An end of the CRM, where the last day ends a second before midnight; here it is the day after.
fn last_moment(at: Option<Timestamp>, all_day: bool) -> Option<String> {
    let second = jiff::SignedDuration::from_secs(1);
    let late = |at: &Timestamp| at.as_second().rem_euclid(86_400) == 86_399;
    let end = at.filter(late).and_then(|at| at.checked_add(second).ok());
    moment(if all_day { end.or(at) } else { at }, all_day)
}

/// A record as the CRM holds it.
pub(super) fn in_crm(record: Record) -> Json {
    let part = |name: &str| record.field(name).to_owned();
    let plain = |start: Option<Timestamp>, end: Option<Timestamp>, zone: &str, all_day: bool| {
        json!({
            "start": moment(start, all_day),
            "end": last_moment(end, all_day),
            "zone": zone,
            "all_day": all_day,
            "recurrence": Json::Null,
        })
    };
    match record.kind {
        CrmKind::Appointment => {
            let view = AppointmentView::from(record);
            plain(view.start, view.end, &view.zone, view.all_day)
        }
        CrmKind::Visit => {
            let view = VisitView::from(record);
            plain(view.start, view.end, &view.zone, view.all_day)
        }
        CrmKind::PhoneCall => {
            let view = PhoneCallView::from(record);
            plain(view.start, view.end, &view.zone, false)
        }
        CrmKind::Series => series(&SeriesView::from(record)),
        CrmKind::Task => json!({
            "subject": part("Subject"),
            "start": record.time("StartDateTime").map(day),
            "due": record.time("DueDateTime").map(day),
            "status": part("StatusText"),
        }),
        CrmKind::Account => json!({
            "first": "",
            "last": "",
            "company": part("Name"),
            "job_title": "",
            "email": part("Email"),
            "phone": part("Phone"),
            "mobile": part("Mobile"),
        }),
        _ => json!({
            "first": part("FirstName"),
            "last": part("LastName"),
            "account": part("AccountID"),
            "job_title": part("JobTitle"),
            "email": part("Email"),
            "phone": part("Phone"),
            "mobile": part("Mobile"),
        }),
    }
}

fn series(view: &SeriesView) -> Json {
    let length: Option<jiff::SignedDuration> = view.duration.parse().ok();
    let end = view
        .start
        .zip(length)
        .and_then(|(start, length)| start.checked_add(length).ok());
    json!({
        "start": moment(view.start, view.all_day),
        "end": last_moment(end, view.all_day),
        "zone": view.zone,
        "all_day": view.all_day,
        "recurrence": rule::of_crm(&view.record),
    })
}

/// Names of the members in which two views of one item differ; members that only one of them has are left out.
pub(super) fn differences(one: &Json, other: &Json, ignored: &[&str]) -> Vec<String> {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else {
        return Vec::new();
    };
    let common = one
        .iter()
        .filter(|(name, _)| !ignored.contains(&name.as_str()));
    common
        .filter(|(name, value)| other.get(*name).is_some_and(|other| other != *value))
        .map(|(name, _)| name.clone())
        .collect()
}
