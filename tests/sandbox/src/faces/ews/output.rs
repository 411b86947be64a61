//! Writes items, attachments and folders in schema order.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::calendar_output;
use super::shape::{BodyType, Shape};
use crate::exchange::{
    Address, Attachment, Body, Content, Draft, ExtendedKey, ExtendedName, ExtendedValue, Failure,
    Field, Form, Id, Item, Mailbox, Path, Place, Target, Value, change_key, complete_name, values,
};
use crate::mail;
use crate::xml::{attribute, element, escape, plain};

/// An item as it was when the lock was held, with what is needed to write it without the lock.
#[derive(Clone, Debug)]
pub struct Snapshot {
    mailbox: u128,
    owner: Arc<str>,
    item: Arc<Item>,
    occurrence: Option<Timestamp>,
}

impl Snapshot {
    /// Takes an item out of its mailbox for writing.
    pub fn of(mailbox: &Mailbox, item: &Arc<Item>) -> Self {
        Self {
            mailbox: mailbox.id,
            owner: mailbox.name.as_str().into(),
            item: Arc::clone(item),
            occurrence: None,
        }
    }

    /// Takes what is at a place: an item or an occurrence.
    ///
    /// # Errors
    /// `ErrorItemNotFound`.
    pub fn at(mailbox: &Mailbox, place: Place) -> Result<Self, Failure> {
        let item = mailbox.look(place)?;
        Ok(Self {
            occurrence: place.occurrence,
            ..Self::of(mailbox, &item)
        })
    }

    fn id(&self) -> Id {
        Id {
            mailbox: self.mailbox,
            target: Target::Item,
            key: self.item.key,
            part: Id::part_of(self.occurrence),
        }
    }

    /// The item.
    pub fn item(&self) -> &Item {
        &self.item
    }
}

/// Exchange answers in whole seconds.
pub fn time(out: &mut String, tag: &str, at: Timestamp) {
    plain(out, tag, at.strftime("%Y-%m-%dT%H:%M:%SZ"));
}

/// `<t:ItemId Id ChangeKey/>`.
pub fn item_id(out: &mut String, mailbox: u128, key: u64, version: u64) {
    let id = Id {
        mailbox,
        target: Target::Item,
        key,
        part: 0,
    };
    any_item_id(out, id, version);
}

/// `<t:ItemId Id ChangeKey/>` of an item or an occurrence.
pub fn any_item_id(out: &mut String, id: Id, version: u64) {
    out.push_str("<t:ItemId");
    attribute(out, "Id", &id.encode());
    attribute(out, "ChangeKey", &change_key(id.mailbox, version));
    out.push_str("/>");
}

/// `<t:FolderId Id ChangeKey/>` or another tag of that type.
pub fn folder_id(out: &mut String, tag: &str, mailbox: u128, key: u64, version: u64) {
    out.push_str("<t:");
    out.push_str(tag);
    let id = Id {
        mailbox,
        target: Target::Folder,
        key,
        part: 0,
    };
    attribute(out, "Id", &id.encode());
    attribute(out, "ChangeKey", &change_key(mailbox, version));
    out.push_str("/>");
}

/// A whole item.
pub fn item(out: &mut String, snapshot: &Snapshot, shape: &Shape) {
    let tag = snapshot.item.data.kind.element();
    out.push_str("<t:");
    out.push_str(tag);
    out.push('>');
    for field in shape.plan(snapshot.item.data.kind) {
        property(out, snapshot, shape, field);
    }
    out.push_str("</t:");
    out.push_str(tag);
    out.push('>');
}

fn property(out: &mut String, snapshot: &Snapshot, shape: &Shape, field: &Field) {
    let Snapshot { mailbox, item, .. } = snapshot;
    let data = &item.data;
    if field.form != Form::Made {
        if let Some(value) = data.properties.get(field.name) {
            stored(out, field.name, value, data, shape);
        }
        return;
    }
    match field.name {
        "ItemId" => any_item_id(out, snapshot.id(), item.version),
        "FirstOccurrence" | "LastOccurrence" | "ModifiedOccurrences" | "DeletedOccurrences" => {
            calendar_output::occurrences(out, field.name, snapshot.id(), item);
        }
        "ParentFolderId" => folder_id(out, "ParentFolderId", *mailbox, item.folder, item.folder),
        "Attachments" if !data.attachments.is_empty() => {
            out.push_str("<t:Attachments>");
            for held in &data.attachments {
                let id = Id {
                    mailbox: *mailbox,
                    target: Target::Attachment,
                    key: item.key,
                    part: held.number,
                };
                attachment(out, &id, held, None);
            }
            out.push_str("</t:Attachments>");
        }
        "DateTimeCreated" => time(out, "t:DateTimeCreated", item.created),
        "LastModifiedTime" => time(out, "t:LastModifiedTime", item.modified),
        "LastModifiedName" => element(out, "t:LastModifiedName", &snapshot.owner),
        "HasAttachments" => plain(out, "t:HasAttachments", item.has_attachments()),
        "IsAssociated" => plain(out, "t:IsAssociated", item.associated),
        "EffectiveRights" => out.push_str(RIGHTS),
        "InstanceKey" | "StoreEntryId" => {
            let tag = if field.name == "InstanceKey" {
                "t:InstanceKey"
            } else {
                "t:StoreEntryId"
            };
            plain(out, tag, STANDARD.encode(item.key.to_be_bytes()));
        }
        "ExtendedProperty" => {
            for key in &shape.extended {
                extended(out, item, key);
            }
        }
        name => content(out, name, data, shape),
    }
}

const RIGHTS: &str = "<t:EffectiveRights><t:CreateAssociated>false</t:CreateAssociated><t:CreateContents>false</t:CreateContents><t:CreateHierarchy>false</t:CreateHierarchy><t:Delete>true</t:Delete><t:Modify>true</t:Modify><t:Read>true</t:Read><t:ViewPrivateItems>true</t:ViewPrivateItems></t:EffectiveRights>";

/// The made-up fields that depend on content alone, so that attached items have them too.
fn content(out: &mut String, name: &str, data: &Draft, shape: &Shape) {
    let joined = |field: &str| {
        let shown = data.mailboxes(field).iter().map(|who| {
            if who.name.is_empty() {
                who.email.as_str()
            } else {
                who.name.as_str()
            }
        });
        shown.collect::<Vec<_>>().join("; ")
    };
    match name {
        "MimeContent" => {
            out.push_str("<t:MimeContent CharacterSet=\"UTF-8\">");
            match &data.mime {
                Some(raw) => STANDARD.encode_string(raw, out),
                None => STANDARD.encode_string(mail::render(data), out),
            }
            out.push_str("</t:MimeContent>");
        }
        "ItemClass" => element(out, "t:ItemClass", &data.class),
        "Size" => plain(out, "t:Size", data.size),
        "Body" | "UniqueBody" | "NormalizedBody" => body(out, name, &data.body, shape.body),
        "TextBody" => body(out, name, &data.body, BodyType::Text),
        "DisplayTo" => element(out, "t:DisplayTo", &joined("ToRecipients")),
        "DisplayCc" => element(out, "t:DisplayCc", &joined("CcRecipients")),
        "Preview" => {
            let text = mail::plain_text(&data.body);
            element(
                out,
                "t:Preview",
                &text.chars().take(255).collect::<String>(),
            );
        }
        "ConversationId" if !data.conversation.is_empty() => {
            out.push_str("<t:ConversationId");
            attribute(out, "Id", &data.conversation);
            out.push_str("/>");
        }
        "InternetMessageHeaders" if !data.headers.is_empty() => {
            let wanted: Vec<&str> = entries(shape, name).collect();
            out.push_str("<t:InternetMessageHeaders>");
            for (header, value) in data.headers.iter() {
                if wanted.is_empty() || wanted.iter().any(|one| one.eq_ignore_ascii_case(header)) {
                    out.push_str("<t:InternetMessageHeader");
                    attribute(out, "HeaderName", header);
                    out.push('>');
                    escape(out, value);
                    out.push_str("</t:InternetMessageHeader>");
                }
            }
            out.push_str("</t:InternetMessageHeaders>");
        }
        "StartWallClock" | "EndWallClock" | "StartTimeZoneId" | "EndTimeZoneId" => {
            calendar_output::clock(out, name, data);
        }
        "CompleteName" => {
            if let Some(name) = complete_name(data) {
                name.write(out);
            }
        }
        _ => {}
    }
}

fn entries<'a>(shape: &'a Shape, dictionary: &'a str) -> impl Iterator<Item = &'a str> {
    shape
        .entries
        .iter()
        .filter(move |(name, _)| *name == dictionary)
        .map(|(_, key)| key.as_str())
}

fn body(out: &mut String, tag: &str, body: &Body, wanted: BodyType) {
    let html = match wanted {
        BodyType::Text => false,
        BodyType::Html => true,
        BodyType::Best => body.html.is_some(),
    };
    out.push_str("<t:");
    out.push_str(tag);
    attribute(out, "BodyType", if html { "HTML" } else { "Text" });
    out.push('>');
    match (html, &body.html, &body.text) {
        (true, Some(html), _) => escape(out, html),
        (false, _, Some(text)) => escape(out, text),
        (true, None, _) => escape(out, &mail::html(body)),
        (false, _, None) => escape(out, &mail::plain_text(body)),
    }
    out.push_str("</t:");
    out.push_str(tag);
    out.push('>');
}

fn stored(out: &mut String, name: &str, value: &Value, data: &Draft, shape: &Shape) {
    let mut tag = String::with_capacity(name.len() + 2);
    tag.push_str("t:");
    tag.push_str(name);
    match value {
        Value::Text(text) => element(out, &tag, text),
        Value::Bool(yes) => plain(out, &tag, yes),
        Value::Time(at) => time(out, &tag, *at),
        Value::Mailbox(who) => {
            wrapped(out, &tag, |out| mailbox(out, who));
        }
        Value::Mailboxes(list) if list.is_empty() => {}
        Value::Mailboxes(list) => wrapped(out, &tag, |out| {
            for who in list {
                mailbox(out, who);
            }
        }),
        Value::Strings(list) if list.is_empty() => {}
        Value::Strings(list) => wrapped(out, &tag, |out| {
            for text in list {
                element(out, "t:String", text);
            }
        }),
        Value::Attendees(list) => wrapped(out, &tag, |out| {
            for attendee in list {
                calendar_output::attendee(out, attendee);
            }
        }),
        Value::Recurrence(recurrence) => {
            let suffix = calendar_output::date_suffix(recurrence, data);
            recurrence.element(&suffix).write(out);
        }
        Value::Zone(zone) => zone.element(name).write(out),
        Value::Tree(tree) => {
            let wanted: Vec<&str> = entries(shape, name).collect();
            if wanted.is_empty() {
                tree.write(out);
                return;
            }
            let mut shown = tree.clone();
            shown
                .children
                .retain(|e| e.attribute("Key").is_some_and(|key| wanted.contains(&key)));
            if !shown.children.is_empty() {
                shown.write(out);
            }
        }
    }
}

fn wrapped(out: &mut String, tag: &str, content: impl FnOnce(&mut String)) {
    out.push('<');
    out.push_str(tag);
    out.push('>');
    content(out);
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

/// `<t:Mailbox>`.
pub fn mailbox(out: &mut String, who: &Address) {
    out.push_str("<t:Mailbox>");
    let name = if who.name.is_empty() {
        &who.email
    } else {
        &who.name
    };
    element(out, "t:Name", name);
    if !who.email.is_empty() {
        element(out, "t:EmailAddress", &who.email);
        out.push_str("<t:RoutingType>SMTP</t:RoutingType>");
    }
    out.push_str("<t:MailboxType>OneOff</t:MailboxType></t:Mailbox>");
}

fn extended(out: &mut String, item: &Item, key: &ExtendedKey) {
    match item.data.extended.get(key) {
        Some(value) => extended_property(out, key, value),
        None => {
            if let Some(text) = values(item, &Path::Extended(key.clone()))
                .into_iter()
                .next()
            {
                extended_property(out, key, &ExtendedValue::One(text.into_owned()));
            }
        }
    }
}

/// `<t:ExtendedProperty>` with its name and value.
pub fn extended_property(out: &mut String, key: &ExtendedKey, value: &ExtendedValue) {
    out.push_str("<t:ExtendedProperty><t:ExtendedFieldURI");
    match &key.name {
        ExtendedName::Tag(tag) => attribute(out, "PropertyTag", &format!("{tag:#x}")),
        ExtendedName::Named { set, name } => {
            attribute(out, "PropertySetId", set);
            attribute(out, "PropertyName", name);
        }
        ExtendedName::Numbered { set, id } => {
            attribute(out, "PropertySetId", set);
            attribute(out, "PropertyId", &id.to_string());
        }
    }
    attribute(out, "PropertyType", &key.kind);
    out.push_str("/>");
    match value {
        ExtendedValue::One(text) => element(out, "t:Value", text),
        ExtendedValue::Many(list) => wrapped(out, "t:Values", |out| {
            for text in list {
                element(out, "t:Value", text);
            }
        }),
    }
    out.push_str("</t:ExtendedProperty>");
}

/// An attachment; with `content` its bytes or item too (the shape is for an attached item).
pub fn attachment(out: &mut String, id: &Id, held: &Attachment, content: Option<&Shape>) {
    let tag = match held.content {
        Content::File(_) => "t:FileAttachment",
        Content::Item(_) => "t:ItemAttachment",
        Content::Reference(_) => "t:ReferenceAttachment",
    };
    wrapped(out, tag, |out| {
        out.push_str("<t:AttachmentId");
        attribute(out, "Id", &id.encode());
        out.push_str("/>");
        element(out, "t:Name", &held.name);
        if !held.content_type.is_empty() {
            element(out, "t:ContentType", &held.content_type);
        }
        if let Some(id) = &held.content_id {
            element(out, "t:ContentId", id);
        }
        if let Some(location) = &held.content_location {
            element(out, "t:ContentLocation", location);
        }
        plain(out, "t:Size", held.size());
        time(out, "t:LastModifiedTime", held.modified);
        plain(out, "t:IsInline", held.inline);
        match (&held.content, content) {
            (Content::File(bytes), Some(_)) => {
                out.push_str("<t:IsContactPhoto>false</t:IsContactPhoto><t:Content>");
                STANDARD.encode_string(bytes, out);
                out.push_str("</t:Content>");
            }
            (Content::Item(inner), Some(shape)) => attached_item(out, inner, shape),
            (Content::Reference(url), _) => element(out, "t:AttachLongPathName", url),
            (Content::File(_) | Content::Item(_), None) => {}
        }
    });
}

fn attached_item(out: &mut String, data: &Draft, shape: &Shape) {
    let tag = format!("t:{}", data.kind.element());
    wrapped(out, &tag, |out| {
        for field in shape.plan(data.kind) {
            match field.form {
                Form::Made if field.name != "ItemId" => content(out, field.name, data, shape),
                Form::Made => {}
                _ => {
                    if let Some(value) = data.properties.get(field.name) {
                        stored(out, field.name, value, data, shape);
                    }
                }
            }
        }
    });
}
