//! `POST /c4c/events/{tenant}`: event notifications of a CRM tenant. What they say is a hint; who cannot prove to be
//! the tenant learns nothing, not even whether there is such a tenant.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{self, Body},
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use ssi_connectors::c4c::notices;
use ssi_domain::TenantId;
use ssi_engine::Engine;

use crate::auth::same;

/// Largest delivery, bytes. With an "enhanced payload" an event holds its changed fields.
const LARGEST: usize = 256 << 10;
/// Time a delivery may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// Deliveries of a tenant in one [`WINDOW`]; the feed comes by itself, so that what is refused is only later.
const MOST: u32 = 1_200;
const WINDOW: Duration = Duration::from_secs(60);

/// What the route needs.
#[derive(Clone)]
pub struct EventParts {
    engine: Engine,
    tenants: Arc<HashMap<String, Sender>>,
}

/// A tenant that may send.
struct Sender {
    secret: SecretString,
    window: Mutex<(Instant, u32)>,
}

impl EventParts {
    /// The tenants that send events, by the secret each shows. Without tenants everything is refused.
    pub fn new(engine: Engine, secrets: impl IntoIterator<Item = (String, SecretString)>) -> Self {
        let tenants = secrets.into_iter().map(|(tenant, secret)| {
            let window = Mutex::new((Instant::now(), 0));
            (tenant, Sender { secret, window })
        });
        Self {
            engine,
            tenants: Arc::new(tenants.collect()),
        }
    }
}

pub(super) fn router(parts: EventParts) -> Router {
    Router::new()
        .route("/c4c/events/{tenant}", post(take))
        .with_state(parts)
}

async fn take(
    State(parts): State<EventParts>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match deliver(&parts, &tenant, &headers, body).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refusal,
    }
}

async fn deliver(
    parts: &EventParts,
    tenant: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), Response> {
    let given = shown(headers).unwrap_or_default();
    let sender = parts.tenants.get(tenant);
    // An unknown tenant is compared too: the answer takes as long.
    let wanted = sender.map_or("", |sender| sender.secret.expose_secret());
    let proven = same(&given, wanted) && !wanted.is_empty();
    let Some(sender) = sender.filter(|_| proven) else {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"events\"")];
        return Err((StatusCode::UNAUTHORIZED, challenge).into_response());
    };
    if !sender.may_send(Instant::now()) {
        let text = "too many events; the changes are read by the schedule\n";
        return Err(later(StatusCode::TOO_MANY_REQUESTS, text));
    }
    let read = tokio::time::timeout(PATIENCE, body::to_bytes(body, LARGEST)).await;
    let body = match read {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let text = format!("a delivery of events may have {LARGEST} bytes\n");
            return Err((StatusCode::PAYLOAD_TOO_LARGE, text).into_response());
        }
        Err(_) => return Err(StatusCode::REQUEST_TIMEOUT.into_response()),
    };
    let notices = notices(&body)
        .map_err(|why| (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response())?;
    let tenant = TenantId::new(tenant);
    metrics::counter!("ssi_notices_total", "tenant" => tenant.as_str().to_owned())
        .increment(notices.len() as u64);
    parts
        .engine
        .notices(&tenant, &notices)
        .await
        .map_err(|error| {
            tracing::warn!(tenant = %tenant, %error, "notices of the CRM were not taken in; its changes are read by the schedule");
            later(StatusCode::SERVICE_UNAVAILABLE, "try again\n")
        })
}

/// The secret of the request: C4C sends user and password, a platform in between may send a token.
fn shown(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
    Some(pair.split_once(':')?.1.to_owned())
}

fn later(code: StatusCode, text: &'static str) -> Response {
    (code, [(header::RETRY_AFTER, "60")], text).into_response()
}

impl Sender {
    fn may_send(&self, now: Instant) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.0) >= WINDOW {
            *window = (now, 0);
        }
        window.1 = window.1.saturating_add(1);
        window.1 <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swarm_of_deliveries_is_refused_until_the_window_is_over() {
        let start = Instant::now();
        let sender = Sender {
            secret: SecretString::from("x"),
            window: Mutex::new((start, 0)),
        };
        let taken = (0..MOST + 5).filter(|_| sender.may_send(start)).count();
        assert_eq!(taken, MOST as usize);
        assert!(sender.may_send(start + WINDOW));
    }
}
