//! Who calls, and what they may touch.
//!
//! A caller proves who they are with a JWT of a configured OpenID Connect provider and gets a session
//! token for it: the caller and an expiry, sealed with the database key. Nothing is stored, so tokens
//! survive restarts and work on every node; they end by their time, or all at once with a new key.

mod access;
mod caller;
mod claims;
mod error;
mod fetch;
mod jwks;
mod jwt;
pub mod oauth;
mod session;

use std::{net::IpAddr, sync::Arc};

pub use access::{Access, Denied, Enrolled};
pub use caller::Caller;
pub use error::AuthError;
use jiff::SignedDuration;
pub use jwt::Provider;
pub use session::{SessionTokens, Signed};
use ssi_domain::Clock;
use ssi_store::StoreKey;

use crate::config::{AuthConfig, DevToken};

/// A token longer than this is not one of ours nor of a provider we know.
const LONGEST_TOKEN: usize = 16 << 10;

/// Turns tokens into callers.
pub struct Authenticator {
    providers: Vec<Provider>,
    sessions: SessionTokens,
    dev_tokens: Vec<DevToken>,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// Prepares sign-in; asks no provider anything yet.
    pub fn new(
        config: &AuthConfig,
        key: StoreKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AuthError> {
        let skew = SignedDuration::from_secs(i64::from(config.clock_skew_seconds));
        let providers = config
            .issuers
            .iter()
            .map(|issuer| Provider::new(issuer.clone(), skew, Arc::clone(&clock)))
            .collect::<Result<_, _>>()?;
        let lifetime = SignedDuration::from_mins(i64::from(config.session_minutes));
        Ok(Self {
            providers,
            sessions: SessionTokens::new(key, lifetime, Arc::clone(&clock)),
            dev_tokens: config.dev_tokens.clone(),
            clock,
        })
    }

    /// The providers, for `ssi doctor`.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// Exchanges an identity token for a session token.
    pub async fn sign_in(
        &self,
        token: &str,
        peer: Option<IpAddr>,
    ) -> Result<(Signed, Caller), AuthError> {
        let caller = match self.dev_caller(token, peer) {
            Some(caller) => caller,
            None => self.identify(token).await?,
        };
        let signed = self.sessions.issue(&caller)?;
        Ok((signed, caller))
    }

    /// The caller behind a bearer token: a session token, or an identity token as it is.
    pub async fn caller(&self, token: &str, peer: Option<IpAddr>) -> Result<Caller, AuthError> {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return Err(AuthError::Invalid("its length is not that of a token"));
        }
        if SessionTokens::is_one(token) {
            return self.sessions.read(token);
        }
        match self.dev_caller(token, peer) {
            Some(caller) => Ok(caller),
            None => self.identify(token).await,
        }
    }

    async fn identify(&self, token: &str) -> Result<Caller, AuthError> {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return Err(AuthError::Invalid("its length is not that of a token"));
        }
        let issuer = jwt::issuer_of(token)?;
        let provider = self
            .providers
            .iter()
            .find(|provider| provider.issuer() == issuer);
        let provider = provider.ok_or(AuthError::Invalid("its issuer is not configured"))?;
        provider.verify(token, self.clock.now()).await
    }

    fn dev_caller(&self, token: &str, peer: Option<IpAddr>) -> Option<Caller> {
        if !peer.is_some_and(|peer| peer.to_canonical().is_loopback()) {
            return None;
        }
        let found = self
            .dev_tokens
            .iter()
            .find(|dev| same(dev.token.expose(), token))?;
        let mut caller = Caller::new("dev", &found.subject, &found.addresses, &found.subject);
        caller.key_user = found.key_user;
        Some(caller)
    }
}

/// Compares secrets by digest, so that the time taken tells nothing about where they differ.
pub(crate) fn same(a: &str, b: &str) -> bool {
    let digest = |text: &str| blake3::hash(text.as_bytes());
    // blake3's equality takes constant time.
    digest(a) == digest(b)
}
