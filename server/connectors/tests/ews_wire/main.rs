//! The EWS connector over real HTTP against canned answers of the vendor's shapes.

mod answers;
mod errors;
mod requests;
mod schema;
mod streams;
mod support;
