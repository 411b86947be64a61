//! Auto-resolving: whether unknown attendees become parties of the CRM, and as what (RES-01 to RES-08).

use serde::{Deserialize, Serialize};

/// As what unknown attendees are created (RES-02).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolveAs {
    /// Nobody is created.
    #[default]
    Off,
    /// As Leads.
    Lead,
    /// As Contacts.
    Contact,
}

/// The organization's choice about unknown attendees. Off by default: nothing is created without being asked
/// for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResolveSettings {
    /// As what unknown attendees of mirrored meetings are created.
    pub people: ResolveAs,
    /// Accounts are created for companies nobody knows, named after their domain (RES-05).
    pub accounts: bool,
    /// A meeting with more unknown people than this is an audience: nobody of it is created.
    pub most_per_event: u32,
}

impl Default for ResolveSettings {
    fn default() -> Self {
        Self {
            people: ResolveAs::Off,
            accounts: false,
            most_per_event: 20,
        }
    }
}
