//! The C4C connector against real HTTP servers on loopback that answer in every shape OData v2 allows.

mod find;
mod links;
mod put;
mod samples;
mod server;
mod sign_in;
