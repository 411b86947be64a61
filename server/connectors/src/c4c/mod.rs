//! SAP Cloud for Customer over OData v2, behind the port [`ssi_domain::port::Crm`].

mod check;
mod config;
mod event;
mod find;
mod fuzz;
mod gate;
mod get;
mod known;
mod link;
mod mirror;
mod odata;
mod parties;
mod port;
mod put;
mod read;
mod tenant;

pub use config::{C4cConfig, Codes, Credentials, JsonMode, Sizes, TokenSource};
pub use event::{NotAnEvent, notices};
pub use fuzz::read_any;
pub use gate::{DEFAULT_CALLS, LocalGate};
pub use tenant::C4c;
