//! The runner: claims due mailboxes and gives each a session, as many at once as the node may.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use ssi_domain::port::PortError;
use ssi_store::MailboxRow;
use tokio::{
    sync::{Semaphore, watch as stop},
    task::JoinSet,
};

use super::{Cause, SessionEnd, SessionReport, session::LEASE};
use crate::{Engine, Error};

/// Wake-ups of other nodes are seen at the latest after this time (no LISTEN/NOTIFY: both databases alike).
const POLL: Duration = Duration::from_secs(2);

/// First wait after a transient failure; doubles with each one, up to the interval.
const FIRST_RETRY: SignedDuration = SignedDuration::from_secs(30);

/// Sign-in failures in a row before the mailbox is suspended: one may be a glitch of the server.
const SIGN_IN_TRIES: i32 = 2;

impl Engine {
    /// Runs sessions until told to stop; returns when the last one ended at its next page.
    pub async fn run(&self, mut stopped: stop::Receiver<bool>) {
        let slots = Arc::new(Semaphore::new(self.parts.parallel_sessions.max(1)));
        let mut sessions = JoinSet::new();
        let mut feeds: Option<tokio::task::JoinHandle<()>> = None;
        let mut glances: Option<tokio::task::JoinHandle<u64>> = None;
        while !*stopped.borrow() {
            if feeds
                .as_ref()
                .is_none_or(tokio::task::JoinHandle::is_finished)
            {
                let engine = self.clone();
                feeds = Some(tokio::spawn(async move { engine.feeds().await }));
            }
            if glances
                .as_ref()
                .is_none_or(tokio::task::JoinHandle::is_finished)
            {
                let engine = self.clone();
                glances = Some(tokio::spawn(async move { engine.glances().await }));
            }
            let free = slots.available_permits();
            for row in self.claim(free).await {
                let Ok(permit) = Arc::clone(&slots).try_acquire_owned() else {
                    break;
                };
                let (engine, stopped) = (self.clone(), stopped.clone());
                sessions.spawn(async move {
                    let _permit = permit;
                    let mailbox = row.id;
                    if let Err(error) = engine.run_claimed(row, Cause::Due, stopped).await {
                        tracing::error!(mailbox.id = %mailbox, %error, "session could not be recorded");
                    }
                    engine.wake.notify_one();
                });
            }
            while sessions.try_join_next().is_some() {}
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(POLL) => {}
                _ = stopped.changed() => {}
            }
        }
        if let Some(feeds) = feeds {
            // Its lease ends by itself, and what it filed is committed page by page.
            feeds.abort();
        }
        if let Some(glances) = glances {
            glances.abort();
        }
        while sessions.join_next().await.is_some() {}
    }

    async fn claim(&self, free: usize) -> Vec<MailboxRow> {
        if free == 0 {
            return Vec::new();
        }
        let now = self.parts.clock.now();
        let claimed = self
            .parts
            .store
            .claim_due(&self.parts.node, now, now + LEASE, free)
            .await;
        claimed.unwrap_or_else(|error| {
            tracing::error!(%error, "due mailboxes could not be claimed; trying again");
            Vec::new()
        })
    }

    /// Frees what a dead process of this node's name left: leases and holds. Call it once, before anything
    /// else runs under the name.
    pub async fn start(&self) -> Result<(), Error> {
        let now = self.parts.clock.now();
        self.parts.store.release_node(&self.parts.node, now).await?;
        Ok(())
    }

    /// Runs one session of a mailbox now, if nobody else does.
    pub async fn run_once(
        &self,
        mailbox: ssi_domain::MailboxId,
        cause: Cause,
    ) -> Result<SessionReport, Error> {
        let now = self.parts.clock.now();
        let row = self
            .parts
            .store
            .claim_mailbox(mailbox, &self.parts.node, now, now + LEASE)
            .await?
            .ok_or(Error::Busy {
                retry_after: SignedDuration::from_secs(60),
            })?;
        let (_keep, stopped) = stop::channel(false);
        self.run_claimed(row, cause, stopped).await
    }

    /// When the next session is due, with jitter so that mailboxes spread out.
    pub(super) fn next_due(
        &self,
        row: &MailboxRow,
        end: &SessionEnd,
        wait: Option<SignedDuration>,
    ) -> Timestamp {
        let now = self.parts.clock.now();
        let minutes = self.parts.backends.settings(row).interval_minutes;
        let interval = SignedDuration::from_mins(i64::from(minutes.max(1)));
        let pause = match (end, wait) {
            (SessionEnd::Done, _) => interval,
            (SessionEnd::Interrupted, _) => return now,
            (_, Some(asked)) => asked,
            (SessionEnd::Failed { .. }, None) => {
                let doubled = FIRST_RETRY * 2_i32.pow(row.failures.clamp(0, 10).unsigned_abs());
                doubled.min(interval)
            }
        };
        let jitter = pause.as_secs_f64() * 0.1 * self.parts.ids.fraction();
        now + pause + SignedDuration::from_millis((jitter * 1_000.0) as i64)
    }

    /// Says how a session failed, and suspends the mailbox where only a person can help (ERR-01).
    pub(super) async fn failure(
        &self,
        row: &MailboxRow,
        error: &Error,
    ) -> Result<(SessionEnd, Option<SignedDuration>), Error> {
        let code = error.reason().to_owned();
        let (detail, wait, suspend) = match error {
            Error::Port(port) => {
                let wait = match port {
                    PortError::Wait { after, .. } => Some(*after),
                    _ => None,
                };
                let suspend = match port {
                    PortError::SignIn { .. } => row.failures + 1 >= SIGN_IN_TRIES,
                    PortError::Blocked { .. } => true,
                    _ => false,
                };
                (Error::advice(port), wait, suspend)
            }
            other => (other.to_string(), None, false),
        };
        tracing::warn!(mailbox.id = %row.id, %error, code, suspend, "session failed");
        if suspend {
            self.parts.store.suspend(row.id, &code, &detail).await?;
        }
        Ok((
            SessionEnd::Failed {
                code,
                detail,
                suspended: suspend,
            },
            wait,
        ))
    }
}
