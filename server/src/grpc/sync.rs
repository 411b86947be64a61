//! `SyncService`: shows and steers the background sync.

use ssi_domain::{IssueId, MailboxId, ReasonCode, SessionId};
use ssi_engine::{Error, MailboxStatus};
use ssi_proto::{
    name::{self, Collection},
    v1::{
        self, ForceSyncRequest, ForceSyncResponse, GetMailboxStatusRequest,
        GetMailboxStatusResponse, ListIssuesRequest, ListIssuesResponse, ListSessionsRequest,
        ListSessionsResponse, ResumeSyncRequest, ResumeSyncResponse, RetryIssueRequest,
        RetryIssueResponse, SuspendSyncRequest, SuspendSyncResponse, WatchSessionRequest,
        mailbox_status::State, sync_service_server::SyncService,
    },
};
use ssi_store::{Begun, IssueRow, IssueState, RequestKey, SessionState, StoreError};
use tonic::{Code, Request, Response, Status};

use super::{Handlers, choice, convert, held, read, status, watch::EventStream};
use crate::auth::{Caller, Enrolled};

/// The code of a suspension that a person asked for.
const BY_A_PERSON: &str = "suspended_by_user";
/// Most rows of a page of sessions or issues.
const MOST_ROWS: usize = 200;
/// Rows of a page when the request does not say.
const ROWS: usize = 50;

#[tonic::async_trait]
impl SyncService for Handlers {
    async fn get_mailbox_status(
        &self,
        request: Request<GetMailboxStatusRequest>,
    ) -> Result<Response<GetMailboxStatusResponse>, Status> {
        let caller = self.caller(&request)?;
        let mailbox = self.mailbox(&caller, "name", &request.into_inner().name)?;
        let mailbox_status = Some(self.status_of(mailbox).await?);
        Ok(Response::new(GetMailboxStatusResponse { mailbox_status }))
    }

    async fn force_sync(
        &self,
        request: Request<ForceSyncRequest>,
    ) -> Result<Response<ForceSyncResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "name", &asked.name)?;
        let request_id = read::request_id(&asked.request_id)?;
        let id = self.force(&caller, mailbox, request_id).await?;
        let session = v1::SyncSession {
            name: name::child(&mailbox.address, Collection::Sessions, &id),
            state: v1::sync_session::State::Pending.into(),
            trigger: v1::sync_session::Trigger::Forced.into(),
            ..Default::default()
        };
        Ok(Response::new(ForceSyncResponse {
            session: Some(session),
        }))
    }

    async fn suspend_sync(
        &self,
        request: Request<SuspendSyncRequest>,
    ) -> Result<Response<SuspendSyncResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "name", &asked.name)?;
        self.once(&caller, "SuspendSync", &asked.request_id, async {
            let detail = "suspended by a person; resume it when it shall go on";
            let engine = &self.inner.engine;
            let suspended = engine.suspend(mailbox.id, BY_A_PERSON, detail).await;
            suspended.map_err(status::engine)?;
            let mailbox_status = Some(self.status_of(mailbox).await?);
            Ok(SuspendSyncResponse { mailbox_status })
        })
        .await
    }

    async fn resume_sync(
        &self,
        request: Request<ResumeSyncRequest>,
    ) -> Result<Response<ResumeSyncResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "name", &asked.name)?;
        self.once(&caller, "ResumeSync", &asked.request_id, async {
            let resumed = self.inner.engine.resume(mailbox.id).await;
            resumed.map_err(status::engine)?;
            let mailbox_status = Some(self.status_of(mailbox).await?);
            Ok(ResumeSyncResponse { mailbox_status })
        })
        .await
    }

    type WatchSessionStream = EventStream;

    async fn watch_session(
        &self,
        request: Request<WatchSessionRequest>,
    ) -> Result<Response<EventStream>, Status> {
        let caller = self.caller(&request)?;
        let (address, id) = read::child("name", &request.into_inner().name, Collection::Sessions)?;
        let mailbox = self.mailbox_at(&caller, &address)?;
        let session = match id.as_str() {
            "-" => None,
            id => Some(read::id::<SessionId>("name", id)?),
        };
        Ok(Response::new(self.watch(mailbox, session).await?))
    }

    type DryRunStream = held::RehearsalStream;

    async fn dry_run(
        &self,
        request: Request<v1::DryRunRequest>,
    ) -> Result<Response<Self::DryRunStream>, Status> {
        let caller = self.caller(&request)?;
        let mailbox = self.mailbox(&caller, "name", &request.into_inner().name)?;
        Ok(Response::new(held::rehearse(
            self.inner.engine.clone(),
            mailbox.id,
        )))
    }

    async fn approve_held(
        &self,
        request: Request<v1::ApproveHeldRequest>,
    ) -> Result<Response<v1::ApproveHeldResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "name", &asked.name)?;
        self.once(&caller, "ApproveHeld", &asked.request_id, async {
            self.approve(mailbox, &asked.digest).await?;
            let mailbox_status = Some(self.status_of(mailbox).await?);
            Ok(v1::ApproveHeldResponse { mailbox_status })
        })
        .await
    }

    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "parent", &asked.parent)?;
        let size = read::page_size(asked.page_size, ROWS, MOST_ROWS)?;
        let before = read::row_token(&asked.page_token)?;
        let store = self.inner.engine.store();
        let mut rows = store
            .sessions(mailbox.id, before, size + 1)
            .await
            .map_err(failed)?;
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more);
        Ok(Response::new(ListSessionsResponse {
            next_page_token: next
                .map(|row| read::write_row_token(row.started_at, row.id))
                .unwrap_or_default(),
            sessions: rows
                .into_iter()
                .map(|row| convert::session(&mailbox.address, row))
                .collect(),
        }))
    }

    async fn list_issues(
        &self,
        request: Request<ListIssuesRequest>,
    ) -> Result<Response<ListIssuesResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "parent", &asked.parent)?;
        let size = read::page_size(asked.page_size, ROWS, MOST_ROWS)?;
        let kinds = read::kinds("kinds", &asked.kinds)?;
        let before = read::row_token::<IssueId>(&asked.page_token)?;
        let store = self.inner.engine.store();
        let states = [IssueState::Open, IssueState::Settled];
        let mut rows = Vec::new();
        for state in &states[..if asked.include_settled { 2 } else { 1 }] {
            let found = store.issues(mailbox.id, *state, before, size + 1).await;
            rows.extend(found.map_err(failed)?);
        }
        // Both states are listed newest first; together they must be too.
        rows.sort_by_key(|row| std::cmp::Reverse((row.last_at, row.id)));
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more);
        let next_page_token = next
            .map(|row| read::write_row_token(row.last_at, row.id))
            .unwrap_or_default();
        let wanted = rows
            .into_iter()
            .filter(|row| kinds.is_empty() || kinds.contains(&row.kind));
        Ok(Response::new(ListIssuesResponse {
            issues: self.told(&mailbox.address, wanted.collect()).await?,
            next_page_token,
        }))
    }

    async fn settle_issue(
        &self,
        request: Request<v1::SettleIssueRequest>,
    ) -> Result<Response<v1::SettleIssueResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let (address, id) = read::child("name", &asked.name, Collection::Issues)?;
        let mailbox = self.mailbox_at(&caller, &address)?;
        let id: IssueId = read::id("name", &id)?;
        let settle = choice::settle(caller.scope(), asked)?;
        let engine = &self.inner.engine;
        let settled = engine.settle_issue(mailbox.id, id, settle).await;
        settled.map_err(status::engine)?;
        let row = engine.store().issue(id).await.map_err(failed)?;
        let issue = self
            .told(&mailbox.address, row.into_iter().collect())
            .await?;
        Ok(Response::new(v1::SettleIssueResponse {
            issue: issue.into_iter().next(),
        }))
    }

    async fn retry_issue(
        &self,
        request: Request<RetryIssueRequest>,
    ) -> Result<Response<RetryIssueResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let (address, id) = read::child("name", &asked.name, Collection::Issues)?;
        let mailbox = self.mailbox_at(&caller, &address)?;
        let id: IssueId = read::id("name", &id)?;
        self.once(&caller, "RetryIssue", &asked.request_id, async {
            let engine = &self.inner.engine;
            let retried = engine.retry_issue(mailbox.id, id).await;
            retried.map_err(status::engine)?;
            let row = engine.store().issue(id).await.map_err(failed)?;
            let issue = row.map(|row| v1::Issue {
                state: v1::issue::State::Retrying.into(),
                ..convert::issue(&mailbox.address, row)
            });
            Ok(RetryIssueResponse { issue })
        })
        .await
    }
}

impl Handlers {
    async fn approve(&self, mailbox: &Enrolled, digest: &str) -> Result<(), Status> {
        let refuse = |reason, message: &str| {
            status::refuse(Code::FailedPrecondition, reason, message.to_owned())
        };
        let engine = &self.inner.engine;
        let held = engine.store().held(mailbox.id).await.map_err(failed)?;
        if held.is_none() {
            return Err(refuse("nothing_held", "nothing is held for this mailbox"));
        }
        let approved = engine.approve_held(mailbox.id, digest).await;
        if !approved.map_err(status::engine)? {
            let message = "other deletions are held by now; look at them and approve their digest";
            return Err(refuse("held_plan_changed", message));
        }
        Ok(())
    }

    /// Issues with the conflicts they stand for.
    async fn told(&self, address: &str, rows: Vec<IssueRow>) -> Result<Vec<v1::Issue>, Status> {
        let mut issues = Vec::with_capacity(rows.len());
        for row in rows {
            let open = row.state == IssueState::Open && row.kind != ssi_domain::Kind::Email;
            let disputes = match open {
                true => self.inner.engine.disputes(&row).await,
                false => Ok(Vec::new()),
            };
            let conflicts = disputes.map_err(status::engine)?;
            issues.push(v1::Issue {
                conflicts: conflicts.into_iter().map(held::conflict).collect(),
                ..convert::issue(address, row)
            });
        }
        Ok(issues)
    }

    async fn status_of(&self, mailbox: &Enrolled) -> Result<v1::MailboxStatus, Status> {
        let engine = &self.inner.engine;
        let found = engine.status(mailbox.id).await.map_err(status::engine)?;
        let store = engine.store();
        let recent = store.sessions(mailbox.id, None, 2).await.map_err(failed)?;
        let now = self.inner.clock.now();
        let wishes = store.open_wishes(mailbox.id, now).await.map_err(failed)?;
        let (running, ended): (Vec<_>, Vec<_>) = recent
            .into_iter()
            .partition(|row| row.state == SessionState::Running);
        let session = |row| convert::session(&mailbox.address, row);
        let running = running
            .into_iter()
            .next()
            .filter(|_| found.running)
            .map(session);
        let last = ended.into_iter().next().map(session);
        let (state, code, message) = standing(&found, last.is_some());
        let interval = self.interval(mailbox.id).await?;
        let held = store.held(mailbox.id).await.map_err(failed)?;
        let fills = store
            .directory_state(&mailbox.tenant)
            .await
            .map_err(failed)?;
        Ok(v1::MailboxStatus {
            name: name::mailbox(&mailbox.address),
            state: state.into(),
            code,
            message,
            running_session: running,
            last_session: last,
            next_session_time: match found.suspended {
                Some(_) => None,
                None => Some(convert::time(found.next_due)),
            },
            interval: Some(interval),
            open_issue_count: i32::try_from(found.open_issues).unwrap_or(i32::MAX),
            pending_wish_count: i32::try_from(wishes.len()).unwrap_or(i32::MAX),
            held_digest: held
                .as_ref()
                .map(|held| held.digest.clone())
                .unwrap_or_default(),
            held_plan: held.filter(|held| !held.approved).map(held::plan),
            directory_fills: fills.into_iter().map(convert::fill).collect(),
            down_counts: found.down.into_iter().map(convert::down).collect(),
            notes: found.notes.into_iter().map(convert::note).collect(),
        })
    }

    async fn interval(&self, id: MailboxId) -> Result<prost_types::Duration, Status> {
        let row = self
            .inner
            .engine
            .store()
            .mailbox(id)
            .await
            .map_err(failed)?;
        let row = row.ok_or_else(|| status::engine(Error::NotFound { what: "mailbox" }))?;
        let minutes = self.inner.settings.settings(&row).interval_minutes;
        Ok(prost_types::Duration {
            seconds: i64::from(minutes) * 60,
            nanos: 0,
        })
    }

    async fn force(
        &self,
        caller: &Caller,
        mailbox: &Enrolled,
        request_id: Option<String>,
    ) -> Result<String, Status> {
        let engine = &self.inner.engine;
        let found = engine.status(mailbox.id).await.map_err(status::engine)?;
        if let Some((_, detail)) = found.suspended {
            let message = format!("sync is suspended: {detail}; resume it first");
            return Err(status::refuse(
                Code::FailedPrecondition,
                "mailbox_suspended",
                message,
            ));
        }
        let key = request_id.map(|request_id| RequestKey {
            caller: caller.scope(),
            method: "ForceSync".into(),
            request_id,
        });
        let store = engine.store();
        if let Some(key) = &key {
            match store
                .begin_request(key, self.inner.clock.now())
                .await
                .map_err(failed)?
            {
                Begun::Fresh => {}
                Begun::Done(id) => return Ok(String::from_utf8_lossy(&id).into_owned()),
                // The first of two clicks at once is about to name its session.
                Begun::Running => return Ok("-".into()),
            }
        }
        let forced = engine.force(mailbox.id).await;
        if let Some(key) = &key {
            match &forced {
                Ok(id) => {
                    let answer = id.to_string();
                    let kept = store.finish_request(key, answer.as_bytes()).await;
                    kept.map_err(failed)?;
                }
                Err(_) => store.drop_request(key).await.map_err(failed)?,
            }
        }
        forced
            .map(|id| id.to_string())
            .map_err(|error| match error {
                Error::Busy { retry_after } => status::retry(
                    Code::ResourceExhausted,
                    "forced_too_often",
                    "a session was forced a moment ago; its result stands in the list of sessions",
                    retry_after.try_into().unwrap_or_default(),
                ),
                other => status::engine(other),
            })
    }
}

fn standing(found: &MailboxStatus, has_run: bool) -> (State, String, String) {
    let Some((code, detail)) = found.suspended.clone() else {
        let state = if has_run {
            State::Active
        } else {
            State::NotInitialized
        };
        return (state, String::new(), String::new());
    };
    let state = match code.as_str() {
        BY_A_PERSON => State::Suspended,
        code if code == ReasonCode::BudgetExceeded.as_str() => State::Held,
        _ => State::SuspendedByError,
    };
    (state, code, detail)
}

pub(super) fn failed(error: StoreError) -> Status {
    status::engine(Error::Store(error))
}
