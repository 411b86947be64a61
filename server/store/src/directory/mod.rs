//! The directory of a tenant: its parties, by address, domain, account and text.

mod by_heart;
mod candidates;
mod put;
mod read;
mod row;
mod search;

use jiff::Timestamp;
use ssi_domain::{Kind, RecordId, RecordRef, TenantId, directory::Party};

use crate::{
    Store, StoreError,
    convert::{instant_opt, micros, parse},
    pool::{Tx, on_pool, on_tx, on_writer},
    statements::directory as sql,
};

pub(crate) use by_heart::ByHeart;
pub use candidates::Known;
pub(crate) use put::put;
pub use search::Found;

/// How far the first reading of a kind is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The kind.
    pub kind: Kind,
    /// Records read so far, as long as it is not filled.
    pub seen: u64,
    /// Of how many, by the CRM's own count when the reading began.
    pub total: Option<u64>,
    /// Since when the directory answers for the kind; `None`: it does not yet.
    pub filled_at: Option<Timestamp>,
}

/// What a page of the feed adds to the filling of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillStep {
    /// Whether the page is the first one.
    pub first: bool,
    /// Records on it.
    pub seen: u64,
    /// How many there are in all, if the CRM said.
    pub total: Option<u64>,
    /// Whether nothing comes after it.
    pub last: bool,
}

impl Store {
    /// How far the directory is, per kind that was begun.
    pub async fn directory_state(&self, tenant: &TenantId) -> Result<Vec<Fill>, StoreError> {
        let rows: Vec<(String, i64, Option<i64>, Option<i64>)> = on_pool!(&self.db, pool => sqlx::query_as(sql::FILLS)
                .bind(tenant.as_str())
                .fetch_all(pool)
                .await)?;
        let fill = |(kind, seen, total, filled_at): (String, i64, Option<i64>, Option<i64>)| {
            Ok(Fill {
                kind: parse(&kind, "directory kind")?,
                seen: u64::try_from(seen).unwrap_or(0),
                total: total.and_then(|total| u64::try_from(total).ok()),
                filled_at: instant_opt(filled_at)?,
            })
        };
        rows.into_iter().map(fill).collect()
    }

    /// Puts parties that came another way than by the feed, for instance because we made them. Those that are known
    /// and unchanged cost nothing.
    pub async fn put_parties(
        &self,
        tenant: &TenantId,
        parties: &[Party],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin_batch().await?;
        put(&mut tx, tenant, parties).await?;
        tx.commit().await
    }

    /// Puts parties of which less is known than the feed will tell, if they are not known yet: an answer of the CRM
    /// or what we made must not hide what the feed told already.
    pub async fn put_new_parties(
        &self,
        tenant: &TenantId,
        parties: &[Party],
    ) -> Result<(), StoreError> {
        if parties.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin_batch().await?;
        put::put_some(&mut tx, tenant, parties, true).await?;
        tx.commit().await
    }

    /// How many parties are known, roughly: what changed often counts more than once.
    pub async fn directory_size(&self, tenant: &TenantId) -> Result<u64, StoreError> {
        let next: Option<(i64,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::DIRECTORY_NEXT)
            .bind(tenant.as_str())
            .fetch_optional(pool)
            .await)?;
        Ok(next.map_or(0, |(next,)| u64::try_from(next).unwrap_or(0)))
    }

    /// Forgets a party that is gone. `true`: it was known.
    pub async fn drop_party(
        &self,
        tenant: &TenantId,
        record: &RecordRef,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin_batch().await?;
        let known = put::remove(&mut tx, tenant, record).await?;
        tx.commit().await?;
        Ok(known)
    }

    /// Forgets a tenant's directory whole. The next reading of its feed starts at the beginning and fills it again.
    pub async fn drop_directory(&self, tenant: &TenantId) -> Result<(), StoreError> {
        let mut tx = self.db.begin_batch().await?;
        for text in [
            sql::DIRECTORY_DROP,
            sql::FILLS_DROP,
            sql::PARTIES_DROP,
            sql::POSTINGS_DROP,
            crate::statements::mirror::FEED_CURSORS_DROP,
        ] {
            on_tx!(&mut tx, conn => sqlx::query(text)
                .bind(tenant.as_str())
                .execute(conn)
                .await
                .map(drop))?;
        }
        tx.commit().await
    }

    /// The parties the next sweep looks at: those after the last one it looked at, and from the beginning again
    /// after the end.
    pub async fn parties_to_sweep(
        &self,
        tenant: &TenantId,
        limit: usize,
    ) -> Result<Vec<RecordRef>, StoreError> {
        let from: Option<(String, String)> = on_pool!(&self.db, pool => sqlx::query_as(sql::DIRECTORY_SWEPT)
                .bind(tenant.as_str())
                .fetch_optional(pool)
                .await)?;
        let Some((kind, id)) = from else {
            return Ok(Vec::new());
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<(String, String)> = on_pool!(&self.db, pool => sqlx::query_as(sql::PARTY_RECORDS)
                .bind(tenant.as_str())
                .bind(kind)
                .bind(id)
                .bind(limit)
                .fetch_all(pool)
                .await)?;
        let record = |(kind, id): (String, String)| {
            Ok(RecordRef {
                kind: parse(&kind, "party kind")?,
                id: RecordId::new(id),
            })
        };
        rows.into_iter().map(record).collect()
    }

    /// Lets the next sweep go on after this record; `None`: from the beginning.
    pub async fn set_swept(
        &self,
        tenant: &TenantId,
        after: Option<&RecordRef>,
    ) -> Result<(), StoreError> {
        let (kind, id) = after.map_or(("", ""), |record| (record.kind.name(), record.id.as_str()));
        on_writer!(&self.db, pool => sqlx::query(sql::DIRECTORY_SWEPT_SET)
            .bind(tenant.as_str())
            .bind(kind)
            .bind(id)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}

/// Counts a page of the feed in.
pub(crate) async fn fill(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: Kind,
    step: &FillStep,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, conn => sqlx::query(sql::FILL_STEP)
        .bind(tenant.as_str())
        .bind(kind.name())
        .bind(i64::try_from(step.seen).unwrap_or(i64::MAX))
        .bind(step.total.and_then(|total| i64::try_from(total).ok()))
        .bind(step.last.then_some(micros(now)))
        .bind(i64::from(step.first))
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}
