//! Secrets by name, sealed.

use jiff::Timestamp;

use crate::{
    Store, StoreError,
    convert::micros,
    pool::{on_pool, on_writer},
    statements as sql,
};

fn purpose(name: &str) -> String {
    format!("secret:{name}")
}

impl Store {
    /// Stores a secret under a name, replacing an earlier one.
    pub async fn put_secret(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        let sealed = self.seal(&purpose(name), value)?;
        on_writer!(&self.db, pool => sqlx::query(sql::SECRET_PUT)
            .bind(name)
            .bind(sealed)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// A secret by its name.
    pub async fn get_secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row: Option<(Vec<u8>,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::SECRET_GET)
            .bind(name)
            .fetch_optional(pool)
            .await)?;
        row.map(|(sealed,)| self.unseal(&purpose(name), &sealed))
            .transpose()
    }

    /// Deletes a secret.
    pub async fn delete_secret(&self, name: &str) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::SECRET_DROP)
            .bind(name)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Deletes what is older than `before` and no longer needed: ended sessions, traces, settled
    /// issues and conflicts, answers to repeated requests, expired wishes, filed changes that are done, addresses nobody
    /// has appeared for.
    pub async fn prune(&self, before: Timestamp) -> Result<(), StoreError> {
        for text in [
            sql::PRUNE_SESSIONS,
            sql::PRUNE_TRACES,
            sql::PRUNE_ISSUES,
            sql::PRUNE_REQUESTS,
            sql::PRUNE_WISHES,
            sql::mirror::PRUNE_FILED,
            sql::mirror::PRUNE_CONFLICTS,
            sql::people::UNKNOWN_EXPIRE,
        ] {
            on_writer!(&self.db, pool => sqlx::query(text)
                .bind(micros(before))
                .execute(pool)
                .await
                .map(drop))?;
        }
        Ok(())
    }
}
