//! `ssi-sandbox`: serves the sandbox for any client.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use ssi_sandbox::{Sandbox, World, WorldConfig, company, demo, mail};

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
        /// Number of made-up mails in the first user's inbox and sent items.
        #[arg(long, default_value_t = 0)]
        synthetic: usize,
        /// File that receives the port number once the sandbox listens.
        #[arg(long)]
        port_file: Option<PathBuf>,
    },
    /// Runs the real server over folders of files and says what becomes of each item.
    #[command(group = clap::ArgGroup::new("folders").required(true).multiple(true))]
    Demo {
        /// Folder with `.eml` files; nested, broken and big ones too.
        #[arg(long, group = "folders")]
        mail: Option<PathBuf>,
        /// Folder with `.ics` files: events and to-dos.
        #[arg(long, group = "folders")]
        calendar: Option<PathBuf>,
        /// Folder with `.vcf` files: contacts.
        #[arg(long, group = "folders")]
        contacts: Option<PathBuf>,
        /// Stop after the sessions instead of serving on.
        #[arg(long)]
        once: bool,
        /// Print one JSON line per file and a last line of totals.
        #[arg(long)]
        json: bool,
        /// Which mails the user asks to save.
        #[arg(long, value_enum, default_value = "all")]
        mark: demo::Mark,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Serve {
            listen,
            mail,
            synthetic,
            port_file,
        } => {
            let world = World::new(WorldConfig::default());
            company::settle(&world)?;
            if let Some(folder) = mail {
                let loaded = mail::load(&world, &folder)
                    .with_context(|| format!("cannot read {}", folder.display()))?;
                let (delivered, left_out) = (loaded.delivered, loaded.left_out);
                eprintln!("{delivered} mails stand in the inbox, {left_out} files were left out");
            }
            make_up(&world, synthetic)?;
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
        Command::Demo {
            mail,
            calendar,
            contacts,
            once,
            json,
            mark,
        } => {
            let options = demo::Options {
                mail,
                calendar,
                contacts,
                once,
                json,
                mark,
            };
            demo::run(&options).await?;
        }
    }
    Ok(())
}

fn make_up(world: &World, count: usize) -> anyhow::Result<()> {
    let owner = world.users().first().context("the world has no user")?;
    let owner = mail::Correspondent {
        name: owner.name.clone(),
        email: owner.address.clone(),
    };
    let partners: Vec<mail::Correspondent> = (0..20)
        .map(|number| mail::Correspondent {
            name: format!("Partner {number}"),
            email: format!("partner{number}@customer.example"),
        })
        .collect();
    mail::deliver_synthetic(world, &owner, &partners, count)
        .map_err(|failure| anyhow::anyhow!(failure.text))
}
