//! Parties of a mirrored record: the main one of each sort in the header, which the service mirrors into
//! involved parties by itself, all others in child nodes.

use std::collections::HashSet;

use http::Method;
use serde_json::Value as Json;
use ssi_domain::{
    Kind,
    port::{PartyRole, PortError, RecordParty},
    transform::truncate,
};

use super::{
    note::child_set,
    set::{MirrorSet, Parties},
};
use crate::c4c::{
    config::Codes,
    link::{Linkable, PARTY},
    odata::{
        batch::Change,
        json::Row,
        literal::{bare, uuid_of},
        query::Query,
    },
    parties::comparable,
    put::{Fields, children},
};

/// Longest address of a party, in characters (`PartyEmailURI`).
const LONGEST_ADDRESS: usize = 254;
/// Longest name of a party, in characters (`PartyName`).
const LONGEST_NAME: usize = 255;

/// Puts the parties of a new record into its fields.
pub(in crate::c4c) fn place(
    set: &MirrorSet,
    codes: &Codes,
    parties: &[RecordParty],
    fields: &mut Fields,
) -> Result<(), PortError> {
    for party in parties {
        match party.role {
            PartyRole::Owner => {
                if let Some(hit) = &party.party {
                    set.owner.refer(fields, hit);
                }
            }
            PartyRole::Organizer => organizer(set, party, fields),
            PartyRole::Attendee
            | PartyRole::Sender
            | PartyRole::To
            | PartyRole::Cc
            | PartyRole::Linked => {}
        }
    }
    for party in attendees(parties) {
        if let (Some(node), Some(row)) = (&set.parties, attendee(set, codes, party)) {
            children(fields, node.node).push(Json::Object(row));
        }
    }
    links(&Linkable::of_set(set), codes, parties, fields)
}

/// The attendees, each once: somebody invited twice is one party.
fn attendees(parties: &[RecordParty]) -> Vec<&RecordParty> {
    let mut people = HashSet::new();
    let mut addresses = HashSet::new();
    let mut once = Vec::new();
    for party in parties
        .iter()
        .filter(|party| party.role == PartyRole::Attendee)
    {
        let address = comparable(&party.address.address);
        let person = party.party.as_ref().map(|hit| &hit.record);
        let known = person.is_some_and(|person| people.contains(person))
            || !address.is_empty() && addresses.contains(&address);
        people.extend(person);
        addresses.insert(address);
        if !known {
            once.push(party);
        }
    }
    once
}

/// Puts links into the header while its places are free, the main ones first, and the others into child nodes.
pub(in crate::c4c) fn links(
    linkable: &Linkable,
    codes: &Codes,
    parties: &[RecordParty],
    fields: &mut Fields,
) -> Result<(), PortError> {
    let mut links: Vec<&RecordParty> = parties
        .iter()
        .filter(|party| party.role == PartyRole::Linked)
        .collect();
    links.sort_by_key(|party| !party.main);
    for hit in links.into_iter().filter_map(|party| party.party.as_ref()) {
        match linkable.slot(hit.record.kind) {
            Some(slot) if !slot.is_taken(fields) => slot.refer(fields, hit),
            _ => {
                let (node, row) = linkable.row(codes, hit)?;
                children(fields, node).push(Json::Object(row));
            }
        }
    }
    Ok(())
}

fn organizer(set: &MirrorSet, party: &RecordParty, fields: &mut Fields) {
    match (&party.party, set.organizer, set.organizer_mail) {
        (Some(hit), Some(header), _) if is_partner(hit.record.kind) => {
            header.refer(fields, hit);
        }
        (_, _, Some((address, name))) => {
            write_address(fields, address, name, party);
        }
        _ => {}
    }
}

/// Writes address and name as far as the service has room: a name is cut, half an address would be another one.
fn write_address(fields: &mut Fields, address: &str, name: &str, party: &RecordParty) {
    let written = party.address.address.as_str();
    if !written.is_empty() && written.chars().count() <= LONGEST_ADDRESS {
        fields.insert(address.into(), written.into());
    }
    let written = truncate(&party.address.name, LONGEST_NAME);
    if !name.is_empty() && !written.is_empty() {
        fields.insert(name.into(), written.into());
    }
}

/// Whether records of the kind are business partners, which involved parties refer to.
fn is_partner(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Contact | Kind::Account | Kind::IndividualCustomer | Kind::Employee
    )
}

/// The row of an attendee. The address is written for business partners too: it is the one they were invited by.
fn attendee(set: &MirrorSet, codes: &Codes, party: &RecordParty) -> Option<Fields> {
    let node = set.parties?;
    let mut row = Fields::new();
    if let Some(hit) = party
        .party
        .as_ref()
        .filter(|hit| is_partner(hit.record.kind))
    {
        PARTY.refer(&mut row, hit);
        write_address(&mut row, node.address, "", party);
    } else {
        write_address(&mut row, node.address, node.name, party);
    }
    if row.is_empty() {
        return None;
    }
    row.insert("RoleCode".into(), codes.attendee_role.as_str().into());
    Some(row)
}

pub(in crate::c4c) fn is_attendee(codes: &Codes, row: &Row) -> bool {
    row.text("RoleCode") == codes.attendee_role
}

/// The address of an involved party, written or derived.
pub(in crate::c4c) fn address(row: &Row) -> String {
    row.first(&["PartyEmailURI", "EMail", "Email"])
}

/// What brings organizer, attendees and, where one is given, the owner of a stored record to the wanted state: fields of the header and writes of
/// child nodes.
///
/// Law: a party that somebody may have added in the CRM stays.
pub(in crate::c4c) fn changes(
    set: &MirrorSet,
    codes: &Codes,
    key: &str,
    row: &Row,
    wanted: &[RecordParty],
) -> (Fields, Vec<Change>) {
    let mut header = Fields::new();
    if let Some(party) = wanted
        .iter()
        .find(|party| party.role == PartyRole::Organizer)
    {
        organizer(set, party, &mut header);
    }
    // Given only when somebody else takes the record over (CAL-35).
    if let Some(hit) = wanted
        .iter()
        .find(|party| party.role == PartyRole::Owner)
        .and_then(|party| party.party.as_ref())
    {
        set.owner.refer(&mut header, hit);
    }
    header.retain(|name, value| !same(row, name, value));
    let Some(node) = set.parties else {
        return (header, Vec::new());
    };
    let stored = row.children(node.node).unwrap_or_default();
    let mut stored: Vec<Row> = stored
        .into_iter()
        .filter(|row| is_attendee(codes, row))
        .collect();
    let mut changes = Vec::new();
    for party in attendees(wanted) {
        if let Some(at) = stored.iter().position(|row| is_about(row, party)) {
            stored.remove(at);
            continue;
        }
        if let Some(row) = attendee(set, codes, party) {
            changes.push(Change {
                method: Method::POST,
                path: Query::children(set.name, key, node.node).path(),
                if_match: None,
                echo: false,
                body: Json::Object(row).to_string().into(),
            });
        }
    }
    let ours = stored.iter().filter(|row| is_ours(&node, row));
    changes.extend(ours.map(|row| {
        let tag = row.tag();
        Change {
            method: Method::DELETE,
            path: Query::row(&child_set(node.node), &row.text("ObjectID")).path(),
            if_match: (!tag.is_empty()).then_some(tag),
            echo: true,
            body: String::new().into(),
        }
    }));
    (header, changes)
}

/// Whether nobody but us can have added an attendee: somebody from outside who is no business partner, or a
/// business partner under an address that is not the one the service itself fills in for them. A business partner
/// under their own address looks the same whoever added them, so they stay.
fn is_ours(node: &Parties, row: &Row) -> bool {
    let written = row.text(node.address);
    if written.is_empty() || row.text("ObjectID").is_empty() {
        return false;
    }
    let is_partner = !row.text("PartyID").is_empty() || !bare(&row.text("PartyUUID")).is_empty();
    let derived = ["EMail", "Email"].into_iter();
    let derived = derived
        .filter(|name| *name != node.address)
        .map(|name| row.text(name))
        .find(|address| !address.is_empty());
    !is_partner || derived.is_some_and(|derived| comparable(&derived) != comparable(&written))
}

/// Whether the header holds the value already. UUIDs are compared without case and hyphens.
fn same(row: &Row, name: &str, value: &Json) -> bool {
    let stored = row.text(name);
    let wanted = value.as_str().unwrap_or_default();
    let uuid = uuid_of(&bare(wanted)).is_some();
    stored == wanted || uuid && bare(&stored) == bare(wanted)
}

fn is_about(row: &Row, party: &RecordParty) -> bool {
    if let Some(hit) = &party.party {
        let number = row.text("PartyID");
        let id = bare(&row.text("PartyUUID"));
        if !number.is_empty() && number == hit.number
            || !id.is_empty() && id == bare(hit.record.id.as_str())
        {
            return true;
        }
    }
    let wanted = comparable(&party.address.address);
    let stored = ["PartyEmailURI", "EMail", "Email"];
    !wanted.is_empty()
        && stored
            .iter()
            .any(|name| comparable(&row.text(name)) == wanted)
}
