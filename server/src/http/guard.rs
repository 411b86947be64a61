//! Before and after every gRPC call: a place, a deadline, the caller; then one line of log and metrics.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::HeaderMap;
use tokio::sync::Semaphore;
use tonic::{Code, Status};

use super::deadline::timeout_of;
use crate::{
    config::ServerConfig,
    grpc::{Deadline, Handlers, Peer, authenticate, status},
};

/// What the guard decides by.
pub(super) struct Guard {
    handlers: Handlers,
    places: Arc<Semaphore>,
    longest: Duration,
}

impl Guard {
    pub(super) fn new(handlers: Handlers, server: &ServerConfig) -> Self {
        Self {
            handlers,
            places: Arc::new(Semaphore::new(server.max_requests)),
            longest: Duration::from_secs(server.max_call_seconds),
        }
    }
}

pub(super) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let path = request.uri().path().to_owned();
    let response = match admit(&guard, request, next).await {
        Ok(response) => response,
        Err(status) => status.into_http::<Body>(),
    };
    record(&path, response.headers(), started.elapsed());
    response
}

async fn admit(guard: &Guard, mut request: Request, next: Next) -> Result<Response, Status> {
    let limit = timeout_of(request.headers())
        .unwrap_or(guard.longest)
        .min(guard.longest);
    // Refused and not queued: a queue would only move the overload to where nobody sees it.
    let _place = guard.places.try_acquire().map_err(|_| {
        let message = "the server has too much to do; try again";
        status::retry(
            Code::ResourceExhausted,
            "throttled",
            message,
            Duration::from_secs(1),
        )
    })?;
    let deadline = tokio::time::Instant::now() + limit;
    let work = async {
        let peer = match is_forwarded(request.headers()) {
            // Behind a proxy the peer's address says nothing about the caller.
            true => None,
            false => request.extensions().get::<Peer>().map(|peer| peer.0),
        };
        if peer.is_none() {
            request.extensions_mut().remove::<Peer>();
        }
        let path = request.uri().path();
        let caller = authenticate(&guard.handlers, path, request.headers(), peer).await?;
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        request.extensions_mut().insert(Deadline(deadline));
        Ok(next.run(request).await)
    };
    // A stream is bounded only until its first byte; its handler ends it.
    match tokio::time::timeout_at(deadline, work).await {
        Ok(answer) => answer,
        Err(_) => Err(status::refuse(
            Code::DeadlineExceeded,
            "deadline_exceeded",
            "the call took longer than its deadline",
        )),
    }
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip", "via"]
        .iter()
        .any(|name| headers.contains_key(*name))
}

/// Counts the call. Labels are method and code only; unknown paths share one label, for anybody can send them.
fn record(path: &str, headers: &HeaderMap, took: Duration) {
    let code = headers
        .get("grpc-status")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("0");
    let code = code.parse().map_or(Code::Unknown, Code::from_i32);
    let method = match code {
        Code::Unimplemented => "unknown",
        _ => path,
    };
    let name = format!("{code:?}");
    metrics::counter!("ssi_requests_total", "method" => method.to_owned(), "code" => name.clone())
        .increment(1);
    metrics::histogram!("ssi_request_seconds", "method" => method.to_owned())
        .record(took.as_secs_f64());
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(method, code = name, duration_ms, "call answered");
}
