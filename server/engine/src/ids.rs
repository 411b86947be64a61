//! Ids and random numbers are handed in, like time.

use uuid::Uuid;

/// Draws new ids and random fractions.
pub trait Ids: Send + Sync {
    /// A new id; ids drawn later sort later.
    fn uuid(&self) -> Uuid;

    /// A number in `0.0..1.0`, for jitter.
    fn fraction(&self) -> f64;
}

/// The machine's own source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn fraction(&self) -> f64 {
        rand::random()
    }
}
