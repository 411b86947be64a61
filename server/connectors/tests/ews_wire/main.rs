//! The EWS connector over real HTTP against canned answers of the vendor's shapes.

mod requests;
mod schema;
mod support;
