//! What is said about each item.

use serde::Serialize;
use serde_json::{Value, json};

/// What became of an item. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// It has a record in the CRM.
    Mirrored,
    /// Another item has the same UID and stands for it.
    Duplicate,
    /// By a rule there is nothing to keep in step.
    Skipped,
    /// The server could not bring it into step; it has an issue.
    Failed,
    /// The mailbox does not take such an item.
    Refused,
    /// The file, or the part of it, cannot be read.
    Unreadable,
}

/// One line about one item, or about a file without any.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    /// The file, by its path inside the folder.
    pub file: String,
    /// `event`, `task`, `contact`, or `file` for what is no item.
    pub kind: &'static str,
    /// `UID`, empty when there is none.
    pub uid: String,
    /// Subject or name, at most 120 characters.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, and what was done differently from the file, as stable codes; the first decided.
    pub reasons: Vec<String>,
    /// The record: `kind` and `id`.
    pub record: Value,
    /// The item as the mailbox took it.
    pub mailbox: Value,
    /// The record as it arrived in the CRM.
    pub crm: Value,
    /// What the CRM's copy for a colleague became in the colleague's mailbox.
    pub came_back: Value,
    /// Members in which `crm` and `came_back` differ from `mailbox`: `crm.start`, `came_back.zone`.
    pub differences: Vec<String>,
    /// Whether a later change on each side arrived on the other: `to_crm`, `to_mailbox`; null when none was made.
    pub change: Change,
}

/// Whether changes travelled.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Change {
    /// Made in Outlook, seen in the CRM.
    pub to_crm: Option<bool>,
    /// Made in the CRM, seen in Outlook.
    pub to_mailbox: Option<bool>,
    /// What the session said of them, as a stable code.
    pub why: Option<String>,
}

/// The numbers of all lines.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Sums {
    /// Files of the folders.
    pub files: usize,
    /// Lines about items and files.
    pub lines: usize,
    pub mirrored: usize,
    pub duplicate: usize,
    pub skipped: usize,
    pub failed: usize,
    pub refused: usize,
    pub unreadable: usize,
    /// Items that came down to the colleague's mailbox.
    pub came_back: usize,
    /// Mirrored items that look the same on their whole way.
    pub without_difference: usize,
    /// Changes that arrived in the CRM, and in the mailbox.
    pub changes_to_crm: usize,
    pub changes_to_mailbox: usize,
}

impl Sums {
    pub(super) fn of(files: usize, lines: &[Line]) -> Self {
        let count = |wanted: fn(&Line) -> bool| lines.iter().filter(|line| wanted(line)).count();
        Self {
            files,
            lines: lines.len(),
            mirrored: count(|line| line.outcome == Outcome::Mirrored),
            duplicate: count(|line| line.outcome == Outcome::Duplicate),
            skipped: count(|line| line.outcome == Outcome::Skipped),
            failed: count(|line| line.outcome == Outcome::Failed),
            refused: count(|line| line.outcome == Outcome::Refused),
            unreadable: count(|line| line.outcome == Outcome::Unreadable),
            came_back: count(|line| !line.came_back.is_null()),
            without_difference: count(|line| {
                line.outcome == Outcome::Mirrored && line.differences.is_empty()
            }),
            changes_to_crm: count(|line| line.change.to_crm == Some(true)),
            changes_to_mailbox: count(|line| line.change.to_mailbox == Some(true)),
        }
    }
}

/// Cuts a text for a line.
pub(super) fn short(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.chars().take(120).collect()
}

/// The head of the table.
pub(super) fn head() -> String {
    format!(
        "\n{:<10} {:<8} {:<30} {:<12} {:<26} {:<9} {:<9} {}",
        "outcome", "kind", "item", "record", "in the CRM", "came back", "changes", "why"
    )
}

impl Line {
    /// A row of the table.
    pub(super) fn row(&self) -> String {
        let outcome = json!(self.outcome);
        let text = |value: &Value, name: &str| match &value[name] {
            Value::String(text) => text.clone(),
            _ => String::new(),
        };
        let name = if self.name.is_empty() {
            &self.file
        } else {
            &self.name
        };
        let when = ["start", "due", "last", "company"]
            .iter()
            .map(|name| text(&self.crm, name))
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        let repeats = if self.crm["recurrence"].is_string() {
            " ↻"
        } else {
            ""
        };
        let back = match (&self.came_back, self.differences.is_empty()) {
            (Value::Null, _) => "-",
            (_, true) => "same",
            (_, false) => "differs",
        };
        let arrow = |arrived: Option<bool>, yes: &'static str| match arrived {
            Some(true) => yes,
            Some(false) => "✗",
            None => "-",
        };
        let changes = format!(
            "{} {}",
            arrow(self.change.to_crm, "→crm"),
            arrow(self.change.to_mailbox, "←crm")
        );
        let mut why = self.reasons.join(", ");
        let stuck = [self.change.to_crm, self.change.to_mailbox].contains(&Some(false));
        if let (Some(reason), true) = (&self.change.why, stuck) {
            why = format!("{why}; changes: {reason}");
        }
        if !self.differences.is_empty() {
            why = format!("{why} ({})", self.differences.join(", "));
        }
        format!(
            "{:<10} {:<8} {:<30} {:<12} {:<26} {:<9} {:<9} {why}",
            outcome.as_str().unwrap_or_default(),
            self.kind,
            fit(name, 30),
            text(&self.record, "kind"),
            fit(&format!("{when}{repeats}"), 26),
            back,
            changes,
        )
    }
}

/// At most so many characters, with a sign that there is more.
fn fit(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most - 1).collect();
    format!("{cut}…")
}
