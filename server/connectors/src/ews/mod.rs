//! Exchange Web Services (SOAP 1.1 over HTTP) behind the mailbox port.
//!
//! Wire facts: <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/explore-the-ews-managed-api-ews-and-web-services-in-exchange>.

mod category_list;
mod change;
mod check;
mod client;
mod config;
mod encode;
mod envelope;
mod event;
mod failure;
mod field;
#[cfg(test)]
mod fixture_mirror_tests;
#[cfg(test)]
mod fixture_tests;
mod fuzz;
mod item;
mod mailbox;
mod master_list;
mod occurrence;
mod op;
mod own_folder;
mod plan;
mod prepare;
mod property;
mod read;
mod ready;
mod recurrence;
mod refusal;
#[cfg(test)]
mod round_trip_tests;
mod scan;
mod search;
mod seen;
mod status;
mod stream;
mod uid;
mod value;
mod version;
mod wire;
mod write;
mod xml;
mod zone;

pub use check::unknown_paths;
pub use client::Ews;
pub use config::{Credentials, EwsConfig, TokenSource};
pub use fuzz::read_any;
pub use version::ServerVersion;
