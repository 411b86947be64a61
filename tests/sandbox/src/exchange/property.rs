//! Values of item properties, and extended (MAPI) properties.

use jiff::Timestamp;

use super::attendee::Attendee;
use super::recurrence::Recurrence;
use super::zone::Zone;
use crate::xml::Element;

/// A mail address with a display name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Display name; empty when the mail had none.
    pub name: String,
    /// SMTP address, as written; may be empty for an unreadable one.
    pub email: String,
}

/// A stored property value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// Point in time.
    Time(Timestamp),
    /// One mailbox.
    Mailbox(Address),
    /// Several mailboxes.
    Mailboxes(Vec<Address>),
    /// Several strings.
    Strings(Vec<String>),
    /// Attendees of a meeting.
    Attendees(Vec<Attendee>),
    /// A recurrence.
    Recurrence(Recurrence),
    /// A time zone.
    Zone(Zone),
    /// Anything else, as the client wrote it.
    Tree(Element),
}

/// Names an extended property the way MAPI does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtendedKey {
    /// Tag (`0x670A`) or name within a set.
    pub name: ExtendedName,
    /// `String`, `Integer`, `SystemTime`, `StringArray`...
    pub kind: String,
}

/// The two ways to name an extended property.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExtendedName {
    /// A property tag.
    Tag(u16),
    /// A string name within a property set.
    Named {
        /// GUID, lower case.
        set: String,
        /// Name, compared exactly.
        name: String,
    },
    /// A numeric id within a property set.
    Numbered {
        /// GUID, lower case.
        set: String,
        /// Id.
        id: u32,
    },
}

impl ExtendedKey {
    /// A tagged property.
    pub fn tag(tag: u16, kind: &str) -> Self {
        Self {
            name: ExtendedName::Tag(tag),
            kind: kind.to_owned(),
        }
    }

    /// A named property in the set `set` (a GUID).
    pub fn named(set: &str, name: &str, kind: &str) -> Self {
        let name = ExtendedName::Named {
            set: set.to_ascii_lowercase(),
            name: name.to_owned(),
        };
        Self {
            name,
            kind: kind.to_owned(),
        }
    }
}

impl ExtendedKey {
    /// A property with a numeric id in the set `set` (a GUID).
    pub fn numbered(set: &str, id: u32, kind: &str) -> Self {
        let name = ExtendedName::Numbered {
            set: set.to_ascii_lowercase(),
            id,
        };
        Self {
            name,
            kind: kind.to_owned(),
        }
    }
}

/// Value of an extended property: one or several, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtendedValue {
    /// A single value.
    One(String),
    /// An array type.
    Many(Vec<String>),
}

/// Property sets that have a name in EWS.
/// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri>
pub const DISTINGUISHED_SETS: [(&str, &str); 10] = [
    ("Meeting", "6ed8da90-450b-101b-98da-00aa003f1305"),
    ("Appointment", "00062002-0000-0000-c000-000000000046"),
    ("Common", "00062008-0000-0000-c000-000000000046"),
    ("PublicStrings", "00020329-0000-0000-c000-000000000046"),
    ("Address", "00062004-0000-0000-c000-000000000046"),
    ("InternetHeaders", "00020386-0000-0000-c000-000000000046"),
    ("CalendarAssistant", "11000e07-b51b-40d6-af21-caa85edab1d0"),
    ("UnifiedMessaging", "4442858e-a9e3-4e80-b900-317a210cc15b"),
    ("Task", "00062003-0000-0000-c000-000000000046"),
    ("Sharing", "00062040-0000-0000-c000-000000000046"),
];
