//! The laws of e-mails: saved once, whole, where somebody asked for it, and never touched again.

use ssi_domain::SyncSettings;
use ssi_sandbox::World;

use super::{
    Chaos,
    law::Violation,
    letter::{Copy, Erased, Letter, OWN_CATEGORY, SET, body_of},
};
use crate::people::People;

/// What must hold at any moment. Notes of which mails the record was seen.
pub(super) fn always(
    world: &World,
    chaos: &Chaos,
    letters: &mut [Letter],
    restored: bool,
) -> Vec<Violation> {
    let mut broken = Vec::new();
    for letter in letters {
        let records = letter.records(world);
        let tag = letter.tag.as_str();
        if records.len() > 1 {
            broken.push(format!("INV-1 {tag}: {} records", records.len()));
        }
        if !records.is_empty() && !chaos.watch().is_asked(tag) {
            broken.push(format!("INV-22 {tag}: saved, and no read showed a wish"));
        }
        // A record that nobody deleted stands, whatever became of the mail (EM-05).
        if letter.saved && records.is_empty() {
            broken.push(format!("INV-5 {tag}: its record vanished"));
        }
        // Of what was erased a database of before knows nothing, and another copy may ask.
        let again = letter.erased == Some(Erased::Marked) && !records.is_empty();
        if again && !restored && !chaos.watch().is_clicked(tag) {
            broken.push(format!("EM-01 {tag}: saved again after it was deleted"));
        }
        for record in &records {
            broken.extend(subject(world, letter, record));
            broken.extend(too_much(world, letter, record));
        }
        for copy in letter.copies(world) {
            if !copy
                .draft
                .categories()
                .iter()
                .any(|name| name == OWN_CATEGORY)
            {
                broken.push(format!("INV-10 {tag}: a category was taken off"));
            }
        }
        letter.saved = !records.is_empty();
    }
    broken
}

/// EM-01: what people write into the record stays.
fn subject(world: &World, letter: &Letter, record: &str) -> Option<Violation> {
    let stands = world.field(SET, record, "Subject").unwrap_or_default();
    let wanted = letter.renamed.as_ref().unwrap_or(&letter.tag);
    (stands != *wanted).then(|| format!("EM-01 {}: {stands} is its subject", letter.tag))
}

/// What is attached to the record of a mail, by content.
fn attached(world: &World, record: &str) -> Vec<Vec<u8>> {
    let emails = world.crm().emails();
    let email = emails.into_iter().find(|email| email.object_id == record);
    let files = email.into_iter().flat_map(|email| email.attachments);
    files.map(|file| file.content.to_vec()).collect()
}

/// INV-1, INV-13: each attachment is there once, and none that is not to be stored.
fn too_much(world: &World, letter: &Letter, record: &str) -> Option<Violation> {
    let all = attached(world, record);
    let twice = (1..all.len()).any(|at| all[..at].contains(&all[at]));
    twice.then(|| format!("INV-1 {}: a file is attached twice", letter.tag))
}

/// What must hold once nothing moves any more.
pub(super) fn calm(
    world: &World,
    letters: &[Letter],
    settings: &SyncSettings,
    restored: bool,
) -> Vec<Violation> {
    let mut broken = Vec::new();
    // That a mark is owed was lost with the database.
    if !restored {
        broken.extend(letters.iter().flat_map(|letter| by_hand(world, letter)));
    }
    for letter in letters.iter().filter(|letter| letter.erased.is_none()) {
        let auto = settings.auto_save && letter.known;
        let asked = |copy: &Copy| copy.place.asks(copy.draft.categories(), auto);
        let copies = letter.copies(world).into_iter().filter(asked);
        let records = letter.records(world);
        for copy in copies {
            let (tag, who) = (&letter.tag, &copy.made.mailbox);
            let Some(record) = records.first() else {
                broken.push(format!("INV-3 {tag}: asked for by {who}, and not saved"));
                continue;
            };
            match copy.mark() {
                Some(mark) if mark.record.id.as_str() == record => {}
                Some(_) => broken.push(format!("INV-3 {tag}: marked for another record, {who}")),
                None => broken.push(format!("INV-3 {tag}: saved and not marked, {who}")),
            }
            broken.extend(too_little(world, letter, record, settings));
        }
    }
    broken
}

/// INV-3: the record has the text and every attachment of the mail, as it was sent.
fn too_little(
    world: &World,
    letter: &Letter,
    record: &str,
    settings: &SyncSettings,
) -> Option<Violation> {
    let emails = world.crm().emails();
    let email = emails.into_iter().find(|email| email.object_id == record)?;
    let text = body_of(&letter.tag);
    if !email.notes.iter().any(|note| note.trim() == text) {
        return Some(format!(
            "INV-3 {}: its text is {:?}",
            letter.tag, email.notes
        ));
    }
    let (mut there, mut wanted) = (attached(world, record), letter.expected(settings));
    there.sort();
    wanted.sort();
    (there != wanted).then(|| {
        format!(
            "INV-3 {}: {} of {} files are attached as they were sent",
            letter.tag,
            there.iter().filter(|file| wanted.contains(file)).count(),
            wanted.len()
        )
    })
}

/// INV-3: what somebody was told they had saved is marked.
fn by_hand(world: &World, letter: &Letter) -> Vec<Violation> {
    let copies = letter.copies(world).into_iter();
    let told = copies.filter(|copy| {
        let made = &copy.made;
        let mut clicked = letter.by_hand.iter();
        clicked.any(|one| (&one.mailbox, one.key) == (&made.mailbox, made.key))
    });
    told.filter(|copy| copy.mark().is_none())
        .map(|_| format!("INV-3 {}: saved by hand and not marked", letter.tag))
        .collect()
}
