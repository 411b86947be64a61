//! The harness of the end-to-end tests: a sandbox world, both databases, engine nodes over the real
//! connectors, the server as a process.

pub mod calm;
pub mod db;
pub mod desk;
pub mod doomed;
pub mod fault;
pub mod given;
pub mod node;
pub mod people;
pub mod process;
pub mod scene;
pub mod served;
#[path = "../simulation/mod.rs"]
pub mod simulation;
pub mod stopwatch;
pub mod tap;
