//! Where a mapped field stands on the wire: a plain property, an entry of a dictionary, or a named property.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

use ssi_domain::mapping::{Backend, Row, ValueType};

use super::{property::Property, xml::Xml};

/// A property of an item, by the path its table row names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// A property of its own.
    ///
    /// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/fielduri>
    Field {
        /// The field URI, for example `message:From`.
        uri: &'static str,
        /// The element that carries it, for example `From`.
        element: &'static str,
    },
    /// An entry of a dictionary.
    ///
    /// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/indexedfielduri>
    Entry(Entry),
    /// A named property, which only overrides of a tenant map.
    Named(Property),
}

/// An entry of a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The dictionary's URI, for example `contacts:PhysicalAddress:Street`.
    pub(crate) uri: &'static str,
    /// The entry's key, for example `Business`.
    pub(crate) key: &'static str,
    /// The element that carries the dictionary, for example `PhysicalAddresses`.
    pub(crate) list: &'static str,
    /// The part of an entry that has several, for example `Street`.
    pub(crate) part: Option<&'static str>,
}

/// Dictionaries with parts: the field URI of each part.
const ADDRESS_PARTS: [&str; 5] = [
    "contacts:PhysicalAddress:Street",
    "contacts:PhysicalAddress:City",
    "contacts:PhysicalAddress:State",
    "contacts:PhysicalAddress:CountryOrRegion",
    "contacts:PhysicalAddress:PostalCode",
];

/// Paths that came from a configuration, kept for as long as the process runs: there are as many as an administrator
/// writes down, and those of the built-in tables are text of the program anyway.
static PATHS: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

fn kept(path: &str) -> &'static str {
    let mut paths = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = paths.get(path) {
        return known;
    }
    let new: &'static str = Box::leak(path.to_owned().into_boxed_str());
    paths.insert(new);
    new
}

/// The MAPI type that a value is kept as in a named property.
fn mapi_type(value: ValueType) -> &'static str {
    match value {
        ValueType::Bool => "Boolean",
        ValueType::Number => "Integer",
        ValueType::Instant | ValueType::When | ValueType::Date => "SystemTime",
        _ => "String",
    }
}

impl Wire {
    /// Where a row's field stands; `None` where Exchange has no place for it.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        let path = row.path(Backend::Ews)?;
        match path.strip_prefix("extended:") {
            Some(named) => {
                let (set, name) = named.split_once(':')?;
                let (set, name) = (kept(set), kept(name));
                let value_type = mapi_type(row.value);
                Some(Self::Named(Property::Named {
                    set,
                    name,
                    value_type,
                }))
            }
            None => Self::parse(kept(path)),
        }
    }

    /// Understands a path of a mapping table: `item:Subject`, `contacts:PhoneNumber:HomePhone`,
    /// `contacts:PhysicalAddress:Home:City`. `None` for one that names nothing that can be asked for.
    pub(crate) fn parse(path: &'static str) -> Option<Self> {
        let parts: Vec<&'static str> = path.split(':').collect();
        let entry = |uri, key, list| {
            Some(Self::Entry(Entry {
                uri,
                key,
                list,
                part: None,
            }))
        };
        match parts[..] {
            [_, element] => Some(Self::Field { uri: path, element }),
            ["contacts", "EmailAddress", key] => {
                entry("contacts:EmailAddress", key, "EmailAddresses")
            }
            ["contacts", "PhoneNumber", key] => entry("contacts:PhoneNumber", key, "PhoneNumbers"),
            ["contacts", "ImAddress", key] => entry("contacts:ImAddress", key, "ImAddresses"),
            ["item", "InternetMessageHeader", key] => {
                entry("item:InternetMessageHeader", key, "InternetMessageHeaders")
            }
            ["contacts", "PhysicalAddress", key, part] => {
                let uri = ADDRESS_PARTS
                    .into_iter()
                    .find(|uri| uri.rsplit(':').next() == Some(part))?;
                Some(Self::Entry(Entry {
                    uri,
                    key,
                    list: "PhysicalAddresses",
                    part: Some(part),
                }))
            }
            _ => None,
        }
    }

    /// The field URI; empty for a named property.
    pub(crate) fn uri(&self) -> &'static str {
        match self {
            Self::Field { uri, .. } | Self::Entry(Entry { uri, .. }) => uri,
            Self::Named(_) => "",
        }
    }

    /// The element of a property of its own.
    pub(crate) fn element(&self) -> Option<&'static str> {
        match self {
            Self::Field { element, .. } => Some(element),
            Self::Entry(_) | Self::Named(_) => None,
        }
    }

    /// Writes the reference to the property.
    pub(crate) fn write(&self, xml: &mut Xml) {
        match self {
            Self::Field { uri, .. } => xml.empty("t:FieldURI", &[("FieldURI", uri)]),
            Self::Entry(entry) => xml.empty(
                "t:IndexedFieldURI",
                &[("FieldURI", entry.uri), ("FieldIndex", entry.key)],
            ),
            Self::Named(property) => {
                property.write(xml);
                xml
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        for (path, written) in [
            ("item:Subject", "<t:FieldURI FieldURI=\"item:Subject\"/>"),
            (
                "contacts:PhoneNumber:HomePhone",
                "<t:IndexedFieldURI FieldURI=\"contacts:PhoneNumber\" FieldIndex=\"HomePhone\"/>",
            ),
            (
                "contacts:PhysicalAddress:Home:City",
                "<t:IndexedFieldURI FieldURI=\"contacts:PhysicalAddress:City\" FieldIndex=\"Home\"/>",
            ),
            (
                "item:InternetMessageHeader:List-Id",
                "<t:IndexedFieldURI FieldURI=\"item:InternetMessageHeader\" FieldIndex=\"List-Id\"/>",
            ),
        ] {
            let mut xml = Xml::new();
            Wire::parse(path).unwrap().write(&mut xml);
            assert_eq!(xml.finish(), written);
        }
        for path in ["contacts:PhysicalAddress:Home:Planet", "item", "a:b:c"] {
            assert_eq!(Wire::parse(path), None, "{path}");
        }
    }
}
