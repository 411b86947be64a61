//! Reading items. This is the hot path of a first sync: one pass, no tree.

use ssi_domain::{
    AttachmentId, FolderId, ItemId, Kind, Record, RichText, TextFormat, Value, Version,
    mapping::ValueType,
    port::{AttachmentInfo, Item, LinkStamp},
};

use super::{
    op::find_folder::is_true,
    plan::{self, Field},
    property::{CRM_LINK, Extended, FROM_SMTP, SENDER_SMTP, WISH},
    value::{Mailbox, class, instant, strings},
    xml::{Element, Walker, XmlError},
};

/// An item while it is read.
#[derive(Debug)]
pub(crate) struct Draft {
    element: String,
    id: String,
    version: String,
    folder: Option<String>,
    class: String,
    /// One place per field of the table, so that the record has the table's order.
    values: Vec<Option<Read>>,
    categories: Vec<String>,
    size_bytes: u64,
    attachments: Vec<AttachmentInfo>,
    has_attachments: bool,
    link: Option<LinkStamp>,
    wish: Option<String>,
    sender_smtp: Option<String>,
    from_smtp: Option<String>,
}

/// A field's value as read.
#[derive(Debug)]
enum Read {
    Value(Value),
    One(Mailbox),
}

impl Draft {
    /// Reads an item element of any class.
    pub(crate) fn read(element: &Element<'_>, walker: &mut Walker<'_>) -> Result<Self, XmlError> {
        let mut draft = Self {
            element: element.name().to_owned(),
            id: String::new(),
            version: String::new(),
            folder: None,
            class: String::new(),
            values: plan::email().iter().map(|_| None).collect(),
            categories: Vec::new(),
            size_bytes: 0,
            attachments: Vec::new(),
            has_attachments: false,
            link: None,
            wish: None,
            sender_smtp: None,
            from_smtp: None,
        };
        while let Some(element) = walker.child()? {
            draft.property(&element, walker)?;
        }
        Ok(draft)
    }

    /// The id in the answer; empty when the answer has none.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The change key in the answer.
    pub(crate) fn version(&self) -> Option<Version> {
        Some(Version(self.version.clone())).filter(|version| !version.as_str().is_empty())
    }

    /// The item, under the id it was asked by.
    pub(crate) fn into_item(mut self, asked: &ItemId) -> Item {
        let mut record = Record::new();
        for (field, read) in plan::email().iter().zip(std::mem::take(&mut self.values)) {
            match read {
                Some(Read::Value(value)) => record.set(field.name, value),
                Some(Read::One(mailbox)) => {
                    let mailbox = self.smtp(field.element, mailbox);
                    record.set(field.name, Value::Address(mailbox.into_address()));
                }
                None => {}
            }
        }
        Item {
            id: asked.clone(),
            version: Version(self.version),
            folder: self.folder.map(FolderId),
            kind: kind(&self.element),
            class: class(&self.class, &self.element),
            record,
            categories: self.categories,
            size_bytes: self.size_bytes,
            attachments: self.attachments,
            has_attachments: self.has_attachments,
            link: self.link,
            wish: self.wish,
        }
    }

    fn property(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        match element.name() {
            // The vendor's documentation writes both.
            "ItemId" | "ItemID" => {
                self.id = element.attribute("Id")?.unwrap_or_default();
                self.version = element.attribute("ChangeKey")?.unwrap_or_default();
                walker.skip()?;
            }
            "ParentFolderId" => {
                self.folder = element.attribute("Id")?.filter(|id| !id.is_empty());
                walker.skip()?;
            }
            "ItemClass" => self.class = walker.text()?,
            "Categories" => self.categories = strings(walker)?,
            "Size" => self.size_bytes = walker.text()?.trim().parse().unwrap_or(0),
            "HasAttachments" => self.has_attachments = is_true(&walker.text()?),
            "Attachments" => {
                while let Some(element) = walker.child()? {
                    self.attachments.push(attachment(&element, walker)?);
                }
            }
            "ExtendedProperty" => {
                let read = Extended::read(walker)?;
                self.hidden(read);
            }
            name => match plan::email().iter().position(|field| field.element == name) {
                Some(at) => {
                    let read = value(&plan::email()[at], element, walker)?;
                    self.values[at] = read;
                }
                None => walker.skip()?,
            },
        }
        Ok(())
    }

    fn hidden(&mut self, mut read: Extended) {
        let filled = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(text) = read.value_of(CRM_LINK) {
            // A mark that somebody else damaged is no mark; the identity key still finds the record.
            self.link = serde_json::from_str(&text).ok();
        } else if let Some(text) = read.value_of(WISH) {
            self.wish = filled(text);
        } else if let Some(text) = read.value_of(SENDER_SMTP) {
            self.sender_smtp = filled(text);
        } else if let Some(text) = read.value_of(FROM_SMTP) {
            self.from_smtp = filled(text);
        }
    }

    fn smtp(&mut self, element: &str, mailbox: Mailbox) -> Mailbox {
        if !mailbox.is_internal() {
            return mailbox;
        }
        let known = match element {
            "From" => self.from_smtp.take(),
            "Sender" => self.sender_smtp.take(),
            _ => None,
        };
        match known {
            Some(address) => mailbox.with_address(address),
            None => mailbox,
        }
    }
}

/// Reads a field by the type its row names. Absent and empty are the same on this wire.
fn value(
    field: &Field,
    element: &Element<'_>,
    walker: &mut Walker<'_>,
) -> Result<Option<Read>, XmlError> {
    let text_of = |text: String, make: fn(String) -> Value| {
        (!text.is_empty()).then(|| Read::Value(make(text)))
    };
    Ok(match field.value {
        ValueType::Address => Mailbox::read_all(walker)?.into_iter().next().map(Read::One),
        ValueType::Addresses => {
            let all = Mailbox::read_all(walker)?;
            let all: Vec<Value> = all
                .into_iter()
                .map(|one| Value::Address(one.into_address()))
                .collect();
            (!all.is_empty()).then_some(Read::Value(Value::List(all)))
        }
        ValueType::Instant => instant(&walker.text()?).map(|at| Read::Value(Value::Instant(at))),
        ValueType::RichText => {
            let html = element.attribute("BodyType")?;
            let html = html.is_some_and(|body_type| body_type.eq_ignore_ascii_case("HTML"));
            let format = if html {
                TextFormat::Html
            } else {
                TextFormat::Plain
            };
            Some(Read::Value(Value::RichText(RichText {
                format,
                text: walker.text()?,
            })))
        }
        ValueType::Choice => text_of(walker.text()?.trim().to_ascii_lowercase(), Value::Choice),
        ValueType::Bool => Some(Read::Value(Value::Bool(is_true(&walker.text()?)))),
        ValueType::Number => walker
            .text()?
            .trim()
            .parse()
            .ok()
            .map(|number| Read::Value(Value::Number(number))),
        ValueType::Texts => {
            let texts = strings(walker)?.into_iter().map(Value::Text).collect();
            Some(Read::Value(Value::List(texts)))
        }
        ValueType::Phone => text_of(walker.text()?, Value::Phone),
        ValueType::Zone => text_of(walker.text()?, Value::Zone),
        ValueType::Date => {
            let text = walker.text()?;
            let day = text.get(..10).and_then(|day| day.parse().ok());
            day.map(|day| Read::Value(Value::Date(day)))
        }
        ValueType::Text | ValueType::Ref => {
            // Ids of conversations and the like stand in an attribute.
            let id = element.attribute("Id")?;
            let text = walker.text()?;
            text_of(id.unwrap_or(text), Value::Text)
        }
    })
}

fn attachment(element: &Element<'_>, walker: &mut Walker<'_>) -> Result<AttachmentInfo, XmlError> {
    let mut info = AttachmentInfo {
        id: AttachmentId(String::new()),
        name: String::new(),
        media_type: String::new(),
        size_bytes: 0,
        inline: false,
        is_file: element.name() == "FileAttachment",
    };
    while let Some(element) = walker.child()? {
        match element.name() {
            "AttachmentId" => {
                info.id = AttachmentId(element.attribute("Id")?.unwrap_or_default());
                walker.skip()?;
            }
            "Name" => info.name = walker.text()?,
            "ContentType" => info.media_type = walker.text()?.trim().to_owned(),
            "Size" => info.size_bytes = walker.text()?.trim().parse().unwrap_or(0),
            "IsInline" => info.inline = is_true(&walker.text()?),
            _ => walker.skip()?,
        }
    }
    Ok(info)
}

fn kind(element: &str) -> Kind {
    match element {
        "CalendarItem" => Kind::Appointment,
        "Contact" => Kind::Contact,
        "Task" => Kind::Task,
        _ => Kind::Email,
    }
}
