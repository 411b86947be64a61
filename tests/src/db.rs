//! A database per test, on both engines.

use std::{env, future::Future, path::Path};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use ssi_store::{Store, StoreKey};
use tempfile::TempDir;
use uuid::Uuid;

/// The key the tests seal with.
pub const KEY: [u8; 32] = [0x5f; 32];

/// An empty, migrated database of its own.
pub struct Database {
    /// Its address, for other nodes and processes.
    pub url: String,
    /// What to call it in messages.
    pub engine: &'static str,
    folder: TempDir,
}

impl Database {
    /// Opens another connection pool to it, as another node would.
    pub async fn open(&self) -> Store {
        Store::open(&self.url, Some(StoreKey::new(KEY)))
            .await
            .expect("the test database opens")
    }

    /// A folder that lives as long as the database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Another empty database on the same engine, as a new installation would have.
    pub async fn another(&self) -> Self {
        match self.engine {
            "postgres" => Self::postgres().await.expect("the cluster still answers"),
            _ => Self::sqlite().await,
        }
    }

    /// A copy of it as it stands, as a backup that was restored. Nobody may have it open.
    pub async fn copy(&self) -> Self {
        let copy = self.another().await;
        if self.engine == "sqlite" {
            let file = |url: &str| url.trim_start_matches("sqlite:").to_owned();
            for end in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(file(&copy.url) + end);
            }
            std::fs::copy(file(&self.url), file(&copy.url)).expect("the file is copied");
            return copy;
        }
        let name = |url: &str| {
            let url = url::Url::parse(url).expect("an address");
            url.path().trim_start_matches('/').to_owned()
        };
        let cluster = env::var("TEST_DATABASE_URL").expect("a cluster");
        let mut connection = PgConnection::connect(&cluster).await.expect("it answers");
        let (from, to) = (name(&self.url), name(&copy.url));
        for statement in [
            format!("DROP DATABASE {to} WITH (FORCE)"),
            format!("CREATE DATABASE {to} TEMPLATE {from}"),
        ] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await
                .expect("the database is copied");
        }
        copy
    }

    /// A SQLite database in a temporary file.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
        Self {
            url,
            engine: "sqlite",
            folder,
        }
        .migrated()
        .await
    }

    /// A PostgreSQL database in the cluster at `TEST_DATABASE_URL`. Without the variable: `None`, and under
    /// CI a failure, because a step that cannot run must not pass.
    pub async fn postgres() -> Option<Self> {
        let Ok(cluster) = env::var("TEST_DATABASE_URL") else {
            assert!(
                env::var_os("CI").is_none(),
                "TEST_DATABASE_URL is not set under CI"
            );
            eprintln!(
                "no TEST_DATABASE_URL: the PostgreSQL half is skipped (make test starts one)"
            );
            return None;
        };
        let name = format!("t{}", Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(&cluster)
            .await
            .expect("the cluster answers");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .expect("a database per test");
        let mut url = url::Url::parse(&cluster).expect("TEST_DATABASE_URL is an address");
        url.set_path(&name);
        let folder = tempfile::tempdir().expect("a temporary folder");
        Some(
            Self {
                url: url.into(),
                engine: "postgres",
                folder,
            }
            .migrated()
            .await,
        )
    }

    async fn migrated(self) -> Self {
        self.open().await.migrate().await.expect("migrations run");
        self
    }
}

/// Runs a test on SQLite and on PostgreSQL, each with a database of its own.
pub async fn on_both<T, F>(test: T)
where
    T: Fn(Database) -> F,
    F: Future<Output = ()>,
{
    test(Database::sqlite().await).await;
    if let Some(database) = Database::postgres().await {
        test(database).await;
    }
}
