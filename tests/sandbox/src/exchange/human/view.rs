//! What is in a mailbox, as plain structs to look at.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Person, PostalAddress};
use crate::exchange::attendee::Response;
use crate::exchange::change::Place;
use crate::exchange::fields::Kind;
use crate::exchange::item::{Draft, Item};
use crate::exchange::mailbox::Mailbox;
use crate::exchange::property::{Address, ExtendedKey, ExtendedValue, Value};
use crate::exchange::recurrence::Recurrence;
use crate::exchange::{Failure, Id, Target};
use crate::mail;
use crate::xml::Element;

/// What all kinds of items have.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemView {
    /// Where it is.
    pub place: Place,
    /// Wire id.
    pub id: String,
    /// Wire change key.
    pub change_key: String,
    /// Folder number.
    pub folder: u64,
    /// Display name of the folder.
    pub folder_name: String,
    /// It lies in Deleted Items or the dumpster.
    pub deleted: bool,
    /// Subject.
    pub subject: String,
    /// Body as plain text, converted if need be.
    pub text: String,
    /// Body as it is kept when it is HTML.
    pub html: Option<String>,
    /// Categories.
    pub categories: Vec<String>,
    /// `Normal`, `Personal`, `Private`, `Confidential`.
    pub sensitivity: String,
    /// `Low`, `Normal`, `High`.
    pub importance: String,
    /// The reminder is on.
    pub reminds: bool,
    /// Extended properties.
    pub extended: BTreeMap<ExtendedKey, ExtendedValue>,
    /// Names of the attachments.
    pub attachments: Vec<String>,
    /// Creation time.
    pub created: Timestamp,
    /// Time of the last change.
    pub modified: Timestamp,
}

/// `CalendarItemType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// Not part of a series.
    Single,
    /// The series itself.
    Master,
    /// An occurrence as the series makes it.
    Occurrence,
    /// An occurrence that was changed.
    Exception,
}

/// In which list an attendee stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Required.
    Required,
    /// Optional.
    Optional,
    /// A room or equipment.
    Resource,
}

/// An attendee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttendeeView {
    /// Who.
    pub who: Address,
    /// In which list.
    pub role: Role,
    /// What they answered.
    pub response: Response,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventView {
    /// What all items have.
    pub item: ItemView,
    /// Single, series, occurrence or exception.
    pub event_type: EventType,
    /// UID.
    pub uid: String,
    /// Start.
    pub start: Timestamp,
    /// End, exclusive.
    pub end: Timestamp,
    /// Zone id of the start.
    pub zone: String,
    /// Zone id of the end.
    pub end_zone: String,
    /// All day.
    pub all_day: bool,
    /// `LegacyFreeBusyStatus`.
    pub busy: String,
    /// Place.
    pub location: String,
    /// Minutes before the start the reminder comes, whether it is on or not.
    pub reminder_minutes: u32,
    /// Organizer.
    pub organizer: Option<Address>,
    /// The owner of this mailbox organizes it.
    pub is_organizer: bool,
    /// Attendees of all lists.
    pub attendees: Vec<AttendeeView>,
    /// It is a meeting.
    pub is_meeting: bool,
    /// The organizer called it off.
    pub is_cancelled: bool,
    /// The owner's answer.
    pub my_response: Response,
    /// `AppointmentSequenceNumber`.
    pub sequence: u32,
    /// Recurrence of a series.
    pub recurrence: Option<Recurrence>,
    /// Changed occurrences of a series, by original start.
    pub exceptions: Vec<EventView>,
    /// Original starts of deleted occurrences of a series.
    pub deleted_occurrences: Vec<Timestamp>,
    /// Original start of an occurrence.
    pub original_start: Option<Timestamp>,
}

/// A task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskView {
    /// What all items have.
    pub item: ItemView,
    /// First day.
    pub start: Option<Date>,
    /// Day it is due.
    pub due: Option<Date>,
    /// Day it was completed.
    pub completed: Option<Date>,
    /// `Status`.
    pub status: String,
    /// 0…100.
    pub percent: f64,
    /// It is done.
    pub is_complete: bool,
    /// When the reminder comes.
    pub reminder: Option<Timestamp>,
    /// Recurrence.
    pub recurrence: Option<Recurrence>,
}

/// A contact.
#[derive(Clone, Debug, PartialEq)]
pub struct ContactView {
    /// What all items have; its text are the notes.
    pub item: ItemView,
    /// First name.
    pub given_name: String,
    /// Middle name.
    pub middle_name: String,
    /// Last name.
    pub surname: String,
    /// Display name.
    pub display_name: String,
    /// File as.
    pub file_as: String,
    /// `FileAsMapping`.
    pub file_as_mapping: String,
    /// Company.
    pub company: String,
    /// Job title.
    pub job_title: String,
    /// Department.
    pub department: String,
    /// Mail addresses by key.
    pub emails: BTreeMap<String, String>,
    /// Telephone numbers by key.
    pub phones: BTreeMap<String, String>,
    /// Postal addresses by key.
    pub addresses: BTreeMap<String, PostalAddress>,
    /// Birthday.
    pub birthday: Option<Date>,
}

fn common(mailbox: &Mailbox, place: Place, item: &Item) -> ItemView {
    let data = &item.data;
    let id = Id {
        mailbox: mailbox.id,
        target: Target::Item,
        key: place.key,
        part: Id::part_of(place.occurrence),
    };
    let folder = mailbox.folder(item.folder);
    let name = folder.and_then(|folder| folder.distinguished);
    ItemView {
        place,
        id: id.encode(),
        change_key: mailbox.change_key(item.version),
        folder: item.folder,
        folder_name: folder.map(|folder| folder.name.clone()).unwrap_or_default(),
        deleted: matches!(name, Some("deleteditems" | "recoverableitemsdeletions")),
        subject: data.text("Subject").to_owned(),
        text: mail::plain_text(&data.body).into_owned(),
        html: data.body.html.as_deref().map(str::to_owned),
        categories: data.categories().to_vec(),
        sensitivity: data.text("Sensitivity").to_owned(),
        importance: data.text("Importance").to_owned(),
        reminds: data.flag("ReminderIsSet"),
        extended: data.extended.clone(),
        attachments: data
            .attachments
            .iter()
            .map(|one| one.name.clone())
            .collect(),
        created: item.created,
        modified: item.modified,
    }
}

fn zone_id(data: &Draft, name: &str) -> String {
    match data.properties.get(name) {
        Some(Value::Zone(zone)) => zone.id.clone(),
        _ => String::new(),
    }
}

fn event(mailbox: &Mailbox, place: Place) -> Result<EventView, Failure> {
    let item = mailbox.look(place)?;
    let data = &item.data;
    if data.kind != Kind::CalendarItem {
        return Err(Failure::ITEM_NOT_FOUND);
    }
    let roles = [
        (Role::Required, "RequiredAttendees"),
        (Role::Optional, "OptionalAttendees"),
        (Role::Resource, "Resources"),
    ];
    let attendees = roles.into_iter().flat_map(|(role, list)| {
        data.attendees(list).iter().map(move |one| AttendeeView {
            who: one.who.clone(),
            role,
            response: one.response,
        })
    });
    let exceptions = data.series.exceptions.keys().map(|original| {
        let occurrence = Some(*original);
        event(
            mailbox,
            Place {
                occurrence,
                ..place
            },
        )
    });
    let number = |name: &str| data.text(name).parse().unwrap_or(0);
    let time = |name: &str| data.time(name).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(EventView {
        item: common(mailbox, place, &item),
        event_type: match data.text("CalendarItemType") {
            "RecurringMaster" => EventType::Master,
            "Occurrence" => EventType::Occurrence,
            "Exception" => EventType::Exception,
            _ => EventType::Single,
        },
        uid: data.text("UID").to_owned(),
        start: time("Start"),
        end: time("End"),
        zone: zone_id(data, "StartTimeZone"),
        end_zone: zone_id(data, "EndTimeZone"),
        all_day: data.flag("IsAllDayEvent"),
        busy: data.text("LegacyFreeBusyStatus").to_owned(),
        location: data.text("Location").to_owned(),
        reminder_minutes: number("ReminderMinutesBeforeStart"),
        organizer: data.mailboxes("Organizer").first().cloned(),
        is_organizer: data.flag("IsOrganizer"),
        attendees: attendees.collect(),
        is_meeting: data.flag("IsMeeting"),
        is_cancelled: data.flag("IsCancelled"),
        my_response: Response::of_name(data.text("MyResponseType")),
        sequence: number("AppointmentSequenceNumber"),
        recurrence: data.recurrence().cloned(),
        exceptions: exceptions.collect::<Result<_, Failure>>()?,
        deleted_occurrences: data.series.deleted.iter().copied().collect(),
        original_start: data.time("OriginalStart"),
    })
}

fn date(data: &Draft, name: &str) -> Option<Date> {
    data.time(name)
        .map(|at| TimeZone::UTC.to_datetime(at).date())
}

fn task(mailbox: &Mailbox, item: &Item) -> TaskView {
    let data = &item.data;
    let reminds = data.flag("ReminderIsSet");
    TaskView {
        item: common(mailbox, item.key.into(), item),
        start: date(data, "StartDate"),
        due: date(data, "DueDate"),
        completed: date(data, "CompleteDate"),
        status: data.text("Status").to_owned(),
        percent: data.text("PercentComplete").parse().unwrap_or(0.0),
        is_complete: data.flag("IsComplete"),
        reminder: data.time("ReminderDueBy").filter(|_| reminds),
        recurrence: data.recurrence().cloned(),
    }
}

fn entries<'a>(data: &'a Draft, dictionary: &str) -> impl Iterator<Item = (String, &'a Element)> {
    let tree = match data.properties.get(dictionary) {
        Some(Value::Tree(tree)) => Some(tree),
        _ => None,
    };
    let entries = tree.into_iter().flat_map(|tree| &tree.children);
    entries.filter_map(|entry| Some((entry.attribute("Key")?.to_owned(), entry)))
}

fn contact(mailbox: &Mailbox, item: &Item) -> ContactView {
    let data = &item.data;
    let text = |name: &str| data.text(name).to_owned();
    let texts = |dictionary: &str| {
        let entries = entries(data, dictionary);
        entries
            .map(|(key, entry)| (key, entry.text.clone()))
            .collect()
    };
    let address = |entry: &Element| {
        let part = |name: &str| entry.child_text(name).unwrap_or_default().to_owned();
        PostalAddress {
            street: part("Street"),
            city: part("City"),
            state: part("State"),
            country: part("CountryOrRegion"),
            postal_code: part("PostalCode"),
        }
    };
    let addresses = entries(data, "PhysicalAddresses");
    ContactView {
        item: common(mailbox, item.key.into(), item),
        given_name: text("GivenName"),
        middle_name: text("MiddleName"),
        surname: text("Surname"),
        display_name: text("DisplayName"),
        file_as: text("FileAs"),
        file_as_mapping: text("FileAsMapping"),
        company: text("CompanyName"),
        job_title: text("JobTitle"),
        department: text("Department"),
        emails: texts("EmailAddresses"),
        phones: texts("PhoneNumbers"),
        addresses: addresses
            .map(|(key, entry)| (key, address(entry)))
            .collect(),
        birthday: date(data, "Birthday"),
    }
}

impl Person<'_> {
    fn all<T>(&self, kind: Kind, view: impl Fn(&Mailbox, &Item) -> T) -> Vec<T> {
        let exchange = self.world.exchange();
        let Ok(mailbox) = exchange.mailbox(&self.address) else {
            return Vec::new();
        };
        let keys = mailbox.folders().flat_map(|folder| &folder.items);
        keys.filter_map(|key| mailbox.item(*key))
            .filter(|item| item.data.kind == kind)
            .map(|item| view(mailbox, item))
            .collect()
    }

    /// All events of all folders, deleted ones too: single ones and series, no occurrences.
    pub fn events(&self) -> Vec<EventView> {
        let views = self.all(Kind::CalendarItem, |mailbox, item| {
            event(mailbox, item.key.into())
        });
        views.into_iter().flatten().collect()
    }

    /// One event, series or occurrence.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, also for items of another kind.
    pub fn event(&self, place: impl Into<Place>) -> Result<EventView, Failure> {
        event(self.world.exchange().mailbox(&self.address)?, place.into())
    }

    /// The event with that UID that is not deleted.
    pub fn event_by_uid(&self, uid: &str) -> Option<EventView> {
        let mut events = self.events().into_iter();
        events.find(|event| event.uid == uid && !event.item.deleted)
    }

    /// The occurrences of a series up to a time, as they are now.
    ///
    /// # Errors
    /// `ErrorItemNotFound`.
    pub fn occurrences(&self, series: u64, until: Timestamp) -> Result<Vec<EventView>, Failure> {
        let exchange = self.world.exchange();
        let mailbox = exchange.mailbox(&self.address)?;
        let master = mailbox.look(series.into())?;
        let occurrences = master.data.occurrences(until);
        occurrences
            .map(|(original, _)| {
                let occurrence = Some(original);
                event(
                    mailbox,
                    Place {
                        key: series,
                        occurrence,
                    },
                )
            })
            .collect()
    }

    /// All tasks of all folders, deleted ones too.
    pub fn tasks(&self) -> Vec<TaskView> {
        self.all(Kind::Task, task)
    }

    /// One task.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, also for items of another kind.
    pub fn task(&self, key: u64) -> Result<TaskView, Failure> {
        let exchange = self.world.exchange();
        let mailbox = exchange.mailbox(&self.address)?;
        let item = mailbox
            .item(key)
            .filter(|item| item.data.kind == Kind::Task);
        item.map(|item| task(mailbox, item))
            .ok_or(Failure::ITEM_NOT_FOUND)
    }

    /// All contacts of all folders, deleted ones too.
    pub fn contacts(&self) -> Vec<ContactView> {
        self.all(Kind::Contact, contact)
    }

    /// One contact.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, also for items of another kind.
    pub fn contact(&self, key: u64) -> Result<ContactView, Failure> {
        let exchange = self.world.exchange();
        let mailbox = exchange.mailbox(&self.address)?;
        let item = mailbox
            .item(key)
            .filter(|item| item.data.kind == Kind::Contact);
        item.map(|item| contact(mailbox, item))
            .ok_or(Failure::ITEM_NOT_FOUND)
    }
}
