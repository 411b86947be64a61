//! Events in both directions over HTTP, on both databases: every rule of the calendar by its id (rules section 3).

mod bad;
mod below;
mod codes;
mod draft;
mod edited;
mod ends;
mod exceptions;
mod glance;
mod guests;
mod people;
mod private;
mod round_trip;
mod series;
mod triggers;
mod wire;
