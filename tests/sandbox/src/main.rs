//! `ssi-sandbox`: serves the sandbox for any client.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use ssi_sandbox::{Sandbox, World, WorldConfig, company};

#[derive(Parser)]
#[command(version, about = "Exchange and C4C as one sandbox world")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves Exchange, C4C and the admin face on one port until it is stopped.
    Serve {
        /// Address to listen on; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Folder with `.eml` files (nested ones too) that stand in the first user's inbox.
        #[arg(long)]
        mail: Option<PathBuf>,
        /// File that receives the port number once the sandbox listens.
        #[arg(long)]
        port_file: Option<PathBuf>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Serve {
            listen,
            mail: _,
            port_file,
        } => {
            let world = World::new(WorldConfig::default());
            company::fill(&mut world.crm(), world.now())?;
            let mut sandbox = Sandbox::serve(world, listen)
                .await
                .with_context(|| format!("cannot listen on {listen}"))?;
            if let Some(path) = port_file {
                std::fs::write(&path, sandbox.address().port().to_string())
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
            println!("{}", sandbox.describe());
            sandbox.wait().await;
        }
    }
    Ok(())
}
