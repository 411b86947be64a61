//! What the directory knows behind the addresses of items.

use std::cmp::Reverse;

use sqlx::AssertSqlSafe;
use ssi_domain::{
    Kind, TenantId,
    autolink::{Candidates, Missing},
    directory::Party,
    port::FoundBy,
};

use super::row::{COLUMN, ROW, Way};
use crate::{
    Store, StoreError,
    dialect::{LONGEST_LIST, one_of_texts, texts},
    pool::at_hand,
    statements::directory as sql,
};

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
    /// belong to. Local, two statements side by side for as many as an item mostly has; bounded by what is asked for.
    pub async fn candidates(
        &self,
        tenant: &TenantId,
        kinds: &[Kind],
        missing: &Missing,
    ) -> Result<Known, StoreError> {
        let mut known = Known::default();
        let longest = missing.keys.len().max(missing.domains.len());
        if kinds.is_empty() || longest == 0 {
            return Ok(known);
        }
        for at in (0..longest).step_by(LONGEST_LIST) {
            let (keys, domains) = (part(&missing.keys, at), part(&missing.domains, at));
            // Side by side: each is about half of the time.
            let (mut rows, of_domains) = tokio::try_join!(
                self.behind_addresses(tenant, keys),
                self.under_domains(tenant, domains)
            )?;
            rows.extend(of_domains);
            rows.sort_by(|a, b| {
                (a.way, &a.found, Reverse(a.raw.slot)).cmp(&(b.way, &b.found, Reverse(b.raw.slot)))
            });
            for row in rows {
                let party = row.raw.party()?;
                if !kinds.contains(&party.record.kind) {
                    continue;
                }
                match row.way {
                    0 => known.by_key.push((row.found, party)),
                    1 => known.by_domain.push((row.found, party)),
                    _ => known.accounts.push(party),
                }
            }
        }
        Ok(known)
    }

    async fn behind_addresses(
        &self,
        tenant: &TenantId,
        keys: &[String],
    ) -> Result<Vec<Way>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let text = sql::behind_addresses(&one_of_texts(&self.db, 4));
        let keys = texts(&self.db, keys);
        let (rows,): (Option<String>,) = at_hand!(&self.db, on => {
            sqlx::query_as(AssertSqlSafe(text))
                .bind(tenant.as_str())
                .bind(COLUMN.to_string())
                .bind(ROW.to_string())
                .bind(keys)
                .fetch_one(on)
                .await
        })?;
        Way::read_all(rows)
    }

    async fn under_domains(
        &self,
        tenant: &TenantId,
        domains: &[String],
    ) -> Result<Vec<Way>, StoreError> {
        if domains.is_empty() {
            return Ok(Vec::new());
        }
        let text = sql::under_domains(&one_of_texts(&self.db, 4));
        let domains = texts(&self.db, domains);
        let (rows,): (Option<String>,) = at_hand!(&self.db, on => {
            sqlx::query_as(AssertSqlSafe(text))
                .bind(tenant.as_str())
                .bind(COLUMN.to_string())
                .bind(ROW.to_string())
                .bind(domains)
                .bind(i64::try_from(MOST_PER_DOMAIN).unwrap_or(i64::MAX))
                .fetch_one(on)
                .await
        })?;
        Way::read_all(rows)
    }
}

/// As many of a list as are asked for at once, from a place on.
fn part(all: &[String], from: usize) -> &[String] {
    let rest = all.get(from..).unwrap_or_default();
    &rest[..rest.len().min(LONGEST_LIST)]
}
