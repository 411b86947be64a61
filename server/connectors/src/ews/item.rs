//! Reading items. This is the hot path of a first sync: one pass, no tree.

use std::sync::Arc;

use ssi_domain::{
    AttachmentId, FolderId, ItemId, Kind, Record, Value, Version,
    port::{AttachmentInfo, Item, LinkStamp},
};

use super::{
    event::{Edge, EventDraft},
    field::{self, Read},
    op::find_folder::is_true,
    plan::{Class, Field, Plans, Slot},
    property::{BIRTHDAY_LOCAL, CRM_LINK, EMAIL1_ORIGINAL, Extended, FROM_SMTP, SENDER_SMTP, WISH},
    value::{Mailbox, civil_date, class, strings},
    wire::{Entry, Wire},
    xml::{Element, Walker, XmlError},
    zone,
};

/// An item while it is read.
#[derive(Debug)]
pub(crate) struct Draft {
    plans: Arc<Plans>,
    element: String,
    item: Class,
    id: String,
    version: String,
    folder: Option<String>,
    class: String,
    /// One place per property of the class.
    values: Vec<Option<Read>>,
    categories: Vec<String>,
    size_bytes: u64,
    attachments: Vec<AttachmentInfo>,
    has_attachments: bool,
    link: Option<LinkStamp>,
    wish: Option<String>,
    sender_smtp: Option<String>,
    from_smtp: Option<String>,
    email_smtp: Option<String>,
    birthday: Option<String>,
    event: Option<Box<EventDraft>>,
}

impl Draft {
    /// Reads an item element of any class.
    pub(crate) fn read(
        plans: &Arc<Plans>,
        element: &Element<'_>,
        walker: &mut Walker<'_>,
    ) -> Result<Self, XmlError> {
        let item = Class::of_element(element.name());
        let mut draft = Self {
            plans: Arc::clone(plans),
            element: element.name().to_owned(),
            item,
            id: String::new(),
            version: String::new(),
            folder: None,
            class: String::new(),
            values: plans.class(item).slots.iter().map(|_| None).collect(),
            categories: Vec::new(),
            size_bytes: 0,
            attachments: Vec::new(),
            has_attachments: false,
            link: None,
            wish: None,
            sender_smtp: None,
            from_smtp: None,
            email_smtp: None,
            birthday: None,
            event: (item == Class::Calendar).then(Box::default),
        };
        while let Some(element) = walker.child()? {
            draft.property(&element, walker)?;
        }
        Ok(draft)
    }

    /// The class whose properties were read.
    pub(crate) fn item_class(&self) -> Class {
        self.item
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
        let record = self.record();
        let class = class(&self.class, &self.element);
        let kind = match self.element.as_str() {
            // Lists of people are not people.
            "DistributionList" => Kind::Email,
            _ => self.item.kind(),
        };
        Item {
            id: asked.clone(),
            version: Version(self.version),
            folder: self.folder.map(FolderId),
            kind,
            class,
            record,
            categories: self.categories,
            size_bytes: self.size_bytes,
            attachments: self.attachments,
            has_attachments: self.has_attachments,
            link: self.link,
            wish: self.wish,
            event: self.event.map(|event| event.facts()),
        }
    }

    fn record(&mut self) -> Record {
        let plans = Arc::clone(&self.plans);
        let plan = plans.class(self.item);
        let mut record = Record::new();
        for field in &plan.fields {
            let slot = &plan.slots[field.slot];
            match self.value(slot, field) {
                Some(value) => record.set(&field.name, value),
                None if field.second => record.set(&field.name, field::empty(slot.value)),
                None => {}
            }
        }
        if let Some(event) = &self.event {
            let source = event.zone_source();
            if !source.is_empty() {
                record.set("zone_source", source);
            }
        }
        record
    }

    /// The value of a field. Several fields may be made of one property.
    fn value(&self, slot: &Slot, field: &Field) -> Option<Value> {
        let read = self.values[field.slot].as_ref();
        if let Some(event) = &self.event {
            match slot.wire.uri() {
                "calendar:Start" => return event.when(Edge::Start),
                "calendar:End" => return event.when(Edge::End),
                "calendar:StartTimeZone" => {
                    return zone::iana(event.zone_source()).map(Value::Zone);
                }
                "calendar:Recurrence" => return event.rule()?.ok().map(Value::Text),
                "item:ReminderMinutesBeforeStart" if event.reminder == Some(false) => return None,
                _ => {}
            }
        }
        match slot.wire.uri() {
            "contacts:Birthday" => {
                if let Some(day) = self.birthday.as_deref().and_then(civil_date) {
                    return Some(Value::Date(day));
                }
            }
            "contacts:EmailAddress" => return self.email(slot, read),
            _ => {}
        }
        match read? {
            Read::Value(value) => Some(value.clone()),
            Read::One(mailbox) => Some(Value::Address(
                self.smtp(slot.wire.uri(), mailbox.clone()).into_address(),
            )),
            Read::Repeats(written) => written.rule(None).ok().map(Value::Text),
        }
    }

    /// An e-mail address of a contact. One of Exchange's own form says nothing outside of it.
    fn email(&self, slot: &Slot, read: Option<&Read>) -> Option<Value> {
        let Some(Read::Value(Value::Text(written))) = read else {
            return None;
        };
        let internal = written
            .get(..3)
            .is_some_and(|head| head.eq_ignore_ascii_case("/o="));
        if !internal {
            return Some(Value::Text(written.clone()));
        }
        let first = matches!(
            slot.wire,
            Wire::Entry(Entry {
                key: "EmailAddress1",
                ..
            })
        );
        let known = self
            .email_smtp
            .clone()
            .filter(|text| first && text.contains('@'));
        known.map(Value::Text)
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
            _ => self.mapped(element, walker)?,
        }
        Ok(())
    }

    fn mapped(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        let plans = Arc::clone(&self.plans);
        let slots = &plans.class(self.item).slots;
        let name = element.name();
        let lists = |slot: &Slot| matches!(slot.wire, Wire::Entry(entry) if entry.list == name);
        if slots.iter().any(lists) {
            return field::entries(name, slots, &mut self.values, walker);
        }
        let own = |slot: &Slot| slot.wire.element() == Some(name);
        let Some(at) = slots.iter().position(own) else {
            let taken = match &mut self.event {
                Some(event) => event.take(element, walker)?,
                None => false,
            };
            return if taken { Ok(()) } else { walker.skip() };
        };
        let Some(event) = &mut self.event else {
            self.values[at] = field::read(&slots[at], element, walker)?;
            return Ok(());
        };
        match name {
            "Start" => event.start = Some(walker.text()?),
            "End" => event.end = Some(walker.text()?),
            "StartTimeZone" => {
                event.start_zone = element.attribute("Id")?.unwrap_or_default();
                walker.skip()?;
            }
            _ => {
                let read = field::read(&slots[at], element, walker)?;
                match (name, &read) {
                    ("IsAllDayEvent", Some(Read::Value(Value::Bool(all_day)))) => {
                        event.all_day = *all_day;
                    }
                    ("Recurrence", Some(Read::Repeats(written))) => {
                        event.series = Some(written.clone());
                    }
                    (
                        "RequiredAttendees" | "OptionalAttendees" | "Resources",
                        Some(Read::Value(Value::List(people))),
                    ) => event.attendees += people.len(),
                    _ => {}
                }
                self.values[at] = read;
            }
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
        } else if let Some(text) = read.value_of(BIRTHDAY_LOCAL) {
            self.birthday = filled(text);
        } else if let Some(text) = read.value_of(EMAIL1_ORIGINAL) {
            self.email_smtp = filled(text);
        } else {
            let plans = Arc::clone(&self.plans);
            let slots = &plans.class(self.item).slots;
            for (slot, value) in slots.iter().zip(self.values.iter_mut()) {
                if let Wire::Named(property) = slot.wire
                    && let Some(text) = read.value_of(property)
                {
                    *value = field::named(slot.value, text);
                    return;
                }
            }
        }
    }

    /// Whom an item is from is also kept as an SMTP address; an organizer is who his event is from.
    fn smtp(&self, uri: &str, mailbox: Mailbox) -> Mailbox {
        if !mailbox.is_internal() {
            return mailbox;
        }
        let known = match uri {
            "message:From" | "calendar:Organizer" => &self.from_smtp,
            "message:Sender" => &self.sender_smtp,
            _ => &None,
        };
        match known {
            Some(address) => mailbox.with_address(address.clone()),
            None => mailbox,
        }
    }
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
