//! Writing items: a record's fields as elements in the order Microsoft's schema asks for.

mod calendar;
mod contact;
mod element;
mod order;
mod part;

use ssi_domain::{Kind, Record, port::PortError};

pub(super) use part::Part;

use super::{
    plan::{Class, Plans},
    version::ServerVersion,
};

/// What a write rests on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    /// The tenant's mapping.
    pub(super) plans: &'a Plans,
    /// What the item is to be.
    pub(super) kind: Kind,
    /// The fields to write.
    pub(super) set: &'a Record,
    /// The item as it stands, for changes that depend on it.
    pub(super) now: Option<&'a Record>,
    /// Whether the item is made or changed.
    pub(super) act: Act,
    /// The schema version that may be used.
    pub(super) version: ServerVersion,
}

/// What happens to the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// It is made.
    Create,
    /// It is changed.
    Update,
}

/// Whether writing these fields of an item needs to know how it stands.
pub(super) fn needs_now(kind: Kind, set: &Record) -> bool {
    match Class::of_kind(kind) {
        Some(Class::Calendar) => calendar::needs_now(set),
        Some(Class::Contact) => contact::needs_now(set),
        _ => false,
    }
}

/// The properties to write, in any order. Fields that this backend does not keep, or that only a server
/// sets, are passed over.
pub(super) fn parts(ground: &Ground<'_>) -> Result<Vec<Part>, PortError> {
    let class = Class::of_kind(ground.kind).filter(|class| *class != Class::Message);
    let (Some(class), Some(table)) = (class, ground.plans.table(ground.kind)) else {
        let why = format!("a mailbox keeps no {}", ground.kind);
        return Err(PortError::Refused { field: None, why });
    };
    let mut parts = Vec::new();
    for row in table.rows() {
        let Some(value) = ground.set.get(&row.name) else {
            continue;
        };
        parts.extend(element::part(ground, row, value)?);
    }
    match class {
        Class::Calendar => calendar::complete(ground, &mut parts)?,
        Class::Contact => contact::complete(ground, &mut parts),
        Class::Message | Class::Task => {}
    }
    Ok(parts)
}

/// Whether items of a class have this property of their own or of all items.
pub(super) fn knows(class: Class, prefix: &str, element: &str) -> bool {
    order::knows(class, prefix, element)
}

/// Writes a new item of a class with these properties.
pub(super) fn item(class: Class, parts: Vec<Part>) -> String {
    order::item(class, parts)
}

/// A refusal of one field, said to the user.
fn refused(field: &str, why: impl Into<String>) -> PortError {
    PortError::Refused {
        field: Some(field.to_owned()),
        why: why.into(),
    }
}
