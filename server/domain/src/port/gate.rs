//! The gate in front of a tenant: how many calls it bears at once, over all nodes and both paths.

use async_trait::async_trait;

use super::PortError;

/// Who calls. The instant lane goes first and keeps a place of its own: a user is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// A user waits for the answer.
    Instant,
    /// A session.
    Background,
}

/// The right to make one call; given back when dropped.
pub struct Pass(#[expect(dead_code, reason = "held for its drop")] Box<dyn Send + Sync>);

impl Pass {
    /// A pass that gives back `held` when it is dropped.
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Self(Box::new(held))
    }
}

/// Lets calls through, one pass each. C4C bears fewer than 7 sustained parallel calls per tenant.
#[async_trait]
pub trait CallGate: Send + Sync {
    /// Waits for a place. An error says that there will be none soon.
    async fn enter(&self, lane: Lane) -> Result<Pass, PortError>;
}
