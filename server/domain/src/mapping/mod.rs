//! Mapping is data: one table per kind says how each field is called on every side.

pub mod convert;
mod docs;
mod path;
mod rule;
mod table;
mod tables;

pub use docs::document;
pub use table::{Backend, Flow, Row, Table, TableError, ValueType, Wins};
pub use tables::Tables;

#[cfg(test)]
mod tests;
