//! The people of an item of any kind, by the one set of rules.

use std::borrow::Cow;

use super::{Participant, normalize, participants};
use crate::{Address, Kind, Record, SyncSettings, Value, port::Item};

/// Most addresses taken out of a text.
const MOST_IN_TEXT: usize = 100;
/// Bytes of a text that are looked at.
const LONGEST_TEXT: usize = 200_000;

/// The people of an item in the order of LNK-05: From, To, Cc of a mail; organizer, required, optional of an event
/// (LNK-03); of a task those whose addresses stand in its text, for it has no others.
pub fn people(item: &Item, settings: &SyncSettings, own_address: &str) -> Vec<Participant> {
    participants(&in_places_of_mail(item), settings, own_address)
}

/// The people of an item in the fields of a mail, so that the same rules hold for all kinds (CAL-12): an organizer
/// in the place of the author, required ones in that of recipients, optional ones in that of copied ones.
pub fn in_places_of_mail(item: &Item) -> Cow<'_, Record> {
    let record = &item.record;
    if item.event.is_some() {
        let list = |field: &str| addresses(record.addresses(field).into_iter().cloned());
        let places = Record::new()
            .with("from", list("organizer"))
            .with("to", list("required"))
            .with("cc", list("optional"));
        return Cow::Owned(places);
    }
    if item.kind == Kind::Task {
        let body = match record.get("body") {
            Some(Value::RichText(rich)) => rich.text.as_str(),
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        let found = [record.text("subject"), body].map(in_text).concat();
        return Cow::Owned(Record::new().with("to", addresses(found.into_iter())));
    }
    Cow::Borrowed(record)
}

fn addresses(all: impl Iterator<Item = Address>) -> Value {
    Value::List(all.map(Value::Address).collect())
}

/// The addresses that stand in a text, bounded.
fn in_text(text: &str) -> Vec<Address> {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let apart = |c: char| c.is_whitespace() || "<>()[]{},;:\"'|=/\\".contains(c);
    text[..end]
        .split(apart)
        .filter(|word| word.contains('@'))
        .map(|word| word.trim_matches(|c: char| ".!?*".contains(c)))
        .filter(|word| normalize(word).is_some_and(|key| key.contains('.')))
        .take(MOST_IN_TEXT)
        .map(|word| Address {
            name: String::new(),
            address: word.to_owned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issue 4.3: addresses in the text of a task.
    #[test]
    fn addresses_are_found_in_running_text() {
        let text = "Call Ann <ann@shop.example>, or mailto:bob@mill.example. (cc: carl@x.example!) @home a@b";
        let found: Vec<String> = in_text(text).into_iter().map(|one| one.address).collect();
        assert_eq!(
            found,
            ["ann@shop.example", "bob@mill.example", "carl@x.example"]
        );
        assert!(in_text(&"@".repeat(1_000_000)).is_empty());
        let many = "a@b.example ".repeat(5_000);
        assert_eq!(in_text(&many).len(), MOST_IN_TEXT);
    }
}
