//! The one way out: a bounded, counted HTTP client for all connectors.
//!
//! It sends, counts, bounds and classifies what happens to the connection. What a status means is the
//! connector's business. It never retries and never follows a redirect of a request that has a body.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, Method,
    header::{DATE, LOCATION, RETRY_AFTER},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Request, Response, redirect};
use ssi_domain::port::PortError;
use url::{Host, Url};

/// Redirects followed for one GET, at most.
const MAX_HOPS: usize = 5;

/// The longest pause a server can talk us into; a longer one is taken for a mistake.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// Counts every request that goes out, redirect hops included. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct CallMeter(Arc<AtomicU64>);

impl CallMeter {
    /// A meter that stands at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests counted so far.
    pub fn calls(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a request may change on the other side; decides how a cut connection is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Changes nothing: a cut connection is transient.
    Read,
    /// May change something: once it may have been sent, a cut connection leaves the outcome unknown.
    Write,
}

/// Bounds of every call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// Longest time to connect, TLS included.
    pub connect_timeout: Duration,
    /// Longest time of a call from sending to the last byte of the answer.
    pub call_timeout: Duration,
    /// Largest ordinary answer in bytes, counted after decompression.
    pub answer_limit: usize,
    /// Largest answer that carries bodies or attachments, in bytes after decompression.
    pub big_answer_limit: usize,
    /// Certificates (PEM) trusted beside the machine's own, for servers with a private authority.
    pub extra_roots_pem: Option<Vec<u8>>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(60),
            answer_limit: 16 << 20,
            big_answer_limit: 128 << 20,
            extra_roots_pem: None,
        }
    }
}

/// A client for one server. `target` only decides about proxies: a loopback address is never proxied.
///
/// Fails with `Blocked` when the extra certificates cannot be read or TLS cannot be set up.
pub fn client(config: &HttpConfig, target: &Url) -> Result<Client, PortError> {
    // A second installation answers with an error that says only: there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(config.connect_timeout)
        .timeout(config.call_timeout)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .gzip(true)
        .user_agent(concat!("ssi-sync/", env!("CARGO_PKG_VERSION")));
    if is_loopback(target) {
        builder = builder.no_proxy();
    }
    if let Some(pem) = &config.extra_roots_pem {
        let roots = reqwest::Certificate::from_pem_bundle(pem).map_err(|_| {
            blocked("the extra root certificates are not readable PEM; check the file")
        })?;
        builder = builder.tls_certs_merge(roots);
    }
    builder
        .build()
        .map_err(|error| blocked(format!("TLS set-up: {}", describe(&error))))
}

/// Whether the address is this machine, the only place plain http may go to.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Sends a request and answers with whatever status comes.
///
/// A GET or HEAD follows up to five redirects within the same host, never from https to http. Every
/// other redirect comes back as the answer, for the caller to report. `operation` names the call in
/// errors; URLs never appear there, their queries can hold addresses.
pub async fn send(
    client: &Client,
    request: Request,
    intent: Intent,
    meter: &CallMeter,
    operation: &str,
) -> Result<Response, PortError> {
    let mut request = request;
    for _ in 0..=MAX_HOPS {
        let again = match *request.method() {
            Method::GET | Method::HEAD => request.try_clone(),
            _ => None,
        };
        meter.count();
        let response = client
            .execute(request)
            .await
            .map_err(|error| connection_error(&error, intent, operation))?;
        let next = again.and_then(|mut next| {
            *next.url_mut() = allowed_redirect(&response)?;
            Some(next)
        });
        match next {
            Some(next) => request = next,
            None => return Ok(response),
        }
    }
    Err(PortError::transient(format!(
        "{operation}: more than {MAX_HOPS} redirects"
    )))
}

/// The address a redirect leads to; `None` when the answer is none.
pub fn redirect_target(response: &Response) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(location).ok()
}

fn allowed_redirect(response: &Response) -> Option<Url> {
    let target = redirect_target(response)?;
    let here = response.url();
    let same_host = target.host() == here.host();
    let same_scheme = target.scheme() == here.scheme()
        && target.port_or_known_default() == here.port_or_known_default();
    let upgrade = here.scheme() == "http" && target.scheme() == "https";
    (same_host && (same_scheme || upgrade)).then_some(target)
}

/// An answer read piece by piece, never more than its limit.
#[derive(Debug)]
pub struct BodyReader {
    response: Response,
    left: usize,
    limit: usize,
    intent: Intent,
    operation: String,
}

impl BodyReader {
    /// Reads the answer's body up to `limit` bytes (after decompression).
    pub fn new(response: Response, limit: usize, intent: Intent, operation: &str) -> Self {
        Self {
            response,
            left: limit,
            limit,
            intent,
            operation: operation.to_owned(),
        }
    }

    /// The next piece; `None` at the proper end. A cut body is an error, never an end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ReadError> {
        let piece = self.response.chunk().await.map_err(|error| {
            ReadError::Connection(connection_error(&error, self.intent, &self.operation))
        })?;
        let Some(piece) = piece else { return Ok(None) };
        match self.left.checked_sub(piece.len()) {
            Some(left) => self.left = left,
            None => return Err(ReadError::TooLarge { limit: self.limit }),
        }
        Ok(Some(piece))
    }

    /// The rest of the body in one piece.
    pub async fn all(mut self) -> Result<Bytes, ReadError> {
        let Some(first) = self.next().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.next().await? else {
            return Ok(first);
        };
        let mut whole = BytesMut::with_capacity((first.len() + second.len()) * 2);
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

/// Why an answer's body could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The connection broke or the time ran out.
    #[error(transparent)]
    Connection(PortError),
    /// The answer is larger than allowed. A smaller question may help.
    #[error("answer larger than {limit} bytes")]
    TooLarge {
        /// The bound in bytes.
        limit: usize,
    },
}

impl ReadError {
    /// The error for callers that cannot ask a smaller question.
    pub fn into_port(self, intent: Intent, operation: &str) -> PortError {
        match (self, intent) {
            (Self::Connection(error), _) => error,
            (Self::TooLarge { limit }, Intent::Read) => {
                PortError::answer(format!("{operation}: answer larger than {limit} bytes"))
            }
            (Self::TooLarge { limit }, Intent::Write) => PortError::Unknown {
                detail: format!("{operation}: answer larger than {limit} bytes"),
            },
        }
    }
}

/// Reads a whole body; see [`BodyReader`].
pub async fn read_body(
    response: Response,
    limit: usize,
    intent: Intent,
    operation: &str,
) -> Result<Bytes, PortError> {
    let reader = BodyReader::new(response, limit, intent, operation);
    reader
        .all()
        .await
        .map_err(|error| error.into_port(intent, operation))
}

/// What became of the connection, as what to do next.
///
/// A write that may have reached the server is `Unknown`; a connection never made is transient.
pub fn connection_error(error: &reqwest::Error, intent: Intent, operation: &str) -> PortError {
    let detail = format!("{operation}: {}", describe(error));
    if error.is_builder() {
        return PortError::Blocked { detail };
    }
    match intent {
        Intent::Write if !error.is_connect() => PortError::Unknown { detail },
        Intent::Read | Intent::Write => PortError::transient(detail),
    }
}

/// The pause a `Retry-After` header asks for (RFC 9110 10.2.3: seconds or an HTTP date), at least one
/// second, at most [`LONGEST_WAIT`]. `None` when the header is absent or unreadable.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_or(LONGEST_WAIT, SignedDuration::from_secs)
    } else {
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        at.duration_since(now)
    };
    Some(bounded_wait(asked))
}

/// When the answer was made, by the server's clock (`Date`, whole seconds).
pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text.trim())
        .ok()
        .map(|date| date.timestamp())
}

/// A pause within reason: at least one second, at most [`LONGEST_WAIT`].
pub fn bounded_wait(asked: SignedDuration) -> SignedDuration {
    asked.clamp(SignedDuration::from_secs(1), LONGEST_WAIT)
}

fn blocked(detail: impl Into<String>) -> PortError {
    PortError::Blocked {
        detail: detail.into(),
    }
}

/// Says what broke without the URL.
fn describe(error: &reqwest::Error) -> String {
    let what = match () {
        () if error.is_connect() && error.is_timeout() => "no connection in time",
        () if error.is_connect() => "no connection",
        () if error.is_timeout() => "no complete answer in time",
        () if error.is_decode() => "answer cannot be decompressed or is cut",
        () if error.is_body() => "body cut",
        () if error.is_builder() => "request cannot be built",
        () => "connection broke",
    };
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    match cause {
        Some(cause) => format!("{what} ({cause})"),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<i64> {
        let now: Timestamp = "2026-11-22T20:00:00Z".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_within_reason() {
        assert_eq!(asked("120"), Some(120));
        assert_eq!(asked(" 5 "), Some(5));
        assert_eq!(asked("0"), Some(1));
        assert_eq!(asked("99999999999999999999999"), Some(3600));
        assert_eq!(asked("86400"), Some(3600));
        assert_eq!(asked("Sun, 22 Nov 2026 20:01:30 GMT"), Some(90));
        assert_eq!(asked("Sun, 22 Nov 2020 20:01:30 GMT"), Some(1));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked(""), None);
        assert_eq!(asked("-3"), None);
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let check = |url: &str| is_loopback(&url.parse().unwrap());
        assert!(check("http://127.0.0.1:8080/"));
        assert!(check("http://[::1]/"));
        assert!(check("http://LOCALHOST/"));
        assert!(!check("http://localhost.example.com/"));
        assert!(!check("http://10.0.0.1/"));
    }
}
