//! The EWS face and the fault layer over real HTTP, spoken to byte by byte.

mod calendar;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::exchange::Settings;
use crate::mail::{Destination, deliver};
use crate::xml::Element;
use crate::{Fault, FaultRule, GatePoint, GateRule, Sandbox, WorldConfig};

/// Status line and body of an answer; `None` when the connection ended without one.
type Answer = Option<(u16, String, String)>;

async fn sandbox() -> Sandbox {
    Sandbox::start(WorldConfig::default())
        .await
        .expect("a free loopback port")
}

async fn send(sandbox: &Sandbox, login: &str, envelope: &str) -> Answer {
    let mut stream = TcpStream::connect(sandbox.address())
        .await
        .expect("a listening sandbox");
    let credentials = STANDARD.encode(format!("{login}:{login}-secret"));
    let request = format!(
        "POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\n\
Content-Type: text/xml\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{envelope}",
        envelope.len()
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the request goes out");
    let mut answer = Vec::new();
    let whole = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer));
    let ended = whole
        .await
        .expect("an answer or an end within the time limit");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let promised = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let promised = promised.and_then(|length| length.parse::<usize>().ok());
    assert!(ended.is_ok() || promised.is_none_or(|length| length > body.len()));
    let cut = promised.is_some_and(|length| length > body.len());
    Some((
        status,
        head.to_owned(),
        if cut {
            format!("CUT{body}")
        } else {
            body.to_owned()
        },
    ))
}

fn envelope(header: &str, body: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:q=\"urn:t\">\
<soap:Header>{header}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    )
}

const GET_INBOX: &str = "<GetFolder><FolderShape><q:BaseShape>Default</q:BaseShape></FolderShape>\
<FolderIds><q:DistinguishedFolderId Id=\"inbox\"/></FolderIds></GetFolder>";

async fn call(sandbox: &Sandbox, login: &str, header: &str, body: &str) -> Element {
    let (_, _, body) = send(sandbox, login, &envelope(header, body))
        .await
        .expect("an answer");
    Element::parse(body.as_bytes()).expect("an envelope")
}

/// Every response code in an answer, in order; also those of faults.
fn codes(element: &Element) -> Vec<String> {
    let own = (element.name == "ResponseCode").then(|| element.text.trim().to_owned());
    own.into_iter()
        .chain(element.children.iter().flat_map(codes))
        .collect()
}

fn find<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    if element.name == name {
        return Some(element);
    }
    element.children.iter().find_map(|child| find(child, name))
}

fn impersonate(address: &str) -> String {
    format!(
        "<q:ExchangeImpersonation><q:ConnectingSID><q:PrimarySmtpAddress>{address}\
</q:PrimarySmtpAddress></q:ConnectingSID></q:ExchangeImpersonation>"
    )
}

#[tokio::test]
async fn strangers_are_challenged_and_impersonation_is_checked() {
    let sandbox = sandbox().await;
    let (status, head, _) = send(&sandbox, "nobody", &envelope("", GET_INBOX))
        .await
        .unwrap();
    assert_eq!(status, 401);
    assert!(
        head.to_lowercase()
            .contains("www-authenticate: basic realm="),
        "{head}"
    );
    let code = async |login: &str, header: &str| {
        codes(&call(&sandbox, login, header, GET_INBOX).await).remove(0)
    };
    assert_eq!(code("anna", "").await, "NoError");
    assert_eq!(
        code("svc-sync", &impersonate("BERND@sandbox.example")).await,
        "NoError"
    );
    assert_eq!(code("svc-sync", "").await, "ErrorMissingEmailAddress");
    assert_eq!(
        code("svc-sync", &impersonate("x@y.example")).await,
        "ErrorNonExistentMailbox"
    );
    let denied = impersonate("bernd@sandbox.example");
    assert_eq!(code("anna", &denied).await, "ErrorImpersonateUserDenied");
    let old = "<q:RequestServerVersion Version=\"Exchange2016\"/>";
    assert_eq!(code("anna", old).await, "NoError");
    "Exchange2010_SP2".clone_into(&mut sandbox.world().exchange().settings_mut().newest_version);
    assert_eq!(code("anna", old).await, "ErrorInvalidServerVersion");
}

#[tokio::test]
async fn unreadable_requests_get_a_schema_fault() {
    let sandbox = sandbox().await;
    let deep = "<a>".repeat(100_000);
    let bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>";
    for request in [
        "",
        "<",
        "{}",
        deep.as_str(),
        bomb,
        &envelope("", ""),
        &envelope("", "<Nonsense/>"),
    ] {
        let (status, _, body) = send(&sandbox, "anna", request).await.unwrap();
        assert_eq!(status, 500);
        assert!(body.contains("<e:ResponseCode xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">ErrorSchemaValidation</e:ResponseCode>"), "{body}");
    }
    assert_eq!(
        codes(&call(&sandbox, "anna", "", GET_INBOX).await),
        ["NoError"]
    );
}

fn put_mail(sandbox: &Sandbox) -> String {
    let to = Destination {
        mailbox: "anna@sandbox.example",
        folder: "inbox",
        categories: &[],
    };
    let raw = bytes::Bytes::from_static(
        b"From: k@x.example\r\nTo: anna@sandbox.example\r\nSubject: Hallo\r\nMessage-ID: <1@x>\r\n\r\nHi",
    );
    deliver(sandbox.world(), &to, &raw)
        .expect("Anna has an inbox")
        .item_id
}

fn get(id: &str) -> String {
    format!(
        "<GetItem><ItemShape><q:BaseShape>IdOnly</q:BaseShape></ItemShape><ItemIds>\
<q:ItemId Id=\"{id}\"/></ItemIds></GetItem>"
    )
}

fn set_category(id: &str, change_key: Option<&str>, resolution: &str, category: &str) -> String {
    let key = change_key
        .map(|key| format!(" ChangeKey=\"{key}\""))
        .unwrap_or_default();
    format!(
        "<UpdateItem ConflictResolution=\"{resolution}\"><ItemChanges><q:ItemChange><q:ItemId Id=\"{id}\"{key}/>\
<q:Updates><q:SetItemField><q:FieldURI FieldURI=\"item:Categories\"/><q:Message><q:Categories>\
<q:String>{category}</q:String></q:Categories></q:Message></q:SetItemField></q:Updates></q:ItemChange>\
</ItemChanges></UpdateItem>"
    )
}

#[tokio::test]
async fn an_old_change_key_is_a_conflict_unless_the_client_insists() {
    let sandbox = sandbox().await;
    let id = put_mail(&sandbox);
    let read = call(&sandbox, "anna", "", &get(&id)).await;
    let old = find(&read, "ItemId")
        .and_then(|id| id.attribute("ChangeKey"))
        .unwrap()
        .to_owned();
    let update = async |key: Option<&str>, resolution: &str, category: &str| {
        let request = set_category(&id, key, resolution, category);
        codes(&call(&sandbox, "anna", "", &request).await).remove(0)
    };
    assert_eq!(update(Some(&old), "NeverOverwrite", "one").await, "NoError");
    assert_eq!(
        update(Some(&old), "NeverOverwrite", "two").await,
        "ErrorIrresolvableConflict"
    );
    assert_eq!(
        update(Some(&old), "AutoResolve", "two").await,
        "ErrorIrresolvableConflict"
    );
    assert_eq!(
        update(None, "AutoResolve", "two").await,
        "ErrorChangeKeyRequiredForWriteOperations"
    );
    assert_eq!(
        update(Some("bm8="), "AutoResolve", "two").await,
        "ErrorInvalidChangeKey"
    );
    assert_eq!(update(None, "AlwaysOverwrite", "three").await, "NoError");
    let exchange = sandbox.world().exchange();
    let item = exchange
        .mailbox("anna@sandbox.example")
        .unwrap()
        .by_message_id("<1@x>")
        .next()
        .unwrap();
    assert_eq!(item.data.categories(), ["three"]);
}

#[tokio::test]
async fn each_id_of_a_batch_is_answered_for_itself() {
    let sandbox = sandbox().await;
    let id = put_mail(&sandbox);
    let folder = sandbox
        .world()
        .exchange()
        .mailbox("anna@sandbox.example")
        .unwrap()
        .folder_id(4);
    let request = format!(
        "<GetItem><ItemShape><q:BaseShape>Default</q:BaseShape></ItemShape><ItemIds><q:ItemId Id=\"{id}\"/>\
<q:ItemId Id=\"\"/><q:ItemId Id=\"nonsense\"/><q:ItemId Id=\"{folder}\"/><q:ItemId Id=\"{id}\"/></ItemIds></GetItem>"
    );
    let answer = call(&sandbox, "anna", "", &request).await;
    let expected = [
        "NoError",
        "ErrorInvalidIdEmpty",
        "ErrorInvalidIdMalformed",
        "ErrorCannotUseItemIdForFolderId",
        "NoError",
    ];
    assert_eq!(codes(&answer), expected);
    assert_eq!(
        find(&answer, "Subject").map(|subject| subject.text.as_str()),
        Some("Hallo")
    );
    let foreign = call(&sandbox, "bernd", "", &get(&id)).await;
    assert_eq!(
        codes(&foreign),
        ["ErrorItemNotFound"],
        "somebody else's id opens nothing"
    );
}

#[tokio::test]
async fn faults_strike_the_calls_they_were_set_for() {
    let sandbox = sandbox().await;
    let id = put_mail(&sandbox);
    let strike = |operation: &str, fault: Fault| {
        sandbox
            .world()
            .faults()
            .add(FaultRule::once("ews", operation, fault));
    };
    let ask = async || send(&sandbox, "anna", &envelope("", GET_INBOX)).await;
    strike("GetFolder", Fault::Crash);
    assert!(ask().await.is_none());
    strike("GetFolder", Fault::Unauthorized);
    assert_eq!(ask().await.unwrap().0, 401);
    strike(
        "GetFolder",
        Fault::Unavailable503 {
            retry_after: Some(7),
        },
    );
    let (status, head, _) = ask().await.unwrap();
    assert!(status == 503 && head.contains("retry-after: 7"), "{head}");
    strike("GetFolder", Fault::ServerBusy { backoff_ms: 4321 });
    let (status, _, body) = ask().await.unwrap();
    assert!(status == 500 && body.contains("<t:Value Name=\"BackOffMilliseconds\">4321</t:Value>"));
    strike("GetFolder", Fault::HtmlWith200);
    let (status, _, body) = ask().await.unwrap();
    assert!(status == 200 && body.contains("<html>"));
    strike("GetFolder", Fault::RedirectLoop);
    let (status, head, _) = ask().await.unwrap();
    assert!(
        status == 302 && head.contains("location: /sandbox/loop"),
        "{head}"
    );
    strike("GetFolder", Fault::TruncatedAnswer);
    let (status, _, body) = ask().await.unwrap();
    assert!(status == 200 && body.starts_with("CUT"), "{body}");
    strike("GetFolder", Fault::MalformedBody);
    let (status, _, body) = ask().await.unwrap();
    assert!(status == 200 && Element::parse(body.as_bytes()).is_err());
    strike("GetFolder", Fault::SlowAnswer { ms: 1 });
    assert_eq!(ask().await.unwrap().0, 200);

    strike("UpdateItem", Fault::TimeoutAfterSuccess { close: true });
    let update = envelope("", &set_category(&id, None, "AlwaysOverwrite", "done"));
    assert!(send(&sandbox, "anna", &update).await.is_none());
    {
        let exchange = sandbox.world().exchange();
        let anna = exchange.mailbox("anna@sandbox.example").unwrap();
        assert_eq!(
            anna.by_message_id("<1@x>")
                .next()
                .unwrap()
                .data
                .categories(),
            ["done"]
        );
    }
    assert_eq!(
        ask().await.unwrap().0,
        200,
        "every rule struck once and is spent"
    );
    let calls = sandbox.world().calls();
    assert_eq!(calls[&("ews".to_owned(), "GetFolder".to_owned())], 10);
    assert_eq!(
        sandbox.world().effects().last().unwrap().1.operation,
        "UpdateItem"
    );
}

#[tokio::test]
async fn a_gate_holds_a_call_before_or_after_its_work() {
    let sandbox = sandbox().await;
    let id = put_mail(&sandbox);
    for (point, already_done) in [(GatePoint::Before, false), (GatePoint::After, true)] {
        let faults = sandbox.world().faults();
        let rule = GateRule {
            face: Some("ews".to_owned()),
            operation: Some("UpdateItem".to_owned()),
            nth: 1,
            point,
        };
        let gate = faults.add_gate(rule);
        let category = format!("{point:?}");
        let update = envelope("", &set_category(&id, None, "AlwaysOverwrite", &category));
        let done = || {
            let exchange = sandbox.world().exchange();
            let anna = exchange.mailbox("anna@sandbox.example").unwrap();
            let item = anna.by_message_id("<1@x>").next().unwrap();
            item.data.categories() == [category.clone()]
        };
        let release = async {
            faults.gate_reached(gate).await;
            assert_eq!(done(), already_done, "{point:?}");
            assert_eq!(faults.gate(gate).unwrap().arrived, 1);
            assert!(faults.release_gate(gate));
        };
        let (answer, ()) = tokio::join!(send(&sandbox, "anna", &update), release);
        assert_eq!(answer.unwrap().0, 200);
        assert!(done() && !faults.release_gate(gate));
    }
}

#[tokio::test]
async fn a_server_that_is_always_busy_now_and_then_says_how_long_to_wait() {
    let exchange = Settings {
        busy_every: 3,
        busy_backoff_ms: 250,
        ..Settings::default()
    };
    let config = WorldConfig {
        exchange,
        ..WorldConfig::default()
    };
    let sandbox = Sandbox::start(config).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push(codes(&call(&sandbox, "anna", "", GET_INBOX).await).remove(0));
    }
    let expected = [
        "NoError",
        "NoError",
        "ErrorServerBusy",
        "NoError",
        "NoError",
        "ErrorServerBusy",
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_stopped_sandbox_answers_nobody() {
    let sandbox = sandbox().await;
    let address = sandbox.address();
    assert_eq!(
        codes(&call(&sandbox, "anna", "", GET_INBOX).await),
        ["NoError"]
    );
    drop(sandbox);
    // Dropping aborts the accepting task; the port is closed as soon as the runtime has run it once more.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
