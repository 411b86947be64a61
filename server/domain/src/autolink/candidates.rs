//! What is known about addresses, put together into candidates: by the address and its other spellings, by relation,
//! by domain. The same for both paths; whoever fills it decides where it comes from.

use std::collections::{BTreeSet, HashMap};

use super::keys::{candidate_keys, company_domain};
use crate::{
    Kind, RecordRef,
    directory::Party,
    participant::domain_of,
    port::{FoundBy, PartyHit},
};

/// What is not known yet and has to be asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Normalised addresses, other spellings included.
    pub keys: Vec<String>,
    /// Domains of companies: the very ones of the addresses and the registrable ones.
    pub domains: Vec<String>,
}

/// Parties by address and domain. What was asked for and does not exist is remembered too.
#[derive(Debug, Clone, Default)]
pub struct Candidates {
    by_key: HashMap<String, Vec<PartyHit>>,
    by_domain: HashMap<String, Vec<Party>>,
    accounts: HashMap<RecordRef, PartyHit>,
}

impl Candidates {
    /// What has to be asked for before [`Self::behind`] can answer for these normalised addresses.
    pub fn missing<'a>(&self, addresses: impl IntoIterator<Item = &'a str>) -> Missing {
        let (mut keys, mut domains) = (BTreeSet::new(), BTreeSet::new());
        for address in addresses {
            let all = candidate_keys(address).into_iter().map(|one| one.key);
            keys.extend(all.filter(|key| !self.by_key.contains_key(key)));
            let of = domains_of(address).filter(|domain| !self.by_domain.contains_key(*domain));
            domains.extend(of.map(str::to_owned));
        }
        Missing {
            keys: keys.into_iter().collect(),
            domains: domains.into_iter().collect(),
        }
    }

    /// Notes that these were asked for.
    pub fn asked(&mut self, missing: &Missing) {
        for key in &missing.keys {
            self.by_key.entry(key.clone()).or_default();
        }
        for domain in &missing.domains {
            self.by_domain.entry(domain.clone()).or_default();
        }
    }

    /// Files a party under the address it was found by, `hit.address`.
    pub fn met(&mut self, hit: PartyHit) {
        let known = self.by_key.entry(hit.address.clone()).or_default();
        known.retain(|other| other.record != hit.record);
        known.push(hit);
    }

    /// Files an account under a domain that was asked for.
    pub fn met_company(&mut self, domain: &str, account: Party) {
        let known = self.by_domain.entry(domain.to_owned()).or_default();
        known.retain(|other| other.record != account.record);
        known.push(account);
    }

    /// Files an account that others belong to.
    pub fn met_account(&mut self, account: PartyHit) {
        self.accounts.insert(account.record.clone(), account);
    }

    /// The accounts that parties belong to and that nothing is known of.
    pub fn unknown_accounts(&self) -> Vec<RecordRef> {
        let hits = self.by_key.values().flatten();
        let accounts: BTreeSet<&RecordRef> = hits
            .filter(|hit| !hit.obsolete)
            .filter_map(|hit| hit.account.as_ref())
            .filter(|account| !self.accounts.contains_key(*account))
            .collect();
        accounts.into_iter().cloned().collect()
    }

    /// Forgets a party that turned out to be gone.
    pub fn forget(&mut self, record: &RecordRef) {
        for hits in self.by_key.values_mut() {
            hits.retain(|hit| hit.record != *record);
        }
        for parties in self.by_domain.values_mut() {
            parties.retain(|party| party.record != *record);
        }
        self.accounts.remove(record);
    }

    /// Everybody found behind these normalised addresses, in their order, as hits of the address that was asked for:
    /// under the address itself and its other spellings, then the accounts of those who were found, then the
    /// accounts that stand under its domain (LNK-05, LNK-09).
    pub fn behind<'a>(&self, addresses: impl IntoIterator<Item = &'a str>) -> Vec<PartyHit> {
        let mut found = Vec::new();
        for address in addresses {
            let first = found.len();
            for candidate in candidate_keys(address) {
                let hits = self.by_key.get(&candidate.key).into_iter().flatten();
                found.extend(hits.map(|hit| PartyHit {
                    address: address.to_owned(),
                    found_by: hit.found_by.max(candidate.found_by),
                    ..hit.clone()
                }));
            }
            let own = found[first..].iter().filter(|hit| !hit.obsolete);
            let accounts = own.filter_map(|hit| self.accounts.get(hit.account.as_ref()?));
            let accounts: Vec<PartyHit> = accounts
                .map(|account| PartyHit {
                    address: address.to_owned(),
                    found_by: FoundBy::Relation,
                    ..account.clone()
                })
                .collect();
            found.extend(accounts);
            for party in domains_of(address).filter_map(|domain| self.by_domain.get(domain)) {
                let proven = party.iter().filter(|one| one.record.kind == Kind::Account);
                found.extend(proven.filter_map(|one| Some(one.hit(address, one.proof(address)?))));
            }
        }
        found
    }

    /// How many addresses it holds something about.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

/// Whether the owner of an address is known: somebody in use whose address it is. An obsolete record, or the company
/// alone, is nobody (SRCH-07).
pub fn is_known(address: &str, hits: &[PartyHit]) -> bool {
    let mut own = hits.iter().filter(|hit| hit.address == address);
    own.any(|hit| hit.found_by.is_own() && !hit.obsolete)
}

/// The domains by which the company of an address is looked for, each once; none for public mail domains.
fn domains_of(address: &str) -> impl Iterator<Item = &str> {
    let company = company_domain(address);
    let own = company
        .map(|_| domain_of(address))
        .filter(|own| Some(*own) != company);
    company.into_iter().chain(own)
}
