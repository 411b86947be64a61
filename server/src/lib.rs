//! The server: configuration, sign-in, gRPC, web files, and the wiring of engine and connectors.

pub mod auth;
pub mod config;
pub mod grpc;
