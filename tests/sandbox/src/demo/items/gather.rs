//! Reads folders of calendar and contact files. Every file gives at least one entry.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::Context;

use super::line::{Outcome, short};
use crate::{
    calendar_file::{
        FileContact, FileEvent, FileTask, FileZone, LARGEST, Refusal, read_calendar, read_contacts,
    },
    demo::files::{self, Found},
};

/// What an entry is about.
pub(super) enum What {
    Event(Box<FileEvent>, Rc<BTreeMap<String, FileZone>>),
    Task(Box<FileTask>),
    Contact(Box<FileContact>),
    /// A file, or a part of one, that is no item.
    Nothing,
}

/// An item of a file.
pub(super) struct Entry {
    pub file: String,
    pub uid: String,
    pub name: String,
    pub what: What,
    /// What is known already: only for what is not put into a mailbox.
    pub outcome: Option<(Outcome, String)>,
}

impl Entry {
    fn nothing(file: &str, item: &str, outcome: Outcome, reason: &str) -> Self {
        Self {
            file: file.to_owned(),
            uid: short(item),
            name: String::new(),
            what: What::Nothing,
            outcome: Some((outcome, reason.to_owned())),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self.what {
            What::Event(..) => "event",
            What::Task(_) => "task",
            What::Contact(_) => "contact",
            What::Nothing => "file",
        }
    }
}

/// Reads the folders; a file that lies in both counts once. Answers the entries and the number of files.
///
/// # Errors
/// When a folder cannot be read at all.
pub(super) fn read(folders: &[&Path]) -> anyhow::Result<(Vec<Entry>, usize)> {
    let mut entries = Vec::new();
    let mut known: HashSet<PathBuf> = HashSet::new();
    for folder in folders {
        let found = files::walk(folder)
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        for file in found {
            let place = fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
            if known.insert(place) {
                read_file(&file, &mut entries);
            }
        }
    }
    same_uids(&mut entries);
    Ok((entries, known.len()))
}

fn read_file(file: &Found, entries: &mut Vec<Entry>) {
    let name = &file.name;
    let refuse = |outcome, reason: &str| Entry::nothing(name, "", outcome, reason);
    let calendar = matches!(
        &*file.extension,
        "ics" | "ical" | "icalendar" | "vcs" | "ifb"
    );
    if !calendar && !matches!(&*file.extension, "vcf" | "vcard") {
        let reason = "neither_calendar_nor_contact_file";
        return entries.push(refuse(Outcome::Skipped, reason));
    }
    let Ok(about) = fs::metadata(&file.path) else {
        return entries.push(refuse(Outcome::Unreadable, "file_unreadable"));
    };
    // A pipe or a device would never end.
    if !about.is_file() {
        return entries.push(refuse(Outcome::Unreadable, "not_a_regular_file"));
    }
    if about.len() > u64::try_from(LARGEST).unwrap_or(u64::MAX) {
        return entries.push(refuse(Outcome::Unreadable, "file_too_large"));
    }
    let Ok(bytes) = fs::read(&file.path) else {
        return entries.push(refuse(Outcome::Unreadable, "file_unreadable"));
    };
    if bytes.is_empty() {
        return entries.push(refuse(Outcome::Unreadable, "file_empty"));
    }
    let before = entries.len();
    if calendar {
        read_events(name, &bytes, entries);
    } else {
        let found = read_contacts(&bytes);
        entries.extend(found.contacts.into_iter().map(|contact| Entry {
            file: name.clone(),
            uid: short(&contact.uid),
            name: short(&contact.name),
            what: What::Contact(Box::new(contact)),
            outcome: None,
        }));
        entries.extend(found.refused.iter().map(|refusal| refused(name, refusal)));
    }
    if entries.len() == before {
        entries.push(refuse(Outcome::Unreadable, "no_items"));
    }
}

fn read_events(name: &str, bytes: &[u8], entries: &mut Vec<Entry>) {
    let found = read_calendar(bytes);
    let zones = Rc::new(found.zones);
    entries.extend(found.events.into_iter().map(|event| {
        // Answers of attendees are no events.
        let outcome = match event.method.as_str() {
            "REPLY" | "COUNTER" | "REFRESH" | "DECLINECOUNTER" => {
                Some((Outcome::Skipped, "answer_of_an_attendee".to_owned()))
            }
            _ => None,
        };
        Entry {
            file: name.to_owned(),
            uid: short(&event.uid),
            name: short(&event.summary),
            what: What::Event(Box::new(event), Rc::clone(&zones)),
            outcome,
        }
    }));
    entries.extend(found.tasks.into_iter().map(|task| Entry {
        file: name.to_owned(),
        uid: short(&task.uid),
        name: short(&task.summary),
        what: What::Task(Box::new(task)),
        outcome: None,
    }));
    entries.extend(found.refused.iter().map(|refusal| refused(name, refusal)));
}

fn refused(file: &str, refusal: &Refusal) -> Entry {
    let code: String = refusal
        .why
        .chars()
        .map(|one| {
            if one.is_ascii_alphanumeric() {
                one
            } else {
                '_'
            }
        })
        .collect();
    Entry::nothing(file, &refusal.item, Outcome::Unreadable, &code)
}

/// Of events with one UID the mailbox holds one, as Outlook does: the newest by `SEQUENCE`, of equals the first. A
/// cancellation calls it off.
fn same_uids(entries: &mut [Entry]) {
    let mut first: HashMap<String, usize> = HashMap::new();
    for at in 0..entries.len() {
        let What::Event(event, _) = &entries[at].what else {
            continue;
        };
        let occurrence = event
            .recurrence_id
            .as_ref()
            .map(|original| original.date().to_string());
        if event.uid.is_empty() || entries[at].outcome.is_some() {
            continue;
        }
        let key = format!("{}\n{}", event.uid, occurrence.unwrap_or_default());
        let (sequence, cancels) = (event.sequence, event.method == "CANCEL");
        let Some(&known) = first.get(&key) else {
            first.insert(key, at);
            continue;
        };
        let loser = |entry: &mut Entry, winner: String, code: &str| {
            entry.outcome = Some((Outcome::Duplicate, format!("{code}:{winner}")));
        };
        let (file, known_file) = (entries[at].file.clone(), entries[known].file.clone());
        let What::Event(winner, _) = &mut entries[known].what else {
            continue;
        };
        if winner.method == "CANCEL" && !cancels {
            // The cancellation was read before what it calls off.
            first.insert(key, at);
            loser(&mut entries[known], file, "calls_off_event_of");
            if let What::Event(event, _) = &mut entries[at].what {
                "CANCELLED".clone_into(&mut event.status);
            }
        } else if cancels {
            "CANCELLED".clone_into(&mut winner.status);
            loser(&mut entries[at], known_file, "calls_off_event_of");
        } else if sequence > winner.sequence {
            first.insert(key, at);
            loser(&mut entries[known], file, "newer_in");
        } else {
            loser(&mut entries[at], known_file, "same_uid_as_in");
        }
    }
}
