//! Session tokens: the caller and an expiry, sealed (XChaCha20-Poly1305) with the database key.
//!
//! Nothing is stored. A token survives restarts and is good on every node that has the key; it ends by
//! its time, or for everybody by changing the key. Sealed and not only signed, because a token may end up in
//! a log of somebody else and holds addresses.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ssi_domain::Clock;
use ssi_store::StoreKey;

use super::{AuthError, Caller};

/// Tells our tokens from identity tokens and names their version.
const PREFIX: &str = "ssi1_";
/// Binds the seal to this use of the key.
const PURPOSE: &str = "session-token";

/// Makes and reads session tokens.
pub struct SessionTokens {
    key: StoreKey,
    lifetime: SignedDuration,
    clock: Arc<dyn Clock>,
}

/// A new session token.
pub struct Signed {
    /// The token. Keep it out of logs.
    pub token: String,
    /// When it stops working.
    pub expires: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Content {
    expires: i64,
    caller: Caller,
}

impl SessionTokens {
    /// Tokens under this key.
    pub fn new(key: StoreKey, lifetime: SignedDuration, clock: Arc<dyn Clock>) -> Self {
        Self {
            key,
            lifetime,
            clock,
        }
    }

    /// Whether a text looks like one of ours.
    pub fn is_one(token: &str) -> bool {
        token.starts_with(PREFIX)
    }

    /// Makes a token for a caller.
    pub fn issue(&self, caller: &Caller) -> Result<Signed, AuthError> {
        let expires = self.clock.now() + self.lifetime;
        let content = Content {
            expires: expires.as_second(),
            caller: caller.clone(),
        };
        let unsealed = AuthError::Invalid("no session token can be made for it");
        let Ok(plain) = serde_json::to_vec(&content) else {
            return Err(unsealed);
        };
        let sealed = self.key.seal(PURPOSE, &plain).map_err(|_| unsealed)?;
        Ok(Signed {
            token: format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(sealed)),
            expires: Timestamp::from_second(content.expires).unwrap_or(expires),
        })
    }

    /// The caller of a token.
    pub fn read(&self, token: &str) -> Result<Caller, AuthError> {
        let forged = || AuthError::Invalid("this server did not make it, or its key was changed");
        let text = token.strip_prefix(PREFIX).ok_or_else(forged)?;
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| forged())?;
        let plain = self.key.unseal(PURPOSE, &sealed).map_err(|_| forged())?;
        let content: Content = serde_json::from_slice(&plain).map_err(|_| forged())?;
        if self.clock.now().as_second() >= content.expires {
            return Err(AuthError::Expired);
        }
        Ok(content.caller)
    }
}
