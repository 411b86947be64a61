//! Checks an identity token of one provider: signature, issuer, audience, time, tenant.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;
use serde::{Deserialize, de::DeserializeOwned};
use ssi_domain::Clock;

use super::{AuthError, Caller, claims::Claims, jwks::KeySet};
use crate::config::Issuer;

/// One configured OpenID Connect provider.
pub struct Provider {
    config: Issuer,
    skew: SignedDuration,
    keys: KeySet,
}

/// The header of a token. Keys and addresses in it (`jwk`, `jku`, `x5u`, `x5c`) are not even read: they
/// are the sender's word.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

/// The three parts of a token.
struct Parts<'a> {
    message: &'a str,
    header: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl Provider {
    /// Prepares the checks; asks nobody yet.
    pub fn new(
        config: Issuer,
        skew: SignedDuration,
        _clock: Arc<dyn Clock>,
    ) -> Result<Self, AuthError> {
        Ok(Self {
            keys: KeySet::new(&config)?,
            config,
            skew,
        })
    }

    /// The `iss` claim of its tokens.
    pub fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// Fetches the keys, for `ssi doctor`; says how many are usable.
    pub async fn check(&self) -> Result<usize, String> {
        self.keys.check().await
    }

    /// The person a token stands for.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Caller, AuthError> {
        let parts = split(token)?;
        let header: Header = part(parts.header)?;
        let algorithm = self.algorithm(&header)?;
        // Cheap checks first: a token of another audience or time must not make us fetch keys.
        let claims: Claims = part(parts.claims)?;
        self.check_claims(&claims, now)?;
        let kid = header.kid.as_deref();
        for found in self.keys.candidates(kid, algorithm, now).await? {
            let verified = jsonwebtoken::crypto::verify(
                parts.signature,
                parts.message.as_bytes(),
                found.key(),
                algorithm,
            );
            if matches!(verified, Ok(true)) {
                return self.caller(&claims);
            }
        }
        Err(AuthError::Invalid("its signature is wrong"))
    }

    /// The signature's algorithm, chosen by our configuration and never by the token alone: `none` and the
    /// HMAC family cannot be configured.
    fn algorithm(&self, header: &Header) -> Result<Algorithm, AuthError> {
        if header.crit.is_some() {
            return Err(AuthError::Invalid("it has critical header fields"));
        }
        if !self.config.algorithms.contains(&header.alg) {
            return Err(AuthError::Invalid("its signature algorithm is not allowed"));
        }
        match header.alg.as_str() {
            "RS256" => Ok(Algorithm::RS256),
            "PS256" => Ok(Algorithm::PS256),
            "ES256" => Ok(Algorithm::ES256),
            _ => Err(AuthError::Invalid("its signature algorithm is not allowed")),
        }
    }

    fn check_claims(&self, claims: &Claims, now: Timestamp) -> Result<(), AuthError> {
        if claims.text("iss") != Some(self.config.issuer.as_str()) {
            return Err(AuthError::Invalid("its issuer is not configured"));
        }
        let audience = claims.texts("aud");
        if !audience
            .iter()
            .any(|aud| self.config.audiences.iter().any(|own| own == aud))
        {
            return Err(AuthError::Invalid("it was made for another audience"));
        }
        if !self.config.tenant_ids.is_empty() {
            let tid = claims.text("tid");
            if !self
                .config
                .tenant_ids
                .iter()
                .any(|own| Some(own.as_str()) == tid)
            {
                return Err(AuthError::Invalid(
                    "it comes from another directory tenant (tid)",
                ));
            }
        }
        let scopes = claims.scopes();
        if !self.config.scopes.is_empty()
            && !self
                .config
                .scopes
                .iter()
                .any(|own| scopes.contains(&own.as_str()))
        {
            return Err(AuthError::Invalid("it lacks the scope for this server"));
        }
        self.check_times(claims, now)
    }

    fn check_times(&self, claims: &Claims, now: Timestamp) -> Result<(), AuthError> {
        let unreadable = |()| AuthError::Invalid("its times are not numbers");
        let now = now.as_microsecond() as f64 / 1e6;
        let skew = self.skew.as_secs_f64();
        let Some(expires) = claims.seconds("exp").map_err(unreadable)? else {
            return Err(AuthError::Invalid("it never expires"));
        };
        if now - skew >= expires {
            return Err(AuthError::Expired);
        }
        for claim in ["nbf", "iat"] {
            let begins = claims.seconds(claim).map_err(unreadable)?;
            if begins.is_some_and(|begins| begins > now + skew) {
                return Err(AuthError::Invalid("it is not valid yet; check both clocks"));
            }
        }
        Ok(())
    }

    fn caller(&self, claims: &Claims) -> Result<Caller, AuthError> {
        let subject = claims.text(&self.config.subject_claim).unwrap_or_default();
        if subject.is_empty() || subject.len() > 512 {
            return Err(AuthError::Invalid("it names no subject"));
        }
        let mut addresses = Vec::new();
        for claim in &self.config.address_claims {
            if claim == "email" && claims.email_is_unverified() {
                continue;
            }
            addresses.extend(claims.texts(claim).into_iter().map(str::to_owned));
        }
        let name = claims.text("name").unwrap_or_default();
        Ok(Caller::new(&self.config.issuer, subject, &addresses, name))
    }
}

/// The issuer a token names, not verified: it only chooses whose keys to check it with.
pub(super) fn issuer_of(token: &str) -> Result<String, AuthError> {
    let claims: Claims = part(split(token)?.claims)?;
    let issuer = claims
        .text("iss")
        .ok_or(AuthError::Invalid("it names no issuer"))?;
    Ok(issuer.to_owned())
}

fn split(token: &str) -> Result<Parts<'_>, AuthError> {
    let not_one = AuthError::Invalid("it is neither a session token nor a JWT");
    let Some((message, signature)) = token.rsplit_once('.') else {
        return Err(not_one);
    };
    match message.split_once('.') {
        Some((header, claims)) if !claims.contains('.') => Ok(Parts {
            message,
            header,
            claims,
            signature,
        }),
        _ => Err(not_one),
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Result<T, AuthError> {
    let unreadable = AuthError::Invalid("it cannot be read");
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) else {
        return Err(unreadable);
    };
    serde_json::from_slice(&bytes).map_err(|_| unreadable)
}
