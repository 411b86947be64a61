//! A scripted OData server, and words to describe what it gets and gives.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    response::Response,
};
use http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use serde_json::{Value, json};
use ssi_connectors::{
    c4c::{C4c, C4cConfig, Credentials, LocalGate},
    http::CallMeter,
};
use ssi_domain::{
    Address, Kind, RecordId, RecordRef,
    port::{PartyHit, PartyRole, RecordParty},
};

/// A request as the server got it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    /// Path below the service root and decoded query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The requests inside a batch, in order.
    pub fn parts(&self) -> Vec<Seen> {
        let text = std::str::from_utf8(&self.body).unwrap();
        let mut parts = Vec::new();
        for piece in text.split("Content-Transfer-Encoding: binary\r\n").skip(1) {
            let (_, http) = piece.split_once("\r\n\r\n").unwrap_or(("", piece));
            let http = piece.strip_prefix("\r\n").unwrap_or(http);
            let (head, rest) = http.split_once("\r\n\r\n").unwrap();
            let mut lines = head.lines();
            let mut words = lines.next().unwrap().split(' ');
            let method = words.next().unwrap().parse().unwrap();
            let target = decoded(words.next().unwrap());
            assert_eq!(words.next(), Some("HTTP/1.1"));
            let mut headers = HeaderMap::new();
            for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
                let name: http::HeaderName = name.parse().unwrap();
                headers.insert(name, value.parse().unwrap());
            }
            let length = headers.get("content-length");
            let length = length.map_or(0, |length| length.to_str().unwrap().parse().unwrap());
            parts.push(Seen {
                method,
                target,
                headers,
                body: Bytes::copy_from_slice(&rest.as_bytes()[..length]),
            });
        }
        parts
    }

    pub fn is_batch(&self) -> bool {
        self.target == "$batch"
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    cut: bool,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            cut: false,
        }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string()).with("content-type", "application/json")
    }

    pub fn rows(rows: Value) -> Self {
        Self::json(200, &json!({"d": {"results": rows}}))
    }

    pub fn error(status: u16, message: &str) -> Self {
        let message = json!({"lang": "en", "value": message});
        Self::json(status, &json!({"error": {"code": "", "message": message}}))
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The connection breaks in the middle of the answer.
    pub fn cut() -> Self {
        Self {
            cut: true,
            ..Self::new(200, "")
        }
    }

    fn part(&self) -> String {
        let headers: String = self
            .headers
            .iter()
            .map(|(n, v)| format!("{n}: {v}\r\n"))
            .collect();
        let body = std::str::from_utf8(&self.body).unwrap();
        format!(
            "Content-Type: application/http\r\n\r\nHTTP/1.1 {} X\r\n{headers}\r\n{body}\r\n",
            self.status
        )
    }
}

/// Answers every read of a batch, and every write in a change set of its own, by `answer`; a refused write
/// stands in place of its change set, as the standard says.
pub fn batch(seen: &Seen, answer: impl Fn(&Seen) -> Reply) -> Reply {
    let mut body = String::new();
    for part in seen.parts() {
        let reply = answer(&part);
        let part_text = reply.part();
        if part.method == Method::GET || reply.status >= 400 {
            body.push_str(&format!("--ejjeeffe0\r\n{part_text}"));
        } else {
            body.push_str(&format!(
                "--ejjeeffe0\r\nContent-Type: multipart/mixed; boundary=ejjeeffe1\r\n\r\n\
                 --ejjeeffe1\r\n{part_text}--ejjeeffe1--\r\n\r\n"
            ));
        }
    }
    body.push_str("--ejjeeffe0--");
    Reply::new(202, body).with("content-type", "multipart/mixed; boundary=ejjeeffe0")
}

type Script = Arc<dyn Fn(&Seen, usize) -> Reply + Send + Sync>;

/// Who answers when a CSRF token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tokens {
    /// The server, by giving none; the question is not shown to the test.
    NeverGiven,
    /// The script.
    ByScript,
}

/// A running server and what it got so far.
#[derive(Clone)]
pub struct Server {
    pub url: url::Url,
    script: Script,
    tokens: Tokens,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Serves on a free loopback port; the script gets each request and its number, from 0. The service
    /// knows no CSRF tokens.
    pub async fn start(script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(Tokens::NeverGiven, Arc::new(script)).await
    }

    /// The same, with CSRF tokens given out by the script.
    pub async fn start_with_tokens(
        script: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::serve(Tokens::ByScript, Arc::new(script)).await
    }

    async fn serve(tokens: Tokens, script: Script) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self {
            url: format!("http://{address}/odata/").parse().unwrap(),
            script,
            tokens,
            seen: Arc::default(),
        };
        let app = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::max(64 << 20))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// What was asked, as `METHOD target` lines.
    pub fn lines(&self) -> Vec<String> {
        let seen = self.seen();
        seen.iter()
            .map(|seen| format!("{} {}", seen.method, seen.target))
            .collect()
    }

    pub fn config(&self) -> C4cConfig {
        C4cConfig::new(self.url.clone(), basic())
    }

    /// A connector to this server, with default settings.
    pub fn crm(&self) -> C4c {
        open(self.config())
    }
}

pub fn basic() -> Credentials {
    Credentials::Basic {
        user: "ann".into(),
        password: SecretString::from("secret"),
    }
}

pub fn open(config: C4cConfig) -> C4c {
    C4c::new(config, CallMeter::new(), Arc::new(LocalGate::default())).unwrap()
}

async fn answer(
    State(server): State<Server>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let whole = uri.path_and_query().unwrap().as_str();
    let target = decoded(whole.strip_prefix("/odata/").unwrap_or(whole));
    let seen = Seen {
        method,
        target,
        headers,
        body,
    };
    let asks_for_token = seen.header("x-csrf-token") == "fetch";
    let reply = if asks_for_token && server.tokens == Tokens::NeverGiven {
        Reply::rows(json!([]))
    } else {
        let number = {
            let mut all = server.seen.lock().unwrap();
            if !asks_for_token {
                all.push(seen.clone());
            }
            all.len().saturating_sub(1)
        };
        (server.script)(&seen, number)
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let body = if reply.cut {
        let broken = std::io::Error::other("cut");
        let pieces = [Ok(Bytes::from_static(b"{\"d\":")), Err(broken)];
        Body::from_stream(futures::stream::iter(pieces))
    } else {
        Body::from(reply.body)
    };
    response.body(body).unwrap()
}

pub const ID: &str = "00163E03A0701EE288BE9895233EBD27";
pub const UUID: &str = "00163E03-A070-1EE2-88BE-9895233EBD27";

pub fn record(kind: Kind, id: &str) -> RecordRef {
    RecordRef {
        kind,
        id: RecordId::new(id),
    }
}

pub fn hit(kind: Kind, id: &str, number: &str) -> PartyHit {
    PartyHit {
        number: number.into(),
        ..PartyHit::bare(record(kind, id))
    }
}

pub fn party(role: PartyRole, address: &str, party: Option<PartyHit>) -> RecordParty {
    RecordParty {
        role,
        address: Address {
            name: address.split('@').next().unwrap_or("").into(),
            address: address.into(),
        },
        main: role == PartyRole::Linked,
        party,
    }
}
