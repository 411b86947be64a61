//! Contacts.

use calcard::vcard::{
    VCard, VCardEntry, VCardParameterName as Parameter, VCardProperty as Property,
    VCardValue as Value,
};
use jiff::civil::Date;

use super::{ContactFile, FileAddress, FileContact, Refusal, Typed, component::Item, event};

pub(super) fn read(items: Vec<Item>) -> ContactFile {
    let mut file = ContactFile::default();
    for item in items {
        match item {
            Item::Contact(card) => {
                let contact = contact(&card);
                if contact.name.is_empty() {
                    let why = "it has no name, no organisation and no address";
                    file.refused.push(Refusal::new(&contact.uid, why));
                } else {
                    file.contacts.push(contact);
                }
            }
            Item::Calendar(_) => {
                file.refused
                    .push(Refusal::new("", "a calendar in a contact file"));
            }
        }
    }
    file
}

fn contact(card: &VCard) -> FileContact {
    let name = card.property(&Property::N);
    let part = |at: usize| {
        name.map(|entry| component(entry, at, " "))
            .unwrap_or_default()
    };
    let organization = card.property(&Property::Org);
    let mut contact = FileContact {
        uid: text(card, &Property::Uid),
        name: text(card, &Property::Fn),
        structured: name.is_some(),
        last: part(0),
        first: part(1),
        middle: part(2),
        prefix: part(3),
        suffix: part(4),
        emails: typed(card, &Property::Email, |entry| component(entry, 0, ",")),
        phones: typed(card, &Property::Tel, phone),
        addresses: addresses(card),
        organization: organization
            .map(|entry| component(entry, 0, ","))
            .unwrap_or_default(),
        units: organization.map(units).unwrap_or_default(),
        title: text(card, &Property::Title),
        birthday: card.property(&Property::Bday).and_then(birthday),
        note: text(card, &Property::Note),
        categories: card
            .properties(&Property::Categories)
            .flat_map(parts)
            .flatten()
            .filter(|category| !category.is_empty())
            .collect(),
    };
    if contact.name.is_empty() {
        contact.name = stand_in(&contact);
    }
    contact
}

/// What a contact without `FN` is called.
fn stand_in(contact: &FileContact) -> String {
    let parts = [
        &contact.prefix,
        &contact.first,
        &contact.middle,
        &contact.last,
        &contact.suffix,
    ];
    let parts: Vec<&str> = parts
        .into_iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .collect();
    if !parts.is_empty() {
        return parts.join(" ");
    }
    if !contact.organization.is_empty() {
        return contact.organization.clone();
    }
    contact
        .emails
        .first()
        .map(|email| email.value.clone())
        .unwrap_or_default()
}

/// The components of a value, each with its list.
fn parts(entry: &VCardEntry) -> Vec<Vec<String>> {
    entry
        .values
        .iter()
        .map(|value| match value {
            Value::Component(list) => list.iter().map(|text| text.trim().to_owned()).collect(),
            value => vec![plain(value)],
        })
        .collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        value => value.as_text().unwrap_or_default().trim().to_owned(),
    }
}

fn component(entry: &VCardEntry, at: usize, between: &str) -> String {
    parts(entry)
        .get(at)
        .map(|list| list.join(between))
        .unwrap_or_default()
}

/// The whole text, with what the parser took for several values put together again.
fn text(card: &VCard, name: &Property) -> String {
    let Some(entry) = card.property(name) else {
        return String::new();
    };
    let lists: Vec<String> = parts(entry).iter().map(|list| list.join(",")).collect();
    lists.join(";").trim().to_owned()
}

/// A number, also one written as an address (`tel:+49…`, RFC 6350 section 6.4.1).
fn phone(entry: &VCardEntry) -> String {
    let number = component(entry, 0, ",");
    match number.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest.to_owned(),
        _ => number,
    }
}

fn units(entry: &VCardEntry) -> Vec<String> {
    parts(entry)
        .into_iter()
        .skip(1)
        .map(|list| list.join(","))
        .filter(|unit| !unit.is_empty())
        .collect()
}

fn typed(
    card: &VCard,
    name: &Property,
    read: impl Fn(&VCardEntry) -> String,
) -> Vec<Typed<String>> {
    card.properties(name)
        .map(|entry| Typed {
            kinds: kinds(entry),
            value: read(entry),
        })
        .filter(|found| !found.value.is_empty())
        .collect()
}

fn kinds(entry: &VCardEntry) -> Vec<String> {
    let mut kinds: Vec<String> = entry
        .params
        .iter()
        .filter_map(|parameter| match &parameter.name {
            Parameter::Type => parameter.value.as_text().map(str::to_lowercase),
            Parameter::Pref => Some("pref".to_owned()),
            // vCard 2.1 writes the kinds without `TYPE=`.
            Parameter::Other(name) if parameter.value.as_text().is_none_or(str::is_empty) => {
                Some(name.to_lowercase())
            }
            _ => None,
        })
        .collect();
    kinds.dedup();
    kinds
}

fn addresses(card: &VCard) -> Vec<Typed<FileAddress>> {
    card.properties(&Property::Adr)
        .map(|entry| {
            let part = |at: usize| component(entry, at, ", ");
            Typed {
                kinds: kinds(entry),
                value: FileAddress {
                    post_office_box: part(0),
                    extended: part(1),
                    street: part(2),
                    city: part(3),
                    region: part(4),
                    postal_code: part(5),
                    country: part(6),
                },
            }
        })
        .filter(|found| found.value != FileAddress::default())
        .collect()
}

fn birthday(entry: &VCardEntry) -> Option<Date> {
    match entry.values.first()? {
        Value::PartialDateTime(at) => event::day(at),
        value => {
            let text = plain(value);
            let day = text.split_at_checked(10).map_or(&*text, |(day, _)| day);
            day.parse().ok()
        }
    }
}
