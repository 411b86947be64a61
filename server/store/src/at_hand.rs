//! Connections to PostgreSQL that short readings use again and again.
//!
//! The pool takes the connection that rested longest, asks it whether it lives when it is given back, and both cost as
//! much as a small statement: its caches are cold by then. Here the one that was used last is taken, and not asked.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use sqlx::{Connection as _, PgConnection, PgPool};

use crate::pool::FRESH;

/// Connections kept, beside those of the pool.
const MOST: usize = 4;

/// The connections kept, the last used one last.
#[derive(Debug, Default)]
pub(crate) struct AtHand(Mutex<Vec<(PgConnection, Instant)>>);

impl AtHand {
    /// The connection that was used last, else one of the pool, which gives it away.
    pub(crate) async fn take(&self, pool: &PgPool) -> Result<PgConnection, sqlx::Error> {
        loop {
            let Some((mut connection, since)) = self.kept().pop() else {
                return Ok(pool.acquire().await?.detach());
            };
            if since.elapsed() < FRESH || connection.ping().await.is_ok() {
                return Ok(connection);
            }
        }
    }

    /// Keeps a connection whose statement succeeded. One that is not given back is closed by being dropped.
    pub(crate) fn give_back(&self, connection: PgConnection) {
        let mut kept = self.kept();
        if kept.len() < MOST {
            kept.push((connection, Instant::now()));
        }
    }

    /// Closes those that are kept.
    pub(crate) async fn close(&self) {
        let kept = std::mem::take(&mut *self.kept());
        for (connection, _) in kept {
            // One that is broken is closed already.
            let _ = connection.close().await;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(PgConnection, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
