//! Says what happens: JSON lines on standard output, or words with a progress bar.

use std::{
    cell::Cell,
    io::{IsTerminal, Write},
};

use serde_json::Value;

use super::line::{FileLine, Totals, Verdict};
use crate::Sandbox;

pub(super) struct Tell {
    json: bool,
    all: usize,
    done: Cell<usize>,
}

impl Tell {
    pub(super) fn new(json: bool, all: usize) -> Self {
        Self {
            json,
            all,
            done: Cell::new(0),
        }
    }

    pub(super) fn file(&self, line: &FileLine) {
        self.done.set(self.done.get() + 1);
        if self.json {
            say(&serde_json::to_string(line).unwrap_or_default());
            return;
        }
        let mark = match line.decision {
            Verdict::Saved => "saved    ",
            Verdict::Duplicate => "duplicate",
            Verdict::Skipped => "skipped  ",
            Verdict::Failed => "FAILED   ",
        };
        let links: Vec<String> = line.links.iter().map(shown).collect();
        let linked = if links.is_empty() {
            String::new()
        } else {
            format!(" → {}", links.join(", "))
        };
        self.clear_bar();
        say(&format!("{mark} {:<58} {}{linked}", line.file, line.reason));
        self.bar();
    }

    pub(super) fn totals(&self, totals: &Totals) {
        self.clear_bar();
        if self.json {
            say(&serde_json::to_string(totals).unwrap_or_default());
            return;
        }
        say("");
        if totals.saved + totals.skipped + totals.duplicates + totals.failed > 0 {
            say(&format!(
                "Mails: {} saved, {} skipped, {} duplicates, {} failed",
                totals.saved, totals.skipped, totals.duplicates, totals.failed
            ));
        }
        if let Some(sums) = &totals.mirror {
            say(&format!(
                "Events, tasks, contacts: {} mirrored, {} skipped, {} duplicates, {} failed, {} refused by the \
                 mailbox, {} unreadable; {} came down to a colleague; of the changes {} arrived in the CRM and {} in \
                 the mailbox",
                sums.mirrored,
                sums.skipped,
                sums.duplicate,
                sums.failed,
                sums.refused,
                sums.unreadable,
                sums.came_back,
                sums.changes_to_crm,
                sums.changes_to_mailbox,
            ));
        }
        say(&format!(
            "{} remote calls; a second session made {} writes{}",
            totals.remote_calls,
            totals.second_session_writes,
            totals
                .last_session_writes
                .map_or(String::new(), |writes| format!(
                    ", a session after the changes {writes} writes"
                ))
        ));
    }

    pub(super) fn serving(&self, sandbox: &Sandbox, mailbox: &str) {
        if self.json {
            say(&sandbox.describe().to_string());
            return;
        }
        say(&format!("\nMailbox   {mailbox}"));
        say(&format!("Exchange  {}", sandbox.ews_url()));
        say(&format!(
            "C4C       {}/EMailCollection?$format=json",
            sandbox.c4c_url()
        ));
        say(&format!("World     {}/state", sandbox.admin_url()));
        say("The server goes on below; stop it with Ctrl-C.\n");
    }

    /// The bar belongs to people at a terminal; a log gets lines only.
    fn bar(&self) {
        let mut out = std::io::stderr();
        if self.json || !out.is_terminal() || self.all == 0 {
            return;
        }
        let width = 40;
        let full = width * self.done.get() / self.all;
        let bar = format!("{}{}", "█".repeat(full), "░".repeat(width - full));
        let _closed = write!(out, "{bar} {}/{}", self.done.get(), self.all).is_err();
    }

    fn clear_bar(&self) {
        let mut out = std::io::stderr();
        if !self.json && out.is_terminal() {
            let _closed = write!(out, "\r\x1b[2K").is_err();
        }
    }
}

impl Tell {
    /// What became of events, tasks and contacts.
    pub(super) fn items(&self, items: &super::items::Items) {
        self.clear_bar();
        items.print(self.json, say);
    }
}

/// Prints a line; a reader who went away is no reason to panic.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _closed = writeln!(out, "{line}").and_then(|()| out.flush()).is_err();
}

fn shown(link: &Value) -> String {
    let record = link.get("record").unwrap_or(link);
    let part = |name| record.get(name).and_then(Value::as_str).unwrap_or("?");
    format!("{} {}", part("kind"), part("id"))
}
