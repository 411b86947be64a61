//! Which properties to ask for, derived from the mapping table.

use std::sync::LazyLock;

use ssi_domain::{
    mapping::{Backend, Table, ValueType},
    port::Shape,
};

use super::{
    property::{CRM_LINK, FROM_SMTP, SENDER_SMTP, WISH},
    version::ServerVersion,
    xml::Xml,
};

/// One field of the table as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// Our name.
    pub(crate) name: &'static str,
    /// The field URI, for example `message:From`.
    pub(crate) uri: &'static str,
    /// The element that carries it, for example `From`.
    pub(crate) element: &'static str,
    /// How to read it.
    pub(crate) value: ValueType,
    /// Read only once saving is decided (INV-13).
    pub(crate) after_decision: bool,
}

/// Properties read for every item beside the table's.
const ALWAYS: [&str; 5] = [
    "item:ParentFolderId",
    "item:ItemClass",
    "item:Categories",
    "item:Size",
    "item:HasAttachments",
];

static EMAIL: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let fields = Table::email().rows().iter().filter_map(|row| {
        let uri = row.path(Backend::Ews)?;
        Some(Field {
            name: &row.name,
            uri,
            // `item:Subject` is carried by the element `Subject`; so are all field URIs of messages.
            element: uri.rsplit(':').next().unwrap_or(uri),
            value: row.value,
            after_decision: row.after_decision,
        })
    });
    fields.collect()
});

/// The fields of an e-mail in the order of its table.
pub(crate) fn email() -> &'static [Field] {
    &EMAIL
}

/// How much of the class-specific properties to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breadth {
    /// Everything of a message.
    Message,
    /// Only what every item has: for items that refuse message properties.
    AnyItem,
}

/// Writes the `ItemShape` element.
pub(crate) fn item_shape(xml: &mut Xml, shape: Shape, breadth: Breadth, version: ServerVersion) {
    xml.open("m:ItemShape", &[]).leaf("t:BaseShape", "IdOnly");
    if shape == Shape::Full {
        xml.leaf("t:BodyType", "Best");
    }
    xml.open("t:AdditionalProperties", &[]);
    let table = email()
        .iter()
        .filter(|field| shape == Shape::Full || !field.after_decision);
    let attachments = (shape == Shape::Full).then_some("item:Attachments");
    let uris = ALWAYS
        .into_iter()
        .chain(table.map(|field| field.uri))
        .chain(attachments);
    for uri in uris {
        let fits = breadth == Breadth::Message || uri.starts_with("item:");
        if fits && version >= since(uri) {
            xml.empty("t:FieldURI", &[("FieldURI", uri)]);
        }
    }
    for property in [CRM_LINK, WISH, SENDER_SMTP, FROM_SMTP] {
        property.write(xml);
    }
    xml.close("t:AdditionalProperties").close("m:ItemShape");
}

/// The schema version a field URI came with; asking an older server is `ErrorSchemaValidation`.
fn since(uri: &str) -> ServerVersion {
    match uri {
        "item:ConversationId" => ServerVersion::Exchange2010,
        "item:UniqueBody" => ServerVersion::Exchange2010,
        "item:TextBody" | "item:Preview" | "item:Flag" => ServerVersion::Exchange2013,
        _ => ServerVersion::Exchange2007Sp1,
    }
}
