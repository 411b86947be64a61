//! The blocklist: whose mail is never saved or linked without being asked (BL-01…BL-06).

use std::collections::BTreeSet;

use crate::{
    SyncSettings,
    participant::{Standing, domain_of, normalize, normalize_domain},
    settings::is_public_mail_domain,
};

/// The list in force for one mailbox: both layers and the corporate domains (BL-05).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocklist {
    internal: BTreeSet<String>,
    org: BTreeSet<String>,
    user: BTreeSet<String>,
}

/// What an entry of a blocklist names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// One address, normalised.
    Address(String),
    /// One domain, normalised; its subdomains are other domains (BL-06).
    Domain(String),
}

impl Entry {
    /// Reads an entry as people write them: `ann@shop.example`, `shop.example`, `@shop.example`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(address) = normalize(text) {
            return Some(Self::Address(address));
        }
        let bare = text.strip_prefix('@').unwrap_or(text);
        if bare.contains('@') {
            return None;
        }
        normalize_domain(bare)
            .filter(|domain| domain.contains('.'))
            .map(Self::Domain)
    }

    /// The comparable form; addresses have an `@`, domains have none.
    pub fn key(&self) -> &str {
        match self {
            Self::Address(key) | Self::Domain(key) => key,
        }
    }
}

impl Blocklist {
    /// The union of the organization's list, the user's list and the corporate domains (BL-05).
    ///
    /// The domain of the mailbox is always among the corporate ones unless it is a public mail domain
    /// (BL-03): otherwise a private mailbox would take half the world for colleagues.
    pub fn effective(settings: &SyncSettings, own_address: &str) -> Self {
        let entries = |list: &[String]| {
            list.iter()
                .filter_map(|text| Entry::parse(text))
                .map(|e| e.key().to_owned())
                .collect()
        };
        let mut internal: BTreeSet<String> = settings
            .corporate_domains
            .iter()
            .filter_map(|d| normalize_domain(d))
            .collect();
        if let Some(own) = normalize(own_address) {
            internal.insert(domain_of(&own).to_owned());
        }
        internal.retain(|domain| !is_public_mail_domain(domain));
        Self {
            internal,
            org: entries(&settings.blocklist.org),
            user: entries(&settings.blocklist.user),
        }
    }

    /// What a normalised address is by this list. The first that holds of: internal, blocked by the
    /// organization, blocked by the user, external.
    pub fn standing(&self, key: &str) -> Standing {
        let domain = domain_of(key);
        if self.internal.contains(domain) {
            Standing::Internal
        } else if self.org.contains(key) || self.org.contains(domain) {
            Standing::BlockedByOrg
        } else if self.user.contains(key) || self.user.contains(domain) {
            Standing::BlockedByUser
        } else {
            Standing::External
        }
    }
}

#[cfg(test)]
mod tests;
