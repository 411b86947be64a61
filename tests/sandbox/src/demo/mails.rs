//! Mails of files: put into the mailbox, and what became of each.

use std::collections::HashMap;

use bytes::Bytes;

use super::{
    CATEGORY, Mark,
    files::Found,
    line::{FileLine, ItemLine, Totals, Verdict},
    tell::Tell,
};
use crate::{
    Sandbox, User,
    mail::{self, Destination},
};

/// Puts a file into the mailbox.
pub(super) fn deliver(
    sandbox: &Sandbox,
    owner: &User,
    mark: Mark,
    number: usize,
    file: &Found,
    lines: &mut Lines,
    tell: &Tell,
) {
    if file.extension != "eml" {
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

/// What is known about the files so far.
#[derive(Default)]
pub(super) struct Lines {
    /// Items of the mailbox that no session has spoken of yet, with their file.
    waiting: HashMap<String, String>,
    done: Vec<FileLine>,
}

impl Lines {
    pub(super) fn settle(&mut self, item: &ItemLine, tell: &Tell) {
        if let Some(file) = self.waiting.remove(&item.item) {
            self.finish(FileLine::of(&file, item), tell);
        }
    }

    fn finish(&mut self, line: FileLine, tell: &Tell) {
        tell.file(&line);
        self.done.push(line);
    }

    /// Files that the session did not reach get a line all the same.
    pub(super) fn rest(&mut self, tell: &Tell, error: Option<&String>) {
        let mut left: Vec<String> = self.waiting.drain().map(|(_, file)| file).collect();
        left.sort();
        let reason = error.map_or("not_reached", String::as_str);
        for file in left {
            self.finish(FileLine::plain(&file, Verdict::Failed, reason), tell);
        }
    }

    pub(super) fn totals(&self, remote_calls: u64, second_session_writes: usize) -> Totals {
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
            ..Totals::default()
        }
    }
}
