//! Who we are: identity tokens in, session tokens kept.

use std::sync::Arc;

use futures::future::BoxFuture;
use secrecy::SecretString;
use tokio::sync::Mutex;

/// A proof of identity that the server exchanges for a session token.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum IdentityToken {
    /// A JWT of the organization's OpenID Connect provider, compact form.
    Oidc(SecretString),
    /// A JWT of Office.js `getUserIdentityTokenAsync` (Exchange on-premises), compact form.
    Exchange(SecretString),
}

impl IdentityToken {
    /// Wraps a JWT of an OpenID Connect provider.
    pub fn oidc(token: impl Into<String>) -> Self {
        Self::Oidc(SecretString::from(token.into()))
    }

    /// Wraps an Exchange identity token.
    pub fn exchange(token: impl Into<String>) -> Self {
        Self::Exchange(SecretString::from(token.into()))
    }
}

/// Why a [`TokenSource`] has no token. Must not contain the token itself.
pub type TokenError = Box<dyn std::error::Error + Send + Sync>;

/// Gives identity tokens whenever the client has to sign in (again).
///
/// Implemented for closures that return a boxed future.
pub trait TokenSource: Send + Sync + 'static {
    /// A token that is valid now.
    fn identity_token(&self) -> BoxFuture<'_, Result<IdentityToken, TokenError>>;
}

impl<F> TokenSource for F
where
    F: Fn() -> BoxFuture<'static, Result<IdentityToken, TokenError>> + Send + Sync + 'static,
{
    fn identity_token(&self) -> BoxFuture<'_, Result<IdentityToken, TokenError>> {
        self()
    }
}

/// A session token and the sign-in it came from.
#[derive(Clone)]
pub(crate) struct SessionToken {
    pub(crate) value: SecretString,
    /// Counts sign-ins, so that many calls refused with one old token sign in once, not many times.
    pub(crate) generation: u64,
}

/// The session token shared by all clones of a client.
pub(crate) struct Auth {
    pub(crate) source: Option<Arc<dyn TokenSource>>,
    /// Held during a sign-in: whoever else needs a token waits for that one.
    pub(crate) current: Mutex<Option<SessionToken>>,
}

impl Auth {
    pub(crate) fn new(source: Option<Arc<dyn TokenSource>>) -> Self {
        Self {
            source,
            current: Mutex::new(None),
        }
    }
}

/// Replaces the token in the slot.
pub(crate) fn replace(slot: &mut Option<SessionToken>, value: SecretString) -> SessionToken {
    let generation = slot.as_ref().map_or(0, |old| old.generation) + 1;
    let token = SessionToken { value, generation };
    *slot = Some(token.clone());
    token
}
