//! Streams a session: progress so far, events as they happen, its end.
//!
//! Events come from this node; a session on another node is followed by what it stored.

use std::{pin::Pin, time::Duration};

use futures::Stream;
use ssi_domain::SessionId;
use ssi_engine::{Counts, SessionEnd, SessionEvent, SessionReport};
use ssi_proto::{
    name::{self, Collection},
    v1::{self, WatchSessionResponse, watch_session_response::Event},
};
use ssi_store::{SessionRow, SessionState};
use tokio::{
    sync::{OwnedSemaphorePermit, broadcast, mpsc},
    time::MissedTickBehavior,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use super::{Handlers, convert, status, sync::failed};
use crate::auth::Enrolled;

/// How often the database is asked about sessions of other nodes.
const LOOK: Duration = Duration::from_secs(2);
/// Events that wait for a slow client before the session's own backlog takes over.
const WAITING: usize = 64;

/// The stream of `WatchSession`.
pub type EventStream = Pin<Box<dyn Stream<Item = Result<WatchSessionResponse, Status>> + Send>>;

/// One client that watches.
struct Watch {
    handlers: Handlers,
    mailbox: Enrolled,
    /// The session to follow; found out when one starts.
    session: Option<SessionId>,
    /// The newest session when watching began: a later one is the next one.
    newest: Option<SessionId>,
    events: broadcast::Receiver<SessionEvent>,
    client: mpsc::Sender<Result<WatchSessionResponse, Status>>,
    _place: OwnedSemaphorePermit,
}

/// Whether to go on.
enum Flow {
    On,
    Over,
}

impl Handlers {
    /// Starts to watch. `session`: `None` for the one running now, else the next one.
    pub(super) async fn watch(
        &self,
        mailbox: &Enrolled,
        session: Option<SessionId>,
    ) -> Result<EventStream, Status> {
        let place = std::sync::Arc::clone(&self.inner.watchers).try_acquire_owned();
        let place = place.map_err(|_| {
            let message = "too many streams are open on this server; try again later";
            status::retry(
                Code::ResourceExhausted,
                "throttled",
                message,
                Duration::from_secs(10),
            )
        })?;
        // Subscribed before the database is read, so that nothing falls in between.
        let events = self.inner.engine.watch(mailbox.id);
        let store = self.inner.engine.store();
        let newest = store
            .sessions(mailbox.id, None, 1)
            .await
            .map_err(failed)?
            .into_iter()
            .next();
        let row = match session {
            Some(id) => self.named(mailbox, id).await?,
            None => newest
                .clone()
                .filter(|row| row.state == SessionState::Running),
        };
        let (client, stream) = mpsc::channel(WAITING);
        let watch = Watch {
            handlers: self.clone(),
            mailbox: mailbox.clone(),
            session: session.or(row.as_ref().map(|row| row.id)),
            newest: newest.map(|row| row.id),
            events,
            client,
            _place: place,
        };
        tokio::spawn(watch.run(row));
        Ok(Box::pin(ReceiverStream::new(stream)))
    }

    /// A session by its id; `None` while one that was asked for has not started.
    async fn named(&self, mailbox: &Enrolled, id: SessionId) -> Result<Option<SessionRow>, Status> {
        let store = self.inner.engine.store();
        // It leaves the first place in the transaction that puts it in the second: looked for in this order
        // it cannot be missed.
        let asked = store.mailbox(mailbox.id).await.map_err(failed)?;
        let row = store.session(id).await.map_err(failed)?;
        match row.filter(|row| row.mailbox == mailbox.id) {
            Some(row) => Ok(Some(row)),
            None if asked.is_some_and(|asked| asked.forced_session == Some(id)) => Ok(None),
            None => {
                let unknown = ssi_engine::Error::NotFound { what: "session" };
                Err(status::engine(unknown))
            }
        }
    }
}

impl Watch {
    async fn run(mut self, row: Option<SessionRow>) {
        let first = match &row {
            Some(row) if row.state != SessionState::Running => self.ended_row(row.clone()).await,
            Some(row) => {
                let counts = serde_json::from_value(row.counts.clone()).unwrap_or_default();
                self.send_progress(v1::SessionPhase::Items, counts).await
            }
            None => {
                self.send_progress(v1::SessionPhase::Waiting, Counts::default())
                    .await
            }
        };
        if matches!(first, Flow::Over) {
            return;
        }
        let stopping = self.handlers.inner.stopping.clone();
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let flow = tokio::select! {
                event = self.events.recv() => match event {
                    Ok(event) => self.event(event).await,
                    // The counts of the next progress make up for what was missed.
                    Err(broadcast::error::RecvError::Lagged(_)) => Flow::On,
                    Err(broadcast::error::RecvError::Closed) => Flow::Over,
                },
                _ = look.tick() => self.look().await,
                () = self.client.closed() => Flow::Over,
                () = stopping.cancelled() => {
                    // A client that is gone needs no farewell.
                    let _ = self.client.send(Err(status::shutting_down())).await;
                    Flow::Over
                }
            };
            if matches!(flow, Flow::Over) {
                return;
            }
        }
    }

    async fn event(&mut self, event: SessionEvent) -> Flow {
        let id = match &event {
            SessionEvent::Started { session }
            | SessionEvent::Progress { session, .. }
            | SessionEvent::Item { session, .. } => *session,
            SessionEvent::Ended(report) => report.session,
        };
        if *self.session.get_or_insert(id) != id {
            return Flow::On;
        }
        match event {
            SessionEvent::Started { .. } => {
                self.send_progress(v1::SessionPhase::Preparing, Counts::default())
                    .await
            }
            SessionEvent::Progress { phase, counts, .. } => {
                self.send_progress(convert::phase(phase), counts).await
            }
            SessionEvent::Item { event, .. } => {
                let at = self.handlers.inner.clock.now();
                self.send(Event::Item(convert::item_event(event, at))).await
            }
            SessionEvent::Ended(report) => self.ended(report).await,
        }
    }

    /// Looks whether the session, or the next one, went on elsewhere.
    async fn look(&mut self) -> Flow {
        let store = self.handlers.inner.engine.store();
        let row = match self.session {
            Some(id) => store.session(id).await,
            None => store
                .sessions(self.mailbox.id, None, 1)
                .await
                .map(|rows| rows.into_iter().next()),
        };
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let _ = self.client.send(Err(failed(error))).await;
                return Flow::Over;
            }
        };
        let Some(row) = row else { return Flow::On };
        if self.session.is_none() {
            if self.newest == Some(row.id) {
                return Flow::On;
            }
            self.session = Some(row.id);
        }
        match row.state {
            SessionState::Running => Flow::On,
            // Events of this node that are still on their way come first.
            _ if !self.events.is_empty() => Flow::On,
            _ => self.ended_row(row).await,
        }
    }

    async fn ended(&mut self, report: SessionReport) -> Flow {
        let stored = self
            .handlers
            .inner
            .engine
            .store()
            .session(report.session)
            .await;
        if let Ok(Some(row)) = stored {
            return self.ended_row(row).await;
        }
        let (state, code, message) = match report.end {
            SessionEnd::Done => (
                v1::sync_session::State::Succeeded,
                String::new(),
                String::new(),
            ),
            SessionEnd::Failed { code, detail, .. } => {
                (v1::sync_session::State::Failed, code, detail)
            }
            SessionEnd::Interrupted => (
                v1::sync_session::State::Abandoned,
                String::new(),
                String::new(),
            ),
        };
        let session = v1::SyncSession {
            name: self.name(),
            state: state.into(),
            progress: Some(convert::progress(v1::SessionPhase::Ended, report.counts)),
            code,
            message,
            ..Default::default()
        };
        self.send(Event::Ended(session)).await;
        Flow::Over
    }

    async fn ended_row(&mut self, row: SessionRow) -> Flow {
        let session = convert::session(&self.mailbox.address, row);
        if let Some(progress) = session.progress {
            self.send(Event::Progress(progress)).await;
        }
        self.send(Event::Ended(session)).await;
        Flow::Over
    }

    async fn send_progress(&mut self, phase: v1::SessionPhase, counts: Counts) -> Flow {
        self.send(Event::Progress(convert::progress(phase, counts)))
            .await
    }

    async fn send(&mut self, event: Event) -> Flow {
        let response = WatchSessionResponse {
            event: Some(event),
            session: self.name(),
        };
        match self.client.send(Ok(response)).await {
            Ok(()) => Flow::On,
            Err(_) => Flow::Over,
        }
    }

    fn name(&self) -> String {
        let id = self.session.map(|id| id.to_string());
        id.map(|id| name::child(&self.mailbox.address, Collection::Sessions, &id))
            .unwrap_or_default()
    }
}
