//! Attendees of a meeting and what they answered.

use std::collections::HashMap;

use jiff::Timestamp;

use super::property::{Address, Value};
use super::{Draft, Failure};

/// Most attendees of one kind (Exchange's default recipient limit).
const MAX_ATTENDEES: usize = 500;

/// The three lists of attendees.
pub const ATTENDEE_LISTS: [&str; 3] = ["RequiredAttendees", "OptionalAttendees", "Resources"];

/// Display names of the people in the world by lower-case address.
pub type People = HashMap<String, String>;

/// `ResponseType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Response {
    /// Nobody knows, or the meeting was never sent.
    #[default]
    Unknown,
    /// It is the organizer.
    Organizer,
    /// Perhaps.
    Tentative,
    /// Yes.
    Accept,
    /// No.
    Decline,
    /// Asked, not answered.
    NoResponseReceived,
}

impl Response {
    const NAMES: [(&'static str, Self); 6] = [
        ("Unknown", Self::Unknown),
        ("Organizer", Self::Organizer),
        ("Tentative", Self::Tentative),
        ("Accept", Self::Accept),
        ("Decline", Self::Decline),
        ("NoResponseReceived", Self::NoResponseReceived),
    ];

    /// Name on the wire.
    pub fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(_, known)| *known == self);
        found.map_or("Unknown", |(name, _)| name)
    }

    /// The response of that name; `Unknown` for others.
    pub fn of_name(name: &str) -> Self {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map_or(Self::Unknown, |(_, response)| *response)
    }
}

/// Somebody invited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attendee {
    /// Who.
    pub who: Address,
    /// What they said, as far as this copy knows.
    pub response: Response,
    /// When they said it.
    pub at: Option<Timestamp>,
}

impl Draft {
    /// The attendees in a list; empty when absent.
    pub fn attendees(&self, list: &str) -> &[Attendee] {
        match self.properties.get(list) {
            Some(Value::Attendees(attendees)) => attendees,
            _ => &[],
        }
    }

    /// All attendees of the three lists.
    pub fn all_attendees(&self) -> impl Iterator<Item = &Attendee> {
        ATTENDEE_LISTS
            .into_iter()
            .flat_map(|list| self.attendees(list))
    }

    /// Notes an attendee's answer; false when nobody of that address is invited.
    pub(super) fn note_response(&mut self, who: &str, response: Response, at: Timestamp) -> bool {
        let mut known = false;
        for list in ATTENDEE_LISTS {
            if let Some(Value::Attendees(attendees)) = self.properties.get_mut(list) {
                let named = |one: &&mut Attendee| one.who.email.eq_ignore_ascii_case(who);
                for attendee in attendees.iter_mut().filter(named) {
                    (attendee.response, attendee.at) = (response, Some(at));
                    known = true;
                }
            }
        }
        known
    }
}

/// Resolves display names as Exchange does against its address book, and keeps the answers known before: a
/// client that writes a list does not wipe them.
pub(super) fn settle(
    draft: &mut Draft,
    before: Option<&Draft>,
    people: &People,
) -> Result<(), Failure> {
    for list in ATTENDEE_LISTS {
        let Some(Value::Attendees(attendees)) = draft.properties.get_mut(list) else {
            continue;
        };
        if attendees.len() > MAX_ATTENDEES {
            return Err(Failure::TOO_MANY_ATTENDEES);
        }
        attendees.retain(|attendee| !attendee.who.email.is_empty());
        for attendee in attendees.iter_mut() {
            let address = attendee.who.email.to_lowercase();
            match people.get(&address) {
                Some(name) => name.clone_into(&mut attendee.who.name),
                None if attendee.who.name.is_empty() => {
                    attendee.who.name.clone_from(&attendee.who.email);
                }
                None => {}
            }
            let known = before.and_then(|before| {
                before
                    .all_attendees()
                    .find(|one| one.who.email.to_lowercase() == address)
            });
            if let Some(known) = known {
                (attendee.response, attendee.at) = (known.response, known.at);
            }
        }
        if attendees.is_empty() {
            draft.properties.remove(list);
        }
    }
    Ok(())
}
