//! What an item or a record is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The kind of an item (in a mailbox) or of a record (in the CRM).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An e-mail; saved one way, once (EM-01).
    Email,
    /// A calendar event mirrored as a C4C appointment.
    Appointment,
    /// A calendar event mirrored as a C4C visit.
    Visit,
    /// A calendar event mirrored as a C4C phone call.
    PhoneCall,
    /// A task.
    Task,
    /// A person at an account.
    Contact,
    /// A corporate account.
    Account,
    /// A customer who is a person.
    IndividualCustomer,
    /// A lead.
    Lead,
    /// An opportunity.
    Opportunity,
    /// A service ticket.
    Ticket,
    /// A colleague; recognised but never shown or linked (LNK-06).
    Employee,
}

/// The kinds an address can belong to, in the order background linking prefers them (LNK-05).
pub const PARTY_KINDS: [Kind; 5] = [
    Kind::Contact,
    Kind::IndividualCustomer,
    Kind::Lead,
    Kind::Account,
    Kind::Employee,
];

/// The kinds whose records are mirrored, in the order they are listed everywhere.
pub const MIRRORED_KINDS: [Kind; 7] = [
    Kind::Appointment,
    Kind::Visit,
    Kind::PhoneCall,
    Kind::Task,
    Kind::Contact,
    Kind::Account,
    Kind::IndividualCustomer,
];

/// What a calendar event may become.
pub const EVENT_KINDS: [Kind; 3] = [Kind::Appointment, Kind::Visit, Kind::PhoneCall];

const NAMES: [(Kind, &str); 12] = [
    (Kind::Email, "email"),
    (Kind::Appointment, "appointment"),
    (Kind::Visit, "visit"),
    (Kind::PhoneCall, "phone_call"),
    (Kind::Task, "task"),
    (Kind::Contact, "contact"),
    (Kind::Account, "account"),
    (Kind::IndividualCustomer, "individual_customer"),
    (Kind::Lead, "lead"),
    (Kind::Opportunity, "opportunity"),
    (Kind::Ticket, "ticket"),
    (Kind::Employee, "employee"),
];

impl Kind {
    /// The stable name used in tables, SQL, JSON lines and traces.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }

    /// Whether it is what a calendar event is mirrored as.
    pub fn is_event(self) -> bool {
        EVENT_KINDS.contains(&self)
    }

    /// The kind under which the key of its items is reserved: colleagues may call one meeting appointment, visit or
    /// phone call, and it is one record all the same (INV-1).
    #[must_use]
    pub fn claimed_as(self) -> Self {
        match self.is_event() {
            true => Self::Appointment,
            false => self,
        }
    }

    /// Whether its records are mirrored as entries of an address book.
    pub fn is_mirrored_party(self) -> bool {
        matches!(
            self,
            Self::Contact | Self::Account | Self::IndividualCustomer
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is not the name of a kind.
#[derive(Debug, thiserror::Error)]
#[error("unknown kind {0:?}")]
pub struct UnknownKind(String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(kind, _)| *kind)
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}
