//! Every error class of the wire, and what the engine is told to do about it.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use ssi_connectors::{
    ews::{Credentials, Ews, EwsConfig, TokenSource},
    http::CallMeter,
};
use ssi_domain::{
    Cursor, FolderId, ItemId, Version,
    port::{BrokenSource, ItemWrite, Mailbox, PortError, Shape},
};

use crate::support::{Canned, Exchange, collections, failure, fault, message, response, success};

const SERVER_ERROR_PAGE: &str = "<!DOCTYPE html>\r\n<html><head><title>Server Error</title></head>\
     <body><h1>Server Error in '/EWS' Application.</h1><br></body></html>";

/// The error of `check` when the server gives this answer.
async fn check_error(answer: Canned) -> PortError {
    let server = Exchange::start([answer]).await;
    server.mailbox().check().await.expect_err("an error")
}

/// The outcome of one mark when the server gives this answer.
async fn mark_error(answer: Canned) -> PortError {
    let server = Exchange::start([answer]).await;
    match server.mailbox().put(&[mark("a")]).await {
        Ok(mut outcomes) => outcomes.remove(0).expect_err("an error"),
        Err(error) => error,
    }
}

fn mark(id: &str) -> ItemWrite {
    ItemWrite::Mark {
        item: ItemId::new(id),
        version: Version::new("ck"),
        categories: vec!["x".to_owned()],
        link: None,
    }
}

fn wait_seconds(error: &PortError) -> Option<i64> {
    match error {
        PortError::Wait { after, .. } => Some(after.as_secs()),
        _ => None,
    }
}

#[tokio::test]
async fn statuses_say_what_to_do() {
    let page = |status| Canned::status(status, SERVER_ERROR_PAGE);
    for (answer, code) in [
        (page(400), "unreadable_answer"),
        (page(401), "sign_in"),
        (page(403), "blocked"),
        (page(404), "blocked"),
        (page(405), "blocked"),
        (page(407), "blocked"),
        (page(408), "transient"),
        (page(413), "item_broken"),
        (page(429), "backend_wait"),
        (page(440), "sign_in"),
        (page(456), "blocked"),
        (page(500), "transient"),
        (page(502), "transient"),
        (page(503), "backend_wait"),
        (page(504), "transient"),
        (page(200), "transient"),
        (
            page(302).header("location", "/ews/genericerrorpage.htm?x=1"),
            "transient",
        ),
        (
            page(302).header("location", "https://h/owa/auth/logon.aspx"),
            "blocked",
        ),
        (
            page(301).header("location", "https://new.example.com/EWS/Exchange.asmx"),
            "blocked",
        ),
        (
            page(307).header("location", "/EWS/Exchange.asmx"),
            "blocked",
        ),
        (Canned::status(204, ""), "unreadable_answer"),
        (Canned::xml(""), "transient"),
        (Canned::xml("plain words"), "transient"),
        (Canned::xml("<a/>"), "unreadable_answer"),
        (
            Canned::xml(response("GetItem", &[success("")])),
            "unreadable_answer",
        ),
        (Canned::xml(response("GetFolder", &[])), "unreadable_answer"),
        (
            Canned::xml(response("GetFolder", &[success("")])),
            "unreadable_answer",
        ),
        (
            Canned::xml("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
            "unreadable_answer",
        ),
    ] {
        let status = answer.status;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let error = check_error(answer).await;
        assert_eq!(error.code(), code, "{status} {text:.60}: {error}");
    }
}

#[tokio::test]
async fn pauses_are_taken_from_the_server_and_kept_within_reason() {
    let busy = |pause| Canned::status(500, fault("ErrorServerBusy", pause));
    for (answer, seconds) in [
        (busy(Some("297749")), 298),
        (busy(Some("99999999999999")), 3600),
        (busy(Some("-5")), 11),
        (busy(Some("soon")), 11),
        (busy(None), 11),
        (Canned::xml(fault("ErrorServerBusy", Some("4000"))), 5),
        (Canned::status(503, "").header("retry-after", "120"), 120),
        (Canned::status(503, "").header("retry-after", "999999"), 3600),
        (Canned::status(503, ""), 10),
        (Canned::xml(response("GetFolder", &[failure("ErrorServerBusy")])), 11),
        (
            Canned::xml(response(
                "GetFolder",
                &[failure("ErrorInternalServerError")
                    .replace("Something.", "Inner error code: ErrorServerBusy.")],
            )),
            11,
        ),
        (
            Canned::xml(response(
                "GetFolder",
                &[failure("ErrorInternalServerError").replace(
                    "</MESSAGE>",
                    "<m:MessageXml><t:Value Name=\"InnerErrorResponseCode\">ErrorServerBusy</t:Value>\
                     <t:Value Name=\"BackOffMilliseconds\">30000</t:Value></m:MessageXml></MESSAGE>",
                )],
            )),
            31,
        ),
    ] {
        let error = check_error(answer).await;
        assert_eq!(wait_seconds(&error), Some(seconds), "{error}");
    }
}

#[tokio::test]
async fn codes_of_the_mailbox_say_what_to_do() {
    for (code, expected) in [
        ("ErrorAccessDenied", "blocked"),
        ("ErrorImpersonateUserDenied", "blocked"),
        ("ErrorImpersonationDenied", "blocked"),
        ("ErrorImpersonationFailed", "blocked"),
        ("ErrorNonExistentMailbox", "blocked"),
        ("ErrorFolderNotFound", "blocked"),
        ("ErrorPasswordExpired", "sign_in"),
        ("ErrorExceededConnectionCount", "backend_wait"),
        ("ErrorTimeoutExpired", "transient"),
        ("ErrorTooManyObjectsOpened", "transient"),
        ("ErrorInternalServerTransientError", "transient"),
        ("ErrorMailboxStoreUnavailable", "transient"),
        ("ErrorMailboxMoveInProgress", "transient"),
        ("ErrorMailboxFailover", "transient"),
        ("ErrorConnectionFailed", "transient"),
        ("ErrorADUnavailable", "transient"),
        ("ErrorNotEnoughMemory", "transient"),
        ("ErrorInternalServerError", "transient"),
        ("ErrorSomethingNobodyKnows", "transient"),
        ("ErrorSchemaValidation", "unreadable_answer"),
    ] {
        for answer in [
            Canned::status(500, fault(code, None)),
            Canned::xml(fault(code, None)),
            Canned::xml(response("GetFolder", &[failure(code)])),
        ] {
            let error = check_error(answer).await;
            let expected = match (code, &error) {
                // A fault is about no folder in particular.
                ("ErrorFolderNotFound", PortError::Gone { .. }) => "gone",
                _ => expected,
            };
            assert_eq!(error.code(), expected, "{code}: {error}");
        }
    }
}

#[tokio::test]
async fn codes_of_items_concern_that_item_only() {
    for (code, expected) in [
        ("ErrorItemNotFound", None),
        ("ErrorInvalidIdMalformed", None),
        ("ErrorInvalidIdMalformedEwsLegacyIdFormat", None),
        ("ErrorInvalidId", None),
        ("ErrorInvalidIdEmpty", None),
        ("ErrorCannotUseFolderIdForItemId", None),
        ("ErrorCorruptData", Some("item_broken")),
        ("ErrorContentConversionFailed", Some("item_broken")),
        ("ErrorMimeContentConversionFailed", Some("item_broken")),
        ("ErrorMessageSizeExceeded", Some("item_broken")),
        ("ErrorSomethingNobodyKnows", Some("item_broken")),
        ("ErrorMailboxStoreUnavailable", Some("transient")),
    ] {
        let messages = [
            success(&message("a", "")),
            failure(code),
            success(&message("c", "")),
        ];
        let server = Exchange::start([Canned::xml(response("GetItem", &messages))]).await;
        let ids = ["a", "b", "c"].map(ItemId::new);
        let items = server.mailbox().get(&ids, Shape::Headers).await.unwrap();
        assert_eq!(items[0].as_ref().unwrap().as_ref().unwrap().id, ids[0]);
        assert_eq!(items[2].as_ref().unwrap().as_ref().unwrap().id, ids[2]);
        match (&items[1], expected) {
            (Ok(None), None) => {}
            (Err(error), Some(expected)) => assert_eq!(error.code(), expected, "{code}"),
            (got, _) => panic!("{code}: {got:?}"),
        }
    }
}

/// Another user's item looks like none; a mailbox that is denied as a whole does not look empty.
#[tokio::test]
async fn a_denied_item_is_no_item_but_a_denied_mailbox_is_blocked() {
    let denied = Canned::xml(response("GetItem", &[failure("ErrorAccessDenied")]));
    let inbox = success("<m:Folders><t:Folder><t:FolderId Id=\"in\"/></t:Folder></m:Folders>");
    let open = Canned::xml(response("GetFolder", &[inbox]));
    let closed = Canned::xml(response("GetFolder", &[failure("ErrorAccessDenied")]));
    let ids = [ItemId::new("theirs")];
    let server = Exchange::start([denied.clone(), open, denied, closed]).await;
    let mailbox = server.mailbox();
    let items = mailbox.get(&ids, Shape::Headers).await.unwrap();
    assert!(matches!(items[0], Ok(None)));
    let error = mailbox.get(&ids, Shape::Headers).await.unwrap_err();
    assert_eq!(error.code(), "blocked");
}

/// Forged ids never reach the server when nothing real looks like them.
#[tokio::test]
async fn impossible_ids_are_no_items() {
    let server = Exchange::start([]).await;
    let ids = [ItemId::new(""), ItemId::new("x".repeat(100_000))];
    let items = server.mailbox().get(&ids, Shape::Full).await.unwrap();
    assert!(items.iter().all(|item| matches!(item, Ok(None))));
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn cursors_and_folders_can_be_lost() {
    for (code, expected) in [
        ("ErrorInvalidSyncStateData", "cursor_lost"),
        ("ErrorSyncFolderNotFound", "gone"),
        ("ErrorFolderNotFound", "gone"),
        ("ErrorItemNotFound", "gone"),
        ("ErrorAccessDenied", "blocked"),
    ] {
        let server =
            Exchange::start([Canned::xml(response("SyncFolderItems", &[failure(code)]))]).await;
        let cursor = Cursor::new("old");
        let error = server
            .mailbox()
            .changes(&FolderId::new("in"), Some(&cursor))
            .await
            .unwrap_err();
        assert_eq!(error.code(), expected, "{code}");
    }
}

#[tokio::test]
async fn writes_that_may_have_happened_are_unknown() {
    let page = |status| Canned::status(status, SERVER_ERROR_PAGE);
    let whole = response("UpdateItem", &[success(&message("a", ""))]);
    let half = whole.len() / 2;
    for (answer, expected) in [
        (page(500), "outcome_unknown"),
        (page(502), "outcome_unknown"),
        (page(200), "outcome_unknown"),
        (Canned::xml(""), "outcome_unknown"),
        (Canned::xml(&whole.as_bytes()[..half]), "outcome_unknown"),
        (
            Canned::xml(&whole.as_bytes()[..half]).cut(),
            "outcome_unknown",
        ),
        (
            Canned::xml(response("UpdateItem", &[failure("ErrorTimeoutExpired")])),
            "outcome_unknown",
        ),
        (Canned::status(503, ""), "backend_wait"),
        (page(401), "sign_in"),
        (
            Canned::status(500, fault("ErrorServerBusy", Some("1000"))),
            "backend_wait",
        ),
        (
            Canned::xml(response(
                "UpdateItem",
                &[failure("ErrorIrresolvableConflict")],
            )),
            "stale",
        ),
        (
            Canned::xml(response("UpdateItem", &[failure("ErrorStaleObject")])),
            "stale",
        ),
        (
            Canned::xml(response("UpdateItem", &[failure("ErrorChangeKeyRequired")])),
            "stale",
        ),
        (
            Canned::xml(response("UpdateItem", &[failure("ErrorInvalidChangeKey")])),
            "stale",
        ),
        (
            Canned::xml(response("UpdateItem", &[failure("ErrorObjectTypeChanged")])),
            "stale",
        ),
        (
            Canned::xml(response("UpdateItem", &[failure("ErrorItemNotFound")])),
            "gone",
        ),
        (
            Canned::xml(response("UpdateItem", &[failure("ErrorQuotaExceeded")])),
            "item_broken",
        ),
        (
            Canned::xml(response("UpdateItem", &[failure("ErrorAccessDenied")])),
            "blocked",
        ),
    ] {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let error = mark_error(answer).await;
        assert_eq!(error.code(), expected, "{text}: {error}");
    }
}

/// An error after some writes stands at the others; what was done stays known.
#[tokio::test]
async fn an_error_in_the_middle_of_a_put_keeps_what_was_done() {
    let first = response("UpdateItem", &[success(&message("a", ""))]);
    let server = Exchange::start([Canned::xml(first), Canned::status(502, "")]).await;
    let to = FolderId::new("sap");
    let moving = |id: &str| ItemWrite::Move {
        item: ItemId::new(id),
        to: to.clone(),
    };
    let writes = [mark("a"), moving("b"), moving("c"), mark("d")];
    let outcomes = server.mailbox().put(&writes).await.unwrap();
    let codes: Vec<&str> = outcomes
        .iter()
        .map(|one| one.as_ref().map_or_else(|error| error.code(), |_| "done"))
        .collect();
    assert_eq!(
        codes,
        ["done", "outcome_unknown", "outcome_unknown", "transient"]
    );
}

#[tokio::test]
async fn windows_sign_in_alone_tells_the_operator_what_to_enable() {
    let answer = Canned::status(401, "")
        .header("www-authenticate", "Negotiate")
        .header("www-authenticate", "NTLM");
    let error = check_error(answer).await;
    assert_eq!(error.code(), "blocked");
    assert!(error.to_string().contains("BasicAuthentication"), "{error}");
    let answer =
        Canned::status(401, "").header("www-authenticate", "Negotiate, NTLM, Basic realm=\"a\"");
    assert_eq!(check_error(answer).await.code(), "sign_in");
}

/// Answers with one token after the other.
struct Tokens;

#[async_trait::async_trait]
impl TokenSource for Tokens {
    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, PortError> {
        Ok(match refused {
            None => "first".into(),
            Some(token) => format!("after-{}", token.expose_secret()).into(),
        })
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let refused = || Canned::status(401, "").header("www-authenticate", "Bearer error=\"x\"");
    let server = Exchange::start([refused(), refused()]).await;
    let url = server.config().url;
    let credentials = Credentials::Bearer(std::sync::Arc::new(Tokens));
    let config = EwsConfig::new(url, credentials, "user@example.com");
    let mailbox = Ews::new(config, CallMeter::new()).unwrap();
    assert_eq!(mailbox.check().await.unwrap_err().code(), "sign_in");
    let tokens: Vec<String> = server
        .asked()
        .iter()
        .map(|asked| asked.headers["authorization"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(tokens, ["Bearer first", "Bearer after-first"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_or_silent_is_transient() {
    let server = Exchange::start([Canned::xml("<s:Env").hang(), Canned::xml("").hang()]).await;
    let mut config = server.config();
    config.http.call_timeout = Duration::from_millis(300);
    let mailbox = Ews::new(config.clone(), CallMeter::new()).unwrap();
    assert_eq!(mailbox.check().await.unwrap_err().code(), "transient");
    let outcome = mailbox.put(&[mark("a")]).await.unwrap_err();
    assert_eq!(outcome.code(), "outcome_unknown");
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    config.url.set_port(Some(port)).unwrap();
    let nobody = Ews::new(config, CallMeter::new()).unwrap();
    assert_eq!(nobody.check().await.unwrap_err().code(), "transient");
    // Never sent, so nothing can have happened.
    assert_eq!(
        nobody.put(&[mark("a")]).await.unwrap_err().code(),
        "transient"
    );
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let endless = [b"<s:Envelope>".to_vec(), vec![b' '; 2 << 20]].concat();
    let server = Exchange::start([Canned::xml(endless)]).await;
    let mut config = server.config();
    config.http.answer_limit = 1 << 20;
    let mailbox = Ews::new(config, CallMeter::new()).unwrap();
    let error = mailbox.check().await.unwrap_err();
    assert!(
        matches!(
            error,
            PortError::Broken {
                source_kind: BrokenSource::Answer,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn plain_http_goes_to_this_machine_only() {
    let server = Exchange::start([]).await;
    let mut config = server.config();
    config.url = "http://mail.example.com/EWS/Exchange.asmx".parse().unwrap();
    assert_eq!(
        Ews::new(config, CallMeter::new()).unwrap_err().code(),
        "blocked"
    );
}

/// No error text carries what stands in the mailbox.
#[tokio::test]
async fn error_texts_hold_no_content() {
    let secret = "Betreff: Kündigung anna@example.com";
    for answer in [
        Canned::xml(response(
            "GetFolder",
            &[failure("ErrorCorruptData").replace("Something.", secret)],
        )),
        Canned::xml(secret),
        Canned::status(500, secret),
        Canned::status(302, "").header("location", "https://h/x?u=anna@example.com"),
    ] {
        let error = check_error(answer).await.to_string();
        assert!(
            !error.contains("anna") && !error.contains("Betreff"),
            "{error}"
        );
    }
    let _ = collections();
}
