//! What can go wrong with the database, said as what to do next.

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address in the configuration cannot be used.
    #[error("database address: {0}")]
    Address(String),
    /// The database is locked by somebody else for too long; try again.
    #[error("the database is busy; try again")]
    Busy(#[source] sqlx::Error),
    /// The database cannot be reached or failed; check that it runs and has space.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The schema cannot be brought up to date.
    #[error(
        "database migration: {0}; do not edit released migrations, restore a backup or use the matching release"
    )]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A sealed value was written under another key.
    #[error(
        "a stored secret cannot be opened with this key: configure the key it was written with, or delete and enter the secret again"
    )]
    WrongKey,
    /// A secret is to be kept but no key is configured.
    #[error(
        "no key is configured for secrets: set database.key_file or SSI_DATABASE__KEY (`ssi config print` says how)"
    )]
    NoKey,
    /// The key is not 32 bytes of hex or base64.
    #[error("the key must be 32 bytes, written as 64 hexadecimal digits")]
    BadKey,
    /// A stored value cannot be read; the row names what to look at.
    #[error("unreadable value in the database: {0}")]
    Corrupt(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::Busy(error);
        }
        let code = error
            .as_database_error()
            .and_then(|e| e.code().map(|code| code.into_owned()));
        match code.as_deref() {
            // SQLite BUSY and LOCKED with their extended codes; PostgreSQL serialisation and lock failures.
            Some("5" | "6" | "261" | "517" | "40001" | "40P01" | "55P03") => Self::Busy(error),
            _ => Self::Unavailable(error),
        }
    }
}
