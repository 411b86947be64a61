//! The sections about this process: port, database, telemetry.

use std::{net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{Secret, SecretRef};

/// The port and its limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// PEM file with the certificate chain; turns TLS on together with `tls_key`.
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the private key.
    pub tls_key: Option<PathBuf>,
    /// Web origins that may call over grpc-web, such as `https://addin.example.com`.
    pub cors_origins: Vec<String>,
    /// Folder with the built web files, served at `/`.
    pub static_dir: Option<PathBuf>,
    /// Largest request message in bytes.
    pub max_request_bytes: usize,
    /// Requests worked on at once; more are refused with RESOURCE_EXHAUSTED.
    pub max_requests: usize,
    /// Open connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// Streams open at once per HTTP/2 connection.
    pub max_streams: u32,
    /// Watching streams open at once on this node.
    pub max_watchers: usize,
    /// Longest time for a call in seconds, whatever its `grpc-timeout` says.
    pub max_call_seconds: u64,
    /// Time in seconds that running work gets after the first SIGTERM.
    pub shutdown_seconds: u64,
    /// Sessions run at once on this node.
    pub parallel_sessions: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls_cert: None,
            tls_key: None,
            cors_origins: Vec::new(),
            static_dir: None,
            max_request_bytes: 2 << 20,
            max_requests: 512,
            max_connections: 4096,
            max_streams: 128,
            max_watchers: 1024,
            max_call_seconds: 120,
            shutdown_seconds: 30,
            parallel_sessions: 16,
        }
    }
}

/// Where state rests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://user:password@host/database`.
    pub url: Secret,
    /// The key secrets are sealed with: 64 hexadecimal digits.
    pub key: Option<Secret>,
    /// A file that holds the key.
    pub key_file: Option<PathBuf>,
    /// An environment variable that holds the key.
    pub key_env: Option<String>,
    /// Days after which ended sessions, decisions, settled issues and expired wishes are deleted.
    pub keep_days: u32,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: Secret::new("sqlite:ssi.db"),
            key: None,
            key_file: None,
            key_env: None,
            keep_days: 180,
        }
    }
}

impl DatabaseConfig {
    /// Where the key comes from.
    pub fn key(&self) -> SecretRef<'_> {
        SecretRef {
            key: "database.key",
            inline: self.key.as_ref(),
            file: self.key_file.as_deref(),
            env: self.key_env.as_deref(),
        }
    }

    /// The SQLite file, when the database is one.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let path = self.url.expose().strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
    }
}

/// Logs and metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// What is logged: a level, or directives such as `info,ssi_engine=debug`.
    pub log: String,
    /// How it is written.
    pub log_format: LogFormat,
    /// Whether `/metrics` is served.
    pub metrics: bool,
    /// Bearer token that `/metrics` asks for; without one it is open to whoever reaches the port.
    pub metrics_token: Option<Secret>,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log: "info".into(),
            log_format: LogFormat::Text,
            metrics: true,
            metrics_token: None,
        }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}
