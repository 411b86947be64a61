//! Sessions: what ran, how it ended, what it counted.

use jiff::Timestamp;
use sqlx::FromRow;
use ssi_domain::{MailboxId, SessionId, port::Collections};

use crate::{
    Fenced, Store, StoreError,
    convert::{from_json, instant, instant_opt, json, micros, parse},
    page::holds_lease,
    pool::{on_pool, on_tx},
    statements as sql,
};

/// A session that starts.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The node it runs on.
    pub node: String,
    /// The lease it runs under.
    pub lease_no: i64,
    /// What started it.
    pub cause: String,
    /// Now.
    pub started_at: Timestamp,
}

/// How a session ends.
#[derive(Debug, Clone)]
pub struct SessionFinish {
    /// The session.
    pub session: SessionId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The lease it ran under.
    pub lease_no: i64,
    /// Now.
    pub now: Timestamp,
    /// How it ended.
    pub state: SessionState,
    /// Its numbers, as JSON.
    pub counts: serde_json::Value,
    /// Stable code of what failed.
    pub error_code: Option<String>,
    /// What to do about it.
    pub error_detail: Option<String>,
    /// Failed sessions in a row, this one included.
    pub failures: i32,
    /// When the next one is due.
    pub next_due: Timestamp,
    /// The state of the folders when everything was worked off; `None`: unknown.
    pub pulse: Option<String>,
    /// The folders, if this session looked after them.
    pub setup: Option<Collections>,
}

/// The state of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// It runs.
    Running,
    /// It looked at everything.
    Done,
    /// It stopped at a failure.
    Failed,
    /// It was told to stop, or its node died.
    Interrupted,
}

const STATES: [(SessionState, &str); 4] = [
    (SessionState::Running, "running"),
    (SessionState::Done, "done"),
    (SessionState::Failed, "failed"),
    (SessionState::Interrupted, "interrupted"),
];

impl SessionState {
    /// The stable name.
    pub fn name(self) -> &'static str {
        STATES
            .iter()
            .find(|(state, _)| *state == self)
            .map_or("", |(_, name)| name)
    }
}

/// A session as it is listed.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The node it ran on.
    pub node: String,
    /// What started it.
    pub cause: String,
    /// Its state.
    pub state: SessionState,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its numbers, as JSON.
    pub counts: serde_json::Value,
    /// Stable code of what failed.
    pub error_code: Option<String>,
    /// What to do about it.
    pub error_detail: Option<String>,
}

#[derive(FromRow)]
struct Raw {
    id: String,
    mailbox: String,
    node: String,
    cause: String,
    state: String,
    started_at: i64,
    ended_at: Option<i64>,
    counts: String,
    error_code: Option<String>,
    error_detail: Option<String>,
}

impl Raw {
    fn row(self) -> Result<SessionRow, StoreError> {
        let state = STATES.iter().find(|(_, name)| *name == self.state);
        Ok(SessionRow {
            id: parse(&self.id, "session id")?,
            mailbox: parse(&self.mailbox, "mailbox id")?,
            node: self.node,
            cause: self.cause,
            state: state.map_or(SessionState::Interrupted, |(state, _)| *state),
            started_at: instant(self.started_at)?,
            ended_at: instant_opt(self.ended_at)?,
            counts: from_json(&self.counts, "session counts")?,
            error_code: self.error_code,
            error_detail: self.error_detail,
        })
    }
}

impl Store {
    /// Notes that a session started, and that those which ran under older leases did not end.
    pub async fn start_session(&self, new: &NewSession) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => sqlx::query(sql::SESSIONS_OVERTAKEN)
            .bind(micros(new.started_at))
            .bind(new.mailbox.to_string())
            .bind(new.lease_no)
            .execute(conn)
            .await
            .map(drop))?;
        on_tx!(&mut tx, conn => sqlx::query(sql::SESSION_START)
            .bind(new.id.to_string())
            .bind(new.mailbox.to_string())
            .bind(&new.node)
            .bind(new.lease_no)
            .bind(&new.cause)
            .bind(micros(new.started_at))
            .execute(conn)
            .await
            .map(drop))?;
        on_tx!(&mut tx, conn => sqlx::query(sql::FORCED_STARTED)
            .bind(new.mailbox.to_string())
            .bind(new.id.to_string())
            .execute(conn)
            .await
            .map(drop))?;
        tx.commit().await
    }

    /// Notes how a session ended, gives the lease back and sets the next due time. When the lease is
    /// another's by now, only the session's own row is closed, as interrupted.
    pub async fn finish_session(&self, end: &SessionFinish) -> Result<Fenced, StoreError> {
        let mut tx = self.db.begin().await?;
        let kept = holds_lease(&mut tx, end.mailbox, end.lease_no).await?;
        let state = if kept {
            end.state
        } else {
            SessionState::Interrupted
        };
        on_tx!(&mut tx, conn => sqlx::query(sql::SESSION_END)
            .bind(state.name())
            .bind(micros(end.now))
            .bind(json(&end.counts))
            .bind(end.error_code.as_deref())
            .bind(end.error_detail.as_deref())
            .bind(end.session.to_string())
            .execute(conn)
            .await
            .map(drop))?;
        if kept {
            on_tx!(&mut tx, conn => sqlx::query(sql::SESSION_RELEASE)
                .bind(micros(end.now))
                .bind(micros(end.next_due))
                .bind(i64::from(end.failures))
                .bind(end.pulse.as_deref())
                .bind(end.setup.as_ref().map(json))
                .bind(end.mailbox.to_string())
                .bind(end.lease_no)
                .execute(conn)
                .await
                .map(drop))?;
        }
        tx.commit().await?;
        Ok(if kept { Fenced::Kept } else { Fenced::Lost })
    }

    /// Sessions of a mailbox, newest first; `before` is the last row of the previous page.
    pub async fn sessions(
        &self,
        mailbox: MailboxId,
        before: Option<(Timestamp, SessionId)>,
        limit: usize,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let (at, id) = before.map_or((i64::MAX, String::new()), |(at, id)| {
            (micros(at), id.to_string())
        });
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::SESSIONS)
            .bind(mailbox.to_string())
            .bind(at)
            .bind(id)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// One session.
    pub async fn session(&self, id: SessionId) -> Result<Option<SessionRow>, StoreError> {
        let raw: Option<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::SESSION_BY_ID)
            .bind(id.to_string())
            .fetch_optional(pool)
            .await)?;
        raw.map(Raw::row).transpose()
    }
}
