//! The demo: real mail in a sandbox mailbox, one session of the real server, and what became of each file.
//!
//! The server is the program `ssi`, started like anybody would start it: with a configuration file and the
//! addresses of an Exchange and a C4C. Nothing here knows its code.

mod config;
mod files;
mod line;
mod program;
mod tell;

use std::{collections::HashMap, path::PathBuf, time::Duration};

use anyhow::Context;
use bytes::Bytes;

use self::{
    files::Found,
    line::{FileLine, ItemLine, Totals, Verdict},
    program::Program,
    tell::Tell,
};
use crate::{
    Sandbox, World, WorldConfig,
    company::{self, NewParty, PartyKind},
    mail::{self, Destination},
};

/// What the demo is asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder with `.eml` files, nested as they like.
    pub mail: PathBuf,
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
/// When the folder cannot be read, the sandbox cannot listen or the server's program cannot be run. What
/// is in the files is never an error.
pub async fn run(options: &Options) -> anyhow::Result<()> {
    let program = Program::find().await?;
    let found = files::walk(&options.mail)
        .with_context(|| format!("cannot read the folder {}", options.mail.display()))?;
    let sandbox = start().await?;
    let tell = Tell::new(options.json, found.len());
    let mut lines = Lines::default();
    let owner = config::owner(sandbox.world())?;
    for (number, file) in found.iter().enumerate() {
        deliver(
            &sandbox,
            &owner,
            options.mark,
            number,
            file,
            &mut lines,
            &tell,
        );
    }
    let home = tempfile::tempdir().context("cannot make a temporary folder")?;
    let configured = config::write(home.path(), &sandbox, &owner)?;

    sandbox.world().reset_calls();
    let first = program
        .sync(&configured, &owner.address, |item| {
            lines.settle(&item, &tell)
        })
        .await
        .context("the first session could not be run")?;
    let remote_calls = sandbox.world().total_calls();
    lines.rest(&tell, first.as_ref());

    sandbox.world().reset_effects();
    program
        .sync(&configured, &owner.address, |_| {})
        .await
        .context("the second session could not be run")?;
    let second_session_writes = writes(sandbox.world());
    let totals = lines.totals(remote_calls, second_session_writes);
    tell.totals(&totals);
    check(sandbox.world(), &totals)?;
    if !options.once {
        tell.serving(&sandbox, &owner.address);
        program.serve(&configured).await?;
    }
    Ok(())
}

async fn start() -> anyhow::Result<Sandbox> {
    let world = World::new(WorldConfig::default());
    {
        let now = world.now();
        let mut crm = world.crm();
        company::fill(&mut crm, now)?;
    }
    let owner = config::owner(&world)?;
    {
        // The mailbox's owner is a colleague, so that the record gets an owner.
        let now = world.now();
        let party = NewParty {
            kind: PartyKind::Employee,
            address: owner.address.clone(),
            name: owner.name.clone(),
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
        mailbox
            .create_folder(root, "SAP E-Mails", "IPF.Note", world.now())
            .map_err(|failure| anyhow::anyhow!("folder: {failure:?}"))?;
    }
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    Sandbox::serve(world, listen)
        .await
        .context("the sandbox cannot listen on loopback")
}

fn deliver(
    sandbox: &Sandbox,
    owner: &crate::User,
    mark: Mark,
    number: usize,
    file: &Found,
    lines: &mut Lines,
    tell: &Tell,
) {
    if !file.is_mail {
        let line = FileLine::plain(&file.name, Verdict::Skipped, "not_an_eml_file");
        return lines.finish(line, tell);
    }
    let raw = match std::fs::read(&file.path) {
        Ok(raw) => Bytes::from(raw),
        Err(_) => {
            let line = FileLine::plain(&file.name, Verdict::Failed, "file_unreadable");
            return lines.finish(line, tell);
        }
    };
    let (asked, foldered) = match mark {
        Mark::All => (true, false),
        Mark::None => (false, false),
        Mark::Some => (number.is_multiple_of(3), number % 7 == 1),
    };
    let categories = if asked {
        vec![CATEGORY.to_owned()]
    } else {
        Vec::new()
    };
    let sent = mail::read(&raw, sandbox.world().now())
        .message
        .mailboxes("From")
        .iter()
        .any(|from| from.email.eq_ignore_ascii_case(&owner.address));
    let folder = match (foldered, sent) {
        (true, _) => "SAP E-Mails",
        (false, true) => "sentitems",
        (false, false) => "inbox",
    };
    let to = Destination {
        mailbox: &owner.address,
        folder,
        categories: &categories,
    };
    match mail::deliver(sandbox.world(), &to, &raw) {
        Ok(delivered) => {
            lines.waiting.insert(delivered.item_id, file.name.clone());
        }
        Err(_) => {
            let line = FileLine::plain(&file.name, Verdict::Failed, "not_deliverable");
            lines.finish(line, tell);
        }
    }
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

/// What is known about the files so far.
#[derive(Default)]
struct Lines {
    /// Items of the mailbox that no session has spoken of yet, with their file.
    waiting: HashMap<String, String>,
    done: Vec<FileLine>,
}

impl Lines {
    fn settle(&mut self, item: &ItemLine, tell: &Tell) {
        if let Some(file) = self.waiting.remove(&item.item) {
            self.finish(FileLine::of(&file, item), tell);
        }
    }

    fn finish(&mut self, line: FileLine, tell: &Tell) {
        tell.file(&line);
        self.done.push(line);
    }

    /// Files that the session did not reach get a line all the same.
    fn rest(&mut self, tell: &Tell, error: Option<&String>) {
        let mut left: Vec<String> = self.waiting.drain().map(|(_, file)| file).collect();
        left.sort();
        let reason = error.map_or("not_reached", String::as_str);
        for file in left {
            self.finish(FileLine::plain(&file, Verdict::Failed, reason), tell);
        }
    }

    fn totals(&self, remote_calls: u64, second_session_writes: usize) -> Totals {
        let count = |verdict| {
            self.done
                .iter()
                .filter(|line| line.decision == verdict)
                .count()
        };
        Totals {
            saved: count(Verdict::Saved),
            skipped: count(Verdict::Skipped),
            failed: count(Verdict::Failed),
            duplicates: count(Verdict::Duplicate),
            remote_calls,
            second_session_writes,
        }
    }
}

/// How long one session of the demo may take.
const LONGEST_SESSION: Duration = Duration::from_secs(30 * 60);
