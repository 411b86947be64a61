//! Opens the configured database with its key.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::Write as _,
    path::{Path, PathBuf},
};

use rand::RngCore as _;
use secrecy::ExposeSecret as _;
use ssi_store::{Store, StoreError, StoreKey};

use crate::config::{Config, Problem};

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A key of the configuration.
    #[error("{0}")]
    Key(Problem),
    /// The database itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the database. Changes nothing in it; see [`Store::migrate`].
pub async fn open(config: &Config) -> Result<(Store, StoreKey), OpenError> {
    let key = key(config).map_err(OpenError::Key)?;
    let store = Store::open(config.database.url.expose(), Some(key.clone())).await?;
    Ok((store, key))
}

/// The configured key, else one in a file beside the SQLite database, made on first use.
pub fn key(config: &Config) -> Result<StoreKey, Problem> {
    let wrong = |error: StoreError| Problem::new("database.key", error.to_string());
    if let Some(text) = config.database.key().read()? {
        return StoreKey::from_hex(text.expose_secret()).map_err(wrong);
    }
    let Some(database) = config.database.sqlite_path() else {
        return Err(Problem::new(
            "database.key_file",
            "is required with PostgreSQL",
        ));
    };
    let mut path = database.into_os_string();
    path.push(".key");
    let path = Path::new(&path);
    let failed = |error: std::io::Error| {
        Problem::new("database.key_file", format!("{}: {error}", path.display()))
    };
    match make_key_file(path) {
        Ok(()) => tracing::info!(path = %path.display(), "made a new key; back it up"),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    StoreKey::from_hex(&text)
        .map_err(|error| Problem::new("database.key_file", format!("{}: {error}", path.display())))
}

/// Makes the file whole or not at all, readable by its owner only: a half-written key would lock everybody
/// out, so it is written beside and then linked into place.
fn make_key_file(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Err(std::io::ErrorKind::AlreadyExists.into());
    }
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = Path::new(&draft);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(draft)?;
    let made = file
        .write_all(hex.as_bytes())
        .and_then(|()| file.sync_all())
        // A link fails when another process was first; then its key is the key.
        .and_then(|()| std::fs::hard_link(draft, path));
    std::fs::remove_file(draft)?;
    made
}

/// The right to run under a node's name, held by a lock on a file: two processes of one name would free each
/// other's leases. The lock ends with the process, however it ends.
#[derive(Debug)]
pub struct NodeName(#[expect(dead_code, reason = "held for its lock")] File);

impl NodeName {
    /// Claims the configured name on this machine.
    pub fn claim(config: &Config) -> Result<Self, Problem> {
        let path = lock_path(config);
        let failed = |why: String| Problem::new("node", format!("{}: {why}", path.display()));
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = options
            .open(&path)
            .map_err(|error| failed(error.to_string()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                let why = format!(
                    "a process named {:?} runs on this database already; stop it, or give this one another name",
                    config.node
                );
                Err(Problem::new("node", why))
            }
            Err(TryLockError::Error(error)) => Err(failed(error.to_string())),
        }
    }
}

/// Beside an SQLite database; for PostgreSQL in the folder for temporary files, by a digest of the address.
fn lock_path(config: &Config) -> PathBuf {
    if let Some(database) = config.database.sqlite_path() {
        let mut path = database.into_os_string();
        path.push(format!(".{}.lock", config.node));
        return path.into();
    }
    let name = format!("{}\n{}", config.database.url.expose(), config.node);
    let digest = blake3::hash(name.as_bytes()).to_hex();
    std::env::temp_dir().join(format!("ssi-{}.lock", &digest[..32]))
}
