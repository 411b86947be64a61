//! Connections to PostgreSQL that short readings use again and again.
//!
//! The pool takes the connection that rested longest, asks it whether it lives when it is given back, and both cost as
//! much as a small statement: its caches are cold by then. Here the one that was used last is taken, and not asked.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use sqlx::{Connection as _, PgConnection, PgPool, Postgres, pool::PoolConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::pool::FRESH;

/// Connections of this kind, beside those of the pool. Whoever comes when all are in use takes one of the pool.
const MOST: usize = 4;

/// The connections at rest, the last used one last.
#[derive(Debug)]
pub(crate) struct AtHand {
    kept: Mutex<Vec<(PgConnection, Instant)>>,
    /// Who may use one.
    turns: Arc<Semaphore>,
}

/// A connection in use. One that is not given back is closed, or goes back to the pool it is of.
pub(crate) enum Taken {
    Own {
        connection: PgConnection,
        /// Free again with the connection.
        _turn: OwnedSemaphorePermit,
    },
    Pooled(PoolConnection<Postgres>),
}

impl Default for AtHand {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            turns: Arc::new(Semaphore::new(MOST)),
        }
    }
}

impl AtHand {
    /// The connection that was used last, else a new one, else one of the pool.
    pub(crate) async fn take(&self, pool: &PgPool) -> Result<Taken, sqlx::Error> {
        let Ok(turn) = self.turns.clone().try_acquire_owned() else {
            return Ok(Taken::Pooled(pool.acquire().await?));
        };
        loop {
            let kept = self.kept().pop();
            let connection = match kept {
                None => pool.acquire().await?.detach(),
                Some((connection, since)) if since.elapsed() < FRESH => connection,
                Some((mut connection, _)) => match connection.ping().await {
                    Ok(()) => connection,
                    Err(_) => continue,
                },
            };
            return Ok(Taken::Own {
                connection,
                _turn: turn,
            });
        }
    }

    /// Keeps a connection whose statement succeeded.
    pub(crate) fn give_back(&self, taken: Taken) {
        if let Taken::Own { connection, .. } = taken {
            self.kept().push((connection, Instant::now()));
        }
    }

    /// Closes those at rest.
    pub(crate) async fn close(&self) {
        let kept = std::mem::take(&mut *self.kept());
        for (connection, _) in kept {
            // One that is broken is closed already.
            let _ = connection.close().await;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(PgConnection, Instant)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Taken {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Own { connection, .. } => connection,
            Self::Pooled(connection) => connection,
        }
    }
}

impl DerefMut for Taken {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Own { connection, .. } => connection,
            Self::Pooled(connection) => connection,
        }
    }
}
