//! The command line.

mod directory;
mod doctor;
mod sync;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::{
    config::{Config, DEFAULTS},
    database,
    lifecycle::Shutdown,
    run, telemetry,
};

/// The configuration that is read when none is named and it exists.
const USUAL_CONFIG: &str = "ssi.toml";

/// Keeps mailboxes and SAP Cloud for Customer in step.
#[derive(Debug, Parser)]
#[command(name = "ssi", version, about)]
pub struct Cli {
    /// The configuration file; without one `ssi.toml` here, else defaults and environment.
    #[arg(long, global = true, env = "SSI_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server.
    Serve {
        /// Writes the address into this file once the server listens.
        #[arg(long, value_name = "FILE")]
        ready_file: Option<PathBuf>,
    },
    /// Brings the database up to date. `serve` does so by itself.
    Migrate,
    /// Checks every connection and says what to do. Changes nothing.
    Doctor,
    /// Prints or checks the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Shows or forgets the directory of a tenant's parties.
    Directory {
        #[command(subcommand)]
        command: DirectoryCommand,
    },
    /// Runs one session of a mailbox and says what became of each mail.
    Sync {
        /// The mailbox's address, as in the configuration.
        mailbox: String,
        /// Runs one session and ends.
        #[arg(long, required = true)]
        once: bool,
        /// Prints JSON lines: one per mail, last the totals.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum ConfigCommand {
    /// Prints every key with its default and what it means.
    Print,
    /// Says what is wrong with the configuration.
    Check,
}

#[derive(Debug, Clone, Subcommand)]
enum DirectoryCommand {
    /// Says how far the first reading of each kind is.
    Status {
        /// The tenant's id, as in the configuration; without one all of them.
        tenant: Option<String>,
    },
    /// Forgets everything that is known of a tenant's parties; they are read again.
    Drop {
        /// The tenant's id, as in the configuration.
        tenant: String,
    },
}

impl Cli {
    /// Does what was asked.
    pub async fn execute(self) -> anyhow::Result<ExitCode> {
        if let Command::Config {
            command: ConfigCommand::Print,
        } = self.command
        {
            crate::print(DEFAULTS)?;
            return Ok(ExitCode::SUCCESS);
        }
        let config = load(self.config.as_deref())?;
        telemetry::start(&config.telemetry).map_err(|problem| anyhow::anyhow!("{problem}"))?;
        match self.command {
            Command::Serve { ready_file } => serve(config, ready_file.as_deref()).await,
            Command::Migrate => migrate(&config).await,
            Command::Doctor => doctor::run(config).await,
            Command::Directory { command } => match command {
                DirectoryCommand::Status { tenant } => {
                    directory::status(&config, tenant.as_deref()).await
                }
                DirectoryCommand::Drop { tenant } => directory::drop(&config, &tenant).await,
            },
            Command::Config { .. } => {
                crate::print("the configuration is sound; `ssi doctor` checks the connections\n")?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Sync {
                mailbox,
                once: _,
                json,
            } => {
                let format = if json {
                    sync::Format::Json
                } else {
                    sync::Format::Text
                };
                sync::run(config, &mailbox, format).await
            }
        }
    }
}

fn load(named: Option<&Path>) -> anyhow::Result<Config> {
    let usual = Path::new(USUAL_CONFIG);
    let path = named.or_else(|| usual.is_file().then_some(usual));
    Config::load(path).with_context(|| match path {
        Some(path) => format!("the configuration {} cannot be used", path.display()),
        None => "the configuration cannot be used (no file, environment only)".to_owned(),
    })
}

async fn serve(config: Config, ready_file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::on_signals().context("signals cannot be watched")?;
    let scheme = if config.server.tls_cert.is_some() {
        "https"
    } else {
        "http"
    };
    let running = run::start(config, shutdown).await?;
    if let Some(path) = ready_file {
        run::write_ready_file(path, running.address)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    crate::print(&format!("listening on {scheme}://{}\n", running.address))?;
    running.finished().await;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(config: &Config) -> anyhow::Result<ExitCode> {
    let (store, _) = database::open(config).await?;
    store.migrate().await?;
    store.close().await;
    crate::print("the database is up to date\n")?;
    Ok(ExitCode::SUCCESS)
}
