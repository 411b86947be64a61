//! `SyncService`: showing and steering the background sync.

use ssi_proto::v1::{
    DryRunRequest, ForceSyncRequest, GetMailboxStatusRequest, Issue, ListIssuesRequest,
    ListSessionsRequest, MailboxStatus, ResumeSyncRequest, RetryIssueRequest, SettleIssueRequest,
    SuspendSyncRequest, SyncSession, dry_run_response::Event as PlanEvent,
    sync_service_client::SyncServiceClient,
};

use futures::{StreamExt as _, TryStreamExt as _};

use super::{Page, call, handle, required};
use crate::{Error, EventStream, SessionEvent, watch};

handle! {
    /// Shows and steers the background sync of a mailbox. Mailboxes are named `mailboxes/{address}`,
    /// see [`crate::name::mailbox`].
    Sync, SyncServiceClient
}

impl Sync {
    /// How a mailbox stands.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `mailbox_unknown` or `not_your_mailbox`.
    pub async fn status(&self, mailbox: impl Into<String>) -> Result<MailboxStatus, Error> {
        let request = GetMailboxStatusRequest {
            name: mailbox.into(),
        };
        required(
            call!(self, get_mailbox_status, request)?.mailbox_status,
            "status",
        )
    }

    /// Makes a session start as soon as possible; watch it by the name of the answer.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `mailbox_suspended` or `forced_too_often`.
    pub async fn force(&self, mailbox: impl Into<String>) -> Result<SyncSession, Error> {
        let request = ForceSyncRequest {
            name: mailbox.into(),
            request_id: self.core.request_id(String::new()),
        };
        required(call!(self, force_sync, request)?.session, "session")
    }

    /// Stops background sessions until resumed.
    ///
    /// # Errors
    /// [`Error::Refused`] like any call.
    pub async fn suspend(&self, mailbox: impl Into<String>) -> Result<MailboxStatus, Error> {
        let request = SuspendSyncRequest {
            name: mailbox.into(),
            request_id: self.core.request_id(String::new()),
        };
        required(call!(self, suspend_sync, request)?.mailbox_status, "status")
    }

    /// Lets sessions run again.
    ///
    /// # Errors
    /// [`Error::Refused`] like any call.
    pub async fn resume(&self, mailbox: impl Into<String>) -> Result<MailboxStatus, Error> {
        let request = ResumeSyncRequest {
            name: mailbox.into(),
            request_id: self.core.request_id(String::new()),
        };
        required(call!(self, resume_sync, request)?.mailbox_status, "status")
    }

    /// Lets a held mailbox carry out exactly the deletions with this digest.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `nothing_held` or `held_plan_changed`.
    pub async fn approve_held(
        &self,
        mailbox: impl Into<String>,
        digest: impl Into<String>,
    ) -> Result<MailboxStatus, Error> {
        let request = crate::v1::ApproveHeldRequest {
            name: mailbox.into(),
            digest: digest.into(),
            request_id: self.core.request_id(String::new()),
        };
        required(call!(self, approve_held, request)?.mailbox_status, "status")
    }

    /// Watches a session to its end. Broken connections are mended: the stream then goes on with a
    /// fresh [`SessionEvent::Progress`]. Nothing is sent before the stream is polled. It ends after
    /// [`SessionEvent::Ended`] or after its first error.
    ///
    /// With `-` as the session, `mailboxes/{address}/sessions/-`, it watches the one running now, else
    /// the next one to run.
    pub fn watch_session(&self, session: impl Into<String>) -> EventStream<SessionEvent> {
        watch::watch_session(self.core.clone(), session.into())
    }

    /// Lists sessions, newest first.
    ///
    /// # Errors
    /// [`Error::Refused`] with field violations for a bad page token.
    pub async fn sessions(&self, request: ListSessionsRequest) -> Result<Page<SyncSession>, Error> {
        let answer = call!(self, list_sessions, request)?;
        Ok(Page::new(answer.sessions, answer.next_page_token))
    }

    /// Lists issues, newest first.
    ///
    /// # Errors
    /// [`Error::Refused`] with field violations for a bad page token.
    pub async fn issues(&self, request: ListIssuesRequest) -> Result<Page<Issue>, Error> {
        let answer = call!(self, list_issues, request)?;
        Ok(Page::new(answer.issues, answer.next_page_token))
    }

    /// Settles an issue: the chosen values are written, so that both sides agree. A request id is made when the
    /// request has none.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `issue_not_found` or `changed_meanwhile`.
    pub async fn settle_issue(&self, mut request: SettleIssueRequest) -> Result<Issue, Error> {
        request.request_id = self.core.request_id(request.request_id);
        required(call!(self, settle_issue, request)?.issue, "issue")
    }

    /// Shows what the next session would do; nothing is written. The last event is the summary.
    ///
    /// # Errors
    /// Opening fails like any call; the stream ends after its first error.
    pub async fn dry_run(
        &self,
        mailbox: impl Into<String>,
    ) -> Result<EventStream<PlanEvent>, Error> {
        let request = DryRunRequest {
            name: mailbox.into(),
        };
        let opened = self.core.open(request, |request| {
            let mut client = self.client.clone();
            async move { client.dry_run(request).await }
        });
        let events = opened
            .await?
            .map_err(Error::from)
            .try_filter_map(|answer| async move { Ok(answer.event) });
        Ok(events.boxed())
    }

    /// Has a parked item tried again, by the issue's name.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `issue_not_found`.
    pub async fn retry_issue(&self, name: impl Into<String>) -> Result<Issue, Error> {
        let request = RetryIssueRequest {
            name: name.into(),
            request_id: self.core.request_id(String::new()),
        };
        required(call!(self, retry_issue, request)?.issue, "issue")
    }
}
