//! An identity provider on loopback: real keys, a real discovery document, a key set that can change.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, extract::State, routing::get};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};

/// A signing key with its public half as a JWK.
#[derive(Clone)]
pub struct SigningKey {
    pub id: String,
    pub algorithm: Algorithm,
    pub private: EncodingKey,
    pub public: Value,
}

/// RSA keys take long to make: one per process.
fn rsa_der() -> &'static [u8] {
    use rsa::pkcs1::EncodeRsaPrivateKey as _;
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).expect("a key");
        key.to_pkcs1_der().expect("DER").as_bytes().to_vec()
    })
}

impl SigningKey {
    pub fn rsa(id: &str, algorithm: Algorithm) -> Self {
        Self::new(id, algorithm, EncodingKey::from_rsa_der(rsa_der()))
    }

    pub fn elliptic(id: &str) -> Self {
        let pair = rcgen::KeyPair::generate().expect("a key");
        Self::new(
            id,
            Algorithm::ES256,
            EncodingKey::from_ec_der(&pair.serialize_der()),
        )
    }

    fn new(id: &str, algorithm: Algorithm, private: EncodingKey) -> Self {
        let mut jwk = Jwk::from_encoding_key(&private, algorithm).expect("a public key");
        jwk.common.key_id = Some(id.to_owned());
        Self {
            id: id.to_owned(),
            algorithm,
            public: serde_json::to_value(jwk).expect("JSON"),
            private,
        }
    }

    /// A token with these claims, signed with this key.
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.private).expect("a token")
    }
}

/// The provider.
pub struct Identity {
    pub address: SocketAddr,
    state: Arc<Served>,
}

struct Served {
    address: SocketAddr,
    keys: Mutex<Vec<Value>>,
    fetches: AtomicUsize,
}

impl Identity {
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Served {
            address,
            keys: Mutex::default(),
            fetches: AtomicUsize::new(0),
        });
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_of))
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let identity = Self { address, state };
        identity.publish(keys);
        identity
    }

    pub fn publish(&self, keys: &[&SigningKey]) {
        let public = keys.iter().map(|key| key.public.clone()).collect();
        self.publish_raw(public);
    }

    pub fn publish_raw(&self, keys: Vec<Value>) {
        *self.state.keys.lock().expect("not poisoned") = keys;
    }

    /// How often the key set was fetched.
    pub fn fetches(&self) -> usize {
        self.state.fetches.load(Ordering::SeqCst)
    }

    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn discovery(State(state): State<Arc<Served>>) -> Json<Value> {
    let issuer = format!("http://{}", state.address);
    Json(json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }))
}

async fn keys_of(State(state): State<Arc<Served>>) -> Json<Value> {
    state.fetches.fetch_add(1, Ordering::SeqCst);
    let keys = state.keys.lock().expect("not poisoned").clone();
    Json(json!({ "keys": keys }))
}
