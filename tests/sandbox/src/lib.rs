//! The sandbox: one *world* of people, mailboxes and a CRM tenant as plain state machines, with thin wire
//! faces (Exchange Web Services, OData v2, an admin face) over real HTTP.
//!
//! State lives in [`exchange`] and [`crm`]; [`faces`] only translate between the wire and that state;
//! [`faults`] decides which calls go wrong. Nothing here knows the server that is tested with it.

pub mod calendar_file;
pub mod clock;
pub mod company;
pub mod crm;
pub mod demo;
pub mod exchange;
pub mod faces;
pub mod faults;
pub mod mail;
pub mod notify;
pub mod serve;
pub mod world;
pub mod xml;

pub use clock::{Clock, MovableClock};
pub use faults::{Fault, FaultRule, Faults, GatePoint, GateRule};
pub use serve::Sandbox;
pub use world::{Effect, User, World, WorldConfig};
