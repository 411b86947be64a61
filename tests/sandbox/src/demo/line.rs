//! The lines: what the server prints about an item, what the demo prints about a file.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line of `ssi sync --once --json` about one item.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ItemLine {
    /// The item's id when it was listed.
    pub item: String,
    pub decision: String,
    pub reason: String,
    #[serde(default)]
    pub record: Value,
    #[serde(default)]
    pub links: Vec<Value>,
    #[serde(default)]
    pub trace: Value,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// A record was created.
    Saved,
    /// Another file is the same mail.
    Duplicate,
    /// By a rule there was nothing to save.
    Skipped,
    /// It could not be saved.
    Failed,
}

/// The demo's line about one file.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FileLine {
    pub file: String,
    pub decision: Verdict,
    pub reason: String,
    pub record: Value,
    pub links: Vec<Value>,
    pub trace: Value,
}

/// The demo's last line.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Totals {
    pub saved: usize,
    pub skipped: usize,
    pub failed: usize,
    pub duplicates: usize,
    pub remote_calls: u64,
    pub second_session_writes: usize,
    /// Writes of a session after every change had arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_session_writes: Option<usize>,
    /// Events, tasks and contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<super::items::Sums>,
}

impl FileLine {
    /// A line about a file that no session looked at.
    pub(super) fn plain(file: &str, decision: Verdict, reason: &str) -> Self {
        Self {
            file: file.to_owned(),
            decision,
            reason: reason.to_owned(),
            record: Value::Null,
            links: Vec::new(),
            trace: Value::Array(Vec::new()),
        }
    }

    /// A line about a file by what the server said of its item.
    pub(super) fn of(file: &str, item: &ItemLine) -> Self {
        let decision = match item.decision.as_str() {
            "saved" => Verdict::Saved,
            "updated" | "duplicate" => Verdict::Duplicate,
            "skipped" => Verdict::Skipped,
            _ => Verdict::Failed,
        };
        Self {
            file: file.to_owned(),
            decision,
            reason: item.reason.clone(),
            record: item.record.clone(),
            links: item.links.clone(),
            trace: item.trace.clone(),
        }
    }
}
