//! The people of an item of any kind, by the one set of rules.

use std::borrow::Cow;

use super::{Participant, participants};
use crate::{
    Address, Kind, Record, SyncSettings, Value,
    autolink::{MOST_IN_TEXT, addresses_in},
    port::Item,
};

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
        let found = [record.text("subject"), body].map(addresses_in).concat();
        let found = found.into_iter().take(MOST_IN_TEXT).map(|address| Address {
            name: String::new(),
            address,
        });
        return Cow::Owned(Record::new().with("to", addresses(found)));
    }
    Cow::Borrowed(record)
}

fn addresses(all: impl Iterator<Item = Address>) -> Value {
    Value::List(all.map(Value::Address).collect())
}
