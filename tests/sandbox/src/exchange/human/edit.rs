//! Edits of events, tasks and contacts: what is given is written, the rest stays.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::exchange::Failure;
use crate::exchange::attendee::Attendee;
use crate::exchange::item::{Body, Draft};
use crate::exchange::property::{Address, Value};
use crate::exchange::recurrence::Recurrence;
use crate::exchange::zone::Zone;
use crate::xml::Element;

impl Body {
    /// A plain text body.
    pub fn plain(text: &str) -> Self {
        Self {
            html: None,
            text: Some(text.into()),
        }
    }

    /// An HTML body.
    pub fn rich(html: &str) -> Self {
        Self {
            html: Some(html.into()),
            text: None,
        }
    }
}

/// An event as somebody fills in its form; `None` leaves a field as it is (or at its default when new).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventEdit {
    /// Subject.
    pub subject: Option<String>,
    /// Body.
    pub body: Option<Body>,
    /// Place.
    pub location: Option<String>,
    /// Start.
    pub start: Option<Timestamp>,
    /// End, exclusive.
    pub end: Option<Timestamp>,
    /// Windows id of the zone of start and end; the person's own when new.
    pub zone: Option<String>,
    /// From midnight to midnight in the zone.
    pub all_day: Option<bool>,
    /// `Free`, `Tentative`, `Busy`, `OOF`, `WorkingElsewhere`.
    pub busy: Option<String>,
    /// `Normal`, `Personal`, `Private`, `Confidential`.
    pub sensitivity: Option<String>,
    /// `Low`, `Normal`, `High`.
    pub importance: Option<String>,
    /// Categories.
    pub categories: Option<Vec<String>>,
    /// Minutes before the start; an inner `None` switches the reminder off.
    pub reminder: Option<Option<u32>>,
    /// Required attendees.
    pub required: Option<Vec<Address>>,
    /// Optional attendees.
    pub optional: Option<Vec<Address>>,
    /// Rooms and equipment.
    pub resources: Option<Vec<Address>>,
    /// Recurrence; an inner `None` makes the event a single one.
    pub recurrence: Option<Option<Recurrence>>,
    /// UID of a new event that came from elsewhere.
    pub uid: Option<String>,
}

fn text(draft: &mut Draft, name: &'static str, value: Option<&String>) {
    if let Some(value) = value {
        draft.properties.insert(name, Value::Text(value.clone()));
    }
}

fn optional(draft: &mut Draft, name: &'static str, value: Option<Value>) {
    match value {
        Some(value) => draft.properties.insert(name, value),
        None => draft.properties.remove(name),
    };
}

fn attendees(draft: &mut Draft, name: &'static str, people: Option<&Vec<Address>>) {
    let Some(people) = people else {
        return;
    };
    let invited = |who: &Address| Attendee {
        who: who.clone(),
        ..Attendee::default()
    };
    let list = people.iter().map(invited).collect();
    draft.properties.insert(name, Value::Attendees(list));
}

impl EventEdit {
    /// Whether Outlook would send an update for it: categories, reminder and free/busy are one's own.
    pub fn concerns_attendees(&self) -> bool {
        let own = Self {
            categories: self.categories.clone(),
            reminder: self.reminder,
            busy: self.busy.clone(),
            ..Self::default()
        };
        *self != own
    }

    pub(super) fn apply(&self, draft: &mut Draft) -> Result<(), Failure> {
        text(draft, "Subject", self.subject.as_ref());
        text(draft, "Location", self.location.as_ref());
        text(draft, "LegacyFreeBusyStatus", self.busy.as_ref());
        text(draft, "Sensitivity", self.sensitivity.as_ref());
        text(draft, "Importance", self.importance.as_ref());
        text(draft, "UID", self.uid.as_ref());
        if let Some(body) = &self.body {
            draft.body = body.clone();
        }
        let properties = &mut draft.properties;
        for (name, at) in [("Start", self.start), ("End", self.end)] {
            if let Some(at) = at {
                properties.insert(name, Value::Time(at));
            }
        }
        if let Some(id) = &self.zone {
            let zone = Zone::windows(id).ok_or(Failure::TIME_ZONE)?;
            properties.insert("StartTimeZone", Value::Zone(zone.clone()));
            properties.insert("EndTimeZone", Value::Zone(zone));
        }
        if let Some(all_day) = self.all_day {
            properties.insert("IsAllDayEvent", Value::Bool(all_day));
        }
        if let Some(categories) = &self.categories {
            properties.insert("Categories", Value::Strings(categories.clone()));
        }
        if let Some(reminder) = self.reminder {
            properties.insert("ReminderIsSet", Value::Bool(reminder.is_some()));
            if let Some(minutes) = reminder {
                let minutes = Value::Text(minutes.to_string());
                properties.insert("ReminderMinutesBeforeStart", minutes);
            }
        }
        if let Some(recurrence) = &self.recurrence {
            let recurrence = recurrence.clone().map(Value::Recurrence);
            optional(draft, "Recurrence", recurrence);
        }
        attendees(draft, "RequiredAttendees", self.required.as_ref());
        attendees(draft, "OptionalAttendees", self.optional.as_ref());
        attendees(draft, "Resources", self.resources.as_ref());
        Ok(())
    }
}

/// A task as somebody fills in its form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskEdit {
    /// Subject.
    pub subject: Option<String>,
    /// Body.
    pub body: Option<Body>,
    /// First day.
    pub start: Option<Option<Date>>,
    /// Day it is due.
    pub due: Option<Option<Date>>,
    /// `NotStarted`, `InProgress`, `Completed`, `WaitingOnOthers`, `Deferred`.
    pub status: Option<String>,
    /// 0…100.
    pub percent: Option<u8>,
    /// `Low`, `Normal`, `High`.
    pub importance: Option<String>,
    /// `Normal`, `Personal`, `Private`, `Confidential`.
    pub sensitivity: Option<String>,
    /// Categories.
    pub categories: Option<Vec<String>>,
    /// When to remind; an inner `None` switches the reminder off.
    pub reminder: Option<Option<Timestamp>>,
    /// Recurrence.
    pub recurrence: Option<Option<Recurrence>>,
}

impl TaskEdit {
    pub(super) fn apply(&self, draft: &mut Draft, zone: &Zone) -> Result<(), Failure> {
        text(draft, "Subject", self.subject.as_ref());
        text(draft, "Status", self.status.as_ref());
        text(draft, "Importance", self.importance.as_ref());
        text(draft, "Sensitivity", self.sensitivity.as_ref());
        if let Some(body) = &self.body {
            draft.body = body.clone();
        }
        for (name, day) in [("StartDate", self.start), ("DueDate", self.due)] {
            let Some(day) = day else { continue };
            let midnight = match day {
                None => None,
                Some(day) => {
                    let midnight = day.to_zoned(zone.rules.clone());
                    Some(midnight.map_err(|_| Failure::CALENDAR_VALUE)?.timestamp())
                }
            };
            optional(draft, name, midnight.map(Value::Time));
        }
        if let Some(percent) = self.percent {
            let percent = Value::Text(percent.to_string());
            draft.properties.insert("PercentComplete", percent);
        }
        if let Some(categories) = &self.categories {
            let categories = Value::Strings(categories.clone());
            draft.properties.insert("Categories", categories);
        }
        if let Some(reminder) = self.reminder {
            let set = Value::Bool(reminder.is_some());
            draft.properties.insert("ReminderIsSet", set);
            optional(draft, "ReminderDueBy", reminder.map(Value::Time));
        }
        if let Some(recurrence) = &self.recurrence {
            let recurrence = recurrence.clone().map(Value::Recurrence);
            optional(draft, "Recurrence", recurrence);
        }
        Ok(())
    }
}

/// A postal address; empty parts are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostalAddress {
    /// Street and number, may have several lines.
    pub street: String,
    /// City.
    pub city: String,
    /// State or region.
    pub state: String,
    /// Country, as written.
    pub country: String,
    /// Postal code.
    pub postal_code: String,
}

/// A contact as somebody fills in its form. Dictionary entries are by key (`EmailAddress1`, `MobilePhone`,
/// `Business`...); entries not named stay, empty ones go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactEdit {
    /// First name.
    pub given_name: Option<String>,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Last name.
    pub surname: Option<String>,
    /// Display name; generated when never given.
    pub display_name: Option<String>,
    /// File as; generated when never given.
    pub file_as: Option<String>,
    /// `FileAsMapping`.
    pub file_as_mapping: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Mail addresses by key.
    pub emails: BTreeMap<String, String>,
    /// Telephone numbers by key.
    pub phones: BTreeMap<String, String>,
    /// Postal addresses by key.
    pub addresses: BTreeMap<String, PostalAddress>,
    /// Birthday.
    pub birthday: Option<Option<Date>>,
    /// Notes.
    pub notes: Option<Body>,
    /// Categories.
    pub categories: Option<Vec<String>>,
    /// `Normal`, `Personal`, `Private`, `Confidential`.
    pub sensitivity: Option<String>,
}

fn set_entry(draft: &mut Draft, dictionary: &'static str, key: &str, content: Element) {
    let slot = draft.properties.entry(dictionary);
    let tree = slot.or_insert_with(|| Value::Tree(Element::new(dictionary)));
    let Value::Tree(tree) = tree else { return };
    tree.children
        .retain(|entry| entry.attribute("Key") != Some(key));
    let mut entry = content;
    entry.attributes = vec![("Key".to_owned(), key.to_owned())];
    tree.children.push(entry);
}

impl ContactEdit {
    pub(super) fn apply(&self, draft: &mut Draft) {
        for (name, value) in [
            ("GivenName", &self.given_name),
            ("MiddleName", &self.middle_name),
            ("Surname", &self.surname),
            ("DisplayName", &self.display_name),
            ("FileAs", &self.file_as),
            ("FileAsMapping", &self.file_as_mapping),
            ("CompanyName", &self.company),
            ("JobTitle", &self.job_title),
            ("Department", &self.department),
            ("Sensitivity", &self.sensitivity),
        ] {
            text(draft, name, value.as_ref());
        }
        for (dictionary, entries) in [
            ("EmailAddresses", &self.emails),
            ("PhoneNumbers", &self.phones),
        ] {
            for (key, value) in entries {
                set_entry(draft, dictionary, key, Element::with_text("Entry", value));
            }
        }
        for (key, address) in &self.addresses {
            let parts = [
                ("Street", &address.street),
                ("City", &address.city),
                ("State", &address.state),
                ("CountryOrRegion", &address.country),
                ("PostalCode", &address.postal_code),
            ];
            let mut entry = Element::new("Entry");
            let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
            entry.children = parts
                .map(|(part, text)| Element::with_text(part, text))
                .collect();
            set_entry(draft, "PhysicalAddresses", key, entry);
        }
        if let Some(birthday) = self.birthday {
            // Outlook writes 11:59 UTC, so that the day is the same nearly everywhere.
            let noon = birthday.and_then(|day| {
                let zoned = day.at(11, 59, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
                zoned.ok().map(|zoned| Value::Time(zoned.timestamp()))
            });
            optional(draft, "Birthday", noon);
        }
        if let Some(notes) = &self.notes {
            draft.body = notes.clone();
        }
        if let Some(categories) = &self.categories {
            let categories = Value::Strings(categories.clone());
            draft.properties.insert("Categories", categories);
        }
    }
}
