//! Repeated requests get their first answer (AIP-155). Answers lie sealed.

use jiff::{SignedDuration, Timestamp};

use crate::{
    Store, StoreError,
    convert::micros,
    pool::{on_pool, on_writer},
    statements as sql,
};

const PURPOSE: &str = "answer";

/// A request that has run for so long without an answer died with its process: it may run again.
const DEAD_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// What makes a request the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who asks.
    pub caller: String,
    /// What for.
    pub method: String,
    /// The client's id of the request.
    pub request_id: String,
}

/// How a request stands when it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new: do it, then say how it ended.
    Fresh,
    /// It is being done.
    Running,
    /// It was done; this was the answer.
    Done(Vec<u8>),
}

impl Store {
    /// Begins a request, or finds out that it was begun before.
    pub async fn begin_request(
        &self,
        key: &RequestKey,
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        for (text, dead) in [
            (sql::REQUEST_BEGIN, None),
            (sql::REQUEST_TAKE, Some(now - DEAD_AFTER)),
        ] {
            let rows = on_writer!(&self.db, pool => {
                let mut query = sqlx::query(text)
                    .bind(&key.caller)
                    .bind(&key.method)
                    .bind(&key.request_id)
                    .bind(micros(now));
                if let Some(dead) = dead {
                    query = query.bind(micros(dead));
                }
                query.execute(pool).await.map(|done| done.rows_affected())
            })?;
            if rows == 1 {
                return Ok(Begun::Fresh);
            }
        }
        let row: Option<(Option<Vec<u8>>,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::REQUEST_GET)
            .bind(&key.caller)
            .bind(&key.method)
            .bind(&key.request_id)
            .fetch_optional(pool)
            .await)?;
        match row {
            Some((Some(sealed),)) => Ok(Begun::Done(self.unseal(PURPOSE, &sealed)?)),
            _ => Ok(Begun::Running),
        }
    }

    /// Keeps the answer of a request; the first answer stays.
    pub async fn finish_request(&self, key: &RequestKey, answer: &[u8]) -> Result<(), StoreError> {
        let sealed = self.seal(PURPOSE, answer)?;
        on_writer!(&self.db, pool => sqlx::query(sql::REQUEST_FINISH)
            .bind(sealed)
            .bind(&key.caller)
            .bind(&key.method)
            .bind(&key.request_id)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Forgets a request that failed, so that it may be tried again.
    pub async fn drop_request(&self, key: &RequestKey) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::REQUEST_DROP)
            .bind(&key.caller)
            .bind(&key.method)
            .bind(&key.request_id)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
