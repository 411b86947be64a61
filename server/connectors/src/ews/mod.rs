//! Exchange Web Services (SOAP 1.1 over HTTP) behind the mailbox port.
//!
//! Wire facts: <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/explore-the-ews-managed-api-ews-and-web-services-in-exchange>.

mod category_list;
mod change;
mod client;
mod config;
mod envelope;
mod failure;
#[cfg(test)]
mod fixture_tests;
mod fuzz;
mod item;
mod mailbox;
mod op;
mod plan;
mod prepare;
mod property;
mod read;
mod scan;
mod status;
mod stream;
mod value;
mod version;
mod write;
mod xml;

pub use client::Ews;
pub use config::{Credentials, EwsConfig, TokenSource};
pub use fuzz::read_any;
pub use version::ServerVersion;
