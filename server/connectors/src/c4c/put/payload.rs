//! The fields of an e-mail as the service takes them, by the mapping table.

use serde_json::{Map, Value as Json};
use ssi_domain::{
    Record, Value,
    mapping::{Backend, Flow, Row as Field},
    port::{PartyRole, PortError, RecordParty},
};

use crate::c4c::{
    find::EMAILS,
    link::{Linkable, PARTY},
    mirror::{
        party,
        set::{Header, both},
    },
    odata::{date, metadata::Metadata},
    tenant::C4c,
};

/// The property that carries the identity key; a create without it could not be found again.
pub(super) const IDENTITY: &str = "GroupwareItemID";

const SENDER: Header = both("MessageFromPartyID", "MessageFromPartyUUID");
const OWNER: Header = both("OwnerPartyID", "OwnerUUID");

/// A JSON object.
pub(in crate::c4c) type Fields = Map<String, Json>;

/// Where a field lives in the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::c4c) enum Place<'a> {
    /// Properties of the entity itself; two for an address with its name.
    Header(Vec<&'a str>),
    /// Properties of a child node.
    Child(&'a str, Vec<&'a str>),
}

impl<'a> Place<'a> {
    /// `Prop`, `Child/Prop`, either with `A+B`.
    pub(in crate::c4c) fn of(field: &'a Field) -> Option<Self> {
        let path = field.path(Backend::C4c)?;
        Some(match path.split_once('/') {
            Some((child, properties)) => Self::Child(child, properties.split('+').collect()),
            None => Self::Header(path.split('+').collect()),
        })
    }
}

impl C4c {
    /// The e-mail as one deep insert, attachments left out.
    pub(super) fn email_fields(
        &self,
        identity_key: &str,
        record: &Record,
        parties: &[RecordParty],
    ) -> Result<Fields, PortError> {
        let config = &self.shared.config;
        let mut fields = Fields::new();
        fields.insert(IDENTITY.into(), identity_key.into());
        for field in config.tables.email().rows() {
            if !matches!(field.flow, Flow::ToCrm | Flow::Both) {
                continue;
            }
            let Some(place) = Place::of(field) else {
                continue;
            };
            match (field.name.as_str(), &place) {
                ("to", Place::Child(child, properties)) => {
                    recipients(&mut fields, child, properties, parties, PartyRole::To);
                }
                ("cc", Place::Child(child, properties)) => {
                    recipients(&mut fields, child, properties, parties, PartyRole::Cc);
                }
                _ => {
                    if let Some(value) = record.get(&field.name) {
                        place_value(&mut fields, &place, value);
                    }
                }
            }
        }
        if let (Some(code), Some(notes)) =
            (&config.codes.note_type, list(&mut fields, "EMailNotes"))
        {
            for note in notes.iter_mut().filter_map(Json::as_object_mut) {
                note.insert("TypeCode".into(), code.as_str().into());
            }
        }
        for party in parties {
            let Some(hit) = &party.party else { continue };
            match party.role {
                PartyRole::Sender => SENDER.refer(&mut fields, hit),
                PartyRole::Owner => OWNER.refer(&mut fields, hit),
                PartyRole::To
                | PartyRole::Cc
                | PartyRole::Linked
                | PartyRole::Organizer
                | PartyRole::Attendee => {}
            }
        }
        party::links(&Linkable::EMAIL, &config.codes, parties, &mut fields)?;
        Ok(fields)
    }
}

fn recipients(
    fields: &mut Fields,
    child: &str,
    properties: &[&str],
    parties: &[RecordParty],
    role: PartyRole,
) {
    for party in parties.iter().filter(|party| party.role == role) {
        let mut row = Fields::new();
        address(
            &mut row,
            properties,
            &party.address.address,
            &party.address.name,
        );
        if let Some(hit) = &party.party {
            PARTY.refer(&mut row, hit);
        }
        if !row.is_empty() {
            children(fields, child).push(Json::Object(row));
        }
    }
}

fn place_value(fields: &mut Fields, place: &Place<'_>, value: &Value) {
    match (place, value) {
        (Place::Header(properties), value) => set(fields, properties, value),
        (Place::Child(child, properties), Value::List(values)) => {
            for value in values {
                place_value(fields, &Place::Child(child, properties.clone()), value);
            }
        }
        (Place::Child(child, properties), value) => {
            let mut row = Fields::new();
            set(&mut row, properties, value);
            if !row.is_empty() {
                children(fields, child).push(Json::Object(row));
            }
        }
    }
}

fn set(row: &mut Fields, properties: &[&str], value: &Value) {
    if let Value::Address(one) = value {
        address(row, properties, &one.address, &one.name);
        return;
    }
    let json = match value {
        Value::Instant(at) => date::write(*at).into(),
        Value::Date(day) => format!("{day}T00:00:00").into(),
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(number) => Json::from(*number),
        Value::Ref(record) => record.id.as_str().into(),
        // A list has no place in one property.
        Value::Address(_) | Value::List(_) => return,
        Value::Text(_)
        | Value::RichText(_)
        | Value::Phone(_)
        | Value::Zone(_)
        | Value::Choice(_) => match value.as_text() {
            Some(text) if !text.is_empty() => text.into(),
            _ => return,
        },
    };
    if let Some(property) = properties.first() {
        row.insert((*property).into(), json);
    }
}

fn address(row: &mut Fields, properties: &[&str], address: &str, name: &str) {
    for (property, text) in properties.iter().zip([address, name]) {
        if !text.is_empty() {
            row.insert((*property).into(), text.into());
        }
    }
}

pub(in crate::c4c) fn object(value: Json) -> Fields {
    match value {
        Json::Object(fields) => fields,
        _ => Fields::new(),
    }
}

fn list<'a>(fields: &'a mut Fields, child: &str) -> Option<&'a mut Vec<Json>> {
    fields.get_mut(child).and_then(Json::as_array_mut)
}

/// The rows under a navigation, made when there are none.
pub(in crate::c4c) fn children<'a>(fields: &'a mut Fields, child: &str) -> &'a mut Vec<Json> {
    let slot = fields
        .entry(child)
        .or_insert_with(|| Json::Array(Vec::new()));
    if !slot.is_array() {
        *slot = Json::Array(Vec::new());
    }
    slot.as_array_mut().expect("made an array above")
}

/// Leaves out what the tenant does not have and writes numbers in its types. Answers whether anything changed.
///
/// # Errors
/// When the identity key has no place, since saving would make duplicates: `Blocked` for e-mails, which nothing
/// works without; `Refused` for other kinds.
pub(super) fn cut(
    set: &str,
    identity: Option<&str>,
    fields: &mut Fields,
    metadata: &Metadata,
) -> Result<bool, PortError> {
    if let Some(key) = identity.filter(|key| !metadata.has(set, key)) {
        let why = format!("{set} of this tenant has no {key}, so records cannot be found again");
        return Err(if set == EMAILS {
            PortError::Blocked { detail: why }
        } else {
            PortError::Refused { field: None, why }
        });
    }
    let before = fields.len();
    fields.retain(|name, _| metadata.has(set, name));
    let mut changed = fields.len() < before;
    changed |= retype(set, fields, metadata);
    for (navigation, value) in fields.iter_mut() {
        for row in value.as_array_mut().into_iter().flatten() {
            let Some(row) = row.as_object_mut() else {
                continue;
            };
            let before = row.len();
            row.retain(|name, _| metadata.child_has(set, navigation, name));
            changed |= row.len() < before;
        }
    }
    Ok(changed)
}

/// Writes numbers as text and texts as numbers where the tenant's types want it so. Answers whether any was
/// written otherwise.
pub(super) fn retype(set: &str, fields: &mut Fields, metadata: &Metadata) -> bool {
    let mut changed = false;
    for (name, value) in fields.iter_mut() {
        let wanted = match (metadata.type_of(set, name), &*value) {
            (Some("Edm.String" | "Edm.Decimal" | "Edm.Int64"), Json::Number(number)) => {
                Some(Json::from(number.to_string()))
            }
            (Some("Edm.Int16" | "Edm.Int32" | "Edm.Byte"), Json::String(text)) => {
                text.parse::<i32>().ok().map(Json::from)
            }
            _ => None,
        };
        if let Some(wanted) = wanted {
            *value = wanted;
            changed = true;
        }
    }
    changed
}
