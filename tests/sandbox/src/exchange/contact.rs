//! Contacts: generated names and the dictionaries of addresses, numbers and mail addresses (MS-OXOCNTC,
//! MS-OXWSCONT).

use super::Failure;
use super::item::Draft;
use super::property::{ExtendedKey, ExtendedValue, Value};
use crate::xml::Element;

/// Keys of the mail and chat addresses.
const EMAILS: [&str; 3] = ["EmailAddress1", "EmailAddress2", "EmailAddress3"];
const IMS: [&str; 3] = ["ImAddress1", "ImAddress2", "ImAddress3"];
/// Keys of the postal addresses.
const PLACES: [&str; 3] = ["Business", "Home", "Other"];
/// Parts of a postal address in schema order.
const PARTS: [&str; 5] = ["Street", "City", "State", "CountryOrRegion", "PostalCode"];
/// Keys of the telephone numbers (`PhoneNumberKeyType`).
pub const PHONES: [&str; 19] = [
    "AssistantPhone",
    "BusinessFax",
    "BusinessPhone",
    "BusinessPhone2",
    "Callback",
    "CarPhone",
    "CompanyMainPhone",
    "HomeFax",
    "HomePhone",
    "HomePhone2",
    "Isdn",
    "MobilePhone",
    "OtherFax",
    "OtherTelephone",
    "Pager",
    "PrimaryPhone",
    "RadioPhone",
    "Telex",
    "TtyTddPhone",
];

pub(super) fn settle(draft: &mut Draft, before: Option<&Draft>) -> Result<(), Failure> {
    dictionary(draft, "EmailAddresses", &EMAILS)?;
    dictionary(draft, "ImAddresses", &IMS)?;
    dictionary(draft, "PhoneNumbers", &PHONES)?;
    dictionary(draft, "PhysicalAddresses", &PLACES)?;
    if let Some(Value::Tree(tree)) = draft.properties.get_mut("EmailAddresses") {
        tree.children.iter_mut().for_each(describe_address);
    }
    if let Some(Value::Tree(tree)) = draft.properties.get_mut("PhysicalAddresses") {
        for entry in &mut tree.children {
            entry
                .children
                .retain(|part| PARTS.contains(&part.name.as_str()));
            entry
                .children
                .sort_by_key(|part| PARTS.iter().position(|known| *known == part.name));
        }
        tree.children.retain(|entry| !entry.children.is_empty());
    }
    names(draft, before);
    Ok(())
}

/// Known keys once each, in schema order; entries without content are none.
fn dictionary(draft: &mut Draft, name: &'static str, keys: &[&str]) -> Result<(), Failure> {
    let Some(Value::Tree(tree)) = draft.properties.get_mut(name) else {
        return Ok(());
    };
    let place = |entry: &Element| {
        let key = entry.attribute("Key").unwrap_or_default();
        keys.iter().position(|known| *known == key)
    };
    if tree.children.iter().any(|entry| place(entry).is_none()) {
        return Err(Failure::SCHEMA);
    }
    tree.children
        .retain(|entry| !entry.children.is_empty() || !entry.text.trim().is_empty());
    tree.children.sort_by_key(place);
    tree.children.dedup_by_key(|entry| place(entry));
    if tree.children.is_empty() {
        draft.properties.remove(name);
    }
    Ok(())
}

/// Exchange adds what kind of address it is.
fn describe_address(entry: &mut Element) {
    entry.text = entry.text.trim().to_owned();
    let address = entry.text.clone();
    let mut preset = |name: &str, value: &str| {
        if entry.attribute(name).is_none_or(str::is_empty) {
            entry.attributes.retain(|(known, _)| known != name);
            entry.attributes.push((name.to_owned(), value.to_owned()));
        }
    };
    preset("Name", &address);
    preset("RoutingType", "SMTP");
    preset("MailboxType", "Contact");
}

fn joined(parts: &[&str], between: &str) -> String {
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts.copied().collect::<Vec<_>>().join(between)
}

/// `DisplayName` from the parts of the name unless written; `FileAs` by `FileAsMapping`, without one as given
/// or, like a contact made in Outlook, `Last, First`.
fn names(draft: &mut Draft, before: Option<&Draft>) {
    let touched = |draft: &Draft, name: &str| {
        before.is_some_and(|before| draft.properties.get(name) != before.properties.get(name))
    };
    let parts = ["GivenName", "MiddleName", "Surname", "Generation"];
    let renamed = parts.into_iter().any(|part| touched(draft, part));
    let shown = joined(&parts.map(|part| draft.text(part)), " ");
    let was_generated = before.is_some_and(|before| {
        before.text("DisplayName") == joined(&parts.map(|part| before.text(part)), " ")
    });
    let follows = renamed && was_generated && !touched(draft, "DisplayName");
    if draft.text("DisplayName").is_empty() || follows {
        let shown = if shown.is_empty() {
            draft.text("CompanyName").to_owned()
        } else {
            shown
        };
        draft.properties.insert("DisplayName", Value::Text(shown));
    }
    if draft.text("Subject").is_empty() || touched(draft, "DisplayName") || follows {
        let subject = draft.text("DisplayName").to_owned();
        draft.properties.insert("Subject", Value::Text(subject));
    }
    let mapping = draft.text("FileAsMapping").to_owned();
    let by_hand =
        !draft.text("FileAs").is_empty() && (before.is_none() || touched(draft, "FileAs"));
    let file_as = match mapping.as_str() {
        "" if by_hand => None,
        "" => {
            let old = before.map(|before| file_as(before, "LastCommaFirst"));
            let ours = old
                .is_none_or(|old| old == draft.text("FileAs") || draft.text("FileAs").is_empty());
            ours.then(|| file_as(draft, "LastCommaFirst"))
        }
        "None" => None,
        mapping => Some(file_as(draft, mapping)),
    };
    if let Some(file_as) = file_as {
        draft.properties.insert("FileAs", Value::Text(file_as));
    }
}

/// What a `FileAsMapping` makes of a contact.
/// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/fileasmapping>
fn file_as(draft: &Draft, mapping: &str) -> String {
    let text = |name: &str| draft.text(name);
    let (first, middle, last) = (text("GivenName"), text("MiddleName"), text("Surname"));
    let (company, suffix) = (text("CompanyName"), text("Generation"));
    let given = joined(&[first, middle], " ");
    let comma = joined(&[last, &given], ", ");
    let space = joined(&[last, &given], " ");
    match mapping {
        "LastCommaFirst" if comma.is_empty() => company.to_owned(),
        "LastCommaFirst" => comma,
        "FirstSpaceLast" => joined(&[&given, last, suffix], " "),
        "Company" => company.to_owned(),
        "LastCommaFirstCompany" => joined(&[&comma, company], "\r\n"),
        "CompanyLastFirst" => joined(&[company, &joined(&[last, &given], "")], "\r\n"),
        "LastFirst" => joined(&[last, &given], ""),
        "LastFirstCompany" => joined(&[&joined(&[last, &given], ""), company], "\r\n"),
        "CompanyLastCommaFirst" => joined(&[company, &comma], "\r\n"),
        "LastFirstSuffix" => joined(&[last, &given, suffix], " "),
        "LastSpaceFirstCompany" => joined(&[&space, company], "\r\n"),
        "CompanyLastSpaceFirst" => joined(&[company, &space], "\r\n"),
        "LastSpaceFirst" => space,
        "DisplayName" => text("DisplayName").to_owned(),
        "FirstName" => first.to_owned(),
        "LastFirstMiddleSuffix" => joined(&[last, first, middle, suffix], " "),
        "LastName" => last.to_owned(),
        _ => String::new(),
    }
}

/// `CompleteName`, made on reading.
pub fn complete_name(draft: &Draft) -> Option<Element> {
    // PidTagDisplayNamePrefix has no element of its own.
    let title = match draft.extended.get(&ExtendedKey::tag(0x3a45, "String")) {
        Some(ExtendedValue::One(title)) => title.as_str(),
        _ => "",
    };
    let parts = ["GivenName", "MiddleName", "Surname", "Generation"];
    let full = joined(&parts.map(|part| draft.text(part)), " ");
    let full = joined(&[title, &full], " ");
    let parts = [
        ("Title", title),
        ("FirstName", draft.text("GivenName")),
        ("MiddleName", draft.text("MiddleName")),
        ("LastName", draft.text("Surname")),
        ("Suffix", draft.text("Generation")),
        ("Initials", draft.text("Initials")),
        ("FullName", &full),
        ("Nickname", draft.text("Nickname")),
    ];
    let mut name = Element::new("CompleteName");
    let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
    name.children = parts
        .map(|(part, text)| Element::with_text(part, text))
        .collect();
    (!name.children.is_empty()).then_some(name)
}
