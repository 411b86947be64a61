//! What is wrong with a configuration, named by key, with what to write instead.

use std::{fmt, path::PathBuf};

/// One problem of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key as it stands in the file, such as `tenants[0].base_url`.
    pub key: String,
    /// What is wrong and what to write. Never a secret.
    pub why: String,
}

impl Problem {
    /// A problem of this key.
    pub fn new(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            why: why.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.why)
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}; name the file with --config or SSI_CONFIG", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML. The line itself is not shown, it may hold a secret.
    #[error("line {line} is not TOML: {why}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What the reader expected.
        why: String,
    },
    /// Keys or values are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}
