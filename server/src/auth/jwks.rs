//! The key set of one provider: discovered, cached, fetched again when an unknown key appears.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use reqwest::Client;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::{AuthError, fetch};
use crate::config::{Issuer, Problem, is_loopback};

/// Keys older than this are fetched again before they are used.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// Keys that cannot be renewed are used so long; then nobody is let in.
const USABLE: SignedDuration = SignedDuration::from_hours(24);
/// A provider is asked again for an unknown key, or after a failure, at most so often: anybody can send
/// tokens with made-up key ids.
const ASK_GAP: SignedDuration = SignedDuration::from_secs(30);
/// More keys than this are not a key set of a provider.
const MOST_KEYS: usize = 100;

/// The keys of one provider.
pub(super) struct KeySet {
    issuer: String,
    source: Source,
    insecure: bool,
    client: Client,
    state: Mutex<State>,
}

enum Source {
    Keys(Url),
    Discovery { url: Url, derived: bool },
}

#[derive(Default)]
struct State {
    keys: Arc<Vec<Key>>,
    fetched: Option<Timestamp>,
    asked: Option<Timestamp>,
    last_error: Option<String>,
}

/// One usable key.
pub(super) struct Key {
    id: Option<String>,
    algorithm: Option<KeyAlgorithm>,
    kind: KeyKind,
    pub(super) key: DecodingKey,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: Url,
}

impl KeySet {
    pub(super) fn new(issuer: &Issuer) -> Result<Self, AuthError> {
        let bad = |key: &str, why: String| AuthError::Configuration(Problem::new(key, why));
        let parse = |key: &str, text: &str| Url::parse(text).map_err(|e| bad(key, e.to_string()));
        let source = match (&issuer.jwks_url, &issuer.discovery_url) {
            (Some(url), _) => Source::Keys(parse("auth.issuers.jwks_url", url)?),
            (None, Some(url)) => Source::Discovery {
                url: parse("auth.issuers.discovery_url", url)?,
                derived: false,
            },
            (None, None) => {
                let base = issuer.issuer.trim_end_matches('/');
                let url = format!("{base}/.well-known/openid-configuration");
                Source::Discovery {
                    url: parse("auth.issuers.issuer", &url)?,
                    derived: true,
                }
            }
        };
        let target = match &source {
            Source::Keys(url) | Source::Discovery { url, .. } => url,
        };
        Ok(Self {
            issuer: issuer.issuer.clone(),
            client: fetch::client(target).map_err(AuthError::Provider)?,
            insecure: issuer.allow_insecure,
            source,
            state: Mutex::default(),
        })
    }

    /// The keys a token may be signed with. `id` is the token's key id, if it names one.
    pub(super) async fn candidates(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        now: Timestamp,
    ) -> Result<Vec<Found>, AuthError> {
        // Held while fetching: whoever comes meanwhile waits for the same answer instead of asking too.
        let mut state = self.state.lock().await;
        let age = state.fetched.map(|at| now.duration_since(at));
        if age.is_none_or(|age| age > FRESH) {
            self.refresh(&mut state, now).await;
        }
        let mut found = state.find(id, algorithm);
        if found.is_empty() && state.fetched != Some(now) {
            self.refresh(&mut state, now).await;
            found = state.find(id, algorithm);
        }
        if !found.is_empty() {
            let usable = state
                .fetched
                .is_some_and(|at| now.duration_since(at) <= USABLE);
            if usable {
                return Ok(found);
            }
        }
        match &state.last_error {
            Some(error) => Err(AuthError::Provider(error.clone())),
            None => Err(AuthError::Invalid(
                "it is signed with a key the issuer does not publish",
            )),
        }
    }

    /// Fetches the keys now, whatever is cached; says how many are usable.
    pub(super) async fn check(&self) -> Result<usize, String> {
        self.fetch().await.map(|keys| keys.len())
    }

    async fn refresh(&self, state: &mut State, now: Timestamp) {
        if state
            .asked
            .is_some_and(|at| now.duration_since(at) < ASK_GAP)
        {
            return;
        }
        state.asked = Some(now);
        match self.fetch().await {
            Ok(keys) => {
                state.keys = Arc::new(keys);
                state.fetched = Some(now);
                state.last_error = None;
            }
            Err(error) => {
                tracing::warn!(issuer = %self.issuer, %error, "the identity provider's keys could not be fetched");
                state.last_error = Some(error);
            }
        }
    }

    async fn fetch(&self) -> Result<Vec<Key>, String> {
        let url = match &self.source {
            Source::Keys(url) => url.clone(),
            Source::Discovery { url, derived } => {
                let document: Discovery = fetch::json(&self.client, url).await?;
                // OpenID Connect Discovery 4.3: the document must name the issuer it was asked for.
                if *derived && document.issuer != self.issuer {
                    return Err("the discovery document names another issuer".into());
                }
                document.jwks_uri
            }
        };
        let safe = url.scheme() == "https" || is_loopback(&url) || self.insecure;
        if !safe {
            return Err("the key set lies at a plain http address".into());
        }
        // Keys one by one: a key of a type we do not know must not hide the others.
        let set: RawSet = fetch::json(&self.client, &url).await?;
        let set = JwkSet {
            keys: set
                .keys
                .into_iter()
                .take(MOST_KEYS)
                .filter_map(|key| serde_json::from_value(key).ok())
                .collect(),
        };
        let keys: Vec<Key> = set.keys.iter().filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err("the key set has no key that can check RS256, PS256 or ES256".into());
        }
        Ok(keys)
    }
}

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<serde_json::Value>,
}

/// A key that fits a token.
pub(super) struct Found {
    keys: Arc<Vec<Key>>,
    at: usize,
}

impl Found {
    pub(super) fn key(&self) -> &DecodingKey {
        &self.keys[self.at].key
    }
}

impl State {
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<Found> {
        let fits = |key: &Key| {
            key.fits(algorithm) && id.is_none_or(|id| key.id.as_deref().is_none_or(|own| own == id))
        };
        let all = self.keys.iter().enumerate().filter(|(_, key)| fits(key));
        // Without a key id every key is tried; few are enough, verification costs time.
        all.take(8)
            .map(|(at, _)| Found {
                keys: Arc::clone(&self.keys),
                at,
            })
            .collect()
    }
}

impl Key {
    /// A key that may check signatures; `None` for others, symmetric ones above all.
    fn read(jwk: &Jwk) -> Option<Self> {
        let kind = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => KeyKind::Rsa,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                KeyKind::P256
            }
            _ => return None,
        };
        match &jwk.common.public_key_use {
            None | Some(PublicKeyUse::Signature) => {}
            Some(_) => return None,
        }
        Some(Self {
            id: jwk.common.key_id.clone(),
            algorithm: jwk.common.key_algorithm,
            kind,
            key: DecodingKey::from_jwk(jwk).ok()?,
        })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let (kind, name) = match algorithm {
            Algorithm::RS256 => (KeyKind::Rsa, KeyAlgorithm::RS256),
            Algorithm::PS256 => (KeyKind::Rsa, KeyAlgorithm::PS256),
            Algorithm::ES256 => (KeyKind::P256, KeyAlgorithm::ES256),
            _ => return false,
        };
        self.kind == kind && self.algorithm.is_none_or(|own| own == name)
    }
}
