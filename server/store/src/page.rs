//! The page commit: everything a chunk of a session came to, with its cursor, in one fenced transaction.

use jiff::Timestamp;
use ssi_domain::{Cursor, ItemId, MailboxId, WishId};
use uuid::Uuid;

use crate::{
    CopyRow, FollowUp, NewIssue, Store, StoreError, TraceRow,
    convert::micros,
    follow_up, issue,
    pool::{Tx, on_tx},
    statements as sql, trace,
};

/// Whether a write under a lease was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fenced {
    /// It was.
    Kept,
    /// The lease is another's: nothing was written.
    Lost,
}

/// What a chunk came to.
#[derive(Debug, Clone)]
pub struct PageCommit {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The lease it was worked on under.
    pub lease_no: i64,
    /// Now.
    pub now: Timestamp,
    /// The collection and its new cursor, if the chunk ends a page.
    pub cursor: Option<(String, Cursor)>,
    /// Items with the links they belong to.
    pub copies: Vec<CopyRow>,
    /// Items that left the folder.
    pub gone: Vec<ItemId>,
    /// Decisions.
    pub traces: Vec<TraceRow>,
    /// Problems.
    pub issues: Vec<NewIssue>,
    /// Items whose problem is over.
    pub settled_items: Vec<ItemId>,
    /// Things left to the next session.
    pub follow_ups: Vec<FollowUp>,
    /// Follow-ups that are done.
    pub done_follow_ups: Vec<Uuid>,
    /// Wishes that are fulfilled.
    pub fulfilled_wishes: Vec<WishId>,
}

impl PageCommit {
    /// An empty one.
    pub fn new(mailbox: MailboxId, lease_no: i64, now: Timestamp) -> Self {
        Self {
            mailbox,
            lease_no,
            now,
            cursor: None,
            copies: Vec::new(),
            gone: Vec::new(),
            traces: Vec::new(),
            issues: Vec::new(),
            settled_items: Vec::new(),
            follow_ups: Vec::new(),
            done_follow_ups: Vec::new(),
            fulfilled_wishes: Vec::new(),
        }
    }
}

impl Store {
    /// Writes all of it, or nothing when the lease number is not current any more (INV-8).
    pub async fn commit_page(&self, page: &PageCommit) -> Result<Fenced, StoreError> {
        let mut tx = self.db.begin().await?;
        if !holds_lease(&mut tx, page.mailbox, page.lease_no).await? {
            tx.rollback().await?;
            return Ok(Fenced::Lost);
        }
        for item in &page.gone {
            on_tx!(&mut tx, conn => sqlx::query(sql::COPY_GONE)
                .bind(page.mailbox.to_string())
                .bind(item.as_str())
                .execute(conn)
                .await
                .map(drop))?;
        }
        for copy in &page.copies {
            put_copy(&mut tx, copy).await?;
        }
        for row in &page.traces {
            trace::put(&mut tx, row).await?;
        }
        for item in &page.settled_items {
            issue::settle(&mut tx, page.mailbox, item, page.now).await?;
        }
        for new in &page.issues {
            issue::put(&mut tx, new, page.now).await?;
        }
        for id in &page.done_follow_ups {
            on_tx!(&mut tx, conn => sqlx::query(sql::FOLLOW_UP_DONE)
                .bind(id.to_string())
                .execute(conn)
                .await
                .map(drop))?;
        }
        for new in &page.follow_ups {
            follow_up::put(&mut tx, new).await?;
        }
        for wish in &page.fulfilled_wishes {
            on_tx!(&mut tx, conn => sqlx::query(sql::WISH_FULFIL)
                .bind(Vec::<u8>::new())
                .bind(wish.to_string())
                .execute(conn)
                .await
                .map(drop))?;
        }
        if let Some((collection, cursor)) = &page.cursor {
            on_tx!(&mut tx, conn => sqlx::query(sql::CURSOR_PUT)
                .bind(page.mailbox.to_string())
                .bind(collection)
                .bind(cursor.as_str())
                .bind(micros(page.now))
                .execute(conn)
                .await
                .map(drop))?;
        }
        tx.commit().await?;
        Ok(Fenced::Kept)
    }

    /// Notes what a click saved: the copy, its trace, and the mark that is owed.
    pub async fn record_click(
        &self,
        copy: &CopyRow,
        mark: Option<&FollowUp>,
        row: &TraceRow,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        put_copy(&mut tx, copy).await?;
        trace::put(&mut tx, row).await?;
        issue::settle(&mut tx, copy.mailbox, &copy.item_id, now).await?;
        if let Some(mark) = mark {
            follow_up::put(&mut tx, mark).await?;
        }
        tx.commit().await
    }
}

async fn put_copy(tx: &mut Tx, copy: &CopyRow) -> Result<(), StoreError> {
    on_tx!(tx, conn => sqlx::query(sql::COPY_PUT)
        .bind(copy.mailbox.to_string())
        .bind(copy.item_id.as_str())
        .bind(copy.link.to_string())
        .bind(copy.version.as_str())
        .bind(i64::from(copy.marked))
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

/// Locks the mailbox row for the transaction and says whether the lease is current.
pub(crate) async fn holds_lease(
    tx: &mut Tx,
    mailbox: MailboxId,
    lease_no: i64,
) -> Result<bool, StoreError> {
    let rows = on_tx!(tx, conn => sqlx::query(sql::LEASE_CHECK)
        .bind(mailbox.to_string())
        .bind(lease_no)
        .execute(conn)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
