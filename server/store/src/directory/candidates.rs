//! What the directory knows behind the addresses of items.

use std::collections::BTreeSet;

use ssi_domain::{
    Kind, RecordRef, TenantId,
    autolink::{Candidates, Missing},
    directory::Party,
    port::FoundBy,
};

use crate::{Store, StoreError};

/// Accounts looked at per domain: more of them name nobody anyway (LNK-05).
const MOST_PER_DOMAIN: usize = 20;

/// What the directory answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Parties with the key they were found by.
    pub by_key: Vec<(String, Party)>,
    /// Accounts with the domain they were found by.
    pub by_domain: Vec<(String, Party)>,
    /// The accounts that the former belong to.
    pub accounts: Vec<Party>,
}

impl Known {
    /// Files everything; what was asked for and is not there is known not to be.
    pub fn file(self, missing: &Missing, candidates: &mut Candidates) {
        candidates.asked(missing);
        for (key, party) in self.by_key {
            candidates.met(party.hit(&key, FoundBy::Address));
        }
        for (domain, party) in self.by_domain {
            candidates.met_company(&domain, party);
        }
        for party in self.accounts {
            candidates.met_account(party.hit("", FoundBy::Relation));
        }
    }
}

impl Store {
    /// The parties behind addresses and the accounts under domains, of these kinds only, and the accounts they
    /// belong to. Local; bounded by what is asked for.
    pub async fn candidates(
        &self,
        tenant: &TenantId,
        kinds: &[Kind],
        missing: &Missing,
    ) -> Result<Known, StoreError> {
        if kinds.is_empty() {
            return Ok(Known::default());
        }
        let accounts: &[Kind] = match kinds.contains(&Kind::Account) {
            true => &[Kind::Account],
            false => &[],
        };
        let (by_key, by_domain) = tokio::try_join!(
            self.filed_under(tenant, &missing.keys),
            self.parties_by_domain(tenant, &missing.domains, accounts, MOST_PER_DOMAIN),
        )?;
        let mut known = Known {
            by_key,
            by_domain,
            accounts: Vec::new(),
        };
        known
            .by_key
            .retain(|(_, party)| kinds.contains(&party.record.kind));
        if !accounts.is_empty() {
            let of = known.by_key.iter().filter(|(_, party)| !party.obsolete);
            let of: BTreeSet<&RecordRef> =
                of.filter_map(|(_, party)| party.account.as_ref()).collect();
            let of: Vec<RecordRef> = of.into_iter().cloned().collect();
            known.accounts = self.parties(tenant, Kind::Account, &of).await?;
        }
        Ok(known)
    }
}
