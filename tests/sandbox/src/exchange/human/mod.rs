//! What a person does in Outlook, without any wire: for tests and simulations.
//!
//! Every action goes through the same state machine as the wire faces; meeting changes are sent as Outlook
//! sends them, to all attendees, and recorded as notices caused by a human.

mod edit;
mod outside;
#[cfg(test)]
mod tests;
mod view;

use jiff::Timestamp;
use serde_json::json;

use super::attendee::Response;
use super::change::{Disposal, Place};
use super::fields::Kind;
use super::item::Draft;
use super::meeting::Sending;
use super::notice::{Actor, Notice};
use super::property::Value;
use super::zone::Zone;
use super::{Exchange, Failure};
use crate::world::{Effect, World};

pub use edit::{ContactEdit, EventEdit, PostalAddress, TaskEdit};
pub use view::{AttendeeView, ContactView, EventType, EventView, ItemView, Role, TaskView};

/// Zone of people who were not given another one.
const HOME: &str = "W. Europe Standard Time";

/// Somebody in front of Outlook.
pub struct Person<'a> {
    world: &'a World,
    address: String,
    zone: Zone,
}

impl World {
    /// The owner of a mailbox, to act as they would in Outlook; sits in W. Europe until told otherwise.
    pub fn person(&self, address: &str) -> Person<'_> {
        Person {
            world: self,
            address: address.to_ascii_lowercase(),
            zone: Zone::windows(HOME).unwrap_or_else(Zone::utc),
        }
    }

    /// All meeting messages sent so far, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.exchange().notices().to_vec()
    }

    /// Forgets the meeting messages sent so far.
    pub fn reset_notices(&self) {
        self.exchange().reset_notices();
    }
}

impl Person<'_> {
    /// The same person with their computer set to another Windows zone.
    ///
    /// # Errors
    /// `ErrorTimeZone` for a zone Windows does not have.
    pub fn in_zone(mut self, windows_id: &str) -> Result<Self, Failure> {
        self.zone = Zone::windows(windows_id).ok_or(Failure::TIME_ZONE)?;
        Ok(self)
    }

    fn actor(&self) -> Actor {
        Actor::human(&self.address)
    }

    fn act<T>(
        &self,
        operation: &str,
        key: u64,
        action: impl FnOnce(&mut Exchange, &Actor) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let outcome = action(&mut self.world.exchange(), &self.actor())?;
        self.world.effect(Effect {
            face: "world".to_owned(),
            operation: operation.to_owned(),
            target: self.address.clone(),
            key: key.to_string(),
            detail: json!({ "human": true }),
        });
        Ok(outcome)
    }

    fn folder(&self, exchange: &Exchange, name: &str) -> Result<u64, Failure> {
        let mailbox = exchange.mailbox(&self.address)?;
        let by_name = || mailbox.folder_by_name(name).map(|folder| folder.key);
        mailbox
            .distinguished(name)
            .or_else(by_name)
            .ok_or(Failure::FOLDER_NOT_FOUND)
    }

    fn create(&self, folder: &str, draft: Draft) -> Result<u64, Failure> {
        let key = {
            let mut exchange = self.world.exchange();
            let folder = self.folder(&exchange, folder)?;
            exchange.create_item(&self.actor(), folder, draft, &self.zone, Sending::ALL)?
        };
        self.act("HumanCreate", key, |_, _| Ok(key))
    }

    fn edit(
        &self,
        place: Place,
        sending: Sending,
        change: impl FnOnce(&mut Draft) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.act("HumanEdit", place.key, |exchange, actor| {
            exchange.update_item(actor, place, &self.zone, sending, change)
        })
    }

    /// Puts an event into the calendar and invites its attendees. Returns its number.
    ///
    /// # Errors
    /// What the server refuses, see [`Exchange::create_item`].
    pub fn create_event(&self, event: &EventEdit) -> Result<u64, Failure> {
        self.create_event_in("calendar", event)
    }

    /// As [`Person::create_event`], in a folder by distinguished or display name.
    ///
    /// # Errors
    /// What the server refuses, see [`Exchange::create_item`].
    pub fn create_event_in(&self, folder: &str, event: &EventEdit) -> Result<u64, Failure> {
        let mut draft = Draft::new(Kind::CalendarItem);
        event.apply(&mut draft)?;
        self.create(folder, draft)
    }

    /// Changes an event, a whole series or one occurrence. Attendees hear of it when it concerns them.
    ///
    /// # Errors
    /// What the server refuses, see [`Exchange::update_item`].
    pub fn edit_event(&self, place: impl Into<Place>, event: &EventEdit) -> Result<(), Failure> {
        let sending = if event.concerns_attendees() {
            Sending::ALL
        } else {
            Sending::NONE
        };
        self.edit(place.into(), sending, |draft| event.apply(draft))
    }

    /// Changes one occurrence of a series, named by its original start.
    ///
    /// # Errors
    /// As [`Person::edit_event`].
    pub fn edit_occurrence(
        &self,
        series: u64,
        original: Timestamp,
        event: &EventEdit,
    ) -> Result<(), Failure> {
        let place = Place {
            key: series,
            occurrence: Some(original),
        };
        self.edit_event(place, event)
    }

    /// Deletes one occurrence of a series; as the organizer that cancels it for all attendees.
    ///
    /// # Errors
    /// `ErrorItemNotFound`.
    pub fn delete_occurrence(&self, series: u64, original: Timestamp) -> Result<(), Failure> {
        self.delete(Place {
            key: series,
            occurrence: Some(original),
        })
    }

    /// Cancels a meeting: everybody is told and it goes to Deleted Items.
    ///
    /// # Errors
    /// `ErrorCalendarIsNotOrganizer`, `ErrorItemNotFound`.
    pub fn cancel(&self, place: impl Into<Place>) -> Result<(), Failure> {
        let place = place.into();
        self.act("HumanCancel", place.key, |exchange, actor| {
            let event = exchange.mailbox(&self.address)?.look(place)?;
            if !event.data.flag("IsOrganizer") {
                return Err(Failure::NOT_ORGANIZER);
            }
            exchange.delete_item(actor, place, Disposal::Trash, Sending::ALL)
        })
    }

    /// Deletes an item of any kind into Deleted Items. Outlook cancels a meeting of one's own with it; deleting
    /// somebody else's meeting tells nobody.
    ///
    /// # Errors
    /// `ErrorItemNotFound`.
    pub fn delete(&self, place: impl Into<Place>) -> Result<(), Failure> {
        let place = place.into();
        self.act("HumanDelete", place.key, |exchange, actor| {
            exchange.delete_item(actor, place, Disposal::Trash, Sending::ALL)
        })
    }

    /// Deletes an item for good (Shift+Delete).
    ///
    /// # Errors
    /// `ErrorItemNotFound`.
    pub fn delete_for_good(&self, key: u64) -> Result<(), Failure> {
        self.act("HumanDelete", key, |exchange, actor| {
            exchange.delete_item(actor, key.into(), Disposal::Hard, Sending::ALL)
        })
    }

    /// Answers a meeting and tells the organizer.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, `ErrorCalendarIsOrganizerForAccept`, `ErrorCalendarIsCancelledForAccept`.
    pub fn respond(&self, place: impl Into<Place>, response: Response) -> Result<(), Failure> {
        let place = place.into();
        self.act("HumanRespond", place.key, |exchange, actor| {
            exchange.respond(actor, place, response, true)
        })
    }

    /// Writes a task. Returns its number.
    ///
    /// # Errors
    /// What the server refuses, see [`Exchange::create_item`].
    pub fn create_task(&self, task: &TaskEdit) -> Result<u64, Failure> {
        self.create_task_in("tasks", task)
    }

    /// As [`Person::create_task`], in a folder by distinguished or display name.
    ///
    /// # Errors
    /// What the server refuses, see [`Exchange::create_item`].
    pub fn create_task_in(&self, folder: &str, task: &TaskEdit) -> Result<u64, Failure> {
        let mut draft = Draft::new(Kind::Task);
        task.apply(&mut draft, &self.zone)?;
        self.create(folder, draft)
    }

    /// Changes a task.
    ///
    /// # Errors
    /// What the server refuses, see [`Exchange::update_item`].
    pub fn edit_task(&self, key: u64, task: &TaskEdit) -> Result<(), Failure> {
        let zone = self.zone.clone();
        self.edit(key.into(), Sending::NONE, |draft| task.apply(draft, &zone))
    }

    /// Writes a contact. Returns its number.
    ///
    /// # Errors
    /// What the server refuses, see [`Exchange::create_item`].
    pub fn create_contact(&self, contact: &ContactEdit) -> Result<u64, Failure> {
        self.create_contact_in("contacts", contact)
    }

    /// As [`Person::create_contact`], in a folder by distinguished or display name.
    ///
    /// # Errors
    /// What the server refuses, see [`Exchange::create_item`].
    pub fn create_contact_in(&self, folder: &str, contact: &ContactEdit) -> Result<u64, Failure> {
        let mut draft = Draft::new(Kind::Contact);
        contact.apply(&mut draft);
        self.create(folder, draft)
    }

    /// Changes a contact.
    ///
    /// # Errors
    /// What the server refuses, see [`Exchange::update_item`].
    pub fn edit_contact(&self, key: u64, contact: &ContactEdit) -> Result<(), Failure> {
        self.edit(key.into(), Sending::NONE, |draft| {
            contact.apply(draft);
            Ok(())
        })
    }

    /// Sets the categories of an item or occurrence; nobody else hears of it.
    ///
    /// # Errors
    /// `ErrorItemNotFound`.
    pub fn set_categories(
        &self,
        place: impl Into<Place>,
        categories: &[&str],
    ) -> Result<(), Failure> {
        let categories: Vec<String> = categories.iter().map(|&name| name.to_owned()).collect();
        self.edit(place.into(), Sending::NONE, |draft| {
            draft
                .properties
                .insert("Categories", Value::Strings(categories));
            Ok(())
        })
    }

    /// Moves an item to a folder by distinguished or display name. Returns its new number.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, `ErrorFolderNotFound`.
    pub fn move_item(&self, key: u64, folder: &str) -> Result<u64, Failure> {
        self.act("HumanMove", key, |exchange, _| {
            let folder = self.folder(exchange, folder)?;
            exchange.move_item(&self.address, key.into(), folder)
        })
    }

    /// Makes a folder below a distinguished one, of the same class. Returns its number.
    ///
    /// # Errors
    /// `ErrorFolderNotFound`, `ErrorFolderExists`.
    pub fn create_folder(&self, parent: &str, name: &str) -> Result<u64, Failure> {
        self.act("HumanCreateFolder", 0, |exchange, _| {
            let parent = self.folder(exchange, parent)?;
            let now = exchange.now();
            let mailbox = exchange.mailbox_mut(&self.address)?;
            let class = mailbox.folder(parent).map(|folder| folder.class.clone());
            let class = class.ok_or(Failure::FOLDER_NOT_FOUND)?;
            let key = mailbox.create_folder(parent, name, &class, now)?;
            exchange.publish(&self.address);
            Ok(key)
        })
    }
}
