//! The fields and parties of an e-mail's record, by its mapping table.

use std::collections::HashMap;

use crate::{
    Kind, ReasonCode, Record, SyncSettings, Trace, Value,
    mapping::{Flow, Table, convert::to_crm},
    participant::{Field, Participant, Standing, normalize, participants},
    port::{FolderRole, PartyHit, PartyRole, RecordParty},
    transform::{self, Lines},
    value::Address,
};

/// Sender and recipients kept as parties of a record; further ones are counted in the text (INV-15).
pub const MOST_RECIPIENTS: usize = 500;

/// Longest address in characters (C4C `MessageFromEmailURI`, `MessageToEmailID`).
const LONGEST_ADDRESS: usize = 254;

/// Longest display name in characters (C4C `MessageFromName`, `MessageToName`).
const LONGEST_NAME: usize = 255;

/// What the user changed in the save dialog (EM-11).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// The subject of the record, instead of the mail's.
    pub subject: Option<String>,
    /// The text of the record, instead of the mail's.
    pub body: Option<String>,
}

pub(super) struct FieldsInput<'a> {
    pub record: &'a Record,
    pub folder: Option<FolderRole>,
    pub table: &'a Table,
    pub settings: &'a SyncSettings,
    pub own_address: &'a str,
    pub known: &'a [PartyHit],
    pub edits: &'a Edits,
}

/// The record as the CRM will hold it, and its sender and recipients.
pub(super) fn record_and_parties(
    input: &FieldsInput<'_>,
    trace: &mut Trace,
) -> (Record, Vec<RecordParty>) {
    let people = participants(input.record, input.settings, input.own_address);
    let mut source = input.record.clone();
    source.set("direction", Value::Choice(direction(input, &people).into()));
    if let Some(subject) = &input.edits.subject {
        source.set("subject", subject.as_str());
    }
    if let Some(body) = &input.edits.body {
        source.set("body", body.as_str());
    }
    let mut record = Record::new();
    for row in input.table.rows() {
        // Recipients travel as parties.
        if !matches!(row.flow, Flow::ToCrm | Flow::Both) || matches!(row.name.as_str(), "to" | "cc")
        {
            continue;
        }
        if let Some(value) = source
            .get(&row.name)
            .and_then(|value| to_crm(row, value, trace))
        {
            record.set(&row.name, value);
        }
    }
    if let Some(author) = author(&people) {
        record.set("from", Value::Address(author));
    }
    let (parties, left) = parties(&people, input.known, trace);
    if left > 0 {
        let text = record.text("body").trim_end();
        let line = format!(
            "[{} of {} participants are not listed here.]",
            left,
            people.len()
        );
        record.set("body", format!("{text}\n\n{line}").trim_start());
    }
    (record, parties)
}

/// `outbound` for what the mailbox's owner or a colleague on their behalf sent, else `inbound`.
fn direction(input: &FieldsInput<'_>, people: &[Participant]) -> &'static str {
    let own_author = people.iter().any(|person| {
        matches!(person.field, Field::From | Field::Sender) && person.standing == Standing::Own
    });
    if own_author || input.folder == Some(FolderRole::Sent) {
        "outbound"
    } else {
        "inbound"
    }
}

/// The author as the CRM can hold it: an address it could not store is left empty, or the CRM would
/// refuse the whole mail for it.
fn author(people: &[Participant]) -> Option<Address> {
    let person = people
        .iter()
        .find(|person| matches!(person.field, Field::From | Field::Sender))?;
    let name = transform::printable(&person.address.name, Lines::Join);
    let key = person
        .key
        .as_deref()
        .filter(|key| key.chars().count() <= LONGEST_ADDRESS);
    Some(Address {
        name: transform::truncate(&name, LONGEST_NAME).to_owned(),
        address: key.unwrap_or_default().to_owned(),
    })
}

/// Sender and recipients as parties, and how many were left out.
fn parties(
    people: &[Participant],
    known: &[PartyHit],
    trace: &mut Trace,
) -> (Vec<RecordParty>, usize) {
    let by_address = best_by_address(known);
    let mut parties = Vec::new();
    let mut unusable = 0_usize;
    let mut names_cut = 0_usize;
    let mut left = 0_usize;
    for person in people {
        let role = match person.field {
            Field::From | Field::Sender => PartyRole::Sender,
            Field::To => PartyRole::To,
            Field::Cc => PartyRole::Cc,
            Field::Bcc => continue,
        };
        let address = person.key.as_deref().unwrap_or_default();
        if address.is_empty() || address.chars().count() > LONGEST_ADDRESS {
            unusable += 1;
            continue;
        }
        if parties.len() >= MOST_RECIPIENTS {
            left += 1;
            continue;
        }
        let whole = transform::printable(&person.address.name, Lines::Join);
        let name = transform::truncate(&whole, LONGEST_NAME);
        names_cut += usize::from(name.len() < whole.len());
        parties.push(RecordParty {
            role,
            address: Address {
                name: name.to_owned(),
                address: address.to_owned(),
            },
            party: by_address.get(address).map(|hit| (*hit).clone()),
            main: role == PartyRole::Sender,
        });
    }
    for (count, code) in [
        (left, ReasonCode::RecipientsCut),
        (unusable, ReasonCode::RecipientUnusable),
        (names_cut, ReasonCode::TextCut),
    ] {
        if count > 0 {
            trace.note("INV-15", code, format!("{count} of {}", people.len()));
        }
    }
    (parties, left + unusable)
}

/// The party to show for an address: a colleague is a colleague, then the kinds in the order of LNK-05.
fn best_by_address(known: &[PartyHit]) -> HashMap<String, &PartyHit> {
    const ORDER: [Kind; 3] = [Kind::Employee, Kind::Contact, Kind::IndividualCustomer];
    let rank = |hit: &PartyHit| {
        let place = ORDER.iter().position(|kind| *kind == hit.record.kind)?;
        Some((
            place,
            hit.created_at.is_none(),
            hit.created_at,
            hit.record.id.clone(),
        ))
    };
    let mut best: HashMap<String, &PartyHit> = HashMap::new();
    for hit in known
        .iter()
        .filter(|hit| !hit.obsolete && hit.found_by.is_own() && rank(hit).is_some())
    {
        let Some(key) = normalize(&hit.address) else {
            continue;
        };
        let slot = best.entry(key).or_insert(hit);
        if rank(hit) < rank(slot) {
            *slot = hit;
        }
    }
    best
}
