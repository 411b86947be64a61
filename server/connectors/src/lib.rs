//! The connectors: Exchange Web Services and SAP Cloud for Customer behind the two ports of the
//! domain. Wire types stop here; one backend never uses another.

pub mod c4c;
pub mod ews;
pub mod http;
pub mod readonly;
