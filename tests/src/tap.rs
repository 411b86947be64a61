//! A tap on the wire: passes requests on and keeps what was asked, so that tests can say what was never sent.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header};
use tokio::net::TcpListener;
use url::Url;

/// Largest body that is passed on, in bytes.
const LARGEST: usize = 64 << 20;

/// A request as it went by.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as far as it is text.
    pub body: String,
}

#[derive(Clone)]
struct Shared {
    target: Arc<Mutex<Option<Url>>>,
    seen: Arc<Mutex<Vec<Asked>>>,
    client: reqwest::Client,
}

/// A running tap.
pub struct Tap {
    here: Url,
    shared: Shared,
}

impl Tap {
    /// Opens one on a free port.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        // Another part of the test may have chosen one before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let shared = Shared {
            target: Arc::default(),
            seen: Arc::default(),
            client: reqwest::Client::new(),
        };
        let router = Router::new().fallback(pass).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let here = Url::parse(&format!("http://127.0.0.1:{port}/")).expect("an address");
        Self { here, shared }
    }

    /// The address at which something behind the tap is reached; all of it must live on one host.
    pub fn before(&self, url: &str) -> String {
        let target = Url::parse(url).expect("an address");
        let mut here = self.here.clone();
        here.set_path(target.path());
        *self.shared.target.lock().expect("not poisoned") = Some(target);
        here.into()
    }

    /// What went by since the last time it was taken.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.shared.seen.lock().expect("not poisoned"))
    }
}

async fn pass(State(shared): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, LARGEST).await.expect("a body");
    let mut url = shared
        .target
        .lock()
        .expect("not poisoned")
        .clone()
        .expect("something behind the tap");
    url.set_path(head.uri.path());
    url.set_query(head.uri.query());
    shared.seen.lock().expect("not poisoned").push(Asked {
        method: head.method.clone(),
        path: head.uri.to_string(),
        headers: head.headers.clone(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let mut headers = head.headers;
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let sent = shared.client.request(head.method, url);
    let Ok(answer) = sent.headers(headers).body(body).send().await else {
        let mut gone = Response::new(Body::empty());
        *gone.status_mut() = StatusCode::BAD_GATEWAY;
        return gone;
    };
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != header::TRANSFER_ENCODING && name != header::CONTENT_LENGTH {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.unwrap_or_default();
    response.body(Body::from(body)).expect("an answer")
}
