//! Meetings with people outside the world: their invitations come in, their answers come back.

use super::{EventEdit, Person};
use crate::exchange::Failure;
use crate::exchange::attendee::Response;
use crate::exchange::change::Place;
use crate::exchange::copies::{associated, cancel_copy, write_copy};
use crate::exchange::fields::Kind;
use crate::exchange::item::Draft;
use crate::exchange::meeting::{Outgoing, message};
use crate::exchange::notice::NoticeKind;
use crate::exchange::property::{Address, Value};
use crate::exchange::settle::{Surroundings, settle};
use jiff::Timestamp;

impl Person<'_> {
    /// Somebody outside invites this person, changes the meeting or calls it off; `event` is the whole meeting
    /// as the organizer has it and needs a UID. It stands in the calendar and a message in the inbox. Returns
    /// the number of the event, `None` when there was nothing to call off.
    ///
    /// # Errors
    /// What the server refuses, see [`crate::exchange::Exchange::create_item`].
    pub fn hear_from_outside(
        &self,
        organizer: &Address,
        kind: NoticeKind,
        event: &EventEdit,
    ) -> Result<Option<u64>, Failure> {
        let mut exchange = self.world.exchange();
        let now = exchange.now();
        let people = std::sync::Arc::clone(&exchange.people);
        let mut draft = Draft::new(Kind::CalendarItem);
        event.apply(&mut draft)?;
        let around = Surroundings {
            now,
            owner: organizer,
            people: &people,
            zone: &self.zone,
        };
        settle(&mut draft, None, &around)?;
        let mailbox = exchange.mailbox_mut(&self.address)?;
        let key = match kind {
            NoticeKind::Cancellation => cancel_copy(mailbox, &draft, None, now)?,
            _ => Some(write_copy(mailbox, &draft, true, now)?),
        };
        let what = Outgoing {
            kind,
            place: Place::from(0),
            keep_copy: false,
            asks_again: true,
        };
        let to = [mailbox.owner()];
        let number = mailbox.fresh_pair().0;
        let mut message = message(&draft, &what, organizer, &to, number, now);
        message.properties.insert("IsRead", Value::Bool(false));
        if let Some(key) = key {
            let link = associated(mailbox, key);
            message.properties.insert("AssociatedCalendarItemId", link);
        }
        exchange.publish(&self.address);
        exchange.deliver(&self.address, "inbox", message)?;
        Ok(key)
    }

    /// An attendee outside answers a meeting of this person.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn hear_answer(
        &self,
        uid: &str,
        occurrence: Option<Timestamp>,
        who: &str,
        response: Response,
    ) -> Result<(), Failure> {
        let mut exchange = self.world.exchange();
        exchange.note_answer(&self.address, uid, occurrence, who, response)
    }
}
