//! Issues: one item's problem, parked and visible while others go on (INV-14).

use std::slice;

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};
use ssi_domain::{IssueId, ItemId, Kind, MailboxId, TenantId};
use uuid::Uuid;

use crate::{
    Action, FollowUp, Store, StoreError,
    convert::{instant, micros, parse},
    dialect::{LONGEST_LIST, padded, placeholders},
    pool::{Tx, on_pool, on_tx},
    statements as sql,
};

/// A problem to note. One item has at most one issue; noting it again counts the attempt.
#[derive(Debug, Clone)]
pub struct NewIssue {
    /// Its id if it is new.
    pub id: IssueId,
    /// The tenant.
    pub tenant: TenantId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// What the item is.
    pub kind: Kind,
    /// The item.
    pub item_id: ItemId,
    /// Its identity key, if it could be read.
    pub identity_key: Option<String>,
    /// Stable code.
    pub code: String,
    /// What to do.
    pub message: String,
}

/// A noted problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRow {
    /// Its id.
    pub id: IssueId,
    /// The tenant.
    pub tenant: TenantId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// What the item is.
    pub kind: Kind,
    /// The item.
    pub item_id: ItemId,
    /// Its identity key, if it could be read.
    pub identity_key: Option<String>,
    /// Stable code.
    pub code: String,
    /// What to do.
    pub message: String,
    /// How often it happened.
    pub attempts: i64,
    /// Whether it is over.
    pub state: IssueState,
    /// When it happened first.
    pub first_at: Timestamp,
    /// When it happened or was settled last.
    pub last_at: Timestamp,
}

/// Whether an issue is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueState {
    /// It is not.
    Open,
    /// It is.
    Settled,
}

impl IssueState {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Settled => "settled",
        }
    }
}

#[derive(FromRow)]
struct Raw {
    id: String,
    tenant: String,
    mailbox: String,
    kind: String,
    item_id: String,
    identity_key: Option<String>,
    code: String,
    message: String,
    attempts: i64,
    state: String,
    first_at: i64,
    last_at: i64,
}

impl Raw {
    fn row(self) -> Result<IssueRow, StoreError> {
        Ok(IssueRow {
            id: parse(&self.id, "issue id")?,
            tenant: TenantId::new(self.tenant),
            mailbox: parse(&self.mailbox, "mailbox id")?,
            kind: parse(&self.kind, "issue kind")?,
            item_id: ItemId::new(self.item_id),
            identity_key: self.identity_key,
            code: self.code,
            message: self.message,
            attempts: self.attempts,
            state: if self.state == "open" {
                IssueState::Open
            } else {
                IssueState::Settled
            },
            first_at: instant(self.first_at)?,
            last_at: instant(self.last_at)?,
        })
    }
}

impl Store {
    /// Issues of a mailbox in a state, newest first; `before` is the last row of the previous page.
    pub async fn issues(
        &self,
        mailbox: MailboxId,
        state: IssueState,
        before: Option<(Timestamp, IssueId)>,
        limit: usize,
    ) -> Result<Vec<IssueRow>, StoreError> {
        let (at, id) = before.map_or((i64::MAX, String::new()), |(at, id)| {
            (micros(at), id.to_string())
        });
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::ISSUES)
            .bind(mailbox.to_string())
            .bind(state.name())
            .bind(at)
            .bind(id)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// One issue.
    pub async fn issue(&self, id: IssueId) -> Result<Option<IssueRow>, StoreError> {
        let raw: Option<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::ISSUE_BY_ID)
            .bind(id.to_string())
            .fetch_optional(pool)
            .await)?;
        raw.map(Raw::row).transpose()
    }

    /// The open issue of an item.
    pub async fn open_issue_for(
        &self,
        mailbox: MailboxId,
        item: &ItemId,
    ) -> Result<Option<IssueRow>, StoreError> {
        let raw: Option<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::ISSUE_OPEN_FOR)
            .bind(mailbox.to_string())
            .bind(item.as_str())
            .fetch_optional(pool)
            .await)?;
        raw.map(Raw::row).transpose()
    }

    /// How many open issues a mailbox has.
    pub async fn count_open_issues(&self, mailbox: MailboxId) -> Result<u64, StoreError> {
        let (count,): (i64,) = on_pool!(&self.db, pool => sqlx::query_as(sql::ISSUES_COUNT)
            .bind(mailbox.to_string())
            .fetch_one(pool)
            .await)?;
        Ok(count.unsigned_abs())
    }

    /// Lets the next session try the item of an issue again; `follow_up` is the id to give the task.
    pub async fn retry_issue(
        &self,
        issue: &IssueRow,
        follow_up: Uuid,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.add_follow_up(&FollowUp {
            id: follow_up,
            mailbox: issue.mailbox,
            item_id: issue.item_id.clone(),
            action: match issue.kind {
                Kind::Email => Action::SaveItem,
                _ => Action::Mirror,
            },
            wish: None,
            not_before: now,
            attempts: 0,
        })
        .await
    }

    /// Settles the issue of an item whose problem is over.
    pub async fn settle_issue(
        &self,
        mailbox: MailboxId,
        item: &ItemId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        settle(&mut tx, mailbox, slice::from_ref(item), now).await?;
        tx.commit().await
    }

    /// Notes an issue outside a page.
    pub async fn put_issue(&self, new: &NewIssue, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        put(&mut tx, new, now).await?;
        tx.commit().await
    }
}

pub(crate) async fn put(tx: &mut Tx, new: &NewIssue, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, conn => sqlx::query(sql::ISSUE_PUT)
        .bind(new.id.to_string())
        .bind(new.tenant.as_str())
        .bind(new.mailbox.to_string())
        .bind(new.kind.name())
        .bind(new.item_id.as_str())
        .bind(new.identity_key.as_deref())
        .bind(&new.code)
        .bind(&new.message)
        .bind(micros(now))
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

pub(crate) async fn settle(
    tx: &mut Tx,
    mailbox: MailboxId,
    items: &[ItemId],
    now: Timestamp,
) -> Result<(), StoreError> {
    for part in items.chunks(LONGEST_LIST) {
        let text = sql::issues_settle(&placeholders(3, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text))
                .bind(micros(now))
                .bind(mailbox.to_string());
            for item in padded(part) {
                query = query.bind(item.as_str());
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}
