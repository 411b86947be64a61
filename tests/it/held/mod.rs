//! What waits for a person: conflicts, dry runs, held plans.

mod conflict;
mod plan;
mod rehearsed;
mod wire;
