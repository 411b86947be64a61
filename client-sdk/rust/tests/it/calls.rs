//! Single calls and streams, with the clock by hand.

use std::time::Duration;

use crate::server::{Fake, Save, Watch, refusal, source};
use futures::{StreamExt as _, TryStreamExt as _};
use ssi_client::{Client, Code, Error, RetryPolicy, SaveOutcome, SessionEvent, v1::*};

fn builder() -> ssi_client::Builder {
    Client::builder("http://in-memory")
}

fn saved() -> Save {
    let result = save_email_response::Result::SavedEmail(SavedEmail::default());
    Save::Answer(Box::new(SaveEmailResponse {
        result: Some(result),
    }))
}

fn progress(session: &str) -> WatchSessionResponse {
    WatchSessionResponse {
        event: Some(watch_session_response::Event::Progress(
            SessionProgress::default(),
        )),
        session: session.into(),
    }
}

fn ended(session: &str) -> WatchSessionResponse {
    WatchSessionResponse {
        event: Some(watch_session_response::Event::Ended(SyncSession::default())),
        session: session.into(),
    }
}

#[tokio::test(start_paused = true)]
async fn the_servers_delay_is_waited_out_and_the_request_id_stays() {
    let fake = Fake::default();
    fake.state().saves.extend([
        Save::Refuse(refusal(
            Code::Unavailable,
            "crm_unavailable",
            Some(Duration::from_secs(3)),
        )),
        Save::Refuse(refusal(
            Code::ResourceExhausted,
            "throttled",
            Some(Duration::from_secs(8)),
        )),
        saved(),
    ]);
    let client = fake.client(builder()).await;

    let outcome = client
        .add_in()
        .save_email(SaveEmailRequest::default())
        .await
        .expect("saved");

    assert!(matches!(outcome, SaveOutcome::Saved(_)));
    let seen = fake.state().seen_saves.clone();
    assert_eq!(seen.len(), 3);
    for (index, asked) in [(0, 3.0), (1, 8.0)] {
        let waited = (seen[index + 1].0 - seen[index].0).as_secs_f64();
        assert!(
            (asked..=asked * 1.26).contains(&waited),
            "waited {waited} s, asked {asked} s"
        );
    }
    assert!(!seen[0].1.is_empty(), "a save always has a request id");
    assert!(
        seen.iter().all(|(_, id, _)| *id == seen[0].1),
        "repeats share one id"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_id_of_the_callers_own_is_kept() {
    let fake = Fake::default();
    fake.state().saves.push_back(saved());
    let client = fake.client(builder()).await;
    let request = SaveEmailRequest {
        request_id: "mine".into(),
        ..Default::default()
    };
    client.add_in().save_email(request).await.expect("saved");
    assert_eq!(fake.state().seen_saves[0].1, "mine");
}

#[tokio::test(start_paused = true)]
async fn fresh_request_ids_come_from_where_the_caller_says() {
    let fake = Fake::default();
    fake.state().saves.push_back(saved());
    let client = fake.client(builder().request_ids(|| "fresh".into())).await;
    client
        .add_in()
        .save_email(SaveEmailRequest::default())
        .await
        .expect("saved");
    assert_eq!(fake.state().seen_saves[0].1, "fresh");
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_forbids_is_an_answer_not_a_reason_to_repeat() {
    let fake = Fake::default();
    let no = refusal(Code::FailedPrecondition, "service_message", None);
    fake.state().saves.push_back(Save::Refuse(no));
    let client = fake.client(builder()).await;

    let error = client
        .add_in()
        .save_email(SaveEmailRequest::default())
        .await
        .expect_err("refused");

    assert_eq!(error.code(), Code::FailedPrecondition);
    assert_eq!(error.reason(), Some("service_message"));
    assert_eq!(fake.state().seen_saves.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_delay_longer_than_the_time_left_is_reported_at_once() {
    let fake = Fake::default();
    let later = refusal(
        Code::Unavailable,
        "mail_unavailable",
        Some(Duration::from_secs(20)),
    );
    fake.state().saves.push_back(Save::Refuse(later));
    let client = fake
        .client(builder().timeout(Duration::from_secs(10)))
        .await;
    let start = tokio::time::Instant::now();

    let error = client
        .add_in()
        .save_email(SaveEmailRequest::default())
        .await
        .expect_err("not in time");

    assert_eq!(error.retry_after(), Some(Duration::from_secs(20)));
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "nobody waits for what cannot come"
    );
    assert_eq!(fake.state().seen_saves.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_server_is_told_the_time_left_and_silence_ends_the_call() {
    let fake = Fake::default();
    fake.state().saves.push_back(Save::Hang);
    let client = fake
        .client(builder().timeout(Duration::from_secs(10)))
        .await;
    let start = tokio::time::Instant::now();

    let error = client
        .add_in()
        .save_email(SaveEmailRequest::default())
        .await
        .expect_err("silence");

    assert!(matches!(error, Error::DeadlineExceeded), "{error:?}");
    assert!(
        (9.9..10.5).contains(&start.elapsed().as_secs_f64()),
        "{:?}",
        start.elapsed()
    );
    let told = fake.state().seen_saves[0]
        .2
        .clone()
        .expect("a grpc-timeout");
    assert!(
        told.starts_with("10000") || told.starts_with("9999"),
        "{told}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_repeats_the_save_with_the_same_id() {
    let fake = Fake::default();
    fake.state().saves.extend([Save::CutConnection, saved()]);
    let client = fake.client(builder()).await;

    client
        .add_in()
        .save_email(SaveEmailRequest::default())
        .await
        .expect("saved after all");

    let seen = fake.state().seen_saves.clone();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].1, seen[1].1);
}

#[tokio::test(start_paused = true)]
async fn without_repeats_a_broken_connection_is_told() {
    let fake = Fake::default();
    fake.state().saves.push_back(Save::CutConnection);
    let client = fake.client(builder().retry(RetryPolicy::never())).await;
    let error = client
        .add_in()
        .save_email(SaveEmailRequest::default())
        .await
        .expect_err("broken");
    assert!(matches!(error, Error::Broken(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn one_sign_in_serves_many_calls_and_an_expired_token_is_replaced_once() {
    let fake = Fake::default();
    fake.state().valid_token = Some("nobody has this one".into());
    let client = fake.client(builder().token_source(source())).await;

    let session = client.session();
    let calls = (0..8).map(|_| session.caller());
    futures::future::try_join_all(calls)
        .await
        .expect("signed in");
    assert_eq!(fake.state().sign_ins, 1);

    fake.state().valid_token = Some("the server forgot".into());
    let calls = (0..8).map(|_| session.caller());
    futures::future::try_join_all(calls)
        .await
        .expect("signed in again");
    assert_eq!(fake.state().sign_ins, 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_token_source_the_refusal_comes_through() {
    let fake = Fake::default();
    fake.state().valid_token = Some("unknown".into());
    let client = fake.client(builder()).await;
    let error = client.session().caller().await.expect_err("nobody");
    assert_eq!(error.reason(), Some("token_missing"));

    client.use_session_token("old").await;
    let error = client.session().caller().await.expect_err("an old token");
    assert_eq!(error.reason(), Some("token_expired"));

    client
        .sign_in(ssi_client::IdentityToken::oidc("identity"))
        .await
        .expect("signed in");
    assert_eq!(
        client.session().caller().await.expect("known").subject,
        "ann"
    );
    let error = client
        .sign_in(ssi_client::IdentityToken::exchange("forged"))
        .await
        .expect_err("a forged token");
    assert_eq!(error.reason(), Some("token_invalid"));
}

#[tokio::test(start_paused = true)]
async fn a_broken_watch_comes_back_to_the_same_session() {
    let fake = Fake::default();
    let name = "mailboxes/ann@example.com/sessions/7";
    fake.state().watches.extend([
        Watch::SendAndHang(vec![progress(name)]),
        Watch::Refuse(refusal(
            Code::Unavailable,
            "shutting_down",
            Some(Duration::from_secs(1)),
        )),
        Watch::Send(vec![progress(name)]),
        Watch::Send(vec![progress(name), ended(name)]),
    ]);
    let client = fake.client(builder()).await;

    let mut events = client
        .sync()
        .watch_session("mailboxes/ann@example.com/sessions/-");
    let first = events
        .next()
        .await
        .expect("an event")
        .expect("a first progress");
    assert!(matches!(first, SessionEvent::Progress(_)));
    fake.cut();
    let later: Vec<_> = events.try_collect().await.expect("watched to its end");

    assert_eq!(later.len(), 3);
    assert!(matches!(later[2], SessionEvent::Ended(_)));
    let seen = fake.state().seen_watches.clone();
    assert_eq!(seen[0], "mailboxes/ann@example.com/sessions/-");
    assert_eq!(seen[1..], [name, name, name]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_never_yields_anything_is_given_up() {
    let fake = Fake::default();
    fake.state()
        .watches
        .extend((0..4).map(|_| Watch::Send(Vec::new())));
    let client = fake.client(builder()).await;
    let mut events = client
        .sync()
        .watch_session("mailboxes/ann@example.com/sessions/7");
    let error = events
        .next()
        .await
        .expect("an event")
        .expect_err("no events at all");
    assert_eq!(error.code(), Code::Unavailable);
    assert!(
        events.next().await.is_none(),
        "a stream ends after its error"
    );
    assert_eq!(fake.state().seen_watches.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn cards_come_as_found_and_the_stream_ends_with_its_error() {
    let fake = Fake::default();
    let client = fake.client(builder()).await;
    let mut cards = client
        .add_in()
        .initial_search(InitialSearchRequest::default())
        .await
        .expect("opened");
    for code in ["first", "second"] {
        let card = cards.next().await.expect("a card").expect("no error yet");
        let Some(card::Content::Notice(notice)) = card.content else {
            panic!("a notice")
        };
        assert_eq!(notice.code, code);
    }
    let error = cards
        .next()
        .await
        .expect("an error")
        .expect_err("the CRM went away");
    assert_eq!(error.reason(), Some("crm_unavailable"));
    assert!(cards.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn absent_records_are_none_and_pages_know_their_end() {
    let fake = Fake::default();
    let client = fake.client(builder()).await;
    assert_eq!(
        client
            .records()
            .get("records/contact/9")
            .await
            .expect("an answer"),
        None
    );

    let mut request = SearchRecordsRequest {
        query: "mül".into(),
        ..Default::default()
    };
    let first = client
        .records()
        .search(request.clone())
        .await
        .expect("a page");
    request.page_token = first.next_page_token.expect("there is more");
    let second = client.records().search(request).await.expect("a page");
    assert_eq!(second.items[0].name, "records/contact/2");
    assert_eq!(second.next_page_token, None);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_its_content_is_an_error_not_a_panic() {
    let fake = Fake::default();
    let client = fake.client(builder()).await;
    let error = client
        .add_in()
        .item_state(GetItemStateRequest::default())
        .await
        .expect_err("empty");
    assert!(
        matches!(error, Error::Incomplete("item state")),
        "{error:?}"
    );
}
