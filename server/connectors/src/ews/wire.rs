//! Where a mapped field stands on the wire: a plain property, or an entry of a dictionary.

use super::xml::Xml;

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

impl Wire {
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

    /// The field URI.
    pub(crate) fn uri(&self) -> &'static str {
        match self {
            Self::Field { uri, .. } | Self::Entry(Entry { uri, .. }) => uri,
        }
    }

    /// The element of a property of its own.
    pub(crate) fn element(&self) -> Option<&'static str> {
        match self {
            Self::Field { element, .. } => Some(element),
            Self::Entry(_) => None,
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
