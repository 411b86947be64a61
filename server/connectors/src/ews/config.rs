//! How to reach one mailbox.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use secrecy::SecretString;
use ssi_domain::{mapping::Tables, port::PortError};
use url::Url;

use super::version::ServerVersion;
use crate::http::HttpConfig;

/// Gives out bearer tokens (OAuth 2.0) for the EWS address.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token that is valid now. `refused` is one the server has just turned down: give another one, or
    /// fail with `SignIn`.
    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, PortError>;
}

/// How to sign in.
#[derive(Clone)]
pub enum Credentials {
    /// HTTP Basic; an administrator must have enabled it on the EWS virtual directory.
    Basic {
        /// User name (`user@domain` or `DOMAIN\user`).
        user: String,
        /// Password.
        password: SecretString,
    },
    /// Bearer tokens.
    Bearer(Arc<dyn TokenSource>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic",
            Self::Bearer(_) => "Bearer",
        })
    }
}

/// One mailbox on one server.
#[derive(Debug, Clone)]
pub struct EwsConfig {
    /// The service address, usually `https://host/EWS/Exchange.asmx`. Plain http only on loopback.
    pub url: Url,
    /// How to sign in.
    pub credentials: Credentials,
    /// Primary SMTP address of the mailbox to act as, when `credentials` belong to a service account
    /// with the role ApplicationImpersonation.
    pub impersonate: Option<String>,
    /// The mailbox's own SMTP address; routes the request to its server (`X-AnchorMailbox`).
    pub address: String,
    /// The schema version to ask for first; an older server makes us step down.
    pub version: ServerVersion,
    /// Time-outs and size limits.
    pub http: HttpConfig,
    /// The mapping of the tenant the mailbox belongs to.
    pub tables: Tables,
}

impl EwsConfig {
    /// The usual configuration: newest version first, default limits, no impersonation.
    pub fn new(url: Url, credentials: Credentials, address: impl Into<String>) -> Self {
        Self {
            url,
            credentials,
            impersonate: None,
            address: address.into(),
            version: ServerVersion::Exchange2016,
            http: HttpConfig::default(),
            tables: Tables::built_in(),
        }
    }
}
