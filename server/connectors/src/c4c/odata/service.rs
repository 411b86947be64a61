//! Sends one request to the service: signs in, keeps cookies, carries the CSRF token, obeys the gate.

use std::sync::{Arc, Mutex, PoisonError};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, IF_MATCH},
};
use secrecy::{ExposeSecret, SecretString};
use ssi_domain::{
    Clock, SystemClock,
    port::{CallGate, Lane, PortError},
};
use url::Url;

use super::{cookie::Jar, fault::Fault, rope::Rope};
use crate::{
    c4c::config::{C4cConfig, Credentials, JsonMode},
    http::{BodyReader, CallMeter, Intent, ReadError, send},
};

const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const STRICT: HeaderName = HeaderName::from_static("odata-v2-strict-json-format");
const NO_PAYLOAD: HeaderName = HeaderName::from_static("odata-no-response-payload");

/// One request.
#[derive(Debug, Clone)]
pub(in crate::c4c) struct Call {
    pub(in crate::c4c) method: Method,
    /// Relative to the service root, percent-encoded.
    pub(in crate::c4c) path: String,
    pub(in crate::c4c) intent: Intent,
    pub(in crate::c4c) accept: &'static str,
    /// Content type and body.
    pub(in crate::c4c) body: Option<(String, Rope)>,
    pub(in crate::c4c) if_match: Option<String>,
    /// Whether the answer to a write should repeat it.
    pub(in crate::c4c) echo: bool,
    /// Names the call in errors.
    pub(in crate::c4c) operation: &'static str,
}

impl Call {
    pub(in crate::c4c) fn get(path: impl Into<String>, operation: &'static str) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            intent: Intent::Read,
            accept: "application/json",
            body: None,
            if_match: None,
            echo: true,
            operation,
        }
    }
}

/// Any complete answer, whatever its status.
#[derive(Debug, Clone)]
pub(in crate::c4c) struct Answer {
    pub(in crate::c4c) status: u16,
    pub(in crate::c4c) headers: HeaderMap,
    pub(in crate::c4c) body: Bytes,
}

impl Answer {
    pub(in crate::c4c) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(in crate::c4c) fn content_type(&self) -> &str {
        let value = self.headers.get(CONTENT_TYPE);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Whether a web page came where data was asked for: a sign-in or maintenance page.
    pub(in crate::c4c) fn is_page(&self) -> bool {
        let head = self.body.trim_ascii_start();
        let head = &head[..head.len().min(64)];
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        head.starts_with("<!doctype html") || head.starts_with("<html")
    }

    pub(in crate::c4c) fn fault(&self) -> Fault {
        Fault::read(self.status, &self.body)
    }

    /// The error this answer stands for, when it is no success.
    pub(in crate::c4c) fn error(&self, intent: Intent, operation: &str) -> PortError {
        self.fault().into_error(&self.headers, intent, operation)
    }
}

/// What is known about the CSRF token.
#[derive(Debug, Clone)]
enum Token {
    /// Never asked for.
    Unasked,
    /// The service gives none.
    None,
    /// The token to send.
    Have(HeaderValue),
}

/// One service, for one user.
pub(in crate::c4c) struct Service {
    client: reqwest::Client,
    root: Url,
    credentials: Credentials,
    json: JsonMode,
    answer_limit: usize,
    meter: CallMeter,
    gate: Arc<dyn CallGate>,
    jar: Mutex<Jar>,
    /// Held while a token is fetched, so that parallel writes fetch one together.
    token: tokio::sync::Mutex<Token>,
}

impl Service {
    pub(in crate::c4c) fn new(
        config: &C4cConfig,
        meter: CallMeter,
        gate: Arc<dyn CallGate>,
    ) -> Result<Self, PortError> {
        let mut root = config.base_url.clone();
        root.set_query(None);
        root.set_fragment(None);
        if !root.path().ends_with('/') {
            root.set_path(&format!("{}/", root.path()));
        }
        let secure = root.scheme() == "https";
        if !(secure || root.scheme() == "http" && crate::http::is_loopback(&root)) {
            return Err(PortError::Blocked {
                detail: "the C4C address must be https; plain http is for this machine only".into(),
            });
        }
        Ok(Self {
            client: crate::http::client(&config.http, &root)?,
            root,
            credentials: config.credentials.clone(),
            json: config.json,
            answer_limit: config.http.answer_limit,
            meter,
            gate,
            jar: Mutex::default(),
            token: tokio::sync::Mutex::new(Token::Unasked),
        })
    }

    pub(in crate::c4c) fn calls(&self) -> u64 {
        self.meter.calls()
    }

    /// The name we sign in with; empty for bearer tokens.
    pub(in crate::c4c) fn user(&self) -> String {
        match &self.credentials {
            Credentials::Basic { user, .. } => user.clone(),
            Credentials::Bearer(_) => String::new(),
        }
    }

    /// Headers that requests inside a batch carry as well, each line with its end.
    pub(in crate::c4c) fn inner_headers(&self) -> &'static str {
        match self.json {
            JsonMode::AsSent => "",
            JsonMode::Strict => "odata-v2-strict-json-format: true\r\n",
        }
    }

    /// A next link as an address relative to the root. Links to other servers are never followed: the
    /// request carries our credentials.
    pub(in crate::c4c) fn relative(&self, link: &str) -> Result<String, PortError> {
        let foreign = || PortError::answer("a next link leads out of the service");
        let url = self.root.join(link).map_err(|_| foreign())?;
        let same_origin = url.origin() == self.root.origin();
        // Behind a proxy that ends TLS a service takes itself for http; we stay on https all the same.
        let unaware = url.scheme() == "http"
            && self.root.scheme() == "https"
            && url.host() == self.root.host()
            && url.port().is_none()
            && self.root.port().is_none();
        let path = url.path().strip_prefix(self.root.path());
        let path = path
            .filter(|_| same_origin || unaware)
            .ok_or_else(foreign)?;
        Ok(match url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        })
    }

    /// Sends a call and answers with whatever status comes. Refreshes a refused bearer token and a
    /// refused CSRF token once each.
    pub(in crate::c4c) async fn call(&self, lane: Lane, call: Call) -> Result<Answer, PortError> {
        let writes = call.method != Method::GET;
        let mut token = if writes {
            self.token(lane).await?
        } else {
            Token::None
        };
        let mut bearer = None;
        let mut retried = (false, false);
        loop {
            let auth = self.authorization(bearer.as_ref()).await?;
            let answer = self.once(lane, &call, &token, &auth).await?;
            if answer.status == 401
                && !retried.0
                && let Auth::Bearer(refused) = auth
            {
                retried.0 = true;
                bearer = Some(refused);
                continue;
            }
            if writes && !retried.1 && wants_token(&answer, &token) {
                retried.1 = true;
                token = self.new_token(lane, &token).await?;
                if matches!(token, Token::Have(_)) {
                    continue;
                }
            }
            return Ok(answer);
        }
    }

    async fn once(
        &self,
        lane: Lane,
        call: &Call,
        token: &Token,
        auth: &Auth,
    ) -> Result<Answer, PortError> {
        let request = self.request(call, token, auth)?;
        // Held until the last byte is read: the server works on it as long.
        let _pass = self.gate.enter(lane).await?;
        let response = send(
            &self.client,
            request,
            call.intent,
            &self.meter,
            call.operation,
        )
        .await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        self.jar().learn(&headers, SystemClock.now());
        let reader = BodyReader::new(response, self.answer_limit, call.intent, call.operation);
        let body = match reader.all().await {
            Ok(body) => body,
            // What was written is known; an echo too large to keep adds nothing.
            Err(ReadError::TooLarge { .. }) if status == 201 => Bytes::new(),
            Err(error) => return Err(error.into_port(call.intent, call.operation)),
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn request(
        &self,
        call: &Call,
        token: &Token,
        auth: &Auth,
    ) -> Result<reqwest::Request, PortError> {
        let unsendable =
            || PortError::item(format!("{}: the request cannot be built", call.operation));
        // Joined by hand: keys may hold colons, which a URL would take for a scheme.
        let url = format!("{}{}", self.root, call.path);
        let url = Url::parse(&url).map_err(|_| unsendable())?;
        let mut request = reqwest::Request::new(call.method.clone(), url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static(call.accept));
        headers.insert(AUTHORIZATION, auth.header()?);
        if self.json == JsonMode::Strict {
            headers.insert(STRICT, HeaderValue::from_static("true"));
        }
        if !call.echo {
            headers.insert(NO_PAYLOAD, HeaderValue::from_static("true"));
        }
        if let Token::Have(token) = token {
            headers.insert(CSRF, token.clone());
        }
        if let Some(cookies) = self.jar().header() {
            headers.insert(COOKIE, cookies);
        }
        if let Some(tag) = &call.if_match {
            headers.insert(
                IF_MATCH,
                HeaderValue::from_str(tag).map_err(|_| unsendable())?,
            );
        }
        if let Some((kind, body)) = &call.body {
            let kind = HeaderValue::from_str(kind).map_err(|_| unsendable())?;
            headers.insert(CONTENT_TYPE, kind);
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            *request.body_mut() = Some(body.clone().into_body());
        }
        Ok(request)
    }

    /// The token to start with. Business users need one, so they ask before their first write; for
    /// bearer tokens none is needed, and a service that wants one all the same will say so.
    async fn token(&self, lane: Lane) -> Result<Token, PortError> {
        let mut token = self.token.lock().await;
        if matches!(*token, Token::Unasked) && matches!(self.credentials, Credentials::Basic { .. })
        {
            *token = self.fetch_token(lane).await?;
        }
        Ok(token.clone())
    }

    /// Another token than the one refused.
    async fn new_token(&self, lane: Lane, refused: &Token) -> Result<Token, PortError> {
        let mut token = self.token.lock().await;
        let same = match (&*token, refused) {
            (Token::Have(known), Token::Have(refused)) => known == refused,
            (Token::Have(_), _) => false,
            _ => true,
        };
        if same {
            *token = self.fetch_token(lane).await?;
        }
        Ok(token.clone())
    }

    /// Asks at the service root; child collections answer such a question with a server error.
    async fn fetch_token(&self, lane: Lane) -> Result<Token, PortError> {
        let auth = self.authorization(None).await?;
        let ask = Token::Have(HeaderValue::from_static("fetch"));
        let call = Call::get("?$format=json", "csrf token");
        let answer = self.once(lane, &call, &ask, &auth).await?;
        match answer.status {
            401 | 429 | 503 => return Err(answer.error(Intent::Read, call.operation)),
            _ => {}
        }
        let given = answer.headers.get(&CSRF).filter(|value| {
            let word = value.as_bytes().trim_ascii();
            !word.is_empty()
                && !word.eq_ignore_ascii_case(b"required")
                && !word.eq_ignore_ascii_case(b"fetch")
        });
        Ok(match given {
            Some(value) => {
                let mut value = value.clone();
                value.set_sensitive(true);
                Token::Have(value)
            }
            None => Token::None,
        })
    }

    async fn authorization(&self, refused: Option<&SecretString>) -> Result<Auth, PortError> {
        Ok(match &self.credentials {
            Credentials::Basic { user, password } => {
                let pair = format!("{user}:{}", password.expose_secret());
                Auth::Basic(STANDARD.encode(pair).into())
            }
            Credentials::Bearer(source) => Auth::Bearer(source.token(refused).await?),
        })
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What goes into the `Authorization` header.
enum Auth {
    Basic(SecretString),
    Bearer(SecretString),
}

impl Auth {
    fn header(&self) -> Result<HeaderValue, PortError> {
        let text = match self {
            Self::Basic(pair) => format!("Basic {}", pair.expose_secret()),
            Self::Bearer(token) => format!("Bearer {}", token.expose_secret()),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| PortError::SignIn {
            detail: "the C4C token has characters no header can carry".into(),
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Whether a refused write may pass with a (new) CSRF token: the service says so, or no token was ever
/// asked for and the refusal has no better reason.
fn wants_token(answer: &Answer, sent: &Token) -> bool {
    if answer.status != 403 {
        return false;
    }
    let required = answer.headers.get(&CSRF).is_some_and(|value| {
        value
            .as_bytes()
            .trim_ascii()
            .eq_ignore_ascii_case(b"required")
    });
    let says = || answer.fault().message.to_lowercase().contains("csrf");
    required || matches!(sent, Token::Unasked) || says()
}
