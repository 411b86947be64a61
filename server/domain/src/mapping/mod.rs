//! Mapping is data: one table per kind says how each field is called on every side.

mod table;

pub use table::{Backend, Flow, Row, Table, TableError, ValueType, Wins};
