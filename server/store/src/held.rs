//! Held plans: what a session wanted to do beyond its budget and has not done, until somebody approves it.

use jiff::Timestamp;
use sqlx::FromRow;
use ssi_domain::MailboxId;

use crate::{
    Store, StoreError,
    convert::{from_json, instant, json, micros, parse},
    pool::{on_pool, on_writer},
    statements::mirror as sql,
};

/// A plan that waits for approval. A mailbox has at most one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPlan {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Digest of what it would do; approving it approves nothing else.
    pub digest: String,
    /// Stable code of why it is held.
    pub code: String,
    /// Counts per class of effect and ids of items, as JSON; no business data.
    pub summary: serde_json::Value,
    /// When it was held first.
    pub created_at: Timestamp,
    /// Whether somebody approved it.
    pub approved: bool,
}

#[derive(FromRow)]
struct Raw {
    mailbox: String,
    digest: String,
    code: String,
    summary: String,
    created_at: i64,
    approved: i64,
}

impl Store {
    /// Holds a plan in place of an older one. The same plan made again keeps its approval and its age.
    pub async fn hold(&self, plan: &HeldPlan) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::HOLD)
            .bind(plan.mailbox.to_string())
            .bind(&plan.digest)
            .bind(&plan.code)
            .bind(json(&plan.summary))
            .bind(micros(plan.created_at))
            .bind(i64::from(plan.approved))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The plan of a mailbox that waits, or that is approved and not done yet.
    pub async fn held(&self, mailbox: MailboxId) -> Result<Option<HeldPlan>, StoreError> {
        let raw: Option<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::HELD)
            .bind(mailbox.to_string())
            .fetch_optional(pool)
            .await)?;
        raw.map(|raw| {
            Ok(HeldPlan {
                mailbox: parse(&raw.mailbox, "mailbox id")?,
                digest: raw.digest,
                code: raw.code,
                summary: from_json(&raw.summary, "held plan")?,
                created_at: instant(raw.created_at)?,
                approved: raw.approved != 0,
            })
        })
        .transpose()
    }

    /// Approves a plan by its digest; `false`: another plan stands there by now, or none.
    pub async fn approve(&self, mailbox: MailboxId, digest: &str) -> Result<bool, StoreError> {
        let rows = on_writer!(&self.db, pool => sqlx::query(sql::HELD_APPROVE)
            .bind(mailbox.to_string())
            .bind(digest)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows == 1)
    }

    /// Forgets a plan that is done or no longer wanted.
    pub async fn drop_hold(&self, mailbox: MailboxId) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::HELD_DROP)
            .bind(mailbox.to_string())
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
