//! The page commit: everything a chunk of a session came to, with its cursor, in one fenced transaction.

use std::{collections::HashSet, hash::Hash, slice};

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use ssi_domain::{Cursor, ItemId, LinkId, MailboxId, RecordRef, WishId, mirror::Left};
use uuid::Uuid;

use crate::{
    CopyRow, FiledId, FollowUp, MirrorRow, NewConflict, NewIssue, Store, StoreError, TraceRow,
    convert::micros,
    dialect::{LONGEST_LIST, lock_rows, padded, parts, placeholders},
    filed, follow_up, issue, left, mirror,
    pool::{Tx, on_tx},
    statements as sql, trace, wish,
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
    /// Items whose id changed, with the new one: their mirrors, issues and follow-ups follow. It comes before
    /// everything else, which names them by their new ids.
    pub renamed: Vec<(ItemId, ItemId)>,
    /// Mirrors to forget. One that is also put stays.
    pub forgotten: Vec<LinkId>,
    /// Mirrors to put. Of another mailbox's only whether it writes is written.
    pub mirrors: Vec<MirrorRow>,
    /// Filed changes that were looked into.
    pub filed_done: Vec<FiledId>,
    /// How records stand to the filter and the limit of their kind; `None`: nothing keeps them out (CON-10).
    pub left: Vec<(RecordRef, Option<Left>)>,
    /// Both values of fields that both sides changed; sealed before they are stored.
    pub conflicts: Vec<NewConflict>,
}

/// How far a page of changes reached: written with the page's last effects, never before (INV-8).
#[derive(Debug, Clone)]
pub struct PageEnd {
    /// The collection that was read.
    pub collection: String,
    /// Where to go on.
    pub cursor: Cursor,
    /// Items that left the collection.
    pub gone: Vec<ItemId>,
}

impl PageCommit {
    /// Ends the page with this commit.
    pub fn end(&mut self, end: Option<PageEnd>) {
        if let Some(PageEnd {
            collection,
            cursor,
            gone,
        }) = end
        {
            self.cursor = Some((collection, cursor));
            self.gone = gone;
        }
    }

    /// Puts a mirror in place of the one its link or its item had.
    pub fn mirror(&mut self, row: MirrorRow) {
        self.mirrors.push(row);
    }

    /// Follows an item that moved to its new id.
    pub fn mirror_renamed(&mut self, old: ItemId, new: ItemId) {
        self.renamed.push((old, new));
    }

    /// Forgets the mirror of a link in this mailbox.
    pub fn forget_mirror(&mut self, link: LinkId) {
        self.forgotten.push(link);
    }

    /// Strikes filed changes off.
    pub fn filed_done(&mut self, done: Vec<FiledId>) {
        self.filed_done.extend(done);
    }

    /// Keeps both values of a field that both sides changed.
    pub fn conflict(&mut self, new: NewConflict) {
        self.conflicts.push(new);
    }

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
            renamed: Vec::new(),
            forgotten: Vec::new(),
            mirrors: Vec::new(),
            filed_done: Vec::new(),
            left: Vec::new(),
            conflicts: Vec::new(),
        }
    }
}

impl Store {
    /// Writes all of it, or nothing when the lease number is not current any more (INV-8).
    pub async fn commit_page(&self, page: &PageCommit) -> Result<Fenced, StoreError> {
        let mut tx = self.db.begin_batch().await?;
        if !holds_lease(&mut tx, page.mailbox, page.lease_no).await? {
            tx.rollback().await?;
            return Ok(Fenced::Lost);
        }
        mirror::lock_links(&mut tx, &page.mirrors, lock_rows(&self.db)).await?;
        for (old, new) in &page.renamed {
            mirror::rename(&mut tx, page.mailbox, old, new).await?;
        }
        forget_copies(&mut tx, page.mailbox, &page.gone).await?;
        put_copies(&mut tx, &page.copies).await?;
        trace::put(&mut tx, &page.traces).await?;
        issue::settle(&mut tx, page.mailbox, &page.settled_items, page.now).await?;
        for new in &page.issues {
            issue::put(&mut tx, new, page.now).await?;
        }
        follow_up::strike_off(&mut tx, &page.done_follow_ups).await?;
        follow_up::put(&mut tx, &page.follow_ups).await?;
        wish::fulfil(&mut tx, &page.fulfilled_wishes).await?;
        self.put_mirrors(&mut tx, page).await?;
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

    async fn put_mirrors(&self, tx: &mut Tx, page: &PageCommit) -> Result<(), StoreError> {
        mirror::forget(tx, page.mailbox, &page.forgotten).await?;
        mirror::put(tx, page.mailbox, &page.mirrors).await?;
        filed::strike_off(tx, page.mailbox, &page.filed_done, page.now).await?;
        left::put(tx, page.mailbox, &page.left, page.now).await?;
        for new in &page.conflicts {
            self.put_conflict(tx, new).await?;
        }
        Ok(())
    }

    /// Notes what a click made of an event: rows of this and of other mailboxes, and why.
    pub async fn record_event_click(
        &self,
        mailbox: MailboxId,
        mirrors: &[MirrorRow],
        row: &TraceRow,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        mirror::lock_links(&mut tx, mirrors, lock_rows(&self.db)).await?;
        mirror::put(&mut tx, mailbox, mirrors).await?;
        trace::put(&mut tx, slice::from_ref(row)).await?;
        issue::settle(&mut tx, mailbox, slice::from_ref(&row.item_id), now).await?;
        tx.commit().await
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
        put_copies(&mut tx, slice::from_ref(copy)).await?;
        trace::put(&mut tx, slice::from_ref(row)).await?;
        issue::settle(&mut tx, copy.mailbox, slice::from_ref(&copy.item_id), now).await?;
        follow_up::put(&mut tx, mark.map_or(&[], slice::from_ref)).await?;
        tx.commit().await
    }
}

/// One statement cannot put a row twice: of several values for one item the last one counts.
pub(crate) fn last_of_each<T, K: Eq + Hash>(rows: &[T], key: impl Fn(&T) -> K) -> Vec<&T> {
    let mut seen = HashSet::new();
    let mut kept: Vec<&T> = rows
        .iter()
        .rev()
        .filter(|row| seen.insert(key(row)))
        .collect();
    kept.reverse();
    kept
}

async fn forget_copies(
    tx: &mut Tx,
    mailbox: MailboxId,
    items: &[ItemId],
) -> Result<(), StoreError> {
    for part in items.chunks(LONGEST_LIST) {
        let text = sql::copies_gone(&placeholders(2, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(mailbox.to_string());
            for item in padded(part) {
                query = query.bind(item.as_str());
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

async fn put_copies(tx: &mut Tx, copies: &[CopyRow]) -> Result<(), StoreError> {
    for part in parts(&last_of_each(copies, |copy| {
        (copy.mailbox, copy.item_id.as_str().to_owned())
    })) {
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(sql::copies_put(part.len())));
            for copy in part {
                query = query
                    .bind(copy.mailbox.to_string())
                    .bind(copy.item_id.as_str())
                    .bind(copy.link.to_string())
                    .bind(copy.version.as_str())
                    .bind(i64::from(copy.marked));
            }
            query.execute(conn).await.map(drop)
        })?;
    }
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
