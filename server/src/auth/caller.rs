//! A signed-in person.

use serde::{Deserialize, Serialize};
use ssi_domain::participant;

/// More addresses than this in one token are not a person's.
const MOST_ADDRESSES: usize = 32;

/// A signed-in person, as the identity provider vouches for them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Who vouches: the `iss` claim.
    pub issuer: String,
    /// The person's stable id at the issuer.
    pub subject: String,
    /// Normalised addresses, the main one first.
    pub addresses: Vec<String>,
    /// What to call the person; may be empty.
    pub display_name: String,
    /// Key user by the token itself (development tokens only); see [`super::Access`] for the others.
    #[serde(default)]
    pub key_user: bool,
}

impl Caller {
    /// A caller; addresses that are none are left out.
    pub fn new(issuer: &str, subject: &str, addresses: &[String], display_name: &str) -> Self {
        let mut known = Vec::new();
        for address in addresses
            .iter()
            .filter_map(|text| participant::normalize(text))
        {
            if known.len() < MOST_ADDRESSES && !known.contains(&address) {
                known.push(address);
            }
        }
        Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            addresses: known,
            display_name: display_name.chars().take(200).collect(),
            key_user: false,
        }
    }

    /// The scope of this caller's request ids (AIP-155).
    pub fn scope(&self) -> String {
        format!("{}|{}", self.issuer, self.subject)
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Caller(..)")
    }
}
