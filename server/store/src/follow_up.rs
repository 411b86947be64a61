//! Follow-ups: what the next session must finish.

use std::slice;

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};
use ssi_domain::{ItemId, MailboxId, WishId};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    convert::{instant, micros, parse},
    dialect::{LONGEST_LIST, padded, parts, placeholders},
    page::last_of_each,
    pool::{Tx, on_pool, on_tx},
    statements as sql,
};

/// Something left to do for one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its id.
    pub id: Uuid,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The item.
    pub item_id: ItemId,
    /// What to do.
    pub action: Action,
    /// The wish it fulfils.
    pub wish: Option<WishId>,
    /// Not earlier than this.
    pub not_before: Timestamp,
    /// How often it was tried.
    pub attempts: i32,
}

/// What a follow-up does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Put category and stamp on an item that is saved.
    MarkItem,
    /// Decide about an item again and save it.
    SaveItem,
    /// Bring a mirrored pair into step.
    Mirror,
    /// Carry out the deletion of one side of a pair, together with all others of the session.
    Unmirror,
}

const ACTIONS: [(Action, &str); 4] = [
    (Action::MarkItem, "mark_item"),
    (Action::SaveItem, "save_item"),
    (Action::Mirror, "mirror"),
    (Action::Unmirror, "unmirror"),
];

impl Action {
    fn name(self) -> &'static str {
        let found = ACTIONS.iter().find(|(action, _)| *action == self);
        found.map_or("", |(_, name)| name)
    }

    /// Whether one of them per item is enough: it looks at the pair as it stands then.
    fn once(self) -> bool {
        matches!(self, Self::Mirror | Self::Unmirror)
    }
}

#[derive(FromRow)]
struct Raw {
    id: String,
    mailbox: String,
    item_id: String,
    action: String,
    wish: Option<String>,
    not_before: i64,
    attempts: i64,
}

impl Raw {
    fn row(self) -> Result<FollowUp, StoreError> {
        let action = ACTIONS.iter().find(|(_, name)| *name == self.action);
        Ok(FollowUp {
            id: parse(&self.id, "follow-up id")?,
            mailbox: parse(&self.mailbox, "mailbox id")?,
            item_id: ItemId::new(self.item_id),
            action: action.map_or(Action::SaveItem, |(action, _)| *action),
            wish: self.wish.map(|id| parse(&id, "wish id")).transpose()?,
            not_before: instant(self.not_before)?,
            attempts: i32::try_from(self.attempts).unwrap_or(i32::MAX),
        })
    }
}

impl Store {
    /// The follow-ups whose time has come, longest waiting first; deletions wait for [`Store::doomed`].
    pub async fn follow_ups_due(
        &self,
        mailbox: MailboxId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<FollowUp>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::FOLLOW_UPS_DUE)
            .bind(mailbox.to_string())
            .bind(micros(now))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// The deletions that wait in a mailbox, longest waiting first; they are not among
    /// [`Store::follow_ups_due`].
    pub async fn doomed(
        &self,
        mailbox: MailboxId,
        limit: usize,
    ) -> Result<Vec<FollowUp>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::FOLLOW_UPS_DOOMED)
            .bind(mailbox.to_string())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// Leaves something to the next session.
    pub async fn add_follow_up(&self, follow_up: &FollowUp) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        put(&mut tx, slice::from_ref(follow_up)).await?;
        tx.commit().await
    }
}

/// Puts follow-ups. Those of which one per item is enough take the place of older ones.
pub(crate) async fn put(tx: &mut Tx, new: &[FollowUp]) -> Result<(), StoreError> {
    let (once, mut rows): (Vec<_>, Vec<_>) = new.iter().partition(|new| new.action.once());
    for follow_up in last_of_each(&once, |new| (new.mailbox, new.action.name(), &new.item_id)) {
        on_tx!(tx, conn => sqlx::query(sql::mirror::FOLLOW_UP_REPLACED)
            .bind(follow_up.mailbox.to_string())
            .bind(follow_up.action.name())
            .bind(follow_up.item_id.as_str())
            .execute(conn)
            .await
            .map(drop))?;
        rows.push(follow_up);
    }
    for part in parts(&rows) {
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(sql::follow_ups_put(part.len())));
            for follow_up in part {
                query = query
                    .bind(follow_up.id.to_string())
                    .bind(follow_up.mailbox.to_string())
                    .bind(follow_up.item_id.as_str())
                    .bind(follow_up.action.name())
                    .bind(follow_up.wish.map(|id| id.to_string()))
                    .bind(micros(follow_up.not_before))
                    .bind(i64::from(follow_up.attempts));
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

pub(crate) async fn strike_off(tx: &mut Tx, done: &[Uuid]) -> Result<(), StoreError> {
    for part in done.chunks(LONGEST_LIST) {
        let text = sql::follow_ups_done(&placeholders(1, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for id in padded(part) {
                query = query.bind(id.to_string());
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}
