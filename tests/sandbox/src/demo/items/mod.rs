//! Events, tasks and contacts of files, in both directions.
//!
//! Each is put into the first person's mailbox; a session mirrors it to the CRM. Somebody in the CRM copies every new
//! record for a colleague; the colleague's session brings it down. Then somebody changes the item in Outlook and
//! somebody else the record in the CRM, and the next session carries both over.

mod colleague;
mod event;
mod gather;
mod line;
mod look;
mod person;
mod rule;
mod zones;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use serde_json::{Value as Json, json};

pub(super) use self::line::Sums;
use self::{
    colleague::Changed,
    event::Put,
    gather::{Entry, What},
    line::{Change, Line, Outcome, head, short},
    zones::Zones,
};
use super::{CATEGORY, Mark, line::ItemLine};
use crate::{
    World,
    crm::Record,
    exchange::{Actor, Draft, Place, Sending, Value, Zone},
};

/// Items of files and what became of them.
pub(super) struct Items {
    owner: String,
    colleague: String,
    files: usize,
    lines: Vec<Line>,
    /// Number in the mailbox, by line.
    keys: HashMap<usize, u64>,
    /// Line by the item's id.
    waiting: HashMap<String, usize>,
    /// ObjectID of the record, by line.
    records: HashMap<usize, String>,
    /// Line by the ObjectID of the colleague's copy.
    copies: HashMap<String, usize>,
    /// What somebody wrote in Outlook and in the CRM, by line.
    on_its_way: Vec<(usize, Option<Changed>, Option<Changed>)>,
}

impl Items {
    /// Reads the folders and puts what is in them into the owner's mailbox.
    ///
    /// # Errors
    /// When a folder cannot be read. What is in the files is never an error.
    pub(super) fn put(
        world: &World,
        (owner, colleague): (&str, &str),
        folders: &[&Path],
        mark: Mark,
    ) -> anyhow::Result<Self> {
        let (entries, files) = gather::read(folders)?;
        let mut items = Self {
            owner: owner.to_owned(),
            colleague: colleague.to_owned(),
            files,
            lines: Vec::with_capacity(entries.len()),
            keys: HashMap::new(),
            waiting: HashMap::new(),
            records: HashMap::new(),
            copies: HashMap::new(),
            on_its_way: Vec::new(),
        };
        for (at, entry) in entries.into_iter().enumerate() {
            let asked = match mark {
                Mark::All => true,
                Mark::Some => at % 5 != 4,
                Mark::None => false,
            };
            items.take(world, entry, asked);
        }
        Ok(items)
    }

    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn take(&mut self, world: &World, entry: Entry, asked: bool) {
        let mut line = Line {
            file: entry.file.clone(),
            kind: entry.kind(),
            uid: entry.uid.clone(),
            name: entry.name.clone(),
            // Until a session has spoken of it.
            outcome: Outcome::Failed,
            reasons: vec!["not_reached".to_owned()],
            record: Json::Null,
            mailbox: Json::Null,
            crm: Json::Null,
            came_back: Json::Null,
            differences: Vec::new(),
            change: Change::default(),
        };
        if let Some((outcome, reason)) = entry.outcome {
            (line.outcome, line.reasons) = (outcome, vec![reason]);
            return self.lines.push(line);
        }
        let categories = match asked {
            true => vec![CATEGORY.to_owned()],
            false => Vec::new(),
        };
        let owner = &self.owner;
        let put = match &entry.what {
            What::Event(event, zones) => {
                event::put(world, owner, event, &Zones(zones), &categories)
            }
            What::Task(task) => person::put_task(world, owner, task, &categories),
            What::Contact(contact) => person::put_contact(world, owner, contact),
            What::Nothing => return self.lines.push(line),
        };
        match put {
            Ok(Put { key, notes }) => {
                let exchange = world.exchange();
                let id = exchange.mailbox(owner).map(|mailbox| mailbox.item_id(key));
                drop(exchange);
                line.reasons.extend(notes);
                line.mailbox = look::in_mailbox(world, owner, key).unwrap_or_default();
                let at = self.lines.len();
                self.keys.insert(at, key);
                self.waiting.extend(id.map(|id| (id, at)));
            }
            Err(code) => (line.outcome, line.reasons) = (Outcome::Refused, vec![code]),
        }
        self.lines.push(line);
    }

    /// Takes what a session of the owner says about an item; answers whether it is one of these.
    pub(super) fn settle(&mut self, said: &ItemLine) -> bool {
        let Some(&at) = self.waiting.get(&said.item) else {
            return false;
        };
        let line = &mut self.lines[at];
        line.outcome = match said.decision.as_str() {
            "saved" | "updated" | "removed" | "duplicate" | "deferred" => Outcome::Mirrored,
            "skipped" => Outcome::Skipped,
            _ => Outcome::Failed,
        };
        match line.reasons.first_mut() {
            Some(first) => first.clone_from(&said.reason),
            None => line.reasons.push(said.reason.clone()),
        }
        if let Some(id) = said.record.as_str() {
            self.records.insert(at, look::bare(id).to_owned());
        }
        true
    }

    /// Items that no session spoke of: their mailbox could not be read to the end, or nothing asks for them.
    pub(super) fn rest(&mut self, error: Option<&String>) {
        let told: HashSet<usize> = self.records.keys().copied().collect();
        for at in self.waiting.values().filter(|at| !told.contains(at)) {
            let line = &mut self.lines[*at];
            let Some(first) = line
                .reasons
                .first_mut()
                .filter(|first| *first == "not_reached")
            else {
                continue;
            };
            match error {
                Some(error) => first.clone_from(error),
                None => {
                    line.outcome = Outcome::Skipped;
                    "not_asked".clone_into(first);
                }
            }
        }
    }

    /// Looks at the records, and copies each for the colleague.
    pub(super) fn hand_over(&mut self, world: &World) {
        let mut ids = Vec::new();
        for (at, id) in &self.records {
            let line = &mut self.lines[*at];
            let Some(record) = look::record(world, id) else {
                continue;
            };
            line.record = json!({
                "kind": record.kind,
                "id": record.object_id,
                "number": record.number,
            });
            line.crm = look::in_crm(record);
            // Zones have codes of their own in the CRM.
            let different = look::differences(&line.mailbox, &line.crm, &["zone", "status"]);
            line.differences
                .extend(different.iter().map(|name| format!("crm.{name}")));
            if line.outcome == Outcome::Mirrored {
                ids.push(id.clone());
            }
        }
        ids.sort();
        ids.dedup();
        let copies = colleague::copy(world, &ids, &self.colleague);
        let lines: HashMap<&String, usize> =
            self.records.iter().map(|(at, id)| (id, *at)).collect();
        let of_lines = copies
            .iter()
            .filter_map(|(id, copy)| Some((copy.clone(), *lines.get(id)?)));
        self.copies = of_lines.collect();
    }

    /// Takes what a session of the colleague says about an item that came down.
    pub(super) fn came_down(&mut self, world: &World, said: &ItemLine) {
        let id = said.record.as_str().map(look::bare);
        let line = id.and_then(|id| self.copies.get(id));
        let Some(&at) = line else { return };
        let exchange = world.exchange();
        let key = exchange.mailbox(&self.colleague).ok().and_then(|mailbox| {
            let keys = mailbox.folders().flat_map(|folder| &folder.items);
            keys.copied().find(|key| mailbox.item_id(*key) == said.item)
        });
        drop(exchange);
        let back = key.and_then(|key| look::in_mailbox(world, &self.colleague, key));
        let Some(back) = back else { return };
        let line = &mut self.lines[at];
        // The colleague's copy has no exceptions of its own, and contacts belong to other accounts.
        let ignored = ["changed_occurrences", "removed_occurrences", "company"];
        let different = look::differences(&line.mailbox, &back, &ignored);
        line.differences
            .extend(different.iter().map(|name| format!("came_back.{name}")));
        line.came_back = back;
    }

    /// Takes what a session says after the changes.
    pub(super) fn changed(&mut self, said: &ItemLine) {
        if let Some(at) = self.waiting.get(&said.item) {
            let why = &mut self.lines[*at].change.why;
            why.get_or_insert_with(|| said.reason.clone());
        }
    }

    /// Somebody changes each item in Outlook, somebody else its record in the CRM.
    pub(super) fn change(&mut self, world: &World) {
        let lines = self.records.iter();
        let mirrored = lines.filter(|(at, _)| self.lines[**at].outcome == Outcome::Mirrored);
        for (at, id) in mirrored {
            let Some(record) = look::record(world, id) else {
                continue;
            };
            let by_hand = self
                .keys
                .get(at)
                .and_then(|key| in_outlook(world, &self.owner, *key, &record));
            let in_crm = colleague::change(world, &record).ok();
            self.on_its_way.push((*at, by_hand, in_crm));
        }
    }

    /// Looks whether the changes arrived.
    pub(super) fn arrived(&mut self, world: &World) {
        for (at, by_hand, in_crm) in &self.on_its_way {
            let change = &mut self.lines[*at].change;
            let record = self.records.get(at).and_then(|id| look::record(world, id));
            change.to_crm = by_hand.as_ref().map(|changed| {
                let field = |record: &Record| record.field(changed.field) == changed.value;
                record.as_ref().is_some_and(field)
            });
            let exchange = world.exchange();
            let item = self.keys.get(at).and_then(|key| {
                let mailbox = exchange.mailbox(&self.owner).ok()?;
                mailbox.item(*key).cloned()
            });
            change.to_mailbox = in_crm
                .as_ref()
                .map(|changed| item.as_ref().is_some_and(|item| shows(&item.data, changed)));
        }
    }

    /// The numbers.
    pub(super) fn sums(&self) -> Sums {
        Sums::of(self.files, &self.lines)
    }

    /// All lines, as JSON or as a table.
    pub(super) fn print(&self, json: bool, mut say: impl FnMut(&str)) {
        if !json && !self.lines.is_empty() {
            say(&head());
        }
        for line in &self.lines {
            match json {
                true => say(&serde_json::to_string(line).unwrap_or_default()),
                false => say(&line.row()),
            }
        }
    }
}

fn shows(data: &Draft, changed: &Changed) -> bool {
    let phone = || match data.properties.get("PhoneNumbers") {
        Some(Value::Tree(tree)) => tree
            .children
            .iter()
            .any(|entry| entry.text == changed.value),
        _ => false,
    };
    data.text(changed.field) == changed.value || phone()
}

/// Somebody writes a new subject, or a new job title, in Outlook; answers the field in the CRM and its value.
fn in_outlook(world: &World, owner: &str, key: u64, record: &Record) -> Option<Changed> {
    use crate::crm::Kind;
    let (property, field) = match record.kind {
        Kind::Contact => ("JobTitle", "JobTitle"),
        Kind::Account => ("CompanyName", "Name"),
        Kind::IndividualCustomer => ("GivenName", "FirstName"),
        Kind::Series => ("Subject", "SubjectName"),
        _ => ("Subject", "Subject"),
    };
    let mut exchange = world.exchange();
    let item = exchange.mailbox(owner).ok()?.item(key)?;
    let mut value = format!("{} (seen)", short(item.data.text(property)));
    // What the CRM holds of a job title.
    if property == "JobTitle" {
        value = "Seen in Outlook".to_owned();
    }
    let text = Value::Text(value.trim().to_owned());
    let changed = Changed {
        field,
        value: value.trim().to_owned(),
    };
    let actor = Actor::human(owner);
    let place = Place::from(key);
    let done = exchange.update_item(&actor, place, &Zone::utc(), Sending::NONE, |draft| {
        draft.properties.insert(property, text);
        Ok(())
    });
    done.ok().map(|()| changed)
}
