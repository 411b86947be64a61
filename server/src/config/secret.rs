//! Secrets: inline, from a file, or from an environment variable. Never printed.

use std::{fmt, path::Path};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Problem;

/// A secret file longer than this is not a secret but a mistake.
const LONGEST: u64 = 64 << 10;

/// A secret written into the configuration.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By way of a value, because serde's own message for a wrong type repeats what was written.
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => Ok(Self::new(text)),
            _ => Err(D::Error::custom("write the secret as a text in quotes")),
        }
    }
}

/// Where a secret of three sibling keys (`x`, `x_file`, `x_env`) comes from.
#[derive(Debug, Clone, Copy)]
pub struct SecretRef<'a> {
    /// The key of the inline form; the other two end in `_file` and `_env`.
    pub key: &'a str,
    /// The secret itself.
    pub inline: Option<&'a Secret>,
    /// A file that holds it; outer white space is cut.
    pub file: Option<&'a Path>,
    /// An environment variable that holds it.
    pub env: Option<&'a str>,
}

impl SecretRef<'_> {
    /// Whether any of the three is given.
    pub fn is_given(&self) -> bool {
        self.inline.is_some() || self.file.is_some() || self.env.is_some()
    }

    /// Checks that at most one of the three is given.
    pub fn check(&self) -> Result<(), Problem> {
        let given = [
            self.inline.is_some(),
            self.file.is_some(),
            self.env.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() > 1 {
            let key = self.key;
            let name = key.rsplit('.').next().unwrap_or(key);
            let why = format!("write only one of {name}, {name}_file, {name}_env");
            return Err(Problem::new(key, why));
        }
        Ok(())
    }

    /// Reads the secret; `None` when none of the three is given.
    pub fn read(&self) -> Result<Option<SecretString>, Problem> {
        self.check()?;
        if let Some(secret) = self.inline {
            return Ok(Some(secret.0.clone()));
        }
        if let Some(path) = self.file {
            return read_file(path)
                .map(Some)
                .map_err(|why| Problem::new(format!("{}_file", self.key), why));
        }
        let Some(name) = self.env else {
            return Ok(None);
        };
        match std::env::var(name) {
            Ok(text) if !text.is_empty() => Ok(Some(SecretString::from(text))),
            _ => Err(Problem::new(
                format!("{}_env", self.key),
                format!("the environment variable {name} is not set"),
            )),
        }
    }
}

fn read_file(path: &Path) -> Result<SecretString, String> {
    let shown = path.display();
    let size = std::fs::metadata(path)
        .map_err(|error| format!("{shown}: {error}"))?
        .len();
    if size > LONGEST {
        return Err(format!("{shown} is larger than {LONGEST} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("{shown} is empty"));
    }
    Ok(SecretString::from(text.to_owned()))
}
