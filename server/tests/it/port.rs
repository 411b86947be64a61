//! The port over native gRPC: sign-in, authorisation, health, reflection, limits, stopping.

use std::time::{Duration, Instant};

use ssi_proto::v1::{
    CreateSessionRequest, GetCallerRequest, GetMailboxStatusRequest, ListSessionsRequest,
    SearchRecordsRequest, SuspendSyncRequest, WatchSessionRequest,
    create_session_request::Credential, mailbox_status::State,
    record_service_client::RecordServiceClient, session_service_client::SessionServiceClient,
    sync_service_client::SyncServiceClient,
};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::{ANN, EVE, KAY, Server, browser, config, signed};

fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default()
}

fn sign_in(token: &str) -> CreateSessionRequest {
    CreateSessionRequest {
        credential: Some(Credential::OidcToken(token.into())),
    }
}

#[tokio::test]
async fn a_caller_signs_in_and_sees_only_their_own_mailbox() {
    let server = Server::start().await;
    let mut sessions = SessionServiceClient::new(server.channel().await);
    let mut sync = SyncServiceClient::new(server.channel().await);

    let answer = sessions
        .create_session(sign_in(ANN))
        .await
        .unwrap()
        .into_inner();
    let caller = answer.caller.unwrap();
    assert_eq!(caller.mailboxes, ["mailboxes/ann@example.com"]);
    assert!(!caller.key_user);
    assert_eq!(caller.tenant, "demo");

    let of = |name: &str| GetMailboxStatusRequest { name: name.into() };
    let status = sync.get_mailbox_status(signed(&answer.token, of("mailboxes/ANN@example.com")));
    let status = status.await.unwrap().into_inner().mailbox_status.unwrap();
    assert_eq!(status.name, "mailboxes/ann@example.com");
    assert_eq!(status.interval.unwrap().seconds, 1_800);

    for name in ["mailboxes/bob@example.com", "mailboxes/nobody@example.com"] {
        let refused = sync
            .get_mailbox_status(signed(&answer.token, of(name)))
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{name}");
        assert_eq!(reason(&refused), "not_your_mailbox");
    }
    sync.get_mailbox_status(signed(KAY, of("mailboxes/bob@example.com")))
        .await
        .unwrap();
    let unknown = sync
        .get_mailbox_status(signed(KAY, of("mailboxes/nobody@example.com")))
        .await;
    assert_eq!(reason(&unknown.unwrap_err()), "mailbox_unknown");
    let bad = sync
        .get_mailbox_status(signed(ANN, of("mailbox/ann")))
        .await
        .unwrap_err();
    assert_eq!(bad.code(), Code::InvalidArgument);
    assert_eq!(
        bad.get_error_details()
            .bad_request()
            .unwrap()
            .field_violations[0]
            .field,
        "name"
    );
    server.running.stop().await;
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let server = Server::start().await;
    let mut sessions = SessionServiceClient::new(server.channel().await);
    let check = |result: Result<_, Status>, code: Code, why: &str| {
        let status = result.map(|_: tonic::Response<_>| ()).unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (code, why),
            "{status}"
        );
    };
    check(
        sessions.get_caller(GetCallerRequest {}).await,
        Code::Unauthenticated,
        "token_missing",
    );
    let wrong = sessions
        .get_caller(signed("nonsense", GetCallerRequest {}))
        .await;
    check(wrong, Code::Unauthenticated, "token_invalid");
    let mut behind_proxy = signed(ANN, GetCallerRequest {});
    behind_proxy
        .metadata_mut()
        .insert("x-forwarded-for", "10.0.0.1".parse().unwrap());
    check(
        sessions.get_caller(behind_proxy).await,
        Code::Unauthenticated,
        "token_invalid",
    );
    let stranger = sessions
        .create_session(sign_in(EVE))
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        (stranger.code(), reason(&stranger).as_str()),
        (Code::PermissionDenied, "not_enrolled")
    );
    let nothing = sessions
        .create_session(CreateSessionRequest { credential: None })
        .await;
    assert_eq!(nothing.unwrap_err().code(), Code::InvalidArgument);
    server.running.stop().await;
}

#[tokio::test]
async fn health_and_reflection_are_served_over_grpc() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let server = Server::start().await;
    let mut health = HealthClient::new(server.channel().await);
    let mut watch = health
        .watch(HealthCheckRequest {
            service: "ssi.v1.AddInService".into(),
        })
        .await
        .unwrap()
        .into_inner();
    let status = watch.message().await.unwrap().expect("an answer").status;
    let serving = tonic_health::pb::health_check_response::ServingStatus::Serving;
    assert_eq!(status, i32::from(serving));
    macro_rules! services {
        ($version:ident) => {{
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest,
                server_reflection_response::MessageResponse,
            };
            let request = ServerReflectionRequest {
                host: String::new(),
                message_request: Some(MessageRequest::ListServices(String::new())),
            };
            let mut client = ServerReflectionClient::new(server.channel().await);
            let stream = client
                .server_reflection_info(tokio_stream::iter([request]))
                .await;
            let answer = stream
                .unwrap()
                .into_inner()
                .message()
                .await
                .unwrap()
                .unwrap();
            match answer.message_response {
                Some(MessageResponse::ListServicesResponse(list)) => list
                    .service
                    .into_iter()
                    .map(|one| one.name)
                    .collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            }
        }};
    }
    for names in [services!(v1), services!(v1alpha)] {
        for name in [
            "SessionService",
            "AddInService",
            "RecordService",
            "SyncService",
            "PeopleService",
        ] {
            assert!(names.contains(&format!("ssi.v1.{name}")), "{names:?}");
        }
        assert!(
            names.contains(&"grpc.health.v1.Health".to_owned()),
            "{names:?}"
        );
    }
    server.running.stop().await;
}

#[tokio::test]
async fn what_is_too_large_or_too_late_is_refused() {
    let server = Server::with("server.max_request_bytes = 65536").await;
    let mut records = RecordServiceClient::new(server.channel().await);
    let search = |length: usize| SearchRecordsRequest {
        query: "x".repeat(length),
        ..Default::default()
    };
    let large = records
        .search_records(signed(ANN, search(100_000)))
        .await
        .unwrap_err();
    assert_eq!(large.code(), Code::OutOfRange);
    let long = records
        .search_records(signed(ANN, search(60_000)))
        .await
        .unwrap_err();
    assert_eq!(long.code(), Code::InvalidArgument);

    let mut late = signed(ANN, search(3));
    late.set_timeout(Duration::from_nanos(1));
    let late = records.search_records(late).await.unwrap_err();
    assert!(
        matches!(late.code(), Code::DeadlineExceeded | Code::Cancelled),
        "{late}"
    );

    let unknown = browser().post(server.url("/ssi.v1.NoService/Call"));
    let unknown = unknown
        .header("content-type", "application/grpc-web+proto")
        .send()
        .await
        .unwrap();
    assert!(unknown.status() == 200 || unknown.status() == 400);
    server.running.stop().await;
}

#[tokio::test]
async fn sync_is_suspended_and_forcing_it_then_says_so() {
    let server = Server::start().await;
    let mut sync = SyncServiceClient::new(server.channel().await);
    let name = "mailboxes/ann@example.com".to_owned();
    let suspended = sync.suspend_sync(signed(
        ANN,
        SuspendSyncRequest {
            name: name.clone(),
            request_id: String::new(),
        },
    ));
    let status = suspended
        .await
        .unwrap()
        .into_inner()
        .mailbox_status
        .unwrap();
    assert_eq!(status.state, i32::from(State::Suspended));
    assert!(status.next_session_time.is_none());
    let force = ssi_proto::v1::ForceSyncRequest {
        name,
        request_id: String::new(),
    };
    let refused = sync.force_sync(signed(ANN, force)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "mailbox_suspended");
    server.running.stop().await;
}

/// A forced session may be over before its watcher has called back: its name still leads to its end.
#[tokio::test]
async fn a_forced_session_is_watched_by_its_name_before_and_after_it_ran() {
    let server = Server::start().await;
    let mut sync = SyncServiceClient::new(server.channel().await);
    let force = ssi_proto::v1::ForceSyncRequest {
        name: "mailboxes/bob@example.com".into(),
        request_id: "0b5d2b1e-9f0c-4c39-8a4e-6d7b1c9e2f10".into(),
    };
    let mut names = Vec::new();
    for _click in 0..2 {
        let forced = sync.force_sync(signed(KAY, force.clone())).await.unwrap();
        names.push(forced.into_inner().session.unwrap().name);
    }
    assert_eq!(names[0], names[1], "one click, one session");
    for _visit in 0..2 {
        let watch = WatchSessionRequest {
            name: names[0].clone(),
        };
        let events = sync.watch_session(signed(KAY, watch)).await.unwrap();
        let mut events = events.into_inner();
        let mut last = None;
        while let Some(event) = events.message().await.unwrap() {
            last = event.event;
        }
        let Some(ssi_proto::v1::watch_session_response::Event::Ended(session)) = last else {
            panic!("the end comes last: {last:?}");
        };
        assert_eq!(session.name, names[0]);
    }
    server.running.stop().await;
}

/// A watcher is told that the server goes, and does not hold it up.
#[tokio::test]
async fn stopping_ends_watching_streams_and_frees_the_name() {
    let server = Server::start().await;
    let mut sync = SyncServiceClient::new(server.channel().await);
    // The session that begins with the server ends by itself: nothing answers. Then none is to come.
    loop {
        let list = ListSessionsRequest {
            parent: "mailboxes/bob@example.com".into(),
            ..Default::default()
        };
        let listed = sync.list_sessions(signed(KAY, list)).await.unwrap();
        let sessions = listed.into_inner().sessions;
        if !sessions.is_empty() && sessions.iter().all(|session| session.end_time.is_some()) {
            break;
        }
    }
    let suspend = SuspendSyncRequest {
        name: "mailboxes/bob@example.com".into(),
        request_id: String::new(),
    };
    sync.suspend_sync(signed(KAY, suspend)).await.unwrap();
    let watch = WatchSessionRequest {
        name: "mailboxes/bob@example.com/sessions/-".into(),
    };
    let request = signed(KAY, watch);
    let mut events = sync.watch_session(request).await.unwrap().into_inner();
    let first = events.message().await.unwrap().expect("progress first");
    assert!(first.session.is_empty(), "no session runs");
    let again = ssi_server::start(config(&server.folder, ""), ssi_server::Shutdown::new()).await;
    let error = again.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("node"), "one name, one process: {error}");

    server.shutdown.stop();
    let last = loop {
        match events.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream must say why it ends"),
            Err(status) => break status,
        }
    };
    assert_eq!(
        (last.code(), reason(&last).as_str()),
        (Code::Unavailable, "shutting_down")
    );
    drop(sync);
    server.running.finished().await;

    let started = Instant::now();
    let again = ssi_server::start(config(&server.folder, ""), ssi_server::Shutdown::new());
    let again = again.await.unwrap();
    let took = started.elapsed();
    again.stop().await;
    assert!(
        took <= Duration::from_secs(1),
        "start on an existing database took {took:?}"
    );
}
