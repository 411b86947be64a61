//! A real server on a free port with a database of its own.

use std::fmt::Write as _;

use ssi_server::{Running, Shutdown, config::Config};
use tempfile::TempDir;
use tonic::{
    Request,
    metadata::MetadataValue,
    transport::{Channel, Endpoint},
};

/// The token of Ann, who owns the first mailbox.
pub const ANN: &str = "token-of-ann-0123456789";
/// The token of Kay, a key user without mailbox.
pub const KAY: &str = "token-of-kay-0123456789";
/// The token of somebody without mailbox.
pub const EVE: &str = "token-of-eve-0123456789";

/// A running server; its folder goes with it.
pub struct Server {
    pub running: Running,
    pub shutdown: Shutdown,
    pub folder: TempDir,
}

/// The configuration of [`Server`]; nothing answers behind its tenant and mail server.
pub fn config(folder: &TempDir, more: &str) -> Config {
    let mut text = format!(
        "database.url = \"sqlite:{}\"\nserver.listen = \"127.0.0.1:0\"\n\
         server.shutdown_seconds = 5\n{more}\n",
        folder.path().join("ssi.db").display()
    );
    for (token, name, key_user) in [(ANN, "ann", false), (KAY, "kay", true), (EVE, "eve", false)] {
        write!(
            text,
            "[[auth.dev_tokens]]\ntoken = \"{token}\"\nsubject = \"{name}\"\n\
             addresses = [\"{name}@example.com\"]\nkey_user = {key_user}\n"
        )
        .expect("writes to memory");
    }
    text.push_str(
        "[[tenants]]\nid = \"demo\"\nbase_url = \"http://127.0.0.1:1/odata\"\n\
         credentials = { user = \"u\", password = \"p\" }\n\
         [[mail_servers]]\nid = \"hq\"\news_url = \"http://127.0.0.1:1/EWS\"\n\
         credentials = { user = \"u\", password = \"p\" }\n\
         [[mailboxes]]\naddress = \"ann@example.com\"\n\
         [[mailboxes]]\naddress = \"bob@example.com\"\n",
    );
    Config::parse(&text, []).expect("a sound configuration")
}

impl Server {
    pub async fn start() -> Self {
        Self::with("").await
    }

    /// A server with these lines at the head of its configuration.
    pub async fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let shutdown = Shutdown::new();
        let config = config(&folder, more);
        let running = ssi_server::start(config, shutdown.clone())
            .await
            .expect("it starts");
        Self {
            running,
            shutdown,
            folder,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.address)
    }

    /// A native gRPC connection.
    pub async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(self.url("")).expect("an address");
        endpoint.connect().await.expect("it listens")
    }
}

/// A request with a bearer token.
pub fn signed<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let value: MetadataValue<_> = format!("Bearer {token}").parse().expect("a header");
    request.metadata_mut().insert("authorization", value);
    request
}

/// An HTTP client that speaks HTTP/1.1 like a browser's proxy would.
pub fn browser() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .http1_only()
        .build()
        .expect("a client")
}
