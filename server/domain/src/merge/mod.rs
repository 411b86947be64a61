//! The three-way merge of one item and its record, field by field, from digests of the last agreed state.
//!
//! A side has moved only when it differs from its own digest: servers normalise what they are given, and
//! that is no edit (INV-4). No clock decides anything (INV-17).

mod baseline;
mod company;
mod fields;

pub use baseline::{Baseline, DigestKey};
pub use company::stands_for;
pub use fields::{Conflict, Direction, Merged, Sides, merge};

#[cfg(test)]
mod tests;
