//! What people do to a mailbox's sync: look, force, suspend, resume, retry, watch.

use jiff::SignedDuration;
use ssi_domain::{IssueId, MailboxId, SessionId};
use ssi_store::{MailboxRow, MailboxState};
use tokio::sync::broadcast;

use super::{MailboxStatus, SessionEvent, down::is_limit_card};
use crate::{Engine, Error};

/// Forcing again sooner than this after the last forced session is refused (DSH-07).
const FORCE_GAP: SignedDuration = SignedDuration::from_mins(1);

impl Engine {
    /// How a mailbox's sync stands.
    pub async fn status(&self, mailbox: MailboxId) -> Result<MailboxStatus, Error> {
        let row = self.row(mailbox).await?;
        let now = self.parts.clock.now();
        let open_issues = self.parts.store.count_open_issues(mailbox).await?;
        let down = self.down(&row).await?;
        let notes = self.notes(&row, &down).await?;
        let suspended = match row.state {
            MailboxState::Active => None,
            MailboxState::Suspended { code, detail } => Some((code, detail)),
        };
        Ok(MailboxStatus {
            mailbox,
            address: row.address,
            suspended,
            next_due: row.due_at,
            running: row.lease_until.is_some_and(|until| until > now),
            last_session_at: row.last_session_at,
            open_issues,
            down,
            notes,
        })
    }

    /// Makes the next session due now and answers with the id it will run under. Refused within a minute of
    /// the last one that was forced.
    pub async fn force(&self, mailbox: MailboxId) -> Result<SessionId, Error> {
        let row = self.row(mailbox).await?;
        if let MailboxState::Suspended { detail, .. } = row.state {
            let why = format!("sync is suspended: {detail}; resume it first");
            return Err(Error::Invalid {
                field: "mailbox",
                why,
            });
        }
        let now = self.parts.clock.now();
        let gap = {
            let mut forced = self
                .forced
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let last = forced.insert(mailbox, now);
            let gap = last.map(|last| FORCE_GAP - now.duration_since(last));
            if let (Some(last), true) = (last, gap.is_some_and(|gap| gap.is_positive())) {
                forced.insert(mailbox, last);
            }
            gap
        };
        if let Some(retry_after) = gap.filter(SignedDuration::is_positive) {
            return Err(Error::Busy { retry_after });
        }
        let session = SessionId(self.parts.ids.uuid());
        let named = self.parts.store.force(mailbox, session, now).await?;
        self.wake.notify_one();
        named.ok_or(Error::NotFound { what: "mailbox" })
    }

    /// Stops sync for a mailbox until somebody resumes it; saving by hand goes on working (DSH-07).
    pub async fn suspend(&self, mailbox: MailboxId, code: &str, detail: &str) -> Result<(), Error> {
        self.row(mailbox).await?;
        self.parts.store.suspend(mailbox, code, detail).await?;
        Ok(())
    }

    /// Lets sync go on, at once.
    pub async fn resume(&self, mailbox: MailboxId) -> Result<(), Error> {
        self.row(mailbox).await?;
        self.parts
            .store
            .resume(mailbox, self.parts.clock.now())
            .await?;
        self.wake_up(mailbox).await
    }

    /// Lets a held mailbox carry out exactly the deletions it is held for; `false`: it is not held for these.
    pub async fn approve_held(&self, mailbox: MailboxId, digest: &str) -> Result<bool, Error> {
        self.row(mailbox).await?;
        if !self.parts.store.approve(mailbox, digest).await? {
            return Ok(false);
        }
        self.resume(mailbox).await?;
        Ok(true)
    }

    /// Tries a parked item again in the next session, which is due now.
    pub async fn retry_issue(&self, mailbox: MailboxId, issue: IssueId) -> Result<(), Error> {
        let found = self.parts.store.issue(issue).await?;
        let found = found.filter(|row| row.mailbox == mailbox);
        let issue = found.ok_or(Error::NotFound { what: "issue" })?;
        // The card of a limit is about no item: the next session looks by itself whether there is room.
        if !is_limit_card(&issue.item_id) {
            let follow_up = self.parts.ids.uuid();
            let now = self.parts.clock.now();
            let store = &self.parts.store;
            store.retry_issue(&issue, follow_up, now).await?;
        }
        self.wake_up(mailbox).await
    }

    /// Watches the sessions of a mailbox that run on this node.
    pub fn watch(&self, mailbox: MailboxId) -> broadcast::Receiver<SessionEvent> {
        self.watchers.subscribe(mailbox)
    }

    /// Makes a session due now.
    pub(crate) async fn wake_up(&self, mailbox: MailboxId) -> Result<(), Error> {
        self.parts
            .store
            .bring_forward(mailbox, self.parts.clock.now())
            .await?;
        self.wake.notify_one();
        Ok(())
    }

    pub(crate) async fn row(&self, mailbox: MailboxId) -> Result<MailboxRow, Error> {
        self.parts
            .store
            .mailbox(mailbox)
            .await?
            .ok_or(Error::NotFound { what: "mailbox" })
    }
}
