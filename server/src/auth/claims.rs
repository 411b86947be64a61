//! The claims of an identity token that we look at, read as tolerantly as providers write them.

use serde::Deserialize;
use serde_json::{Map, Value};

/// All claims of a token.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Claims(Map<String, Value>);

impl Claims {
    /// A text claim.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A point in time in seconds (RFC 7519 NumericDate; fractions are allowed). `Err`: present but not a number.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<f64>, ()> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_f64()
                .filter(|at| at.is_finite())
                .map(Some)
                .ok_or(()),
        }
    }

    /// A claim that is one text or a list of them.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The scopes of an access token: `scp` or `scope`, separated by spaces, or a list.
    pub(super) fn scopes(&self) -> Vec<&str> {
        let both = ["scp", "scope"]
            .into_iter()
            .flat_map(|name| self.texts(name));
        both.flat_map(str::split_whitespace).collect()
    }

    /// Whether the token says itself that its `email` was not verified. Anybody can give themselves such an
    /// address at some providers.
    pub(super) fn email_is_unverified(&self) -> bool {
        let says_no = |name: &str| match self.0.get(name) {
            Some(Value::Bool(verified)) => !verified,
            Some(Value::String(text)) => !(text.eq_ignore_ascii_case("true") || text == "1"),
            Some(Value::Number(number)) => number.as_i64() != Some(1),
            Some(_) => true,
            None => false,
        };
        // xms_edov: Microsoft Entra ID's "the domain owner vouches for this e-mail".
        says_no("email_verified") || says_no("xms_edov")
    }
}
