//! Sign-in, CSRF token, cookies, and the connection check.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use ssi_connectors::{
    c4c::{C4c, C4cConfig, Credentials, LocalGate, TokenSource},
    http::CallMeter,
};
use ssi_domain::port::{Crm, PortError};

use crate::{
    put::{create, created},
    server::{Reply, Seen, Server, basic, open},
};

/// A tenant that compares the token header with a cookie; tokens count up.
fn guarded(seen: &Seen, valid: &AtomicUsize) -> Reply {
    if seen.header("x-csrf-token") == "fetch" {
        let token = valid.load(Ordering::SeqCst);
        return Reply::json(200, &json!({"d": {"EntitySets": []}}))
            .with("X-CSRF-Token", &format!("t{token}"))
            .with(
                "set-cookie",
                &format!("sap-XSRF_X_1=t{token}; path=/; HttpOnly"),
            )
            .with("set-cookie", "other=1; path=/sap");
    }
    let wanted = format!("t{}", valid.load(Ordering::SeqCst));
    let cookies = seen.header("cookie").to_owned();
    let bound = cookies.contains(&format!("sap-XSRF_X_1={wanted}")) && cookies.contains("other=1");
    if seen.header("x-csrf-token") == wanted && bound {
        return created(seen);
    }
    Reply::error(403, "CSRF-Token-Validierung fehlgeschlagen").with("x-csrf-token", "Required")
}

#[tokio::test]
async fn writes_carry_token_and_cookies_and_a_stale_token_is_replaced_once() {
    let valid = Arc::new(AtomicUsize::new(1));
    let script = Arc::clone(&valid);
    let server = Server::start_with_tokens(move |seen, _| guarded(seen, &script)).await;
    let crm = server.crm();
    assert!(crm.put(vec![create("<1@x>")]).await.unwrap()[0].is_ok());
    assert_eq!(crm.calls(), 2);
    valid.store(2, Ordering::SeqCst);
    assert!(crm.put(vec![create("<2@x>")]).await.unwrap()[0].is_ok());
    assert_eq!(crm.calls(), 5);
}

#[tokio::test]
async fn a_token_refused_twice_is_reported_not_tried_for_ever() {
    let server = Server::start_with_tokens(|seen, _| match seen.header("x-csrf-token") {
        "fetch" => Reply::rows(json!([])).with("x-csrf-token", "t"),
        _ => Reply::error(403, "no").with("x-csrf-token", "Required"),
    })
    .await;
    let crm = server.crm();
    let answers = crm.put(vec![create("<1@x>")]).await.unwrap();
    assert!(
        matches!(answers[0], Err(PortError::Blocked { .. })),
        "{answers:?}"
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_service_without_csrf_tokens_is_written_to_all_the_same() {
    let server = Server::start_with_tokens(|seen, _| match seen.header("x-csrf-token") {
        "fetch" => Reply::new(404, "not here"),
        "" => created(seen),
        other => panic!("token {other}"),
    })
    .await;
    assert!(server.crm().put(vec![create("<1@x>")]).await.unwrap()[0].is_ok());
}

/// Gives `old` until it is refused.
struct Tokens;

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, PortError> {
        Ok(match refused.map(ExposeSecret::expose_secret) {
            Some("old") => SecretString::from("new"),
            Some(_) => {
                return Err(PortError::SignIn {
                    detail: "again".into(),
                });
            }
            None => SecretString::from("old"),
        })
    }
}

#[tokio::test]
async fn a_refused_bearer_token_is_replaced_once_and_no_csrf_token_is_asked_for() {
    let server = Server::start(|seen, _| match seen.header("authorization") {
        "Bearer new" => created(seen),
        _ => Reply::error(401, "expired"),
    })
    .await;
    let credentials = Credentials::Bearer(Arc::new(Tokens));
    let crm = open(C4cConfig::new(server.url.clone(), credentials));
    assert!(crm.put(vec![create("<1@x>")]).await.unwrap()[0].is_ok());
    assert_eq!(crm.calls(), 2);
}

#[tokio::test]
async fn wrong_credentials_ask_for_a_sign_in() {
    let server = Server::start(|_, _| Reply::new(401, "<html>no</html>")).await;
    let crm = server.crm();
    assert!(matches!(crm.check().await, Err(PortError::SignIn { .. })));
    let answers = crm.put(vec![create("<1@x>")]).await.unwrap();
    assert!(matches!(answers[0], Err(PortError::SignIn { .. })));
}

#[tokio::test]
async fn the_check_names_the_user_whatever_wraps_the_answer() {
    let user = json!({"UserID": "ANN", "TechnicalUserIndicator": false});
    for body in [
        json!({"d": {"results": user}}),
        json!({"d": {"results": [user]}}),
        json!({"d": {"IdentityGetLoggedInUserInfo": user}}),
        json!({"d": user}),
    ] {
        let server = Server::start(move |_, _| Reply::json(200, &body)).await;
        assert_eq!(server.crm().check().await.unwrap(), "ANN");
        assert_eq!(
            server.lines(),
            ["GET IdentityGetLoggedInUserInfo?$format=json"]
        );
    }
}

#[tokio::test]
async fn a_service_without_the_user_function_is_checked_by_its_service_document() {
    for status in [400, 404, 501] {
        let server = Server::start(move |_, number| match number {
            0 => Reply::error(status, "unknown"),
            _ => Reply::new(200, "<service xmlns='http://www.w3.org/2007/app'/>"),
        })
        .await;
        assert_eq!(server.crm().check().await.unwrap(), "ann");
        assert_eq!(server.lines()[1], "GET ?$format=json");
    }
}

#[tokio::test]
async fn an_address_that_is_no_service_is_told_apart() {
    for reply in [
        Reply::new(404, "nothing"),
        Reply::new(200, "<!DOCTYPE html><html>sign in</html>"),
        Reply::new(302, "").with("location", "https://elsewhere.example/"),
    ] {
        let server = Server::start(move |_, _| reply.clone()).await;
        let error = server.crm().check().await.unwrap_err();
        assert!(matches!(error, PortError::Blocked { .. }), "{error:?}");
    }
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let config = C4cConfig::new("http://crm.example/".parse().unwrap(), basic());
    let made = C4c::new(config, CallMeter::new(), Arc::new(LocalGate::default()));
    assert!(matches!(made.err(), Some(PortError::Blocked { .. })));
}
