//! The demo: real mails, events, tasks and contacts in a sandbox mailbox, sessions of the real server, and what
//! became of each.
//!
//! The server is the program `ssi`, started like anybody would start it: with a configuration file and the
//! addresses of an Exchange and a C4C. Nothing here knows its code.

mod config;
mod files;
mod items;
mod line;
mod mails;
mod program;
mod tell;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;

use self::{items::Items, line::Totals, mails::Lines, program::Program, tell::Tell};
use crate::{
    Sandbox, World, WorldConfig,
    company::{self, NewParty, PartyKind},
};

/// What the demo is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder with `.eml` files, nested as they like.
    pub mail: Option<PathBuf>,
    /// Folder with `.ics` files.
    pub calendar: Option<PathBuf>,
    /// Folder with `.vcf` files. Either folder may hold files of both kinds.
    pub contacts: Option<PathBuf>,
    /// Stop after the sessions instead of serving on.
    pub once: bool,
    /// Print JSON lines instead of words.
    pub json: bool,
    /// Which mails the user asks to save.
    pub mark: Mark,
}

/// Which of the delivered mails carry the user's wish to be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mark {
    /// Every mail carries the category: what may be saved is saved.
    All,
    /// A third carries the category, some lie in `SAP E-Mails`, the others are left to auto-save.
    Some,
    /// None: only auto-save decides.
    None,
}

/// The category that asks for saving (EM-20).
const CATEGORY: &str = "SAP Cloud for Customer";

/// Runs the demo.
///
/// # Errors
/// When a folder cannot be read, the sandbox cannot listen or the server's program cannot be run. What
/// is in the files is never an error.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let program = Program::find().await?;
    let found = match &options.mail {
        Some(mail) => files::walk(mail)
            .with_context(|| format!("cannot read the folder {}", mail.display()))?,
        None => Vec::new(),
    };
    let sandbox = start().await?;
    let world = sandbox.world();
    let tell = Tell::new(options.json, found.len());
    let mut lines = Lines::default();
    let (owner, colleague) = (config::owner(world)?, config::colleague(world)?);
    for (number, file) in found.iter().enumerate() {
        mails::deliver(
            &sandbox,
            &owner,
            options.mark,
            number,
            file,
            &mut lines,
            &tell,
        );
    }
    let folders = [&options.calendar, &options.contacts].into_iter().flatten();
    let folders: Vec<&Path> = folders.map(PathBuf::as_path).collect();
    let people = (owner.address.as_str(), colleague.address.as_str());
    let mut items = Items::put(world, people, &folders, options.mark)?;
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    let configured = config::write(home.path(), &sandbox, (&owner, &colleague))?;

    world.reset_calls();
    let first = program
        .sync(&configured, &owner.address, |item| {
            if !items.settle(&item) {
                lines.settle(&item, &tell);
            }
        })
        .await
        .context("the first session could not be run")?;
    let remote_calls = world.total_calls();
    lines.rest(&tell, first.as_ref());
    items.rest(first.as_ref());

    world.reset_effects();
    program
        .sync(&configured, &owner.address, |_| {})
        .await
        .context("the second session could not be run")?;
    let second_session_writes = writes(world);
    let mut totals = lines.totals(remote_calls, second_session_writes);
    check(world, &totals)?;
    if !folders.is_empty() {
        if !items.is_empty() {
            let writes = travel(&program, &configured, world, people, &mut items).await?;
            totals.last_session_writes = Some(writes);
        }
        tell.items(&items);
        totals.mirror = Some(items.sums());
    }
    tell.totals(&totals);
    if !options.once {
        tell.serving(&sandbox, &owner.address);
        program.serve(&configured).await?;
    }
    Ok(())
}

/// Most sessions until what was changed has arrived on both sides.
const MOST_SESSIONS: usize = 4;

/// Shows the other direction and then changes on both sides; answers the writes of the last sessions, which have
/// nothing left to do.
async fn travel(
    program: &Program,
    configured: &Path,
    world: &World,
    (owner, colleague): (&str, &str),
    items: &mut Items,
) -> anyhow::Result<usize> {
    items.hand_over(world);
    program
        .sync(configured, colleague, |item| items.came_down(world, &item))
        .await
        .context("the colleague's session could not be run")?;
    items.change(world);
    let mut last = 0;
    for _ in 0..MOST_SESSIONS {
        world.reset_effects();
        for mailbox in [owner, colleague] {
            program
                .sync(configured, mailbox, |item| items.changed(&item))
                .await
                .context("a session after the changes could not be run")?;
        }
        last = writes(world);
        if last == 0 {
            break;
        }
    }
    items.arrived(world);
    Ok(last)
}

async fn start() -> anyhow::Result<Sandbox> {
    let world = World::new(WorldConfig::default());
    {
        let now = world.now();
        let mut crm = world.crm();
        company::fill(&mut crm, now)?;
    }
    let owner = config::owner(&world)?;
    for person in [&owner, &config::colleague(&world)?] {
        // People with a mailbox are employees, so that records get an owner.
        let now = world.now();
        let party = NewParty {
            kind: PartyKind::Employee,
            address: person.address.clone(),
            name: person.name.clone(),
        };
        let mut crm = world.crm();
        company::add_party(&mut crm, now, &party)?;
    }
    {
        let mut exchange = world.exchange();
        let mailbox = exchange
            .mailbox_mut(&owner.address)
            .map_err(|failure| anyhow::anyhow!("mailbox: {failure:?}"))?;
        let root = mailbox
            .distinguished("msgfolderroot")
            .context("mailbox without a root")?;
        for (name, class) in [("SAP E-Mails", "IPF.Note"), ("SAP Contacts", "IPF.Contact")] {
            mailbox
                .create_folder(root, name, class, world.now())
                .map_err(|failure| anyhow::anyhow!("folder: {failure:?}"))?;
        }
    }
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    Sandbox::serve(world, listen)
        .await
        .context("the sandbox cannot listen on loopback")
}

/// Outward writes that reached the sandbox.
fn writes(world: &World) -> usize {
    world
        .effects()
        .iter()
        .filter(|(_, effect)| effect.face != "world")
        .count()
}

/// The sandbox's own count of records must agree with what the server said it did.
fn check(world: &World, totals: &Totals) -> anyhow::Result<()> {
    let crm = world.crm();
    let records = crm.emails().len();
    let twice = crm
        .emails_per_key()
        .values()
        .filter(|count| **count > 1)
        .count();
    anyhow::ensure!(twice == 0, "{twice} mails are in the CRM twice");
    anyhow::ensure!(
        records == totals.saved,
        "the CRM holds {records} records, {} were said to be saved",
        totals.saved
    );
    Ok(())
}

/// How long one session of the demo may take.
const LONGEST_SESSION: Duration = Duration::from_secs(30 * 60);
