//! Reads calendar (`.ics`) and contact (`.vcf`) files of any program into plain data.
//!
//! Law: any bytes give an answer. What cannot be read becomes a [`Refusal`] that says why; nothing is dropped in
//! silence. Files over [`LARGEST`] bytes or with more than [`MOST`] items are cut short with a refusal.

mod component;
mod contact;
mod event;
#[cfg(test)]
mod tests;
mod text;
mod zone;

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};

pub(crate) use zone::location;
pub use zone::{Change, FileZone};

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 5 * 1024 * 1024;
/// The most items that are read of a file.
pub const MOST: usize = 10_000;

/// What a calendar file holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CalendarFile {
    /// Events, changed occurrences inside their series.
    pub events: Vec<FileEvent>,
    /// To-dos.
    pub tasks: Vec<FileTask>,
    /// The zones that the file itself explains (`VTIMEZONE`), by `TZID`.
    pub zones: BTreeMap<String, FileZone>,
    /// What could not be read.
    pub refused: Vec<Refusal>,
}

/// What a contact file holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ContactFile {
    /// The contacts.
    pub contacts: Vec<FileContact>,
    /// What could not be read.
    pub refused: Vec<Refusal>,
}

/// An item that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its UID or name, empty when it has none.
    pub item: String,
    /// Why, for people.
    pub why: String,
}

impl Refusal {
    pub(crate) fn new(item: &str, why: &str) -> Self {
        let (item, why) = (item.to_owned(), why.to_owned());
        Refusal { item, why }
    }
}

/// A point in a calendar as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// A whole day.
    Date(Date),
    /// A wall time.
    Time {
        /// What the clock shows.
        at: DateTime,
        /// The name of its zone as the file has it (`TZID`); `UTC`, an offset such as `+01:00`, or `None` for a
        /// time that floats.
        zone: Option<String>,
    },
}

impl Moment {
    /// The day.
    pub fn date(&self) -> Date {
        match self {
            Moment::Date(day) => *day,
            Moment::Time { at, .. } => at.date(),
        }
    }
}

/// A person of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilePerson {
    /// The display name, possibly empty.
    pub name: String,
    /// The address without `mailto:`.
    pub address: String,
    /// `ROLE`, for example `REQ-PARTICIPANT`; empty when not given.
    pub role: String,
    /// `PARTSTAT`, for example `ACCEPTED`; empty when not given.
    pub answer: String,
    /// `CUTYPE`, for example `ROOM`; empty when not given.
    pub kind: String,
}

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct FileEvent {
    /// `METHOD` of the calendar it stands in, for example `CANCEL`; empty when not given.
    pub method: String,
    /// `SEQUENCE`: how often the organizer has changed it.
    pub sequence: i64,
    /// `UID`; empty when the file has none.
    pub uid: String,
    /// Of a changed occurrence: when it stood originally.
    pub recurrence_id: Option<Moment>,
    /// `SUMMARY`.
    pub summary: String,
    /// `DESCRIPTION`.
    pub description: String,
    /// `LOCATION`.
    pub location: String,
    /// `DTSTART`.
    pub start: Moment,
    /// `DTEND`, or the start and `DURATION`, or what RFC 5545 section 3.6.1 says for neither. Exclusive.
    pub end: Moment,
    /// The text of `RRULE` without the name. A second rule is a refusal beside the event.
    pub rrule: Option<String>,
    /// Further days (`RDATE`).
    pub rdates: Vec<Moment>,
    /// Days taken out (`EXDATE`).
    pub exdates: Vec<Moment>,
    /// Changed occurrences of this series, in the order of the file.
    pub overrides: Vec<FileEvent>,
    /// `ORGANIZER`.
    pub organizer: Option<FilePerson>,
    /// `ATTENDEE`s in order.
    pub attendees: Vec<FilePerson>,
    /// `STATUS`, for example `CANCELLED`; empty when not given.
    pub status: String,
    /// `CLASS`, for example `PRIVATE`; empty when not given.
    pub class: String,
    /// `TRANSP`; empty when not given.
    pub transparency: String,
    /// `CATEGORIES`.
    pub categories: Vec<String>,
    /// Minutes from the start to each alarm; negative before it.
    pub alarms: Vec<i64>,
}

/// A to-do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileTask {
    /// `UID`; empty when the file has none.
    pub uid: String,
    /// `SUMMARY`.
    pub summary: String,
    /// `DESCRIPTION`.
    pub description: String,
    /// `DTSTART`.
    pub start: Option<Moment>,
    /// `DUE`, or the start and `DURATION`.
    pub due: Option<Moment>,
    /// `COMPLETED`.
    pub completed: Option<Moment>,
    /// The text of `RRULE` without the name.
    pub rrule: Option<String>,
    /// `STATUS`, for example `NEEDS-ACTION`; empty when not given.
    pub status: String,
    /// `CLASS`; empty when not given.
    pub class: String,
    /// `PERCENT-COMPLETE`, 0…100.
    pub percent: Option<u8>,
    /// `PRIORITY`, 1 highest … 9 lowest, 0 undefined.
    pub priority: Option<u8>,
    /// `CATEGORIES`.
    pub categories: Vec<String>,
    /// Minutes from the start to each alarm; negative before it.
    pub alarms: Vec<i64>,
}

/// A value with the kinds it was written with, in lower case: `work`, `cell`, `pref`…
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed<T> {
    /// The kinds.
    pub kinds: Vec<String>,
    /// The value.
    pub value: T,
}

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of ADR by their own names")]
pub struct FileAddress {
    pub post_office_box: String,
    pub extended: String,
    pub street: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    pub country: String,
}

/// A contact. Pictures and sounds are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileContact {
    /// `UID`; empty when the file has none.
    pub uid: String,
    /// `FN`; where it is missing, made of `N`, the organisation or the first address.
    pub name: String,
    /// Whether the file has an `N`.
    pub structured: bool,
    /// Family names.
    pub last: String,
    /// Given names.
    pub first: String,
    /// Further names.
    pub middle: String,
    /// Honorifics before the name.
    pub prefix: String,
    /// Honorifics after the name.
    pub suffix: String,
    /// `EMAIL`s in order.
    pub emails: Vec<Typed<String>>,
    /// `TEL`s in order, as written.
    pub phones: Vec<Typed<String>>,
    /// `ADR`s in order.
    pub addresses: Vec<Typed<FileAddress>>,
    /// The name of `ORG`.
    pub organization: String,
    /// The units of `ORG`.
    pub units: Vec<String>,
    /// `TITLE`.
    pub title: String,
    /// `BDAY`, if it names a whole day.
    pub birthday: Option<Date>,
    /// `NOTE`.
    pub note: String,
    /// `CATEGORIES`.
    pub categories: Vec<String>,
}

/// Reads a calendar file.
pub fn read_calendar(bytes: &[u8]) -> CalendarFile {
    let (text, mut refused) = text::decode(bytes);
    let (entries, more) = component::entries(&text);
    refused.extend(more);
    let mut file = event::read(entries);
    refused.append(&mut file.refused);
    if file.events.is_empty() && file.tasks.is_empty() && refused.is_empty() {
        refused.push(Refusal::new("", "the file holds no event and no task"));
    }
    CalendarFile { refused, ..file }
}

/// Reads a contact file.
pub fn read_contacts(bytes: &[u8]) -> ContactFile {
    let (text, mut refused) = text::decode(bytes);
    let (entries, more) = component::entries(&text);
    refused.extend(more);
    let mut file = contact::read(entries);
    refused.append(&mut file.refused);
    if file.contacts.is_empty() && refused.is_empty() {
        refused.push(Refusal::new("", "the file holds no contact"));
    }
    ContactFile { refused, ..file }
}
