//! What each fault does to a call.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{HeaderValue, StatusCode, header};

use super::Fault;

/// Marker in a response's extensions: the serving loop drops the connection instead of answering.
#[derive(Clone, Copy, Debug)]
pub struct AbortConnection;

/// Address of the admin face that redirects to itself for ever.
pub(crate) const LOOP: &str = "/sandbox/loop";

const HTML: &str = "<!DOCTYPE html><html><head><title>Outlook</title></head>\
<body><h1>Something went wrong</h1><p>Please try again later.<br></body></html>";

/// Answers bigger than this are cut without being looked at; nothing the sandbox sends comes near.
const MAX_ANSWER: usize = 256 << 20;

/// Time for the first half of a cut answer to leave the machine.
const FLUSH: Duration = Duration::from_millis(20);

pub(super) async fn strike<W>(fault: Fault, face: &str, work: W) -> Response
where
    W: Future<Output = Response>,
{
    match fault {
        Fault::TimeoutAfterSuccess { close } => {
            let _unsent = work.await;
            if close {
                return abort();
            }
            std::future::pending().await
        }
        Fault::Unauthorized => {
            let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"sandbox\"")];
            (StatusCode::UNAUTHORIZED, challenge).into_response()
        }
        Fault::Unavailable503 { retry_after } => unavailable(retry_after),
        Fault::TruncatedAnswer => truncated(work.await).await,
        Fault::SlowAnswer { ms } => {
            let response = work.await;
            tokio::time::sleep(Duration::from_millis(ms)).await;
            response
        }
        Fault::ServerBusy { backoff_ms } if face == "ews" => {
            crate::faces::ews::server_busy(backoff_ms)
        }
        Fault::ServerBusy { backoff_ms } => unavailable(Some(backoff_ms.div_ceil(1000))),
        Fault::HtmlWith200 => {
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], HTML).into_response()
        }
        Fault::RedirectLoop => (StatusCode::FOUND, [(header::LOCATION, LOOP)]).into_response(),
        Fault::Crash => abort(),
        Fault::MalformedBody => malformed(work.await).await,
        Fault::Refused400 { message } => refused(StatusCode::BAD_REQUEST, &message),
        Fault::Forbidden403 => refused(StatusCode::FORBIDDEN, "Not authorized"),
    }
}

fn refused(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({
        "error": { "code": "", "message": { "lang": "en", "value": message } }
    });
    (status, axum::Json(body)).into_response()
}

fn abort() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(AbortConnection);
    response
}

fn unavailable(retry_after: Option<u64>) -> Response {
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response();
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Promises the whole length, sends half, then breaks.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, MAX_ANSWER).await else {
        return abort();
    };
    let half = bytes.slice(..bytes.len() / 2);
    parts.headers.insert(
        header::CONTENT_LENGTH,
        HeaderValue::from(bytes.len().max(1)),
    );
    let first = stream::once(std::future::ready(Ok::<Bytes, io::Error>(half)));
    let broken = stream::once(async {
        // The connection writes what it has only while the body makes it wait; an error at once would leave
        // the client without even a status line.
        tokio::time::sleep(FLUSH).await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    Response::from_parts(parts, Body::from_stream(first.chain(broken)))
}

/// Keeps status and type, sends half of the body as if it were all.
async fn malformed(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, MAX_ANSWER).await else {
        return abort();
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut cut = bytes[..bytes.len() / 2].to_vec();
    cut.extend_from_slice(b"\x00<&{\"");
    Response::from_parts(parts, Body::from(cut))
}
