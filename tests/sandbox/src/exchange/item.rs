//! An item: a property bag with body, attachments, raw message and the versions a client may hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::fields::Kind;
use super::property::{Address, ExtendedKey, ExtendedValue, Value};
use super::series::Series;

/// Named properties of an item by element name.
pub type Properties = BTreeMap<&'static str, Value>;

/// What a client or the mail reader hands over to become an item.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Item type.
    pub kind: Kind,
    /// Message class.
    pub class: String,
    /// Properties by element name.
    pub properties: Properties,
    /// Extended properties.
    pub extended: BTreeMap<ExtendedKey, ExtendedValue>,
    /// Body.
    pub body: Body,
    /// Internet headers, decoded, in order.
    pub headers: Arc<Vec<(String, String)>>,
    /// Attachments.
    pub attachments: Vec<Arc<Attachment>>,
    /// The raw message, where there is one.
    pub mime: Option<Bytes>,
    /// Size in bytes as the server reports it.
    pub size: u64,
    /// Conversation it belongs to; empty = one of its own.
    pub conversation: String,
    /// Changed and deleted occurrences of a recurring event.
    pub series: Series,
}

impl Draft {
    /// An empty item of a kind.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            class: kind.default_class().to_owned(),
            properties: Properties::new(),
            extended: BTreeMap::new(),
            body: Body::default(),
            headers: Arc::default(),
            attachments: Vec::new(),
            mime: None,
            size: 0,
            conversation: String::new(),
            series: Series::default(),
        }
    }

    /// A text property; empty when absent.
    pub fn text(&self, name: &str) -> &str {
        match self.properties.get(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A list of mailboxes; empty when absent.
    pub fn mailboxes(&self, name: &str) -> &[Address] {
        match self.properties.get(name) {
            Some(Value::Mailboxes(list)) => list,
            Some(Value::Mailbox(one)) => std::slice::from_ref(one),
            _ => &[],
        }
    }

    /// A yes/no property; no when absent.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.properties.get(name), Some(Value::Bool(true)))
    }

    /// A time property.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        match self.properties.get(name) {
            Some(Value::Time(time)) => Some(*time),
            _ => None,
        }
    }

    /// Categories; empty when none.
    pub fn categories(&self) -> &[String] {
        match self.properties.get("Categories") {
            Some(Value::Strings(list)) => list,
            _ => &[],
        }
    }
}

impl Draft {
    /// Whether it differs from an earlier state in nothing but the read flag.
    pub(super) fn only_read_flag_differs(&self, before: &Self) -> bool {
        let others = |draft: &Self| {
            let mut properties = draft.properties.clone();
            properties.remove("IsRead");
            properties
        };
        before.properties.get("IsRead") != self.properties.get("IsRead")
            && before.class == self.class
            && before.body == self.body
            && before.extended == self.extended
            && before.attachments.len() == self.attachments.len()
            && before.series == self.series
            && others(before) == others(self)
    }
}

/// A body in the forms it was given in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// HTML form.
    pub html: Option<Arc<str>>,
    /// Plain text form.
    pub text: Option<Arc<str>>,
}

/// Content of an attachment.
#[derive(Clone, Debug)]
pub enum Content {
    /// A file.
    File(Bytes),
    /// A whole item, for instance a forwarded message.
    Item(Box<Draft>),
    /// A link to a cloud file.
    Reference(String),
}

/// An attachment.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Number within the item.
    pub number: u64,
    /// File name.
    pub name: String,
    /// MIME type.
    pub content_type: String,
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Content-Location.
    pub content_location: Option<String>,
    /// Shown inside the body.
    pub inline: bool,
    /// Last change.
    pub modified: Timestamp,
    /// What it holds.
    pub content: Content,
}

impl Attachment {
    /// Size in bytes.
    pub fn size(&self) -> u64 {
        match &self.content {
            Content::File(bytes) => bytes.len() as u64,
            Content::Item(item) => item.size,
            Content::Reference(url) => url.len() as u64,
        }
    }
}

/// An item in a folder.
#[derive(Clone, Debug)]
pub struct Item {
    /// Number; part of its id. A move gives a new one.
    pub key: u64,
    /// Number of the folder it lies in.
    pub folder: u64,
    /// Version; every change gives a new one.
    pub version: u64,
    /// Position in the mailbox's history where it appeared in its folder.
    pub appeared: u64,
    /// Position of the last change.
    pub changed: u64,
    /// Position of the last change that was more than the read flag.
    pub content_changed: u64,
    /// Creation time; survives moves.
    pub created: Timestamp,
    /// Time of the last change.
    pub modified: Timestamp,
    /// Survives moves (`PidTagSearchKey`).
    pub search_key: u64,
    /// Next attachment number.
    pub next_attachment: u64,
    /// Version at which a property was last written by a client, by its name.
    pub touched: BTreeMap<String, u64>,
    /// Hidden (folder associated) item.
    pub associated: bool,
    /// What it holds.
    pub data: Draft,
}

impl Item {
    /// Whether it counts as unread. Items without a read flag never do.
    pub fn unread(&self) -> bool {
        matches!(self.data.properties.get("IsRead"), Some(Value::Bool(false)))
    }

    /// Whether a client should show a paper clip: any attachment that is not inline.
    pub fn has_attachments(&self) -> bool {
        self.data
            .attachments
            .iter()
            .any(|attachment| !attachment.inline)
    }
}
