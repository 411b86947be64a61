//! One SQL text, two typed pools. sqlx infers the driver from the executor, so both arms read alike.
//!
//! SQLite has one writer at a time. Writers of one process queue for a connection of their own, first come,
//! first served: were they to meet at SQLite's lock instead, a click would lose it to a session again and
//! again, because SQLite waits by trying again after ever longer pauses.

use std::{str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Connection as _, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{StoreError, at_hand::AtHand};

/// The open pool.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    Sqlite {
        readers: SqlitePool,
        /// One connection.
        writer: SqlitePool,
        /// Whoever has it may queue for the writer with a batch.
        batches: Arc<Mutex<()>>,
    },
    Postgres {
        pool: PgPool,
        /// For short readings that people wait for.
        at_hand: Arc<AtHand>,
    },
}

/// An open writing transaction.
pub(crate) enum Tx {
    Sqlite {
        tx: Transaction<'static, Sqlite>,
        /// The turn of a batch, given back with the transaction.
        turn: Option<OwnedMutexGuard<()>>,
    },
    Postgres(Transaction<'static, Postgres>),
}

/// Runs one reading expression against whichever pool is open; both arms are fully typed.
macro_rules! on_pool {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::pool::Db::Sqlite { readers: $pool, .. } => $body,
            $crate::pool::Db::Postgres { pool: $pool, .. } => $body,
        }
    };
}

/// Runs one short reading statement that somebody waits for, whose value is a result of the driver's.
macro_rules! at_hand {
    ($db:expr, $on:ident => $body:expr) => {
        match $db {
            $crate::pool::Db::Sqlite { readers: $on, .. } => $body,
            $crate::pool::Db::Postgres { pool, at_hand } => {
                let mut connection = at_hand.take(pool).await?;
                let $on = &mut *connection;
                let result = $body;
                if result.is_ok() {
                    at_hand.give_back(connection);
                }
                result
            }
        }
    };
}

/// Runs one writing statement against whichever pool is open.
macro_rules! on_writer {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::pool::Db::Sqlite { writer: $pool, .. } => $body,
            $crate::pool::Db::Postgres { pool: $pool, .. } => $body,
        }
    };
}

/// Runs one expression inside an open transaction.
macro_rules! on_tx {
    ($tx:expr, $conn:ident => $body:expr) => {
        match $tx {
            $crate::pool::Tx::Sqlite { tx, .. } => {
                let $conn = &mut **tx;
                $body
            }
            $crate::pool::Tx::Postgres(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}

pub(crate) use {at_hand, on_pool, on_tx, on_writer};

/// How long a writer waits for another one before the call fails as busy.
const BUSY: Duration = Duration::from_secs(20);

/// How long a connection to PostgreSQL is taken to be alive after it answered.
pub(crate) const FRESH: Duration = Duration::from_secs(1);

/// What a connection to SQLite keeps of the file: kibibytes, negated. Its own 2 MB do not hold the upper pages of a
/// directory's indexes.
const CACHE: &str = "-16384";

/// What readers see of the file without copying it, in bytes; beyond, they read as usual.
const MAPPED: &str = "1073741824";

/// How often, and after which pause, opening a file is tried again that another process is making.
const OPENING_TRIES: usize = 40;
const OPENING_PAUSE: Duration = Duration::from_millis(50);

impl Db {
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            if path.contains(":memory:") {
                let why =
                    "sqlite::memory: would give each connection its own database; name a file";
                return Err(StoreError::Address(why.into()));
            }
            let options = SqliteConnectOptions::from_str(url)
                .map_err(|error| StoreError::Address(error.to_string()))?
                .create_if_missing(true)
                .synchronous(SqliteSynchronous::Normal)
                .foreign_keys(true)
                .busy_timeout(BUSY)
                .pragma("cache_size", CACHE);
            // A ping would not find a broken file, and costs as much as a small statement.
            let pool = SqlitePoolOptions::new()
                .acquire_timeout(BUSY)
                .test_before_acquire(false);
            let writer = pool.clone().max_connections(1);
            let writer =
                connect(writer, options.clone().journal_mode(SqliteJournalMode::Wal)).await?;
            let options = options.pragma("mmap_size", MAPPED);
            let readers = pool.max_connections(8).connect_with(options).await?;
            let batches = Arc::default();
            return Ok(Self::Sqlite {
                readers,
                writer,
                batches,
            });
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            // A ping is a way there and back, as much as a small statement: those that just answered need none.
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(BUSY)
                .test_before_acquire(false)
                .before_acquire(|connection, seen| {
                    Box::pin(async move {
                        if seen.idle_for > FRESH {
                            connection.ping().await?;
                        }
                        Ok(true)
                    })
                })
                .connect(url)
                .await?;
            return Ok(Self::Postgres {
                pool,
                at_hand: Arc::default(),
            });
        }
        Err(StoreError::Address(
            "write sqlite:PATH or postgres://user@host/database".into(),
        ))
    }

    /// Opens a writing transaction. On SQLite it takes the write lock at once: upgrading a read lock later
    /// fails without waiting, whatever the busy timeout says.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        self.begin_in_turn(None).await
    }

    /// Opens a writing transaction for many rows. One of them at a time stands in SQLite's queue, so that a
    /// click waits for at most one.
    pub(crate) async fn begin_batch(&self) -> Result<Tx, StoreError> {
        let turn = match self {
            Self::Sqlite { batches, .. } => Some(batches.clone().lock_owned().await),
            Self::Postgres { .. } => None,
        };
        self.begin_in_turn(turn).await
    }

    async fn begin_in_turn(&self, turn: Option<OwnedMutexGuard<()>>) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite {
                tx: writer.begin_with("BEGIN IMMEDIATE").await?,
                turn,
            },
            Self::Postgres { pool, .. } => Tx::Postgres(pool.begin().await?),
        })
    }
}

/// Opens the file, made if it is missing. Processes that meet at a new file do not wait for each other while
/// one of them turns the write-ahead log on: SQLite fails at once, so it is tried again here.
async fn connect(
    pool: SqlitePoolOptions,
    options: SqliteConnectOptions,
) -> Result<SqlitePool, StoreError> {
    for _ in 0..OPENING_TRIES {
        match pool
            .clone()
            .connect_with(options.clone())
            .await
            .map_err(StoreError::from)
        {
            Err(StoreError::Busy(_)) => tokio::time::sleep(OPENING_PAUSE).await,
            result => return result,
        }
    }
    Ok(pool.connect_with(options).await?)
}

impl Tx {
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { tx, turn } => {
                tx.commit().await?;
                drop(turn);
            }
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { tx, turn } => {
                tx.rollback().await?;
                drop(turn);
            }
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}
