//! Laws that only the ports can see: what is asked of a server, and what is written to it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::chaos::Line;

/// Calls of one session, at most: with a few dozen items it needs far fewer (INV-19).
const MOST_CALLS: usize = 2_000;

/// What was seen so far. Sessions of different nodes are told apart by their lines.
#[derive(Debug, Default)]
pub(super) struct Watch {
    broken: Vec<String>,
    calls: BTreeMap<Line, usize>,
    resting: BTreeMap<Line, Timestamp>,
    deletions: BTreeMap<usize, usize>,
    allowed: BTreeMap<usize, usize>,
    clicked: BTreeSet<String>,
    /// Mails that a read showed as asked for, by name.
    asked: BTreeSet<String>,
    /// Clicks at work, by node.
    interrupted: BTreeMap<usize, usize>,
}

impl Watch {
    /// A session or a feed of a node begins; it may delete so much.
    pub(super) fn begin(&mut self, node: usize, deletions: usize) {
        for line in [Line::Mail(node), Line::Crm(node)] {
            self.calls.remove(&line);
            self.resting.remove(&line);
        }
        self.deletions.remove(&node);
        self.allowed.insert(node, deletions);
    }

    /// Somebody clicks on a node, where a session may hang: their calls are not told apart, and the pause that one of
    /// them was asked for is kept below the ports.
    pub(super) fn interrupt(&mut self, node: usize, on: bool) {
        let clicks = self.interrupted.entry(node).or_default();
        *clicks = if on { *clicks + 1 } else { *clicks - 1 };
        for line in [Line::Mail(node), Line::Crm(node)] {
            self.resting.remove(&line);
        }
    }

    pub(super) fn called(&mut self, line: Line, name: &str, now: Timestamp) {
        if self.resting.get(&line).is_some_and(|until| now < *until) {
            self.break_law(format!("INV-19: {name} in a pause that {line:?} asked for"));
        }
        let calls = self.calls.entry(line).or_default();
        *calls += 1;
        if *calls == MOST_CALLS {
            self.break_law(format!("INV-19: {MOST_CALLS} calls by {line:?}"));
        }
    }

    pub(super) fn asked_to_wait(&mut self, line: Line, until: Timestamp) {
        let (Line::Mail(node) | Line::Crm(node)) = line;
        if self
            .interrupted
            .get(&node)
            .is_none_or(|clicks| *clicks == 0)
        {
            self.resting.insert(line, until);
        }
    }

    /// Something is deleted or cancelled.
    pub(super) fn deleted(&mut self, node: usize) {
        let done = self.deletions.entry(node).or_default();
        *done += 1;
        let allowed = self.allowed.get(&node).copied().unwrap_or_default();
        if *done > allowed {
            let told = format!("INV-7: {done} deletions where {allowed} are allowed");
            self.break_law(told);
        }
    }

    /// Somebody saves an event of this name by hand.
    pub(super) fn click(&mut self, name: &str) {
        self.clicked.insert(name.to_owned());
    }

    /// Whether somebody saved it by hand, or tried.
    pub(super) fn is_clicked(&self, name: &str) -> bool {
        self.clicked.contains(name.trim_start_matches("Canceled: "))
    }

    /// A read showed a mail of this name as asked for.
    pub(super) fn show_asked(&mut self, name: &str) {
        self.asked.insert(name.to_owned());
    }

    /// Whether anybody asked for a mail, as far as any read could show it, or saved it by hand.
    pub(super) fn is_asked(&self, name: &str) -> bool {
        self.asked.contains(name) || self.clicked.contains(name)
    }

    pub(super) fn break_law(&mut self, law: String) {
        self.broken.push(law);
    }

    pub(super) fn broken(&self) -> &[String] {
        &self.broken
    }
}
