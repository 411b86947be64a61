//! A database per test, on both engines.

use std::{env, future::Future, panic::resume_unwind};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, SqlitePool};
use ssi_store::{Store, StoreKey};
use tempfile::TempDir;
use uuid::Uuid;

/// The key the tests seal with.
const KEY: [u8; 32] = [0x5f; 32];

/// An empty, migrated database of its own.
#[derive(Clone)]
pub struct Database {
    /// Its address.
    pub url: String,
}

impl Database {
    /// Opens a pool of its own, as another node would.
    pub async fn open(&self) -> Store {
        self.open_with(Some(StoreKey::new(KEY))).await
    }

    /// Opens it with another key, or none.
    pub async fn open_with(&self, key: Option<StoreKey>) -> Store {
        Store::open(&self.url, key)
            .await
            .expect("the test database opens")
    }

    /// A plain connection past the store.
    pub async fn raw(&self) -> Raw {
        if self.is_postgres() {
            Raw::Postgres(
                PgPool::connect(&self.url)
                    .await
                    .expect("a plain connection"),
            )
        } else {
            Raw::Sqlite(
                SqlitePool::connect(&self.url)
                    .await
                    .expect("a plain connection"),
            )
        }
    }

    pub fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }
}

/// A connection past the store, to look at what is really there.
pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Raw {
    /// Runs a statement.
    pub async fn run(&self, text: &str) -> Result<(), sqlx::Error> {
        let text = AssertSqlSafe(text.to_owned());
        match self {
            Self::Sqlite(pool) => pool.execute(sqlx::query(text)).await.map(drop),
            Self::Postgres(pool) => pool.execute(sqlx::query(text)).await.map(drop),
        }
    }

    /// The only number a query answers with.
    pub async fn number(&self, text: &str) -> i64 {
        let text = AssertSqlSafe(text.to_owned());
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(text).fetch_one(pool).await,
            Self::Postgres(pool) => sqlx::query_scalar(text).fetch_one(pool).await,
        }
        .expect("a number")
    }

    /// The bytes of the only column of the rows a query answers with.
    pub async fn bytes(&self, text: &str) -> Vec<Vec<u8>> {
        let text = AssertSqlSafe(text.to_owned());
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(text).fetch_all(pool).await,
            Self::Postgres(pool) => sqlx::query_scalar(text).fetch_all(pool).await,
        }
        .expect("rows of bytes")
    }

    /// The texts of the only column of the rows a query answers with.
    pub async fn texts(&self, text: &str) -> Vec<String> {
        let text = AssertSqlSafe(text.to_owned());
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(text).fetch_all(pool).await,
            Self::Postgres(pool) => sqlx::query_scalar(text).fetch_all(pool).await,
        }
        .expect("rows of text")
    }
}

/// Runs a test on SQLite and on PostgreSQL, each with a database of its own that is gone afterwards.
pub async fn on_both<T, F>(test: T)
where
    T: Fn(Database) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    on_sqlite(&test).await;
    on_postgres(&test).await;
}

/// Runs a test on SQLite, in a temporary file.
pub async fn on_sqlite<T, F>(test: T)
where
    T: Fn(Database) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let folder: TempDir = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
    let database = Database { url };
    database
        .open()
        .await
        .migrate()
        .await
        .expect("migrations run");
    test(database).await;
}

/// Runs a test on PostgreSQL, in the cluster at `TEST_DATABASE_URL`. Without the variable the test is
/// skipped, and fails under CI, because a step that cannot run must not pass.
pub async fn on_postgres<T, F>(test: T)
where
    T: Fn(Database) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let Ok(cluster) = env::var("TEST_DATABASE_URL") else {
        assert!(
            env::var_os("CI").is_none(),
            "TEST_DATABASE_URL is not set under CI"
        );
        eprintln!(
            "no TEST_DATABASE_URL: the PostgreSQL half is skipped (tests/tools/postgres.sh starts one)"
        );
        return;
    };
    let name = format!("t{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(&cluster)
        .await
        .expect("the cluster answers");
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    connection
        .execute(sqlx::query(create))
        .await
        .expect("a database per test");
    let mut url = url::Url::parse(&cluster).expect("TEST_DATABASE_URL is an address");
    url.set_path(&name);
    let database = Database { url: url.into() };
    database
        .open()
        .await
        .migrate()
        .await
        .expect("migrations run");
    // A task of its own, so that the database goes even when the test fails.
    let ended = tokio::spawn(test(database)).await;
    let remove = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
    connection
        .execute(sqlx::query(remove))
        .await
        .expect("the database goes");
    if let Err(error) = ended {
        resume_unwind(error.into_panic());
    }
}
