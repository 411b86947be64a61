//! The call limit of a tenant within one process.

use std::sync::Arc;

use async_trait::async_trait;
use ssi_domain::port::{CallGate, Lane, Pass, PortError};
use tokio::sync::Semaphore;

/// Calls at once: a tenant bears fewer than 7 sustained over all interfaces (SAP Knowledge Base 3577788).
pub const DEFAULT_CALLS: usize = 6;

/// Lets a fixed number of calls through, one of which only a waiting user can take.
#[derive(Debug, Clone)]
pub struct LocalGate {
    all: Arc<Semaphore>,
    background: Arc<Semaphore>,
}

impl LocalGate {
    /// A gate for `calls` calls at once, at least 2: one is kept for the instant lane.
    pub fn new(calls: usize) -> Self {
        let calls = calls.max(2);
        Self {
            all: Arc::new(Semaphore::new(calls)),
            background: Arc::new(Semaphore::new(calls - 1)),
        }
    }
}

impl Default for LocalGate {
    fn default() -> Self {
        Self::new(DEFAULT_CALLS)
    }
}

#[async_trait]
impl CallGate for LocalGate {
    async fn enter(&self, lane: Lane) -> Result<Pass, PortError> {
        let closed = |_| PortError::transient("the call gate is closed");
        let background = match lane {
            Lane::Instant => None,
            Lane::Background => {
                let permit = Arc::clone(&self.background).acquire_owned().await;
                Some(permit.map_err(closed)?)
            }
        };
        let permit = Arc::clone(&self.all).acquire_owned().await;
        Ok(Pass::new((permit.map_err(closed)?, background)))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_user_gets_through_while_the_background_fills_its_share() {
        let gate = LocalGate::new(3);
        let first = gate.enter(Lane::Background).await.unwrap();
        let _second = gate.enter(Lane::Background).await.unwrap();
        assert!(gate.enter(Lane::Background).now_or_never().is_none());
        let _user = gate.enter(Lane::Instant).await.unwrap();
        assert!(gate.enter(Lane::Instant).now_or_never().is_none());
        drop(first);
        assert!(gate.enter(Lane::Instant).now_or_never().is_some());
    }
}
