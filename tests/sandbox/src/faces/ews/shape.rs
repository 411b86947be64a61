//! Which fields of an item an answer shows.

use std::cell::OnceCell;

use super::request::{extended_key, path};
use crate::exchange::{ExtendedKey, Failure, Field, Kind, Path};
use crate::xml::Element;

/// `BaseShape`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Ids only.
    IdOnly,
    /// A handful.
    Default,
    /// Everything but the raw message.
    AllProperties,
}

/// `BodyType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyType {
    /// What there is, HTML first.
    Best,
    /// HTML, converted if need be.
    Html,
    /// Plain text, converted if need be.
    Text,
}

/// Where the shape is used: searches and syncs show less than reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// GetItem and GetAttachment.
    Full,
    /// FindItem and SyncFolderItems: no bodies, recipients, attachments, headers.
    Listing,
}

/// Fields of the `Default` shape that exist on most kinds.
const DEFAULT: [&str; 22] = [
    "ItemId",
    "Subject",
    "Sensitivity",
    "Body",
    "Size",
    "DateTimeSent",
    "DateTimeCreated",
    "HasAttachments",
    "ToRecipients",
    "CcRecipients",
    "From",
    "IsRead",
    "Attachments",
    "Start",
    "End",
    "Location",
    "LegacyFreeBusyStatus",
    "FileAs",
    "EmailAddresses",
    "DueDate",
    "PercentComplete",
    "Status",
];

/// Never part of a listing, asked for or not.
/// <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/property-sets-and-response-shapes-in-ews-in-exchange>
const NOT_LISTED: [&str; 19] = [
    "Body",
    "UniqueBody",
    "NormalizedBody",
    "TextBody",
    "MimeContent",
    "Attachments",
    "ToRecipients",
    "CcRecipients",
    "BccRecipients",
    "InternetMessageHeaders",
    "ReplyTo",
    "RequiredAttendees",
    "OptionalAttendees",
    "Resources",
    "Recurrence",
    "FirstOccurrence",
    "LastOccurrence",
    "ModifiedOccurrences",
    "DeletedOccurrences",
];

/// Only shown when asked for by name.
const ON_REQUEST: [&str; 8] = [
    "MimeContent",
    "TextBody",
    "UniqueBody",
    "NormalizedBody",
    "Preview",
    "StoreEntryId",
    "InstanceKey",
    "ExtendedProperty",
];

/// What to show.
#[derive(Debug)]
pub struct Shape {
    base: Base,
    reach: Reach,
    fields: Vec<&'static str>,
    mime: bool,
    /// Form of the body.
    pub body: BodyType,
    /// Extended properties asked for.
    pub extended: Vec<ExtendedKey>,
    /// Dictionary entries asked for: element and entry key.
    pub entries: Vec<(&'static str, String)>,
    plans: [OnceCell<Vec<&'static Field>>; Kind::ALL.len()],
}

impl Shape {
    /// The shape that shows ids only.
    pub fn ids() -> Self {
        Self {
            base: Base::IdOnly,
            reach: Reach::Listing,
            fields: Vec::new(),
            mime: false,
            body: BodyType::Best,
            extended: Vec::new(),
            entries: Vec::new(),
            plans: Default::default(),
        }
    }

    /// Reads `ItemShape` or `AttachmentShape`.
    ///
    /// # Errors
    /// `ErrorInvalidRequest` for extended properties that cannot be named.
    pub fn read(element: Option<&Element>, reach: Reach) -> Result<Self, Failure> {
        let mut shape = Self {
            reach,
            ..Self::ids()
        };
        let Some(element) = element else {
            return Ok(shape);
        };
        shape.base = match element.child_text("BaseShape") {
            Some("AllProperties") => Base::AllProperties,
            Some("Default") => Base::Default,
            _ => Base::IdOnly,
        };
        shape.body = match element.child_text("BodyType") {
            Some("HTML") => BodyType::Html,
            Some("Text") => BodyType::Text,
            _ => BodyType::Best,
        };
        shape.mime = matches!(element.child_text("IncludeMimeContent"), Some("true" | "1"));
        for field in element
            .child("AdditionalProperties")
            .into_iter()
            .flat_map(|all| &all.children)
        {
            if field.name == "ExtendedFieldURI" {
                shape.extended.push(extended_key(field)?);
                continue;
            }
            match path(field)? {
                Some(Path::Field(name)) => shape.fields.push(name),
                Some(Path::Indexed(element, key, _)) => {
                    if !shape.fields.contains(&element) {
                        shape.fields.push(element);
                    }
                    shape.entries.push((element, key));
                }
                Some(Path::Extended(_)) | None => {}
            }
        }
        Ok(shape)
    }

    /// Widens the shape to all properties, as GetAttachment shows attached items.
    pub fn show_everything(&mut self) {
        self.base = Base::AllProperties;
    }

    /// The fields to write for a kind, in schema order.
    pub fn plan(&self, kind: Kind) -> &[&'static Field] {
        self.plans[kind as usize].get_or_init(|| {
            kind.fields()
                .filter(|field| self.wants(field.name))
                .collect()
        })
    }

    fn wants(&self, name: &str) -> bool {
        if self.reach == Reach::Listing && NOT_LISTED.contains(&name) {
            return false;
        }
        match name {
            "ItemId" => true,
            "MimeContent" => self.mime || self.fields.contains(&name),
            "ExtendedProperty" => !self.extended.is_empty(),
            _ if self.fields.contains(&name) => true,
            _ => match self.base {
                Base::IdOnly => false,
                Base::Default => DEFAULT.contains(&name),
                Base::AllProperties => !ON_REQUEST.contains(&name),
            },
        }
    }
}
