//! The configuration: one TOML file, overridden by the environment (`SSI_SECTION__KEY`).
//!
//! Defaults stand in one place for people (`defaults.toml`, printed by `ssi config print`) and in the
//! `Default` of each section for the program; a test holds both together. Unknown keys are refused.

mod accounts;
mod auth;
mod effective;
mod error;
mod load;
mod mapping;
mod rules;
mod secret;
mod server;
mod validate;

pub use accounts::{Credentials, MailServer, MailboxConfig, OAuth2, TenantConfig};
pub use auth::{AuthConfig, DevToken, Issuer};
pub use error::{ConfigError, Problem};
pub use mapping::{MappingSource, own_rows};
pub use rules::is_loopback;
pub use secret::{Secret, SecretRef};
use serde::{Deserialize, Serialize};
pub use server::{DatabaseConfig, LogFormat, ServerConfig, TelemetryConfig};
use ssi_domain::SyncSettings;

/// The commented defaults, as `ssi config print` prints them. A line that starts with `#` and no
/// space is a key without default; uncommented it is a valid example.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// Everything an operator can configure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Name of this node, unique among the nodes on one database.
    pub node: String,
    /// The port and its limits.
    pub server: ServerConfig,
    /// Where state rests.
    pub database: DatabaseConfig,
    /// Logs and metrics.
    pub telemetry: TelemetryConfig,
    /// Who may sign in.
    pub auth: AuthConfig,
    /// Settings of every mailbox that says nothing else.
    pub sync: SyncSettings,
    /// CRM tenants.
    pub tenants: Vec<TenantConfig>,
    /// Mail servers that several mailboxes share.
    pub mail_servers: Vec<MailServer>,
    /// Mailboxes.
    pub mailboxes: Vec<MailboxConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            node: "node-1".into(),
            server: ServerConfig::default(),
            database: DatabaseConfig::default(),
            telemetry: TelemetryConfig::default(),
            auth: AuthConfig::default(),
            sync: SyncSettings::default(),
            tenants: Vec::new(),
            mail_servers: Vec::new(),
            mailboxes: Vec::new(),
        }
    }
}
