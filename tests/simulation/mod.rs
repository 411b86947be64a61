//! The simulation: the real engine and store over the sandbox's world, without HTTP, with people, faults and
//! crashes drawn from a seed.
//!
//! A history goes: people do things on both sides, sessions and feeds run in between, every port call may
//! fail in any way ports fail, and the process may die at any of them. Then calm: no faults, no edits; both
//! sides must agree within a few rounds and a further round must write nothing. The laws are checked after
//! every step and at calm.

mod chaos;
mod chosen;
mod click;
mod company;
mod crm;
mod crm_mail;
mod deed;
mod field;
mod law;
mod letter;
mod letter_click;
mod letter_law;
mod letters;
mod mailbox;
mod make;
mod mark;
mod memory;
mod nodes;
mod plot;
mod port_law;
mod post;
mod quirk;
mod row;
mod run;
mod thing;
mod watch;

pub use chaos::Chaos;
pub use plot::Plot;
pub use quirk::Quirks;
pub use run::{Outcome, run};
