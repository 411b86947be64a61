//! The server: configuration, sign-in, gRPC, web files, and the wiring of engine and connectors.

pub mod auth;
pub mod backends;
pub mod cli;
pub mod config;
pub mod database;
pub mod grpc;
pub mod http;
pub mod lifecycle;
pub mod run;
pub mod telemetry;

pub use lifecycle::Shutdown;
pub use run::{Running, StartError, run, start};

/// Writes to standard output. A reader that went away is no error to report.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
