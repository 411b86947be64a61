//! `/c4c/events/{tenant}`: who may send, what is taken, and that a refusal tells nothing.

use http::StatusCode;

use crate::support::{Server, browser};

const SECRET: &str = "a long password of C4C";
const EVENT: &str = "{\"event-type\":\"Visit.Root.Deleted.v1\",\"event-id\":\"1\",\
                     \"data\":{\"root-entity-id\":\"00163E5FA59C1ED8B3B95BE1CB795280\"}}";

async fn server(folder: &tempfile::TempDir) -> (ssi_server::Running, String) {
    let mut config = crate::support::config(folder, "");
    config.tenants[0].events_secret = Some(ssi_server::config::Secret::new(SECRET));
    let running = ssi_server::start(config, ssi_server::Shutdown::new()).await;
    let running = running.expect("it starts");
    let url = format!("http://{}/c4c/events/", running.address);
    (running, url)
}

#[tokio::test]
async fn only_the_tenant_itself_may_send_and_a_refusal_tells_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (running, url) = server(&folder).await;
    let post = |tenant: &str, password: &str, body: &str| {
        let request = browser().post(format!("{url}{tenant}"));
        request
            .basic_auth("c4c", Some(password))
            .body(body.to_owned())
            .send()
    };
    assert_eq!(
        post("demo", SECRET, EVENT).await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    let token = browser()
        .post(format!("{url}demo"))
        .bearer_auth(SECRET)
        .body(EVENT);
    assert_eq!(token.send().await.unwrap().status(), StatusCode::NO_CONTENT);

    let mut refusals = Vec::new();
    for (tenant, password, body) in [
        ("demo", "", EVENT),
        ("demo", "a long password of C4", EVENT),
        ("demo", "wrong", "no JSON"),
        ("nobody", SECRET, EVENT),
        ("nobody", "", EVENT),
    ] {
        let answer = post(tenant, password, body).await.unwrap();
        refusals.push((answer.status(), answer.text().await.unwrap()));
    }
    let nothing = (StatusCode::UNAUTHORIZED, String::new());
    assert!(refusals.iter().all(|one| *one == nothing), "{refusals:?}");
    let bare = browser()
        .post(format!("{url}demo"))
        .body(EVENT)
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    let read = browser().get(format!("{url}demo")).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::METHOD_NOT_ALLOWED);
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_event_is_refused_in_plain_words_and_what_is_unknown_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (running, url) = server(&folder).await;
    let post = async |body: String| {
        let request = browser().post(format!("{url}demo"));
        let answer = request
            .basic_auth("c4c", Some(SECRET))
            .body(body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, text) = post("<xml/>".into()).await;
    assert!(status == 400 && text.contains("not JSON"), "{text}");
    let (status, text) = post("{\"data\":1}".into()).await;
    assert!(status == 400 && text.contains("event-type"), "{text}");
    assert_eq!(post("x".repeat(300_000)).await.0, 413);
    let ticket = EVENT.replace("Visit", "Ticket");
    assert_eq!(post(ticket).await.0, 204);
    assert_eq!(post(EVENT.into()).await.0, 204, "it still serves");
    running.stop().await;
}

/// A tenant without a secret takes nothing, and a secret that can be guessed is refused at the start.
#[tokio::test]
async fn without_a_secret_nothing_is_taken() {
    let server = Server::start().await;
    let request = browser().post(server.url("/c4c/events/demo")).body(EVENT);
    let answer = request.basic_auth("c4c", Some("")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    server.running.stop().await;

    let folder = tempfile::tempdir().unwrap();
    let mut config = crate::support::config(&folder, "");
    config.tenants[0].events_secret = Some(ssi_server::config::Secret::new("short"));
    let problem = config.event_secrets().expect_err("too short").to_string();
    assert!(
        problem.contains("tenants[0].events_secret") && !problem.contains("short"),
        "{problem}"
    );
}
