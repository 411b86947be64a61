//! The blocklist: whose mail is never saved or linked without being asked (BL-01…BL-06).

mod preview;

use std::collections::BTreeSet;

pub use preview::{Change, change};

use crate::{
    SyncSettings,
    autolink::{CandidateKey, candidate_keys},
    participant::{Standing, domain_of, normalize, normalize_domain, registrable},
    settings::is_public_mail_domain,
};

/// The list in force for one mailbox: both layers and the corporate domains (BL-05).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocklist {
    internal: Layer,
    org: Layer,
    user: Layer,
}

/// What an entry of a blocklist names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// One address, normalised.
    Address(String),
    /// One domain, normalised; its subdomains are other domains (BL-06).
    Domain(String),
    /// A domain and all below it, written `*.shop.example`; kept normalised without the star (BL-06).
    Subtree(String),
}

impl Entry {
    /// Reads an entry as people write them: `ann@shop.example`, `shop.example`, `@shop.example`,
    /// `*@shop.example`, `*.shop.example`. `None` for what is neither, and for a subtree that would be a whole public suffix
    /// (`*.com`).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(address) = normalize(text).filter(|_| !text.contains('*')) {
            return Some(Self::Address(address));
        }
        let bare = text.strip_prefix('*').filter(|rest| rest.starts_with('@'));
        let bare = bare.unwrap_or(text).trim_start_matches('@');
        if let Some(parent) = bare.strip_prefix("*.") {
            let parent = normalize_domain(parent).filter(|_| !parent.contains(['@', '*']))?;
            return registrable(&parent)
                .is_some()
                .then_some(Self::Subtree(parent));
        }
        if bare.contains(['@', '*']) {
            return None;
        }
        normalize_domain(bare)
            .filter(|domain| domain.contains('.'))
            .map(Self::Domain)
    }

    /// The comparable form: an address, a domain, or a domain with `*.` before it.
    pub fn key(&self) -> String {
        match self {
            Self::Address(key) | Self::Domain(key) => key.clone(),
            Self::Subtree(parent) => format!("*.{parent}"),
        }
    }
}

/// One layer, ready to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Layer {
    addresses: BTreeSet<String>,
    domains: BTreeSet<String>,
    subtrees: BTreeSet<String>,
}

impl Layer {
    fn of<'a>(list: impl IntoIterator<Item = &'a String>) -> Self {
        let mut layer = Self::default();
        for entry in list.into_iter().filter_map(|text| Entry::parse(text)) {
            match entry {
                Entry::Address(key) => layer.addresses.insert(key),
                Entry::Domain(key) => layer.domains.insert(key),
                Entry::Subtree(key) => layer.subtrees.insert(key),
            };
        }
        layer
    }

    fn holds(&self, key: &str, spellings: &[CandidateKey]) -> bool {
        let named = spellings
            .iter()
            .any(|spelling| self.addresses.contains(&spelling.key));
        named || self.holds_domain(domain_of(key))
    }

    fn holds_domain(&self, domain: &str) -> bool {
        let mut above = std::iter::successors(Some(domain), |domain| {
            domain.split_once('.').map(|(_, parent)| parent)
        });
        self.domains.contains(domain) || above.any(|parent| self.subtrees.contains(parent))
    }
}

impl Blocklist {
    /// The union of the organization's list, the user's list and the corporate domains (BL-05).
    ///
    /// The domain of the mailbox is always among the corporate ones unless it is a public mail domain
    /// (BL-03): otherwise a private mailbox would take half the world for colleagues.
    pub fn effective(settings: &SyncSettings, own_address: &str) -> Self {
        Self {
            internal: internal(settings, own_address),
            org: Layer::of(&settings.blocklist.org),
            user: Layer::of(&settings.blocklist.user),
        }
    }

    /// What a normalised address is by this list. The first that holds of: internal, blocked by the
    /// organization, blocked by the user, external.
    ///
    /// Who blocks a person means the person: an entry for an address holds for its tagged and aliased
    /// spellings too ([`candidate_keys`]).
    pub fn standing(&self, key: &str) -> Standing {
        let spellings = candidate_keys(key);
        if self.internal.holds_domain(domain_of(key)) {
            Standing::Internal
        } else if self.org.holds(key, &spellings) {
            Standing::BlockedByOrg
        } else if self.user.holds(key, &spellings) {
            Standing::BlockedByUser
        } else {
            Standing::External
        }
    }
}

/// The domains of the own organization, as entries (BL-03): the mailbox's own and those of the settings, public
/// mail domains never.
pub fn corporate(settings: &SyncSettings, own_address: &str) -> Vec<String> {
    let layer = internal(settings, own_address);
    let domains = layer.domains.into_iter().map(Entry::Domain);
    let subtrees = layer.subtrees.into_iter().map(Entry::Subtree);
    domains.chain(subtrees).map(|entry| entry.key()).collect()
}

fn internal(settings: &SyncSettings, own_address: &str) -> Layer {
    let mut layer = Layer::of(&settings.corporate_domains);
    layer.addresses.clear();
    if let Some(own) = normalize(own_address) {
        layer.domains.insert(domain_of(&own).to_owned());
    }
    layer
        .domains
        .retain(|domain| !is_public_mail_domain(domain));
    layer
        .subtrees
        .retain(|domain| !is_public_mail_domain(domain));
    layer
}

#[cfg(test)]
mod tests;
