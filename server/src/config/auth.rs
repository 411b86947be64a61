//! The section about who may sign in.

use serde::{Deserialize, Serialize};

use super::Secret;

/// Who may sign in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Subjects or addresses of people who may see every mailbox of every tenant.
    pub key_users: Vec<String>,
    /// How long a session token works, in minutes.
    pub session_minutes: u32,
    /// How far clocks may differ, in seconds.
    pub clock_skew_seconds: u32,
    /// OpenID Connect providers whose tokens are taken.
    pub issuers: Vec<Issuer>,
    /// Fixed tokens for development; only from this machine and only while listening on loopback.
    pub dev_tokens: Vec<DevToken>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            key_users: Vec::new(),
            session_minutes: 480,
            clock_skew_seconds: 60,
            issuers: Vec::new(),
            dev_tokens: Vec::new(),
        }
    }
}

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The `iss` claim, exactly.
    pub issuer: String,
    /// Accepted `aud` claims.
    pub audiences: Vec<String>,
    /// Address of the discovery document; without it `{issuer}/.well-known/openid-configuration`.
    #[serde(default)]
    pub discovery_url: Option<String>,
    /// Address of the key set; then no discovery takes place.
    #[serde(default)]
    pub jwks_url: Option<String>,
    /// Accepted `tid` claims (Microsoft Entra ID tenants). Empty: the claim is not looked at.
    #[serde(default)]
    pub tenant_ids: Vec<String>,
    /// Accepted signature algorithms among RS256, PS256 and ES256.
    #[serde(default = "algorithms")]
    pub algorithms: Vec<String>,
    /// The claim that names the person for good; `oid` for Microsoft Entra ID.
    #[serde(default = "subject_claim")]
    pub subject_claim: String,
    /// Claims that hold the person's addresses; `email` counts only unless the token says it is unverified.
    #[serde(default = "address_claims")]
    pub address_claims: Vec<String>,
    /// Scopes of which the token must carry one (`scp` or `scope`). Empty: not looked at.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Allows plain http to another machine. Never outside a test network.
    #[serde(default)]
    pub allow_insecure: bool,
}

fn algorithms() -> Vec<String> {
    ["RS256", "PS256", "ES256"].map(str::to_owned).to_vec()
}

fn subject_claim() -> String {
    "sub".into()
}

fn address_claims() -> Vec<String> {
    ["email", "preferred_username", "upn"]
        .map(str::to_owned)
        .to_vec()
}

/// A fixed token for development.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevToken {
    /// The bearer token, at least 16 characters.
    pub token: Secret,
    /// Who it stands for.
    pub subject: String,
    /// The person's addresses, the main one first.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// Whether the person is a key user.
    #[serde(default)]
    pub key_user: bool,
}
