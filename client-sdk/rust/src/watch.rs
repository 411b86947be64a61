//! Streams: cards as they are found, a session to its end.

use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt as _};
use ssi_proto::v1::{
    ItemEvent, SessionProgress, SyncSession, WatchSessionRequest, WatchSessionResponse,
    sync_service_client::SyncServiceClient, watch_session_response::Event,
};
use tonic::{Status, Streaming};

use crate::{Error, call::Core, retry::Attempts};

/// A stream of answers. Dropping it ends the call.
pub type EventStream<T> = BoxStream<'static, Result<T, Error>>;

/// Something that happened in a watched session.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionEvent {
    /// How far the session is; the first event, and the first after a broken connection.
    Progress(SessionProgress),
    /// What became of one item.
    Item(ItemEvent),
    /// The session is over; the last event.
    Ended(SyncSession),
}

struct Watch {
    core: Arc<Core>,
    name: String,
    state: State,
    failed_attempts: u32,
}

enum State {
    Closed,
    Open(Box<Streaming<WatchSessionResponse>>),
    Done,
}

/// Watches a session to its end, coming back after broken connections.
pub(crate) fn watch_session(core: Arc<Core>, name: String) -> EventStream<SessionEvent> {
    let watch = Watch {
        core,
        name,
        state: State::Closed,
        failed_attempts: 0,
    };
    stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        if event.is_err() {
            watch.state = State::Done;
        }
        Some((event, watch))
    })
    .boxed()
}

impl Watch {
    async fn next(&mut self) -> Option<Result<SessionEvent, Error>> {
        loop {
            let received = match &mut self.state {
                State::Done => return None,
                State::Closed => match self.open().await {
                    Ok(stream) => {
                        self.state = State::Open(Box::new(stream));
                        continue;
                    }
                    Err(error) => return Some(Err(error)),
                },
                State::Open(stream) => stream.message().await,
            };
            match received {
                Ok(Some(message)) => {
                    if let Some(event) = self.take(message) {
                        return Some(Ok(event));
                    }
                }
                // A stream without an "ended" event was cut, for instance by a server shutting down.
                Ok(None) => {
                    let cut = Error::from(Status::unavailable("the stream ended early"));
                    if let Err(error) = self.come_back(cut).await {
                        return Some(Err(error));
                    }
                }
                Err(status) => {
                    if let Err(error) = self.come_back(Error::from(status)).await {
                        return Some(Err(error));
                    }
                }
            }
        }
    }

    /// One message; `None` for kinds of event that this version does not know.
    fn take(&mut self, message: WatchSessionResponse) -> Option<SessionEvent> {
        self.failed_attempts = 0;
        // After asking for the current session ("-") come back to that one, not to the next.
        if !message.session.is_empty() {
            self.name = message.session;
        }
        Some(match message.event? {
            Event::Progress(progress) => SessionEvent::Progress(progress),
            Event::Item(item) => SessionEvent::Item(item),
            Event::Ended(session) => {
                self.state = State::Done;
                SessionEvent::Ended(session)
            }
        })
    }

    async fn open(&self) -> Result<Streaming<WatchSessionResponse>, Error> {
        let message = WatchSessionRequest {
            name: self.name.clone(),
        };
        let client = SyncServiceClient::new(self.core.channel.clone());
        self.core
            .open(message, |request| {
                let mut client = client.clone();
                async move { client.watch_session(request).await }
            })
            .await
    }

    /// Waits as after any failed call; failures in a row without an event in between are bounded.
    async fn come_back(&mut self, error: Error) -> Result<(), Error> {
        self.state = State::Closed;
        let mut attempts =
            Attempts::after(&self.core.retry, self.core.timeout, self.failed_attempts);
        self.failed_attempts += 1;
        attempts.wait_after(error).await
    }
}
