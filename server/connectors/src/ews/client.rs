//! One EWS call: sign-in, headers, version step-down, and what HTTP itself says.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
};

use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use jiff::Timestamp;
use reqwest::{Client, Response};
use secrecy::{ExposeSecret, SecretString};
use ssi_domain::port::PortError;
use tokio::time::Instant;

use super::{
    config::{Credentials, EwsConfig},
    envelope::{self, Payload, Reply},
    failure::{CallError, Failure},
    plan::Plans,
    seen::Seen,
    status,
    version::ServerVersion,
    xml::{self, XmlError},
};
use crate::http::{self as out, BodyReader, CallMeter, Intent, ReadError};

/// Most bytes of an error page that are looked at for a SOAP fault.
const FAULT_LIMIT: usize = 256 << 10;

/// One mailbox on an Exchange server; implements [`ssi_domain::port::Mailbox`].
#[derive(Debug)]
pub struct Ews {
    http: Client,
    pub(super) config: EwsConfig,
    /// How items are read and written, by the tenant's mapping.
    pub(super) plans: Arc<Plans>,
    headers: HeaderMap,
    meter: CallMeter,
    version: AtomicU8,
    /// Cleared when the server refuses extra properties in a listing of changes.
    pub(super) hints_allowed: AtomicBool,
    /// Cleared when the server cannot answer with the properties a pulse is made of.
    pub(super) pulse_allowed: AtomicBool,
    /// Cleared when the server refuses to be asked for properties of several classes at once.
    pub(super) all_classes_allowed: AtomicBool,
    /// The classes of items read.
    pub(super) seen: Seen,
    /// How many items to ask for at once; shrinks when the server cannot keep up.
    pub(super) sizes: Sizes,
}

/// Batch sizes that have worked.
#[derive(Debug)]
pub(super) struct Sizes {
    pub(super) headers: AtomicUsize,
    pub(super) full: AtomicUsize,
    pub(super) changes: AtomicUsize,
}

/// What to send for one operation.
pub(super) struct Call<'a> {
    /// The operation's name, for errors.
    pub(super) operation: &'static str,
    /// Whether it may change the mailbox.
    pub(super) intent: Intent,
    /// The request body for a schema version.
    pub(super) body: &'a (dyn Fn(ServerVersion) -> String + Send + Sync),
}

/// How large an answer is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerSize {
    /// Ids and headers.
    Normal,
    /// Bodies.
    Big,
}

impl Ews {
    /// Prepares the connection; sends nothing yet. `meter` counts the HTTP requests of this mailbox.
    ///
    /// Fails with `Blocked` when the configuration cannot be used; the text names what to mend.
    pub fn new(config: EwsConfig, meter: CallMeter) -> Result<Self, PortError> {
        let blocked = |detail: &str| PortError::Blocked {
            detail: detail.to_owned(),
        };
        match config.url.scheme() {
            "https" => {}
            "http" if out::is_loopback(&config.url) => {}
            _ => {
                return Err(blocked(
                    "the EWS url must be https (plain http only on loopback)",
                ));
            }
        }
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/xml; charset=utf-8"),
        );
        headers.insert(ACCEPT, HeaderValue::from_static("text/xml"));
        let anchor = config.impersonate.as_ref().unwrap_or(&config.address);
        let anchor = HeaderValue::from_str(anchor)
            .map_err(|_| blocked("the mailbox address has characters no address can have"))?;
        headers.insert("X-AnchorMailbox", anchor);
        Ok(Self {
            http: out::client(&config.http, &config.url)?,
            headers,
            meter,
            version: AtomicU8::new(config.version.to_u8()),
            hints_allowed: AtomicBool::new(true),
            pulse_allowed: AtomicBool::new(true),
            all_classes_allowed: AtomicBool::new(true),
            seen: Seen::default(),
            sizes: Sizes {
                headers: AtomicUsize::new(100),
                full: AtomicUsize::new(50),
                changes: AtomicUsize::new(512),
            },
            plans: Plans::of(&config.tables),
            config,
        })
    }

    /// Requests sent so far.
    pub(super) fn requests(&self) -> u64 {
        self.meter.calls()
    }

    /// Asks and reads the whole answer: one result per response message.
    pub(super) async fn call<T: Payload>(
        &self,
        call: &Call<'_>,
        size: AnswerSize,
    ) -> Result<Vec<Result<T, Failure>>, CallError> {
        self.call_as(call, size, &T::default).await
    }

    /// The same, each message read into one of these.
    pub(super) async fn call_as<T: Payload>(
        &self,
        call: &Call<'_>,
        size: AnswerSize,
        make: &(dyn Fn() -> T + Send + Sync),
    ) -> Result<Vec<Result<T, Failure>>, CallError> {
        let (messages, _) = self.answered(call, size, make).await?;
        Ok(messages)
    }

    /// The same, with the time of the answer by the server's own clock.
    pub(super) async fn call_dated<T: Payload>(
        &self,
        call: &Call<'_>,
        size: AnswerSize,
    ) -> Result<(Vec<Result<T, Failure>>, Option<Timestamp>), CallError> {
        self.answered(call, size, &T::default).await
    }

    async fn answered<T: Payload>(
        &self,
        call: &Call<'_>,
        size: AnswerSize,
        make: &(dyn Fn() -> T + Send + Sync),
    ) -> Result<(Vec<Result<T, Failure>>, Option<Timestamp>), CallError> {
        loop {
            let started = Instant::now();
            let (response, version) = self.post(call, started).await?;
            let dated = out::date(response.headers());
            let limit = match size {
                AnswerSize::Normal => self.config.http.answer_limit,
                AnswerSize::Big => self.config.http.big_answer_limit,
            };
            let reader = BodyReader::new(response, limit, call.intent, call.operation);
            let bytes = reader
                .all()
                .await
                .map_err(|error| self.read_error(error, call, started))?;
            match parse(&bytes, call, make)? {
                Reply::Messages(messages) => match version_refusal(&messages) {
                    Some(failure) => self.after_fault(failure, version)?,
                    None => return Ok((messages, dated)),
                },
                Reply::Fault(fault) => self.after_fault(fault, version)?,
            }
        }
    }

    /// Asks and hands the answer over unread, at most `limit` bytes of it.
    pub(super) async fn call_streamed(
        &self,
        call: &Call<'_>,
        limit: usize,
    ) -> Result<(BodyReader, ServerVersion), CallError> {
        let (response, version) = self.post(call, Instant::now()).await?;
        let reader = BodyReader::new(response, limit, call.intent, call.operation);
        Ok((reader, version))
    }

    /// Steps down to an older schema version if the fault asks for it, so that the call can be repeated.
    pub(super) fn after_fault(
        &self,
        fault: Failure,
        asked: ServerVersion,
    ) -> Result<(), CallError> {
        let older = asked.older().filter(|_| fault.wants_older_version());
        let Some(older) = older else {
            return Err(CallError::Fault(fault));
        };
        tracing::debug!(
            version = older.name(),
            "exchange wants an older schema version"
        );
        self.version.fetch_min(older.to_u8(), Ordering::Relaxed);
        Ok(())
    }

    /// The schema version that works so far.
    pub(super) fn version(&self) -> ServerVersion {
        ServerVersion::from_u8(self.version.load(Ordering::Relaxed))
    }

    /// Sends until the answer has status 200; says which schema version was asked for in the end.
    async fn post(
        &self,
        call: &Call<'_>,
        started: Instant,
    ) -> Result<(Response, ServerVersion), CallError> {
        let mut refused: Option<SecretString> = None;
        loop {
            let version = self.version();
            let body = (call.body)(version);
            let envelope = envelope::write(version, self.config.impersonate.as_deref(), &body);
            let (authorization, token) = self.authorization(refused.as_ref()).await?;
            let request = self
                .http
                .post(self.config.url.clone())
                .headers(self.headers.clone())
                .header(AUTHORIZATION, authorization)
                .body(envelope)
                .build()
                .map_err(|_| port(PortError::answer("request cannot be built")))?;
            let response = out::send(
                &self.http,
                request,
                call.intent,
                &self.meter,
                call.operation,
            )
            .await
            .map_err(|error| self.slow_or(error, call.intent, started))?;
            if response.status() == StatusCode::OK {
                return Ok((response, version));
            }
            status::log(&response, call.operation);
            if response.status() == StatusCode::UNAUTHORIZED && refused.is_none() && token.is_some()
            {
                refused = token;
                continue;
            }
            let fault = self.refusal(response, call).await?;
            self.after_fault(fault, version)?;
        }
    }

    /// The fault in an answer that is not 200, or what the status means without one.
    async fn refusal(&self, response: Response, call: &Call<'_>) -> Result<Failure, CallError> {
        let meaning = status::meaning(&response, &self.config.credentials, call);
        if !response.status().is_server_error() && response.status() != StatusCode::BAD_REQUEST {
            return Err(port(meaning));
        }
        let reader = BodyReader::new(response, FAULT_LIMIT, call.intent, call.operation);
        let Ok(bytes) = reader.all().await else {
            return Err(port(meaning));
        };
        match envelope::read::<NoPayload>(&xml::decode(&bytes)) {
            Ok(Reply::Fault(fault)) => Ok(fault),
            _ => Err(port(meaning)),
        }
    }

    async fn authorization(
        &self,
        refused: Option<&SecretString>,
    ) -> Result<(HeaderValue, Option<SecretString>), CallError> {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let (text, token) = match &self.config.credentials {
            Credentials::Basic { user, password } => {
                let pair = format!("{user}:{}", password.expose_secret());
                (format!("Basic {}", BASE64_STANDARD.encode(pair)), None)
            }
            Credentials::Bearer(source) => {
                let token = source.token(refused).await.map_err(CallError::Port)?;
                (format!("Bearer {}", token.expose_secret()), Some(token))
            }
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            port(PortError::SignIn {
                detail: "the token has forbidden characters".to_owned(),
            })
        })?;
        value.set_sensitive(true);
        Ok((value, token))
    }

    pub(super) fn read_error(
        &self,
        error: ReadError,
        call: &Call<'_>,
        started: Instant,
    ) -> CallError {
        match (error, call.intent) {
            (ReadError::Connection(error), intent) => self.slow_or(error, intent, started),
            (error @ ReadError::TooLarge { .. }, Intent::Read) => {
                CallError::Smaller(error.into_port(Intent::Read, call.operation))
            }
            (error, intent) => CallError::Port(error.into_port(intent, call.operation)),
        }
    }

    /// A read that broke because the time ran out may succeed with less to read.
    fn slow_or(&self, error: PortError, intent: Intent, started: Instant) -> CallError {
        if intent == Intent::Read && started.elapsed() >= self.config.http.call_timeout {
            return CallError::Smaller(error);
        }
        CallError::Port(error)
    }
}

/// Reads an answer with status 200.
fn parse<T: Payload>(
    bytes: &[u8],
    call: &Call<'_>,
    make: &dyn Fn() -> T,
) -> Result<Reply<T>, CallError> {
    let text = xml::decode(bytes);
    match envelope::read_as(&text, make) {
        Ok(reply) => Ok(reply),
        Err(error) => Err(not_ews(&text, error, call)),
    }
}

/// The complaint when every entry says that the schema version is too new for this mailbox.
fn version_refusal<T>(messages: &[Result<T, Failure>]) -> Option<Failure> {
    let refused =
        |message: &Result<T, Failure>| message.as_ref().is_err_and(Failure::wants_older_version);
    let first = messages.iter().find_map(|message| message.as_ref().err())?;
    messages.iter().all(refused).then(|| first.clone())
}

/// What an answer with status 200 means that is no EWS answer.
pub(super) fn not_ews(text: &str, error: XmlError, call: &Call<'_>) -> CallError {
    if !xml::is_html(text) {
        return CallError::unreadable(error, call.operation, call.intent);
    }
    let detail = format!("{}: a web page instead of an answer", call.operation);
    port(match call.intent {
        Intent::Read => PortError::transient(detail),
        Intent::Write => PortError::Unknown { detail },
    })
}

fn port(error: PortError) -> CallError {
    CallError::Port(error)
}

/// For reading faults only.
#[derive(Debug, Default)]
pub(super) struct NoPayload;

impl Payload for NoPayload {
    const RESPONSE: &'static str = "";

    fn element(
        &mut self,
        _: &xml::Element<'_>,
        walker: &mut xml::Walker<'_>,
    ) -> Result<(), XmlError> {
        walker.skip()
    }
}
