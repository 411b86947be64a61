//! A real tonic server in this process, whose answers a test scripts. It speaks over in-memory pipes,
//! so that a paused clock moves only when everybody waits for time.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures::{StreamExt as _, future::BoxFuture, stream, stream::BoxStream};
use hyper_util::rt::TokioIo;
use ssi_client::{Builder, Client, IdentityToken, TokenError, v1::*};
use ssi_proto::v1::{
    add_in_service_server::{AddInService, AddInServiceServer},
    record_service_server::{RecordService, RecordServiceServer},
    session_service_server::{SessionService, SessionServiceServer},
    sync_service_server::{SyncService, SyncServiceServer},
};
use tokio::{io::DuplexStream, sync::mpsc, task::AbortHandle, time::Instant};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{
    Code, Request, Response, Status,
    transport::{Channel, Endpoint, Server},
};
use tonic_types::{ErrorDetails, StatusExt as _};

/// What the server does with the next save.
pub enum Save {
    Answer(Box<SaveEmailResponse>),
    Refuse(Status),
    Hang,
    CutConnection,
}

/// What the server does with the next watch.
pub enum Watch {
    Refuse(Status),
    /// These messages, then the end of the stream.
    Send(Vec<WatchSessionResponse>),
    /// These messages, then silence.
    SendAndHang(Vec<WatchSessionResponse>),
}

#[derive(Default)]
pub struct State {
    pub saves: VecDeque<Save>,
    pub watches: VecDeque<Watch>,
    /// Saves as they arrived: when, with which id, with which "grpc-timeout".
    pub seen_saves: Vec<(Instant, String, Option<String>)>,
    pub seen_watches: Vec<String>,
    pub sign_ins: u32,
    /// Bearer tokens that are good. `None` accepts everybody.
    pub valid_token: Option<String>,
    pipes: Vec<AbortHandle>,
}

/// The scripted server.
#[derive(Clone, Default)]
pub struct Fake(Arc<Mutex<State>>);

impl Fake {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .expect("no test panicked while holding the state")
    }

    /// Starts the server and connects a client to it.
    pub async fn client(&self, builder: Builder) -> Client {
        builder.with_channel(self.channel().await)
    }

    /// Breaks every connection that is open now.
    pub fn cut(&self) {
        for pipe in self.state().pipes.drain(..) {
            pipe.abort();
        }
    }

    /// Its sign-in service alone, for a server over another kind of connection.
    pub fn sessions(&self) -> SessionServiceServer<Self> {
        SessionServiceServer::new(self.clone())
    }

    async fn channel(&self) -> Channel {
        let (new_connection, connections) = mpsc::unbounded_channel();
        let server = Server::builder()
            .add_service(SessionServiceServer::new(self.clone()))
            .add_service(AddInServiceServer::new(self.clone()))
            .add_service(RecordServiceServer::new(self.clone()))
            .add_service(SyncServiceServer::new(self.clone()))
            .serve_with_incoming(
                UnboundedReceiverStream::new(connections).map(Ok::<DuplexStream, Infallible>),
            );
        tokio::spawn(server);
        let fake = self.clone();
        Endpoint::from_static("http://in-memory")
            .connect_with_connector(tower::service_fn(move |_| {
                let (client_end, mut client_wire) = tokio::io::duplex(64 * 1024);
                let (mut server_wire, server_end) = tokio::io::duplex(64 * 1024);
                let pipe = tokio::spawn(async move {
                    let _ = tokio::io::copy_bidirectional(&mut client_wire, &mut server_wire).await;
                });
                fake.state().pipes.push(pipe.abort_handle());
                let sent = new_connection.send(server_end);
                async move {
                    sent.map_err(|_| std::io::Error::other("the server is gone"))?;
                    Ok::<_, std::io::Error>(TokioIo::new(client_end))
                }
            }))
            .await
            .expect("the server takes connections")
    }

    fn admit<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let state = self.state();
        let Some(valid) = &state.valid_token else {
            return Ok(());
        };
        let given = request
            .metadata()
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        let reason = match given {
            None => "token_missing",
            Some(given) if given == format!("Bearer {valid}") => return Ok(()),
            Some(_) => "token_expired",
        };
        Err(refusal(Code::Unauthenticated, reason, None))
    }
}

/// A status as our server sends it.
pub fn refusal(code: Code, reason: &str, delay: Option<Duration>) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, "ssi.v1", HashMap::new());
    if delay.is_some() {
        details.set_retry_info(delay);
    }
    Status::with_error_details(code, "no", details)
}

/// A token source that always has a token.
pub fn source() -> impl Fn() -> BoxFuture<'static, Result<IdentityToken, TokenError>> + Send + Sync
{
    || Box::pin(async { Ok(IdentityToken::oidc("identity")) })
}

#[tonic::async_trait]
impl SessionService for Fake {
    async fn create_session(
        &self,
        request: Request<CreateSessionRequest>,
    ) -> Result<Response<CreateSessionResponse>, Status> {
        use create_session_request::Credential;
        if request.get_ref().credential != Some(Credential::OidcToken("identity".into())) {
            return Err(refusal(Code::Unauthenticated, "token_invalid", None));
        }
        let mut state = self.state();
        state.sign_ins += 1;
        let token = format!("session-{}", state.sign_ins);
        state.valid_token = Some(token.clone());
        Ok(Response::new(CreateSessionResponse {
            token,
            expire_time: None,
            caller: Some(Caller {
                subject: "ann".into(),
                ..Default::default()
            }),
        }))
    }

    async fn get_caller(
        &self,
        request: Request<GetCallerRequest>,
    ) -> Result<Response<GetCallerResponse>, Status> {
        self.admit(&request)?;
        let caller = Caller {
            subject: "ann".into(),
            ..Default::default()
        };
        Ok(Response::new(GetCallerResponse {
            caller: Some(caller),
        }))
    }
}

#[tonic::async_trait]
impl AddInService for Fake {
    type InitialSearchStream = BoxStream<'static, Result<InitialSearchResponse, Status>>;

    async fn save_email(
        &self,
        request: Request<SaveEmailRequest>,
    ) -> Result<Response<SaveEmailResponse>, Status> {
        self.admit(&request)?;
        let timeout = request
            .metadata()
            .get("grpc-timeout")
            .and_then(|value| value.to_str().ok());
        let next = {
            let mut state = self.state();
            let id = request.get_ref().request_id.clone();
            state
                .seen_saves
                .push((Instant::now(), id, timeout.map(str::to_owned)));
            state.saves.pop_front().expect("a scripted save")
        };
        match next {
            Save::Answer(answer) => Ok(Response::new(*answer)),
            Save::Refuse(status) => Err(status),
            Save::Hang => std::future::pending().await,
            Save::CutConnection => {
                self.cut();
                std::future::pending().await
            }
        }
    }

    async fn initial_search(
        &self,
        _: Request<InitialSearchRequest>,
    ) -> Result<Response<Self::InitialSearchStream>, Status> {
        let card = |code: &str| InitialSearchResponse {
            card: Some(Card {
                content: Some(card::Content::Notice(NoticeCard {
                    code: code.into(),
                    ..Default::default()
                })),
            }),
        };
        let lost = refusal(Code::Unavailable, "crm_unavailable", None);
        let answers = vec![Ok(card("first")), Ok(card("second")), Err(lost)];
        Ok(Response::new(stream::iter(answers).boxed()))
    }

    async fn get_item_state(
        &self,
        _: Request<GetItemStateRequest>,
    ) -> Result<Response<GetItemStateResponse>, Status> {
        // An answer that breaks the promise of the API.
        Ok(Response::new(GetItemStateResponse { item_state: None }))
    }

    async fn save_event(
        &self,
        _: Request<ssi_client::v1::SaveEventRequest>,
    ) -> Result<Response<ssi_client::v1::SaveEventResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn update_links(
        &self,
        _: Request<ssi_client::v1::UpdateLinksRequest>,
    ) -> Result<Response<ssi_client::v1::UpdateLinksResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn queue_email_save(
        &self,
        _: Request<QueueEmailSaveRequest>,
    ) -> Result<Response<QueueEmailSaveResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn get_wish(
        &self,
        _: Request<GetWishRequest>,
    ) -> Result<Response<GetWishResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn track_thread(
        &self,
        _: Request<TrackThreadRequest>,
    ) -> Result<Response<TrackThreadResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn untrack_thread(
        &self,
        _: Request<UntrackThreadRequest>,
    ) -> Result<Response<UntrackThreadResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }
}

#[tonic::async_trait]
impl RecordService for Fake {
    async fn search_records(
        &self,
        request: Request<SearchRecordsRequest>,
    ) -> Result<Response<SearchRecordsResponse>, Status> {
        let record = |name: &str| Record {
            name: name.into(),
            ..Default::default()
        };
        Ok(Response::new(match request.get_ref().page_token.as_str() {
            "" => SearchRecordsResponse {
                records: vec![record("records/contact/1")],
                next_page_token: "more".into(),
                ..Default::default()
            },
            _ => SearchRecordsResponse {
                records: vec![record("records/contact/2")],
                ..Default::default()
            },
        }))
    }

    async fn get_record(
        &self,
        _: Request<GetRecordRequest>,
    ) -> Result<Response<GetRecordResponse>, Status> {
        Err(refusal(Code::NotFound, "record_not_found", None))
    }

    async fn pin_record(
        &self,
        _: Request<PinRecordRequest>,
    ) -> Result<Response<PinRecordResponse>, Status> {
        Ok(Response::new(PinRecordResponse {}))
    }

    async fn unpin_record(
        &self,
        _: Request<UnpinRecordRequest>,
    ) -> Result<Response<UnpinRecordResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn create_record(
        &self,
        _: Request<CreateRecordRequest>,
    ) -> Result<Response<CreateRecordResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn prefill_record(
        &self,
        _: Request<PrefillRecordRequest>,
    ) -> Result<Response<PrefillRecordResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }
}

#[tonic::async_trait]
impl SyncService for Fake {
    type WatchSessionStream = BoxStream<'static, Result<WatchSessionResponse, Status>>;

    async fn watch_session(
        &self,
        request: Request<WatchSessionRequest>,
    ) -> Result<Response<Self::WatchSessionStream>, Status> {
        let next = {
            let mut state = self.state();
            state.seen_watches.push(request.into_inner().name);
            state.watches.pop_front().expect("a scripted watch")
        };
        match next {
            Watch::Refuse(status) => Err(status),
            Watch::Send(messages) => Ok(Response::new(
                stream::iter(messages.into_iter().map(Ok)).boxed(),
            )),
            Watch::SendAndHang(messages) => {
                let messages = stream::iter(messages.into_iter().map(Ok));
                Ok(Response::new(messages.chain(stream::pending()).boxed()))
            }
        }
    }

    async fn get_mailbox_status(
        &self,
        _: Request<GetMailboxStatusRequest>,
    ) -> Result<Response<GetMailboxStatusResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    type DryRunStream = BoxStream<'static, Result<ssi_client::v1::DryRunResponse, Status>>;

    async fn dry_run(
        &self,
        _: Request<ssi_client::v1::DryRunRequest>,
    ) -> Result<Response<Self::DryRunStream>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn settle_issue(
        &self,
        _: Request<ssi_client::v1::SettleIssueRequest>,
    ) -> Result<Response<ssi_client::v1::SettleIssueResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn approve_held(
        &self,
        _: Request<ssi_client::v1::ApproveHeldRequest>,
    ) -> Result<Response<ssi_client::v1::ApproveHeldResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn force_sync(
        &self,
        _: Request<ForceSyncRequest>,
    ) -> Result<Response<ForceSyncResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn suspend_sync(
        &self,
        _: Request<SuspendSyncRequest>,
    ) -> Result<Response<SuspendSyncResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn resume_sync(
        &self,
        _: Request<ResumeSyncRequest>,
    ) -> Result<Response<ResumeSyncResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn list_sessions(
        &self,
        _: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn list_issues(
        &self,
        _: Request<ListIssuesRequest>,
    ) -> Result<Response<ListIssuesResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn retry_issue(
        &self,
        _: Request<RetryIssueRequest>,
    ) -> Result<Response<RetryIssueResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }
}
