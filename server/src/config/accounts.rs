//! The sections about the systems on both sides: tenants, mail servers, mailboxes.

use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use ssi_connectors::c4c::{Codes, Sizes};

use super::{Config, MappingSource, Problem, Secret, SecretRef};

/// The port stands open: shorter ones can be guessed.
const LEAST_SECRET: usize = 16;

/// How we sign in to a server: user and password, or OAuth 2.0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Credentials {
    /// User name.
    pub user: Option<String>,
    /// Password.
    pub password: Option<Secret>,
    /// A file that holds the password.
    pub password_file: Option<PathBuf>,
    /// An environment variable that holds the password.
    pub password_env: Option<String>,
    /// OAuth 2.0 instead of a password.
    pub oauth2: Option<OAuth2>,
}

/// OAuth 2.0: client credentials, or a refresh token when one is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// The token endpoint.
    pub token_url: String,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// A file that holds the client secret.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// An environment variable that holds the client secret.
    #[serde(default)]
    pub client_secret_env: Option<String>,
    /// Scopes to ask for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Refresh token; without one the client-credentials grant is used.
    #[serde(default)]
    pub refresh_token: Option<Secret>,
    /// A file that holds the refresh token.
    #[serde(default)]
    pub refresh_token_file: Option<PathBuf>,
    /// An environment variable that holds the refresh token.
    #[serde(default)]
    pub refresh_token_env: Option<String>,
}

/// A CRM tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// Short name of our own, letters, digits and dashes. Stored with every link: never change it.
    pub id: String,
    /// Root of the OData service, such as
    /// `https://my123456.crm.ondemand.com/sap/c4c/odata/v1/c4codataapi`.
    pub base_url: String,
    /// Address of a record for people's browsers; `{kind}` and `{id}` are replaced.
    #[serde(default)]
    pub people_url: Option<String>,
    /// How we sign in.
    #[serde(default)]
    pub credentials: Credentials,
    /// The password with which the tenant's event notifications come to `/c4c/events/{id}`; none: they are refused.
    #[serde(default)]
    pub events_secret: Option<Secret>,
    /// A file that holds it.
    #[serde(default)]
    pub events_secret_file: Option<PathBuf>,
    /// An environment variable that holds it.
    #[serde(default)]
    pub events_secret_env: Option<String>,
    /// Calls at once over all nodes; C4C bears fewer than 7 over all interfaces.
    #[serde(default = "call_limit")]
    pub call_limit: u32,
    /// Subjects or addresses of people who may see every mailbox of this tenant.
    #[serde(default)]
    pub key_users: Vec<String>,
    /// Settings of this tenant's mailboxes that differ from `[sync]`.
    #[serde(default)]
    pub sync: toml::Table,
    /// Rows that replace or extend the built-in mapping (extension fields).
    #[serde(default)]
    pub mapping: Vec<MappingSource>,
    /// Code values in which this tenant differs from a fresh one.
    #[serde(default)]
    pub codes: Codes,
    /// How much is asked and sent at once.
    #[serde(default)]
    pub sizes: Sizes,
    /// Asks for answers in the strict JSON form of OData v2.
    #[serde(default)]
    pub strict_json: bool,
    /// Certificates (PEM) trusted beside the machine's own.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Allows plain http to another machine. Never outside a test network.
    #[serde(default)]
    pub allow_insecure: bool,
}

fn call_limit() -> u32 {
    6
}

/// A mail server that mailboxes refer to by id, or that stands inside one mailbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    /// Short name; needed only where mailboxes refer to it.
    #[serde(default)]
    pub id: String,
    /// The EWS address, usually `https://mail.example.com/EWS/Exchange.asmx`.
    pub ews_url: String,
    /// How we sign in.
    #[serde(default)]
    pub credentials: Credentials,
    /// The credentials belong to a service account with the role ApplicationImpersonation.
    #[serde(default)]
    pub impersonate: bool,
    /// Certificates (PEM) trusted beside the machine's own.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Allows plain http to another machine. Never outside a test network.
    #[serde(default)]
    pub allow_insecure: bool,
}

/// A mailbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailboxConfig {
    /// Its primary address.
    pub address: String,
    /// The tenant's id; may be left out while there is one tenant.
    #[serde(default)]
    pub tenant: Option<String>,
    /// Id of one of `[[mail_servers]]`; may be left out while there is one and `ews` is absent.
    #[serde(default)]
    pub server: Option<String>,
    /// A mail server of its own.
    #[serde(default)]
    pub ews: Option<MailServer>,
    /// Further addresses of the mailbox's owner, by which the owner may also sign in.
    #[serde(default)]
    pub owner_addresses: Vec<String>,
    /// Subjects at the identity provider that own it. When given, addresses in tokens open nothing.
    #[serde(default)]
    pub owner_subjects: Vec<String>,
    /// Settings of this mailbox that differ from `[sync]` and its tenant's.
    #[serde(default)]
    pub sync: toml::Table,
}

impl TenantConfig {
    /// Where the password of its event notifications comes from; `key` is the path of that key.
    pub fn events_secret<'a>(&'a self, key: &'a str) -> SecretRef<'a> {
        SecretRef {
            key,
            inline: self.events_secret.as_ref(),
            file: self.events_secret_file.as_deref(),
            env: self.events_secret_env.as_deref(),
        }
    }
}

impl Config {
    /// The tenants that send event notifications, each with its password.
    ///
    /// # Errors
    /// When a password cannot be read, or can be guessed.
    pub fn event_secrets(&self) -> Result<Vec<(String, SecretString)>, Problem> {
        let mut secrets = Vec::new();
        for (at, tenant) in self.tenants.iter().enumerate() {
            let key = format!("tenants[{at}].events_secret");
            let Some(secret) = tenant.events_secret(&key).read()? else {
                continue;
            };
            if secret.expose_secret().len() < LEAST_SECRET {
                let why = format!(
                    "write {LEAST_SECRET} characters at least, as `openssl rand -hex 32` makes them"
                );
                return Err(Problem::new(key, why));
            }
            secrets.push((tenant.id.clone(), secret));
        }
        Ok(secrets)
    }
}

impl Credentials {
    /// Where the password comes from; `key` is the path of this table.
    pub fn password<'a>(&'a self, key: &'a str) -> SecretRef<'a> {
        SecretRef {
            key,
            inline: self.password.as_ref(),
            file: self.password_file.as_deref(),
            env: self.password_env.as_deref(),
        }
    }
}

impl OAuth2 {
    /// Where the client secret comes from.
    pub fn client_secret<'a>(&'a self, key: &'a str) -> SecretRef<'a> {
        SecretRef {
            key,
            inline: self.client_secret.as_ref(),
            file: self.client_secret_file.as_deref(),
            env: self.client_secret_env.as_deref(),
        }
    }

    /// Where the refresh token comes from.
    pub fn refresh_token<'a>(&'a self, key: &'a str) -> SecretRef<'a> {
        SecretRef {
            key,
            inline: self.refresh_token.as_ref(),
            file: self.refresh_token_file.as_deref(),
            env: self.refresh_token_env.as_deref(),
        }
    }
}
