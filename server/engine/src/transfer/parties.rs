//! The CRM parties behind the addresses of the items at hand, asked once per session.

use std::collections::{BTreeSet, HashMap};

use ssi_domain::{
    PARTY_KINDS,
    autolink::candidate_keys,
    port::{CrmQuery, Hit, PartyHit},
};

/// Addresses already asked, and who answered to them. An address without hits is remembered too.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    by_address: HashMap<String, Vec<PartyHit>>,
}

/// Parties behind more addresses of one mail are not asked for; the first ones write and read it.
pub(crate) const MOST_LOOKED_UP: usize = 100;

/// Bounds the memory of one session; beyond it the cache starts anew, which only costs calls.
const MOST_ADDRESSES: usize = 50_000;

impl Parties {
    /// The question for those addresses that were not asked yet.
    pub(crate) fn question<'a>(
        &self,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Option<CrmQuery> {
        let new: BTreeSet<String> = addresses
            .into_iter()
            .flat_map(candidate_keys)
            .map(|candidate| candidate.key)
            .filter(|address| !self.by_address.contains_key(address))
            .collect();
        (!new.is_empty()).then(|| CrmQuery::PartiesByAddress {
            kinds: PARTY_KINDS.to_vec(),
            addresses: new.into_iter().collect(),
        })
    }

    /// Files the answer to a question.
    pub(crate) fn learn(&mut self, question: &CrmQuery, hits: Vec<Hit>) {
        let CrmQuery::PartiesByAddress { addresses, .. } = question else {
            return;
        };
        if self.by_address.len() > MOST_ADDRESSES {
            self.by_address.clear();
        }
        for address in addresses {
            self.by_address.entry(address.clone()).or_default();
        }
        for hit in hits {
            if let Hit::Party(party) = hit {
                self.by_address
                    .entry(party.address.clone())
                    .or_default()
                    .push(party);
            }
        }
    }

    /// Files a party that was made or found meanwhile, under the address it was looked up by.
    pub(crate) fn met(&mut self, party: PartyHit) {
        let known = self.by_address.entry(party.address.clone()).or_default();
        known.retain(|other| other.record != party.record);
        known.push(party);
    }

    /// Everybody found behind these addresses, in their order: under the address itself and its other
    /// spellings, as hits of the address that was asked for.
    pub(crate) fn behind<'a>(&self, addresses: impl IntoIterator<Item = &'a str>) -> Vec<PartyHit> {
        let mut found = Vec::new();
        for address in addresses {
            for candidate in candidate_keys(address) {
                let hits = self.by_address.get(&candidate.key).into_iter().flatten();
                found.extend(hits.map(|hit| PartyHit {
                    address: address.to_owned(),
                    found_by: hit.found_by.max(candidate.found_by),
                    ..hit.clone()
                }));
            }
        }
        found
    }
}
