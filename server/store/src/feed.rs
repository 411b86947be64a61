//! The feed of a tenant: who reads it, how far it is, and what it files under the mailboxes it concerns.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use ssi_domain::{Cursor, Kind, MailboxId, TenantId, directory::Party};

use crate::{
    Fenced, NewFiled, Store, StoreError,
    convert::{instant_opt, micros, parse},
    dialect::{LONGEST_LIST, lock_rows, padded, placeholders},
    directory::{self, FillStep},
    filed,
    pool::{Tx, on_pool, on_tx, on_writer},
    statements::mirror as sql,
};

/// The right to read a tenant's feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedLease {
    /// Its number; results are written only under the current one.
    pub number: i64,
}

/// How a tenant's feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedState {
    /// When it is due next; `None`: the tenant has no mailboxes.
    pub next_due: Option<Timestamp>,
    /// When it was last asked which mirrored records still stand.
    pub swept_at: Option<Timestamp>,
}

/// A page of a feed to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeedPage {
    /// The kind it is of.
    pub kind: Kind,
    /// The cursor behind it.
    pub cursor: Option<Cursor>,
    /// Changes, under the mailboxes they concern.
    pub rows: Vec<NewFiled>,
    /// Parties on it.
    pub parties: Vec<Party>,
    /// What it adds to the filling of the directory; `None` for kinds the directory does not keep.
    pub fill: Option<FillStep>,
}

impl Store {
    /// Claims a tenant's feed, due or not, if nobody holds it. A feed that is not known yet is made.
    pub async fn claim_feed(
        &self,
        tenant: &TenantId,
        node: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<FeedLease>, StoreError> {
        let mut tx = self.db.begin().await?;
        let row: Option<(i64, i64)> = on_tx!(&mut tx, conn => sqlx::query_as(sql::FEED_CLAIM)
            .bind(tenant.as_str())
            .bind(node)
            .bind(micros(now))
            .bind(micros(until))
            .fetch_optional(conn)
            .await)?;
        if matches!(row, Some((_, again)) if again != 0) {
            for text in [sql::FEED_CURSORS_DROP, sql::FEED_BEGUN_AGAIN] {
                on_tx!(&mut tx, conn => sqlx::query(text)
                    .bind(tenant.as_str())
                    .execute(conn)
                    .await
                    .map(drop))?;
            }
        }
        tx.commit().await?;
        Ok(row.map(|(number, _)| FeedLease { number }))
    }

    /// Extends a lease; `false`: it is another's by now.
    pub async fn renew_feed(
        &self,
        tenant: &TenantId,
        lease: &FeedLease,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let rows = on_writer!(&self.db, pool => sqlx::query(sql::FEED_RENEW)
            .bind(micros(until))
            .bind(tenant.as_str())
            .bind(lease.number)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows == 1)
    }

    /// The feeds of tenants with mailboxes that are due and that nobody holds, longest due first.
    pub async fn feed_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<TenantId>, StoreError> {
        let rows: Vec<(String,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::FEEDS_DUE)
            .bind(micros(now))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(|(t,)| TenantId::new(t)).collect())
    }

    /// How a tenant's feed stands.
    pub async fn feed_state(&self, tenant: &TenantId) -> Result<FeedState, StoreError> {
        let row: Option<(i64, Option<i64>)> = on_pool!(&self.db, pool => sqlx::query_as(sql::FEED_STATE)
                .bind(tenant.as_str())
                .fetch_optional(pool)
                .await)?;
        let (next_due, swept_at) = row.map_or((None, None), |(due, swept)| (Some(due), swept));
        Ok(FeedState {
            next_due: instant_opt(next_due)?,
            swept_at: instant_opt(swept_at)?,
        })
    }

    /// How far each kind was read.
    pub async fn feed_cursors(&self, tenant: &TenantId) -> Result<Vec<(Kind, Cursor)>, StoreError> {
        let rows: Vec<(String, String)> = on_pool!(&self.db, pool => {
            sqlx::query_as(sql::FEED_CURSORS)
                .bind(tenant.as_str())
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter()
            .map(|(kind, at)| Ok((parse(&kind, "feed kind")?, Cursor::new(at))))
            .collect()
    }

    /// Lets a kind be read from its beginning: forgets its cursor, and what was done for its records, so that
    /// they are filed again.
    pub async fn drop_feed_cursor(&self, tenant: &TenantId, kind: Kind) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for text in [sql::FEED_CURSOR_DROP, sql::FILED_FORGET] {
            on_tx!(&mut tx, conn => sqlx::query(text)
                .bind(tenant.as_str())
                .bind(kind.name())
                .execute(conn)
                .await
                .map(drop))?;
        }
        tx.commit().await
    }

    /// Files a page of changes with the cursor behind it, or nothing when the lease is another's by now.
    ///
    /// A record has one row per mailbox, which holds its newest version. What is known passes: a version that
    /// was filed before, done or not, and one that both sides have agreed on. Mailboxes for which something
    /// is new are due at `now`. Rows for mailboxes that are not this tenant's are left out.
    pub async fn file(
        &self,
        tenant: &TenantId,
        lease: &FeedLease,
        kind: Kind,
        cursor: Option<Cursor>,
        rows: Vec<NewFiled>,
        now: Timestamp,
    ) -> Result<Fenced, StoreError> {
        let page = NewFeedPage {
            kind,
            cursor,
            rows,
            parties: Vec::new(),
            fill: None,
        };
        self.file_page(tenant, lease, page, now).await
    }

    /// The same for a page that the directory takes in as well: parties, progress and cursor in one transaction.
    pub async fn file_page(
        &self,
        tenant: &TenantId,
        lease: &FeedLease,
        page: NewFeedPage,
        now: Timestamp,
    ) -> Result<Fenced, StoreError> {
        let NewFeedPage {
            kind,
            cursor,
            rows,
            parties,
            fill,
        } = page;
        let mut tx = self.db.begin_batch().await?;
        let Some(last) = holds_feed(&mut tx, tenant, lease, rows.len()).await? else {
            tx.rollback().await?;
            return Ok(Fenced::Lost);
        };
        let mut concerned: Vec<MailboxId> = rows.iter().map(|row| row.mailbox).collect();
        concerned.sort_unstable();
        concerned.dedup();
        let locked = lock_mailboxes(&mut tx, tenant, &concerned, lock_rows(&self.db)).await?;
        let agreed = filed::agreed(&mut tx, tenant, &rows).await?;
        let news: Vec<&NewFiled> = rows
            .iter()
            .filter(|row| locked.contains(&row.mailbox) && !agreed.contains(row))
            .collect();
        let woken = filed::put(&mut tx, &news, last, now).await?;
        wake(&mut tx, &woken, now).await?;
        directory::put(&mut tx, tenant, &parties).await?;
        if let Some(step) = fill {
            directory::fill(&mut tx, tenant, kind, &step, now).await?;
        }
        if let Some(cursor) = cursor {
            on_tx!(&mut tx, conn => sqlx::query(sql::FEED_CURSOR_PUT)
                .bind(tenant.as_str())
                .bind(kind.name())
                .bind(cursor.as_str())
                .bind(micros(now))
                .execute(conn)
                .await
                .map(drop))?;
        }
        tx.commit().await?;
        Ok(Fenced::Kept)
    }

    /// Gives the lease back and sets the next due time; `hint_from`: no notice makes it due earlier; `swept`: it was
    /// asked which records still stand.
    pub async fn finish_feed(
        &self,
        tenant: &TenantId,
        lease: &FeedLease,
        now: Timestamp,
        next_due: Timestamp,
        hint_from: Timestamp,
        swept: bool,
    ) -> Result<Fenced, StoreError> {
        let rows = on_writer!(&self.db, pool => sqlx::query(sql::FEED_RELEASE)
            .bind(tenant.as_str())
            .bind(lease.number)
            .bind(micros(next_due))
            .bind(micros(hint_from))
            .bind(swept.then_some(micros(now)))
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(if rows == 1 {
            Fenced::Kept
        } else {
            Fenced::Lost
        })
    }
}

impl Store {
    /// A notice came: the tenant's feed is due at `at`, or as soon after it as notices may make it. A reading that is
    /// under way is followed by another one.
    pub async fn hint_feed(&self, tenant: &TenantId, at: Timestamp) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::FEED_HINT)
            .bind(tenant.as_str())
            .bind(micros(at))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Files what a notice makes doubtful, whoever reads the feed: doubts only say that something is to be read.
    pub async fn file_doubts(
        &self,
        tenant: &TenantId,
        rows: &[NewFiled],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin_batch().await?;
        let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let taken: Option<(i64,)> = on_tx!(&mut tx, conn => sqlx::query_as(sql::FEED_NUMBERS)
            .bind(tenant.as_str())
            .bind(count)
            .fetch_optional(conn)
            .await)?;
        let Some((last,)) = taken else {
            return tx.rollback().await;
        };
        let mut concerned: Vec<MailboxId> = rows.iter().map(|row| row.mailbox).collect();
        concerned.sort_unstable();
        concerned.dedup();
        let locked = lock_mailboxes(&mut tx, tenant, &concerned, lock_rows(&self.db)).await?;
        let rows: Vec<&NewFiled> = rows
            .iter()
            .filter(|row| locked.contains(&row.mailbox))
            .collect();
        let woken = filed::put(&mut tx, &rows, last - count, now).await?;
        wake(&mut tx, &woken, now).await?;
        tx.commit().await
    }
}

/// Locks the feed for the transaction if the lease is current; answers the number before the first of those
/// taken for `count` rows.
async fn holds_feed(
    tx: &mut Tx,
    tenant: &TenantId,
    lease: &FeedLease,
    count: usize,
) -> Result<Option<i64>, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let row: Option<(i64,)> = on_tx!(tx, conn => sqlx::query_as(sql::FEED_CHECK)
        .bind(tenant.as_str())
        .bind(lease.number)
        .bind(count)
        .fetch_optional(conn)
        .await)?;
    Ok(row.map(|(last,)| last - count))
}

/// Locks mailboxes, sorted by id; answers those that are this tenant's.
async fn lock_mailboxes(
    tx: &mut Tx,
    tenant: &TenantId,
    mailboxes: &[MailboxId],
    lock: &str,
) -> Result<HashSet<MailboxId>, StoreError> {
    let mut locked = HashSet::new();
    for part in mailboxes.chunks(LONGEST_LIST) {
        let text = sql::mailboxes_lock(&placeholders(2, part.len()), lock);
        let rows: Vec<(String,)> = on_tx!(tx, conn => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(tenant.as_str());
            for mailbox in padded(part) {
                query = query.bind(mailbox.to_string());
            }
            query.fetch_all(conn).await
        })?;
        for (id,) in rows {
            locked.insert(parse(&id, "mailbox id")?);
        }
    }
    Ok(locked)
}

pub(crate) async fn wake(
    tx: &mut Tx,
    mailboxes: &[MailboxId],
    now: Timestamp,
) -> Result<(), StoreError> {
    for part in mailboxes.chunks(LONGEST_LIST) {
        let text = sql::mailboxes_wake(&placeholders(2, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(micros(now));
            for mailbox in padded(part) {
                query = query.bind(mailbox.to_string());
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}
