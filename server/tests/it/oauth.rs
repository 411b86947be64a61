//! Access tokens for the mail server and the CRM, from a real token endpoint over HTTP.

use std::sync::{Arc, Mutex};

use axum::{Form, Json, Router, extract::State, routing::post};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use ssi_domain::port::PortError;
use ssi_server::{auth::oauth::OAuthTokens, config::OAuth2};

type Asked = Vec<(String, String)>;

#[derive(Default)]
struct Served {
    asked: Mutex<Vec<Asked>>,
    answers: Mutex<Vec<(StatusCode, Value)>>,
}

async fn token(
    State(served): State<Arc<Served>>,
    Form(form): Form<Asked>,
) -> (StatusCode, Json<Value>) {
    served.asked.lock().expect("sound test data").push(form);
    let mut answers = served.answers.lock().expect("sound test data");
    let (status, body) = answers.remove(0);
    (status, Json(body))
}

async fn given(answers: Vec<(StatusCode, Value)>, more: &str) -> (Arc<Served>, OAuthTokens) {
    let served = Arc::new(Served::default());
    *served.answers.lock().expect("sound test data") = answers;
    let app = Router::new()
        .route("/token", post(token))
        .with_state(Arc::clone(&served));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("sound test data");
    let url = format!(
        "http://{}/token",
        listener.local_addr().expect("sound test data")
    );
    tokio::spawn(async move { axum::serve(listener, app).await });
    let text = format!(
        "token_url = \"{url}\"\nclient_id = \"id\"\nclient_secret = \"s\"\nscopes = [\"a\", \"b\"]\n{more}"
    );
    let config: OAuth2 = toml::from_str(&text).expect("sound test data");
    (
        served,
        OAuthTokens::new("k", &config).expect("sound test data"),
    )
}

fn granted(token: &str, seconds: u64) -> (StatusCode, Value) {
    (
        StatusCode::OK,
        json!({ "access_token": token, "token_type": "Bearer", "expires_in": seconds }),
    )
}

fn field<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    asked
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_token_is_kept_until_it_is_refused() {
    let (served, tokens) = given(vec![granted("one", 3_600), granted("two", 3_600)], "").await;
    let first = tokens.access_token(None).await.unwrap();
    assert_eq!(
        tokens.access_token(None).await.unwrap().expose_secret(),
        "one"
    );
    assert_eq!(served.asked.lock().unwrap().len(), 1);

    let second = tokens.access_token(Some(&first)).await.unwrap();
    assert_eq!(second.expose_secret(), "two");
    // Somebody who was refused the old one late gets the new one without asking again.
    assert_eq!(
        tokens
            .access_token(Some(&first))
            .await
            .unwrap()
            .expose_secret(),
        "two"
    );
    let asked = served.asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert_eq!(field(&asked[0], "grant_type"), Some("client_credentials"));
    assert_eq!(field(&asked[0], "scope"), Some("a b"));
    assert_eq!(field(&asked[0], "client_secret"), Some("s"));
}

#[tokio::test]
async fn a_refresh_token_that_changes_is_used_from_then_on() {
    let mut first = granted("one", 3_600);
    first.1["refresh_token"] = json!("r2");
    let answers = vec![first, granted("two", 3_600)];
    let (served, tokens) = given(answers, "refresh_token = \"r1\"").await;
    let one = tokens.access_token(None).await.unwrap();
    tokens.access_token(Some(&one)).await.unwrap();
    let asked = served.asked.lock().unwrap();
    assert_eq!(field(&asked[0], "refresh_token"), Some("r1"));
    assert_eq!(field(&asked[1], "refresh_token"), Some("r2"));
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_tells_no_secret() {
    let secretive = |error: &PortError| assert!(!error.to_string().contains("hunter2"), "{error}");
    for (status, body, class) in [
        (
            400,
            json!({ "error": "invalid_grant", "error_description": "hunter2" }),
            "sign_in",
        ),
        (401, json!({ "error": "invalid_client" }), "sign_in"),
        (400, json!({ "error": "invalid_scope" }), "blocked"),
        (
            503,
            json!({ "error": "temporarily_unavailable" }),
            "transient",
        ),
        (500, json!("<html>"), "transient"),
        (200, json!({ "hello": "hunter2" }), "transient"),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let (_, tokens) = given(vec![(status, body)], "").await;
        let error = tokens.access_token(None).await.unwrap_err();
        assert_eq!(error.code(), class, "{error}");
        secretive(&error);
    }
}
