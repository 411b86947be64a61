//! One property of an item to be written.

use crate::ews::{
    plan::Class,
    property::Property,
    wire::{Entry, Wire},
    xml::Xml,
};

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A property of the schema.
    Wire(Wire),
    /// A hidden property.
    Hidden(Property),
}

/// One property to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Which one.
    pub(crate) target: Target,
    /// Its element, or the text of an entry; `None` clears it.
    pub(crate) content: Option<String>,
}

impl Part {
    /// A property whose element is ready; see [`Xml`].
    pub(crate) fn element(uri: &'static str, xml: String) -> Self {
        let element = uri.rsplit(':').next().unwrap_or(uri);
        Self {
            target: Target::Wire(Wire::Field { uri, element }),
            content: Some(xml),
        }
    }

    /// A property with plain text.
    pub(crate) fn leaf(uri: &'static str, text: &str) -> Self {
        let name = uri.rsplit(':').next().unwrap_or(uri);
        let mut xml = Xml::new();
        xml.leaf(&format!("t:{name}"), text);
        Self::element(uri, xml.finish())
    }

    /// A hidden property.
    pub(crate) fn hidden(property: Property, text: &str) -> Self {
        let mut xml = Xml::new();
        xml.open("t:ExtendedProperty", &[]);
        property.write(&mut xml);
        xml.leaf("t:Value", text).close("t:ExtendedProperty");
        Self {
            target: Target::Hidden(property),
            content: Some(xml.finish()),
        }
    }

    /// The categories, all of them.
    pub(crate) fn categories(categories: &[String]) -> Self {
        let mut xml = Xml::new();
        xml.open("t:Categories", &[]);
        for category in categories {
            xml.leaf("t:String", category);
        }
        xml.close("t:Categories");
        let mut part = Self::element("item:Categories", xml.finish());
        // An empty list cannot be set, only deleted.
        part.content = part.content.filter(|_| !categories.is_empty());
        part
    }

    /// Whether it is this property.
    pub(crate) fn is(&self, uri: &str) -> bool {
        matches!(&self.target, Target::Wire(wire) if wire.uri() == uri)
    }

    /// Writes the change of an existing item.
    pub(crate) fn write_change(&self, xml: &mut Xml, class: Class) {
        let Some(content) = &self.content else {
            xml.open("t:DeleteItemField", &[]);
            self.write_path(xml);
            xml.close("t:DeleteItemField");
            return;
        };
        xml.open("t:SetItemField", &[]);
        self.write_path(xml);
        xml.open(class.element(), &[]);
        match self.target {
            Target::Wire(Wire::Entry(entry)) => write_entry(xml, &entry, content),
            _ => {
                xml.raw(content);
            }
        }
        xml.close(class.element()).close("t:SetItemField");
    }

    fn write_path(&self, xml: &mut Xml) {
        match &self.target {
            Target::Wire(wire) => wire.write(xml),
            Target::Hidden(property) => property.write(xml),
        }
    }
}

/// One entry alone in its dictionary.
fn write_entry(xml: &mut Xml, entry: &Entry, text: &str) {
    let list = format!("t:{}", entry.list);
    xml.open(&list, &[]);
    match entry.part {
        Some(part) => {
            xml.open("t:Entry", &[("Key", entry.key)])
                .leaf(&format!("t:{part}"), text)
                .close("t:Entry");
        }
        None => {
            write_plain_entry(xml, entry, text);
        }
    }
    xml.close(&list);
}

/// An entry without parts.
pub(super) fn write_plain_entry(xml: &mut Xml, entry: &Entry, text: &str) {
    xml.leaf_with("t:Entry", &[("Key", entry.key)], text);
}
