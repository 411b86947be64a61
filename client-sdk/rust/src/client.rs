//! The connection, and how it is set up.

use std::{sync::Arc, time::Duration};

use http::Uri;
use secrecy::SecretString;
use ssi_proto::v1::Caller;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use uuid::Uuid;

use crate::{
    AddIn, Error, IdentityToken, People, Records, RetryPolicy, Session, Sync, TokenSource,
    auth::{self, Auth},
    call::Core,
};

/// Time for a whole call, repeats and waits included, unless set otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);
/// A host that does not answer the handshake within this is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Below the idle limits of common load balancers (60 s and more), so that watching survives them.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// A connection to a server. Cloning is cheap; clones share the connection and the session token.
#[derive(Clone)]
pub struct Client {
    core: Arc<Core>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// Connects with default settings, for instance to `https://ssi.example.com`.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address that cannot be used, [`Error::Connect`] when nobody
    /// answers there.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Self::builder(url).connect().await
    }

    /// Starts to set up a connection.
    pub fn builder(url: &str) -> Builder {
        Builder {
            url: url.to_owned(),
            source: None,
            retry: RetryPolicy::default(),
            timeout: TIMEOUT,
            ca: None,
            plain_http: PlainHttp::LoopbackOnly,
            request_ids: Box::new(|| Uuid::new_v4().to_string()),
        }
    }

    /// Exchanges an identity token for a session token, which all later calls of this client and its
    /// clones carry.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `token_invalid`, `token_expired` or `not_enrolled`.
    pub async fn sign_in(&self, token: IdentityToken) -> Result<Caller, Error> {
        self.core.sign_in(token).await
    }

    /// Uses a session token that somebody else obtained.
    pub async fn use_session_token(&self, token: impl Into<String>) {
        let mut current = self.core.auth.current.lock().await;
        auth::replace(&mut current, SecretString::from(token.into()));
    }

    /// Who am I.
    pub fn session(&self) -> Session {
        Session::new(self.core.clone())
    }

    /// What the add-in does: states, cards, saving, tracking.
    pub fn add_in(&self) -> AddIn {
        AddIn::new(self.core.clone())
    }

    /// Finding and reading CRM records.
    pub fn records(&self) -> Records {
        Records::new(self.core.clone())
    }

    /// Blocklists, created parties and offered links.
    pub fn people(&self) -> People {
        People::new(self.core.clone())
    }

    /// Showing and steering the background sync.
    pub fn sync(&self) -> Sync {
        Sync::new(self.core.clone())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PlainHttp {
    LoopbackOnly,
    Everywhere,
}

/// Settings of a connection to be made.
#[must_use]
pub struct Builder {
    url: String,
    source: Option<Arc<dyn TokenSource>>,
    retry: RetryPolicy,
    timeout: Duration,
    ca: Option<Vec<u8>>,
    plain_http: PlainHttp,
    request_ids: Box<dyn Fn() -> String + Send + std::marker::Sync>,
}

impl Builder {
    /// Signs in with tokens from here: before the first call, and again whenever the server says that
    /// the session token is no longer good.
    pub fn token_source(mut self, source: impl TokenSource) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Repeats calls like this instead of as [`RetryPolicy::default`] says.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Time for a whole unary call, repeats and waits included. Default 60 s. The server is told what
    /// is left of it and answers a save that would outlive it with a queued wish. Streams have no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Takes ids of changing calls from here, where the caller gave none, instead of random UUIDs. Each
    /// must be new: the server answers a repeated one with its first answer.
    pub fn request_ids(
        mut self,
        fresh: impl Fn() -> String + Send + std::marker::Sync + 'static,
    ) -> Self {
        self.request_ids = Box::new(fresh);
        self
    }

    /// Trusts this CA certificate (PEM), and only this one, instead of those of the system.
    pub fn ca_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(pem.into());
        self
    }

    /// Allows `http://` to other hosts than this one. Tokens and mail then travel readable.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = PlainHttp::Everywhere;
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address or certificate that cannot be used, [`Error::Connect`]
    /// when nobody answers.
    pub async fn connect(self) -> Result<Client, Error> {
        let channel = self.endpoint()?.connect().await.map_err(Error::Connect)?;
        Ok(self.with_channel(channel))
    }

    /// Connects at the first call instead of now.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address or certificate that cannot be used.
    pub fn connect_lazy(self) -> Result<Client, Error> {
        let channel = self.endpoint()?.connect_lazy();
        Ok(self.with_channel(channel))
    }

    /// Uses a channel made elsewhere, for instance over a socket of its own kind. The address, the
    /// certificate and the plain-http rule of this builder then do not apply.
    pub fn with_channel(self, channel: Channel) -> Client {
        let core = Core {
            channel,
            auth: Auth::new(self.source),
            retry: self.retry,
            timeout: self.timeout,
            request_ids: self.request_ids,
        };
        Client {
            core: Arc::new(core),
        }
    }

    fn endpoint(&self) -> Result<Endpoint, Error> {
        let uri: Uri = self
            .url
            .parse()
            .map_err(|_| Error::Configuration("not an absolute http or https address".into()))?;
        let host = uri.host().unwrap_or_default().to_owned();
        let scheme = uri.scheme_str().unwrap_or_default().to_owned();
        if host.is_empty() || !["http", "https"].contains(&scheme.as_str()) {
            return Err(Error::Configuration(
                "not an absolute http or https address".into(),
            ));
        }
        if scheme == "http" && self.plain_http == PlainHttp::LoopbackOnly && !is_loopback(&host) {
            return Err(Error::Configuration(
                "http would send tokens readable; use https or allow_plain_http".into(),
            ));
        }
        let endpoint = Endpoint::from(uri)
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("ssi-client/", env!("CARGO_PKG_VERSION")))
            .map_err(|error| Error::Configuration(error.to_string()))?;
        if scheme == "http" {
            return Ok(endpoint);
        }
        let tls = match &self.ca {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_enabled_roots(),
        };
        endpoint
            .tls_config(tls)
            .map_err(|error| Error::Configuration(error.to_string()))
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tokens_do_not_leave_the_machine_readable_unless_allowed() {
        for (url, fine) in [
            ("http://ssi.example.com", false),
            ("http://10.0.0.1:8080", false),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://localhost:8080", true),
            ("https://ssi.example.com", true),
            ("ftp://ssi.example.com", false),
            ("ssi.example.com", false),
            ("", false),
        ] {
            let result = Client::builder(url).connect_lazy();
            assert_eq!(result.is_ok(), fine, "{url:?}: {:?}", result.err());
        }
        assert!(
            Client::builder("http://10.0.0.1")
                .allow_plain_http()
                .connect_lazy()
                .is_ok()
        );
    }

    #[tokio::test]
    async fn nobody_there_is_a_connect_error() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("its address");
        drop(listener);
        let error = Client::connect(&format!("http://{address}"))
            .await
            .expect_err("no server");
        assert!(matches!(error, Error::Connect(_)), "{error:?}");
    }
}
