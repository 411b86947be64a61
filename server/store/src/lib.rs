//! The store: SQL for SQLite (embedded default, one node) and PostgreSQL (any number of nodes), one text for
//! both. Times and ids are handed in; the database never tells the time.
//!
//! Laws. A link row is unique per tenant, kind and identity key: inserting it is the lock. A page's results
//! and its cursor are written in one transaction, fenced by the lease number (INV-8). No business data
//! rests here (ARC-07): ids, versions, digests and reasons; wishes, conflicts and stored answers are sealed. The one
//! exception is the directory (docs/decisions/0021).

mod at_hand;
mod blocklist;
mod conflict;
mod convert;
mod cursor;
mod dialect;
mod directory;
mod error;
mod feed;
mod filed;
mod follow_up;
mod held;
mod issue;
mod left;
mod link;
mod link_row;
mod made;
mod mailbox;
mod memory;
pub mod mirror;
mod offer;
mod page;
mod pin;
mod pool;
mod request;
mod seal;
mod secret;
mod session;
mod slot;
mod statements;
mod thread;
mod trace;
mod wish;

pub use blocklist::BlocklistEntry;
pub use conflict::{Conflict, NewConflict};
pub use directory::{Fill, FillStep, Found, Known};
pub use error::StoreError;
pub use feed::{FeedLease, FeedState, NewFeedPage};
pub use filed::{FiledId, FiledRow, NewFiled};
pub use follow_up::{Action, FollowUp};
pub use held::HeldPlan;
pub use issue::{IssueRow, IssueState, NewIssue};
pub use left::DownCounts;
pub use link::{Completed, Reserve, Reserved};
pub use link_row::{CopyLink, CopyRow, LinkRow, LinkState, LinkTarget, Origin};
pub use made::MadeParty;
pub use mailbox::{MailboxRow, MailboxState, NewMailbox};
pub use mirror::{MirrorRow, MirrorState, Origin as MirrorOrigin};
pub use offer::{LinkOffer, NewOffer, OfferState, OfferedLink, UnknownAddress, Waiting};
pub use page::{Fenced, PageCommit, PageEnd};
pub use request::{Begun, RequestKey};
pub use seal::StoreKey;
pub use session::{NewSession, SessionFinish, SessionRow, SessionState};
pub use trace::TraceRow;
pub use wish::{NewWish, WishRow};

use std::sync::Arc;

use sqlx::migrate::MigrateError;

use directory::ByHeart;
use pool::{Db, on_pool, on_writer};

/// How often a migration of a SQLite file is tried again after another process came between.
const MIGRATION_TRIES: usize = 40;

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    key: Option<StoreKey>,
    by_heart: Arc<ByHeart>,
}

impl Store {
    /// Opens `sqlite:PATH` (created if missing) or `postgres://…`. Changes nothing else; see [`Store::migrate`].
    pub async fn open(url: &str, key: Option<StoreKey>) -> Result<Self, StoreError> {
        Ok(Self {
            db: Db::open(url).await?,
            key,
            by_heart: Arc::default(),
        })
    }

    /// Brings the schema up to date. Several nodes may call it at once.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.db {
            Db::Sqlite { writer, .. } => {
                let migrations = sqlx::migrate!("../../migrations/sqlite");
                // SQLite has no lock for migrating: who meets another process at it looks again, and finds
                // that it is done.
                let mut result = migrations.run(writer).await;
                for _ in 0..MIGRATION_TRIES {
                    if !matches!(
                        result,
                        Err(MigrateError::ExecuteMigration(..) | MigrateError::Execute(_))
                    ) {
                        break;
                    }
                    result = migrations.run(writer).await;
                }
                result?;
            }
            Db::Postgres { pool, .. } => {
                sqlx::migrate!("../../migrations/postgres")
                    .run(pool)
                    .await?
            }
        }
        Ok(())
    }

    /// Every SQL text as this database gets it, by name, for the test that plans them.
    #[doc(hidden)]
    pub fn statements(&self) -> Vec<(&'static str, String)> {
        use statements as sql;
        let list = |from| dialect::placeholders(from, 2);
        let lock = dialect::lock_rows(&self.db);
        let built = [
            ("claim_due", sql::claim_due(dialect::skip_locked(&self.db))),
            (
                "claim_glances",
                sql::claim_glances(dialect::skip_locked(&self.db)),
            ),
            ("link_insert", sql::link_insert(2)),
            ("link_take", sql::link_take(&list(6), lock)),
            ("links_lock", sql::links_lock(&list(1), lock)),
            ("links_complete", sql::links_complete(2)),
            ("links_by_keys", sql::links_by_keys(&list(3))),
            ("links_by_items", sql::links_by_items(&list(2))),
            ("copies_put", sql::copies_put(2)),
            ("copies_gone", sql::copies_gone(&list(2))),
            ("traces_put", sql::traces_put(2)),
            ("issues_settle", sql::issues_settle(&list(3))),
            ("follow_ups_put", sql::follow_ups_put(2)),
            ("follow_ups_done", sql::follow_ups_done(&list(1))),
            ("wishes_fulfil", sql::wishes_fulfil(&list(2))),
            ("threads_put", sql::threads_put(2)),
            ("threads_drop", sql::threads_drop(&list(2))),
            ("threads_tracked", sql::threads_tracked(&list(2))),
        ];
        let fixed = sql::ALL
            .iter()
            .chain(sql::mirror::ALL)
            .chain(sql::people::ALL)
            .chain(sql::directory::ALL)
            .map(|(name, text)| (*name, (*text).to_owned()));
        fixed
            .chain(built)
            .chain(sql::mirror::built(lock))
            .chain(sql::people::built())
            .chain(sql::directory::built(&self.db))
            .collect()
    }

    /// Proves that the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on_pool!(&self.db, pool => sqlx::query("SELECT 1").execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Closes all connections; what was committed is on disk.
    pub async fn close(&self) {
        if let Db::Postgres { at_hand, .. } = &self.db {
            at_hand.close().await;
        }
        on_pool!(&self.db, pool => pool.close().await);
        on_writer!(&self.db, pool => pool.close().await);
    }

    /// A secret for a purpose, derived from the configured key; without a key one that everybody knows, which
    /// tests and rehearsals without secrets may use.
    pub fn derived_key(&self, purpose: &str) -> [u8; 32] {
        match &self.key {
            Some(key) => key.derive(purpose),
            None => blake3::derive_key(purpose, &[]),
        }
    }

    /// Seals a value for a purpose with the configured key.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.key
            .as_ref()
            .ok_or(StoreError::NoKey)?
            .seal(purpose, plain)
    }

    /// Opens a value sealed for the same purpose.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.key
            .as_ref()
            .ok_or(StoreError::NoKey)?
            .unseal(purpose, sealed)
    }
}
