//! What the filters and limits leave in the CRM, and the counts that say so (CON-10, CON-11, INV-15).

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use ssi_domain::{Kind, MailboxId, RecordId, RecordRef, TenantId, mirror::Left};

use crate::{
    Store, StoreError,
    convert::{micros, parse},
    dialect::{LONGEST_LIST, padded, parts, placeholders},
    page::last_of_each,
    pool::{Tx, on_pool, on_tx, on_writer},
    statements::mirror as sql,
};

/// How the records of a kind stand to a mailbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DownCounts {
    /// In step with an item of the mailbox, wherever they were born.
    pub mirrored: u64,
    /// Of these, how many came from the CRM: what a limit counts.
    pub came_down: u64,
    /// Of the mailbox's owner and left out by the filter.
    pub filtered: u64,
    /// Left out by the limit.
    pub limited: u64,
    /// Mirrored though the filter would not let them in today.
    pub kept: u64,
    /// Filed and not looked into yet.
    pub waiting: u64,
}

impl Store {
    /// The counts of every kind that has any.
    pub async fn down_counts(
        &self,
        mailbox: MailboxId,
    ) -> Result<BTreeMap<Kind, DownCounts>, StoreError> {
        let mut all: BTreeMap<Kind, DownCounts> = BTreeMap::new();
        let rows: Vec<(String, String, i64)> = on_pool!(&self.db, pool =>
            sqlx::query_as(sql::MIRRORED_BY_ORIGIN).bind(mailbox.to_string()).fetch_all(pool).await)?;
        for (kind, origin, count) in rows {
            let counts = all.entry(parse(&kind, "record kind")?).or_default();
            counts.mirrored += count.unsigned_abs();
            if origin == "crm" {
                counts.came_down += count.unsigned_abs();
            }
        }
        let rows: Vec<(String, String, i64)> = on_pool!(&self.db, pool =>
            sqlx::query_as(sql::LEFT_BY_KIND).bind(mailbox.to_string()).fetch_all(pool).await)?;
        for (kind, why, count) in rows {
            let counts = all.entry(parse(&kind, "record kind")?).or_default();
            let of = match parse::<Left>(&why, "way of being left out")? {
                Left::Filter => &mut counts.filtered,
                Left::Limit => &mut counts.limited,
                Left::Kept => &mut counts.kept,
            };
            *of += count.unsigned_abs();
        }
        let rows: Vec<(String, i64)> = on_pool!(&self.db, pool =>
            sqlx::query_as(sql::FILED_BY_KIND).bind(mailbox.to_string()).fetch_all(pool).await)?;
        for (kind, count) in rows {
            let counts = all.entry(parse(&kind, "record kind")?).or_default();
            counts.waiting = count.unsigned_abs();
        }
        Ok(all)
    }

    /// The records of a kind that wait for room, who waits longest first.
    pub async fn limited(
        &self,
        mailbox: MailboxId,
        kind: Kind,
        most: usize,
    ) -> Result<Vec<RecordRef>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::LEFT_NEXT)
            .bind(mailbox.to_string())
            .bind(kind.name())
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        let record = |(id,): (String,)| RecordRef {
            kind,
            id: RecordId::new(id),
        };
        Ok(rows.into_iter().map(record).collect())
    }

    /// How many records of each kind the CRM says it has.
    pub async fn crm_totals(&self, tenant: &TenantId) -> Result<BTreeMap<Kind, u64>, StoreError> {
        let rows: Vec<(String, i64)> = on_pool!(&self.db, pool => sqlx::query_as(sql::CRM_TOTALS)
            .bind(tenant.as_str())
            .fetch_all(pool)
            .await)?;
        rows.into_iter()
            .map(|(kind, total)| Ok((parse(&kind, "kind")?, total.unsigned_abs())))
            .collect()
    }

    /// Notes how many records of a kind the CRM says it has.
    pub async fn set_crm_total(
        &self,
        tenant: &TenantId,
        kind: Kind,
        total: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::CRM_TOTAL_PUT)
            .bind(tenant.as_str())
            .bind(kind.name())
            .bind(i64::try_from(total).unwrap_or(i64::MAX))
            .bind(micros(now))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}

/// Notes how records stand to the filter and the limit of their kind; `None`: nothing keeps them out any more.
pub(crate) async fn put(
    tx: &mut Tx,
    mailbox: MailboxId,
    rows: &[(RecordRef, Option<Left>)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = last_of_each(rows, |(record, _)| record.clone());
    let free = rows.iter().filter(|(_, left)| left.is_none());
    let free: Vec<&str> = free.map(|(record, _)| record.id.as_str()).collect();
    for part in free.chunks(LONGEST_LIST) {
        let text = sql::left_drop(&placeholders(2, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(mailbox.to_string());
            for id in padded(part) {
                query = query.bind(*id);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    let left: Vec<(i64, &RecordRef, Left)> = (micros(now)..)
        .zip(rows)
        .filter_map(|(place, (record, left))| Some((place, record, (*left)?)))
        .collect();
    for part in parts(&left) {
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(sql::left_put(part.len())));
            for (place, record, left) in part {
                query = query
                    .bind(mailbox.to_string())
                    .bind(record.kind.name())
                    .bind(record.id.as_str())
                    .bind(left.name())
                    .bind(*place);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}
