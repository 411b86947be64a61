//! Identity tokens: what is let in and what is not, with real keys and a real key set over HTTP.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use ssi_domain::{Clock as _, TestClock};
use ssi_server::{
    auth::{AuthError, Authenticator, Caller},
    config::Config,
};
use ssi_store::StoreKey;

use crate::identity::{Identity, SigningKey};

const NOW: i64 = 1_800_000_000;

struct World {
    identity: Identity,
    clock: Arc<TestClock>,
    auth: Authenticator,
}

impl World {
    async fn with(keys: &[&SigningKey], more: &str) -> Self {
        let identity = Identity::start(keys).await;
        let text = format!(
            "[[auth.issuers]]\nissuer = \"{}\"\naudiences = [\"api://ssi\"]\n\
             tenant_ids = [\"t-1\"]\n{more}\n",
            identity.issuer()
        );
        let config = Config::parse(&text, []).expect("sound test data");
        let clock = Arc::new(TestClock::at(
            jiff::Timestamp::from_second(NOW).expect("sound test data"),
        ));
        let auth = Authenticator::new(&config.auth, StoreKey::new([7; 32]), clock.clone())
            .expect("sound test data");
        Self {
            identity,
            clock,
            auth,
        }
    }

    fn claims(&self) -> Value {
        json!({
            "iss": self.identity.issuer(), "aud": "api://ssi", "tid": "t-1", "sub": "ann-1",
            "email": "Ann@Example.com", "name": "Ann", "iat": NOW, "nbf": NOW, "exp": NOW + 600,
        })
    }

    fn claims_with(&self, changes: Value) -> Value {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().expect("sound test data") {
            match value {
                Value::Null => drop(
                    claims
                        .as_object_mut()
                        .expect("sound test data")
                        .remove(name),
                ),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }

    async fn let_in(&self, token: &str) -> Result<Caller, AuthError> {
        self.auth.caller(token, None).await
    }
}

#[tokio::test]
async fn tokens_of_each_algorithm_are_let_in() {
    let keys = [
        SigningKey::rsa("r", Algorithm::RS256),
        SigningKey::rsa("p", Algorithm::PS256),
        SigningKey::elliptic("e"),
    ];
    let world = World::with(&[&keys[0], &keys[1], &keys[2]], "").await;
    for key in &keys {
        let caller = world.let_in(&key.sign(&world.claims())).await.unwrap();
        assert_eq!(caller.subject, "ann-1");
        assert_eq!(caller.addresses, ["ann@example.com"]);
        assert_eq!(caller.display_name, "Ann");
    }
    assert_eq!(world.identity.fetches(), 1, "the key set is cached");
}

/// The claims as a table: what is changed, and whether the token is still let in.
#[tokio::test]
async fn claims_decide() {
    let key = SigningKey::elliptic("e");
    let world = World::with(&[&key], "scopes = [\"access\"]").await;
    let sound = || json!({ "scp": "other access" });
    let with = |changes: Value| {
        let mut all = sound();
        all.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        key.sign(&world.claims_with(all))
    };
    for good in [
        json!({}),
        json!({ "aud": ["other", "api://ssi"] }),
        json!({ "exp": NOW - 59 }),
        json!({ "exp": NOW as f64 + 0.5 }),
        json!({ "nbf": NOW + 60 }),
        json!({ "nbf": null, "iat": null }),
        json!({ "scp": null, "scope": ["access"] }),
    ] {
        assert!(world.let_in(&with(good.clone())).await.is_ok(), "{good}");
    }
    for (bad, why) in [
        (json!({ "aud": "api://other" }), "audience"),
        (json!({ "aud": null }), "audience"),
        (json!({ "aud": 7 }), "audience"),
        (json!({ "iss": "http://127.0.0.1:1" }), "issuer"),
        (json!({ "iss": null }), "issuer"),
        (json!({ "tid": "t-2" }), "tenant"),
        (json!({ "tid": null }), "tenant"),
        (json!({ "exp": NOW - 60 }), "expired"),
        (json!({ "exp": null }), "never expires"),
        (json!({ "exp": "tomorrow" }), "not numbers"),
        (json!({ "nbf": NOW + 61 }), "not valid yet"),
        (json!({ "iat": NOW + 3_600 }), "not valid yet"),
        (json!({ "sub": null }), "subject"),
        (json!({ "sub": "" }), "subject"),
        (json!({ "scp": "other" }), "scope"),
    ] {
        let error = world
            .let_in(&with(bad.clone()))
            .await
            .expect_err(&bad.to_string());
        assert!(error.to_string().contains(why), "{bad}: {error}");
    }
}

#[tokio::test]
async fn an_unverified_email_opens_nothing() {
    let key = SigningKey::elliptic("e");
    let world = World::with(&[&key], "").await;
    for (claims, known) in [
        (json!({ "email_verified": true }), true),
        (json!({ "email_verified": "true" }), true),
        (json!({ "email_verified": false }), false),
        (json!({ "email_verified": "false" }), false),
        (json!({ "xms_edov": "0" }), false),
        (json!({ "xms_edov": "1" }), true),
    ] {
        let token = key.sign(&world.claims_with(claims.clone()));
        let caller = world.let_in(&token).await.unwrap();
        assert_eq!(!caller.addresses.is_empty(), known, "{claims}");
    }
}

/// The classic forgeries: no signature, the public key taken for an HMAC secret, a key the token brings.
#[tokio::test]
async fn forged_tokens_are_refused() {
    let key = SigningKey::rsa("r", Algorithm::RS256);
    let world = World::with(&[&key], "").await;
    let claims = world.claims();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let sound = key.sign(&claims);
    assert!(world.let_in(&sound).await.is_ok());
    let (message, signature) = sound.rsplit_once('.').unwrap();

    for alg in ["none", "None", "NONE", ""] {
        let header = part(&json!({ "alg": alg, "kid": "r" }));
        for signature in ["", signature] {
            let token = format!("{header}.{}.{signature}", part(&claims));
            assert!(world.let_in(&token).await.is_err(), "{alg}");
        }
    }
    let header = part(&json!({ "alg": "HS256", "kid": "r" }));
    let confused = format!("{header}.{}", part(&claims));
    let modulus = key.public["n"].as_str().unwrap();
    let raw = URL_SAFE_NO_PAD.decode(modulus).unwrap();
    for secret in [
        modulus.as_bytes(),
        raw.as_slice(),
        key.public.to_string().as_bytes(),
    ] {
        let secret = EncodingKey::from_secret(secret);
        let mac =
            jsonwebtoken::crypto::sign(confused.as_bytes(), &secret, Algorithm::HS256).unwrap();
        assert!(world.let_in(&format!("{confused}.{mac}")).await.is_err());
    }
    let own = SigningKey::elliptic("own");
    let mut header = jsonwebtoken::Header::new(Algorithm::ES256);
    header.kid = Some("r".into());
    header.jwk = serde_json::from_value(own.public.clone()).ok();
    header.jku = Some("http://127.0.0.1:1/keys".into());
    let token = jsonwebtoken::encode(&header, &claims, &own.private).unwrap();
    assert!(world.let_in(&token).await.is_err());

    let header = part(&json!({ "alg": "RS256", "kid": "r", "crit": ["exp"] }));
    assert!(
        world
            .let_in(&format!("{header}.{}.{signature}", part(&claims)))
            .await
            .is_err()
    );
    let other = part(&world.claims_with(json!({ "sub": "bob" })));
    let header = message.split('.').next().unwrap();
    assert!(
        world
            .let_in(&format!("{header}.{other}.{signature}"))
            .await
            .is_err()
    );
    for broken in [
        "",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        &"x".repeat(20_000),
        "ssi1_",
        "ssi1_AAAA",
    ] {
        assert!(world.let_in(broken).await.is_err(), "{broken:.20}");
    }
}

/// Symmetric keys and encryption keys in a key set are never used, and odd ones do not hide the others.
#[tokio::test]
async fn only_signature_keys_of_a_set_are_used() {
    let key = SigningKey::elliptic("e");
    let other = SigningKey::elliptic("x");
    let world = World::with(&[&key], "").await;
    let mut for_encryption = other.public.clone();
    for_encryption["use"] = json!("enc");
    world.identity.publish_raw(vec![
        json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "e", "alg": "HS256" }),
        json!({ "kty": "new-kind", "kid": "n" }),
        json!("not a key"),
        for_encryption,
        key.public.clone(),
    ]);
    assert!(world.let_in(&key.sign(&world.claims())).await.is_ok());
    assert!(world.let_in(&other.sign(&world.claims())).await.is_err());
}

#[tokio::test]
async fn a_rotated_key_is_found_and_made_up_keys_do_not_make_us_ask_for_ever() {
    let (old, new) = (SigningKey::elliptic("old"), SigningKey::elliptic("new"));
    let world = World::with(&[&old], "").await;
    assert!(world.let_in(&old.sign(&world.claims())).await.is_ok());
    world.identity.publish(&[&new]);

    world.clock.advance(31);
    assert!(
        world.let_in(&new.sign(&world.claims())).await.is_ok(),
        "the new key is fetched"
    );
    assert_eq!(world.identity.fetches(), 2);
    assert!(
        world.let_in(&old.sign(&world.claims())).await.is_err(),
        "the old key is gone"
    );

    let stranger = SigningKey::elliptic("made-up");
    let forged = stranger.sign(&world.claims());
    for _ in 0..50 {
        assert!(world.let_in(&forged).await.is_err());
    }
    assert_eq!(
        world.identity.fetches(),
        2,
        "asked again at most every 30 seconds"
    );
    world.clock.advance(31);
    assert!(world.let_in(&forged).await.is_err());
    assert_eq!(world.identity.fetches(), 3);
}

#[tokio::test]
async fn known_keys_work_on_while_the_provider_is_away_but_not_for_ever() {
    let key = SigningKey::elliptic("e");
    let world = World::with(&[&key], "").await;
    assert!(world.let_in(&key.sign(&world.claims())).await.is_ok());
    world.identity.publish_raw(Vec::new());
    let later = |seconds: i64| {
        let times =
            json!({ "iat": NOW + seconds, "nbf": NOW + seconds, "exp": NOW + seconds + 600 });
        key.sign(&world.claims_with(times))
    };
    world.clock.advance(7_200);
    assert!(world.let_in(&later(7_200)).await.is_ok());
    world.clock.advance(90_000);
    let error = world.let_in(&later(97_200)).await.unwrap_err();
    assert!(matches!(error, AuthError::Provider(_)), "{error}");
}

#[tokio::test]
async fn a_session_token_stands_for_its_caller_until_its_time_is_over() {
    let key = SigningKey::elliptic("e");
    let world = World::with(&[&key], "").await;
    let (signed, caller) = world
        .auth
        .sign_in(&key.sign(&world.claims()), None)
        .await
        .unwrap();
    assert!(!signed.token.contains("ann"), "the token is opaque");
    let lifetime = signed.expires.as_second() - world.clock.now().as_second();
    assert_eq!(lifetime, 480 * 60);
    assert_eq!(world.let_in(&signed.token).await.unwrap(), caller);

    for at in 0..signed.token.len() {
        let mut forged = signed.token.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        // The last character holds unused bits, which must be zero: every change is refused.
        assert!(world.let_in(&forged).await.is_err(), "changed at {at}");
    }
    let other = Authenticator::new(
        &Config::default().auth,
        StoreKey::new([8; 32]),
        world.clock.clone(),
    );
    assert!(
        other.unwrap().caller(&signed.token, None).await.is_err(),
        "another key"
    );

    world.clock.advance(lifetime - 1);
    assert!(world.let_in(&signed.token).await.is_ok());
    world.clock.advance(1);
    assert!(matches!(
        world.let_in(&signed.token).await,
        Err(AuthError::Expired)
    ));
}

#[tokio::test]
async fn development_tokens_work_from_this_machine_only() {
    let text = "[[auth.dev_tokens]]\ntoken = \"0123456789abcdef\"\nsubject = \"dev\"\n\
                addresses = [\"ann@example.com\"]\n";
    let config = Config::parse(text, []).unwrap();
    let clock = Arc::new(TestClock::at(jiff::Timestamp::from_second(NOW).unwrap()));
    let auth = Authenticator::new(&config.auth, StoreKey::new([7; 32]), clock).unwrap();
    let token = "0123456789abcdef";
    for (peer, good) in [
        (Some("127.0.0.1"), true),
        (Some("::1"), true),
        (Some("::ffff:127.0.0.1"), true),
        (Some("10.0.0.1"), false),
        (None, false),
    ] {
        let peer = peer.map(|peer| peer.parse().unwrap());
        assert_eq!(auth.caller(token, peer).await.is_ok(), good, "{peer:?}");
    }
    assert!(
        auth.caller("0123456789abcdeX", Some("127.0.0.1".parse().unwrap()))
            .await
            .is_err()
    );
}
