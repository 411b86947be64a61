//! Parties by address and id.

use sqlx::AssertSqlSafe;
use ssi_domain::{
    Kind, PARTY_KINDS, RecordRef, TenantId,
    autolink::Missing,
    directory::Party,
    port::{FoundBy, PartyHit},
};

use super::row::unpack;
use crate::{
    Store, StoreError,
    dialect::{LONGEST_LIST, padded, placeholders},
    pool::on_pool,
    statements::directory as sql,
};

impl Store {
    /// The parties filed under these normalised addresses, obsolete ones included and marked; `address` of a hit is
    /// the key asked for. By address, what changed last first, at most 50 of each.
    pub async fn parties_by_address(
        &self,
        tenant: &TenantId,
        addresses: &[String],
    ) -> Result<Vec<PartyHit>, StoreError> {
        let missing = Missing {
            keys: addresses.to_vec(),
            domains: Vec::new(),
        };
        let found = self.candidates(tenant, &PARTY_KINDS, &missing).await?;
        let hit = |(key, party): (String, Party)| party.hit(&key, FoundBy::Address);
        Ok(found.by_key.into_iter().map(hit).collect())
    }

    /// The accounts with these ids that are known.
    pub async fn accounts_by_ids(
        &self,
        tenant: &TenantId,
        accounts: &[RecordRef],
    ) -> Result<Vec<PartyHit>, StoreError> {
        let parties = self.parties(tenant, Kind::Account, accounts).await?;
        Ok(parties
            .iter()
            .map(|party| party.hit("", FoundBy::Relation))
            .collect())
    }

    /// What is known of records of a kind.
    pub async fn parties(
        &self,
        tenant: &TenantId,
        kind: Kind,
        records: &[RecordRef],
    ) -> Result<Vec<Party>, StoreError> {
        let mut parties = Vec::new();
        for part in records.chunks(LONGEST_LIST) {
            let text = sql::parties_by_records(&placeholders(3, part.len()));
            let (answer,): (Option<String>,) = on_pool!(&self.db, pool => {
                let mut query = sqlx::query_as(AssertSqlSafe(text))
                    .bind(tenant.as_str())
                    .bind(kind.name());
                for record in padded(part) {
                    query = query.bind(record.id.as_str());
                }
                query.fetch_one(pool).await
            })?;
            let found = unpack(answer.as_deref())?.into_iter();
            parties.extend(found.map(|(_, party)| party));
        }
        Ok(parties)
    }
}
