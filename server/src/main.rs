//! The program `ssi`.

use std::process::ExitCode;

use clap::Parser as _;
use ssi_server::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    // An error says only that there is a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Cli::parse().execute().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ssi: {error:#}");
            ExitCode::FAILURE
        }
    }
}
