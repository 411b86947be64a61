//! What the directory knows behind the addresses of items.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;
use ssi_domain::{
    Kind, RecordRef, TenantId,
    autolink::{Candidates, Missing},
    directory::{Party, Pointer, Pointers},
    port::FoundBy,
};

use super::{
    by_heart::{Keys, Read},
    row::unpack,
};
use crate::{
    Store, StoreError,
    dialect::{LONGEST_LIST, numbers, one_of_numbers},
    pool::at_hand,
    statements::directory as sql,
};

/// New parties that are read beside those asked for. When there are more, all that are missing are read first.
const BESIDE: usize = 256;
/// Parties read at once when many are missing.
const PAGE: usize = 5_000;

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

/// What was read of the slots so far; nobody stands at those without a party.
type Seen = HashMap<i64, Option<Party>>;

impl Store {
    /// The parties behind addresses and the accounts under domains, of these kinds only, and the accounts they
    /// belong to. Local, as it stands at the moment of the call; bounded by what is asked for. Mostly one statement: what
    /// points to whom is known by heart, and whatever changed since is read along (docs/decisions/0061). The first
    /// call after a start reads the whole directory once.
    pub async fn candidates(
        &self,
        tenant: &TenantId,
        kinds: &[Kind],
        missing: &Missing,
    ) -> Result<Known, StoreError> {
        if kinds.is_empty() || missing.keys.is_empty() && missing.domains.is_empty() {
            return Ok(Known::default());
        }
        let keys = self.by_heart.of(tenant);
        let mut seen = Seen::new();
        let mut settled = false;
        // Until everybody who is pointed to was read, and whoever came meanwhile is pointed to.
        let pointers = loop {
            let (pointers, from) = keys.pointers(missing);
            let mut unread = pointers.slots();
            unread.retain(|slot| !seen.contains_key(slot));
            if settled && unread.is_empty() {
                break pointers;
            }
            let slots: Vec<i64> = unread.iter().copied().take(LONGEST_LIST).collect();
            let Some(read) = self.read_slots(tenant, &slots, from, BESIDE).await? else {
                return Ok(Known::default());
            };
            settled = keys.settle(from, &read);
            if !settled {
                seen.clear();
                continue;
            }
            let nobody_came = read.newer.is_empty();
            seen.extend(slots.iter().map(|slot| (*slot, None)));
            let found = read.at_slots.into_iter().chain(read.newer);
            seen.extend(found.map(|(slot, party)| (slot, Some(party))));
            if nobody_came && slots.len() == unread.len() {
                break pointers;
            }
            if !read.all {
                self.read_missing(tenant, &keys).await?;
            }
        };
        keys.forget(&pointers, |slot| matches!(seen.get(&slot), Some(None)));
        Ok(known(missing, kinds, &pointers, &seen))
    }

    /// Who stands at these slots, and of those who stand at the slot `from` and above the first `most`; `None`: there is
    /// no directory yet.
    async fn read_slots(
        &self,
        tenant: &TenantId,
        slots: &[i64],
        from: i64,
        most: usize,
    ) -> Result<Option<Read>, StoreError> {
        let text = sql::parties_and_newer(&one_of_numbers(&self.db, 2), most);
        let slots = numbers(&self.db, slots);
        let row: Option<(i64, i64, Option<String>, Option<String>)> = at_hand!(&self.db, on => {
            sqlx::query_as(AssertSqlSafe(text))
                .bind(tenant.as_str())
                .bind(slots)
                .bind(from)
                .fetch_optional(on)
                .await
        })?;
        let Some((drops, next_slot, at_slots, newer)) = row else {
            return Ok(None);
        };
        let newer = unpack(newer.as_deref())?;
        Ok(Some(Read {
            drops,
            next_slot,
            at_slots: unpack(at_slots.as_deref())?,
            all: newer.len() < most,
            newer,
        }))
    }

    /// Learns a tenant's directory by heart, so that the first who asks for candidates does not wait for it.
    pub async fn learn_directory(&self, tenant: &TenantId) -> Result<(), StoreError> {
        self.read_missing(tenant, &self.by_heart.of(tenant)).await
    }

    /// Reads page by page what is not known by heart yet.
    async fn read_missing(&self, tenant: &TenantId, keys: &Keys) -> Result<(), StoreError> {
        let _reading = keys.reading.lock().await;
        loop {
            let from = keys.next();
            let Some(read) = self.read_slots(tenant, &[], from, PAGE).await? else {
                return Ok(());
            };
            if keys.settle(from, &read) && read.all {
                return Ok(());
            }
        }
    }
}

/// What the pointers led to, in the order of what was asked for. A party that changed between two readings counts as
/// it is now.
fn known(missing: &Missing, kinds: &[Kind], pointers: &Pointers, seen: &Seen) -> Known {
    let mut newest: HashMap<&RecordRef, i64> = HashMap::new();
    for (slot, party) in seen {
        if let Some(party) = party {
            let newest = newest.entry(&party.record).or_insert(*slot);
            *newest = (*newest).max(*slot);
        }
    }
    let stands = |pointer: &Pointer| {
        let party = seen.get(&pointer.slot)?.as_ref()?;
        let counts = newest.get(&party.record) == Some(&pointer.slot);
        (counts && kinds.contains(&party.record.kind)).then_some(party)
    };
    let keyed = |pointers: &[Pointer], keys: &[String]| {
        let found = pointers.iter().filter_map(|pointer| {
            let key = keys.get(pointer.at)?;
            Some((key.clone(), stands(pointer)?.clone()))
        });
        found.collect()
    };
    Known {
        by_key: keyed(&pointers.by_key, &missing.keys),
        by_domain: keyed(&pointers.by_domain, &missing.domains),
        accounts: pointers
            .accounts
            .iter()
            .filter_map(stands)
            .cloned()
            .collect(),
    }
}
