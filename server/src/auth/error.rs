//! Why a caller is not let in.

use crate::config::Problem;

/// Why a caller is not let in. Never carries a token or a part of one.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// There is no bearer token.
    #[error("a bearer token is needed: sign in with SessionService.CreateSession")]
    Missing,
    /// The token is not what it should be.
    #[error("the token is not accepted: {0}")]
    Invalid(&'static str),
    /// The token's time is over.
    #[error("the token has expired; sign in again")]
    Expired,
    /// The identity provider does not answer, so that nobody can be checked.
    #[error("the identity provider cannot be asked: {0}")]
    Provider(String),
    /// A setting cannot be used.
    #[error("{0}")]
    Configuration(Problem),
}
