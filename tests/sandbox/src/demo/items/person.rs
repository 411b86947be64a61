//! To-dos and contacts of files, put into a mailbox as Outlook imports them.

use jiff::civil::{Date, Time};

use super::{
    event::{Put, Refused},
    rule,
};
use crate::{
    World,
    calendar_file::{FileContact, FileTask, Moment},
    exchange::{Actor, Body, Draft, Failure, Kind, Sending, Value, Zone},
    xml::Element,
};

/// Where contacts are put: what lies there is uploaded (CON-02).
pub(super) const CONTACTS: &str = "SAP Contacts";

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// Whole days are kept as midnight UTC.
fn midnight(day: Date) -> Option<Value> {
    let at = jiff::tz::TimeZone::UTC.to_timestamp(day.to_datetime(Time::midnight()));
    at.ok().map(Value::Time)
}

/// Puts a to-do in.
///
/// # Errors
/// A stable code: ours, or the one Exchange refuses with.
pub(super) fn put_task(
    world: &World,
    owner: &str,
    task: &FileTask,
    categories: &[String],
) -> Result<Put, Refused> {
    let mut notes = Vec::new();
    let mut draft = Draft::new(Kind::Task);
    let status = match task.status.as_str() {
        "COMPLETED" => "Completed",
        "IN-PROCESS" => "InProgress",
        "CANCELLED" => "Deferred",
        _ if task.completed.is_some() => "Completed",
        _ => "NotStarted",
    };
    let importance = match task.priority {
        Some(1..=4) => "High",
        Some(6..=9) => "Low",
        _ => "Normal",
    };
    let sensitivity = match task.class.as_str() {
        "PRIVATE" => "Private",
        "CONFIDENTIAL" => "Confidential",
        _ => "Normal",
    };
    let properties = &mut draft.properties;
    properties.insert("Subject", text(&task.summary));
    properties.insert("Status", text(status));
    properties.insert("Importance", text(importance));
    properties.insert("Sensitivity", text(sensitivity));
    for (name, moment) in [("StartDate", &task.start), ("DueDate", &task.due)] {
        let day = moment.as_ref().map(Moment::date);
        if let Some(day) = day {
            let day = midnight(day).ok_or("time_beyond_the_calendar")?;
            properties.insert(name, day);
        }
    }
    if let Some(percent) = task.percent.filter(|_| status == "InProgress") {
        properties.insert("PercentComplete", text(&percent.to_string()));
    }
    if let Some(written) = &task.rrule {
        let first = task.start.as_ref().or(task.due.as_ref());
        let recurrence = first.and_then(|first| {
            let start = first.date().to_datetime(Time::midnight());
            rule::read(written, start, &Zone::utc())
        });
        match recurrence {
            Some(recurrence) => {
                properties.insert("Recurrence", Value::Recurrence(recurrence));
            }
            None => notes.push("mailbox_cannot_hold_this_recurrence".to_owned()),
        }
    }
    if !categories.is_empty() {
        properties.insert("Categories", Value::Strings(categories.to_vec()));
    }
    if !task.description.is_empty() {
        draft.body = Body::plain(&task.description);
    }
    let key = create(world, owner, "tasks", draft)?;
    Ok(Put { key, notes })
}

fn create(world: &World, owner: &str, folder: &str, draft: Draft) -> Result<u64, Refused> {
    let refused = |failure: Failure| failure.code.to_owned();
    let mut exchange = world.exchange();
    let mailbox = exchange.mailbox(owner).map_err(refused)?;
    let folder = mailbox
        .distinguished(folder)
        .or_else(|| mailbox.folder_by_name(folder).map(|folder| folder.key))
        .ok_or("no_folder")?;
    let actor = Actor::human(owner);
    exchange
        .create_item(&actor, folder, draft, &Zone::utc(), Sending::NONE)
        .map_err(refused)
}

/// Puts a contact in.
///
/// # Errors
/// A stable code: ours, or the one Exchange refuses with.
pub(super) fn put_contact(
    world: &World,
    owner: &str,
    contact: &FileContact,
) -> Result<Put, Refused> {
    let mut notes = Vec::new();
    let mut draft = Draft::new(Kind::Contact);
    let department = contact.units.first().cloned().unwrap_or_default();
    for (name, value) in [
        ("GivenName", &contact.first),
        ("MiddleName", &contact.middle),
        ("Surname", &contact.last),
        ("Generation", &contact.suffix),
        ("CompanyName", &contact.organization),
        ("Department", &department),
        ("JobTitle", &contact.title),
        ("DisplayName", &contact.name),
    ] {
        if !value.is_empty() {
            draft.properties.insert(name, text(value));
        }
    }
    let emails = ["EmailAddress1", "EmailAddress2", "EmailAddress3"];
    if contact.emails.len() > emails.len() {
        notes.push("further_addresses_left_out".to_owned());
    }
    let entries = emails.iter().zip(&contact.emails);
    let entries = entries.map(|(key, email)| entry(key, &email.value));
    dictionary(&mut draft, "EmailAddresses", entries.collect());
    phones(&mut draft, contact, &mut notes);
    places(&mut draft, contact);
    if let Some(day) = contact.birthday {
        // Outlook writes 11:59 UTC, so that the day is the same nearly everywhere.
        let noon = jiff::tz::TimeZone::UTC.to_timestamp(day.at(11, 59, 0, 0));
        let noon = noon.map_err(|_| "time_beyond_the_calendar")?;
        draft.properties.insert("Birthday", Value::Time(noon));
    }
    if !contact.note.is_empty() {
        draft.body = Body::plain(&contact.note);
    }
    let key = create(world, owner, CONTACTS, draft)?;
    Ok(Put { key, notes })
}

fn entry(key: &str, value: &str) -> Element {
    let mut entry = Element::with_text("Entry", value);
    entry.attributes = vec![("Key".to_owned(), key.to_owned())];
    entry
}

fn dictionary(draft: &mut Draft, name: &'static str, entries: Vec<Element>) {
    if entries.is_empty() {
        return;
    }
    let mut tree = Element::new(name);
    tree.children = entries;
    draft.properties.insert(name, Value::Tree(tree));
}

fn phones(draft: &mut Draft, contact: &FileContact, notes: &mut Vec<String>) {
    let mut entries: Vec<Element> = Vec::new();
    for phone in &contact.phones {
        let has = |kind: &str| phone.kinds.iter().any(|known| known == kind);
        let wanted: &[&str] = if has("fax") && has("home") {
            &["HomeFax"]
        } else if has("fax") {
            &["BusinessFax", "OtherFax"]
        } else if has("cell") {
            &["MobilePhone"]
        } else if has("pager") {
            &["Pager"]
        } else if has("home") {
            &["HomePhone", "HomePhone2"]
        } else {
            &["BusinessPhone", "BusinessPhone2"]
        };
        let taken = |key: &str| entries.iter().any(|one| one.attribute("Key") == Some(key));
        let all = wanted.iter().chain(&["OtherTelephone"]);
        match all.copied().find(|key| !taken(key)) {
            Some(key) => entries.push(entry(key, &phone.value)),
            None => notes.push("further_numbers_left_out".to_owned()),
        }
    }
    notes.dedup();
    dictionary(draft, "PhoneNumbers", entries);
}

fn places(draft: &mut Draft, contact: &FileContact) {
    let mut entries: Vec<Element> = Vec::new();
    for address in &contact.addresses {
        let home = address.kinds.iter().any(|kind| kind == "home");
        let wanted = if home { "Home" } else { "Business" };
        let taken = |key: &str| entries.iter().any(|one| one.attribute("Key") == Some(key));
        let Some(key) = [wanted, "Other"].into_iter().find(|key| !taken(key)) else {
            continue;
        };
        let place = &address.value;
        let street = [&place.post_office_box, &place.extended, &place.street];
        let street: Vec<&str> = street
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        let street = street.join("\n");
        let mut entry = Element::new("Entry");
        entry.attributes = vec![("Key".to_owned(), key.to_owned())];
        let parts = [
            ("Street", &street),
            ("City", &place.city),
            ("State", &place.region),
            ("CountryOrRegion", &place.country),
            ("PostalCode", &place.postal_code),
        ];
        let parts = parts.iter().filter(|(_, text)| !text.is_empty());
        entry.children = parts
            .map(|(name, text)| Element::with_text(name, text))
            .collect();
        entries.push(entry);
    }
    dictionary(draft, "PhysicalAddresses", entries);
}
