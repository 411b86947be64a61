//! CreateAttachment and DeleteAttachment.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/createattachment-operation>

use std::sync::Arc;

use serde_json::json;

use super::get_attachment::attachment_id;
use super::input;
use super::operation::{Call, Entry};
use super::request::item_ref;
use super::soap::{Answer, Fault};
use crate::exchange::{Content, Failure, Id, Target, change_key};
use crate::xml::{Element, attribute};

/// One message per new attachment.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let parent = call.required("ParentItemId")?;
    let mut answer = Answer::new("CreateAttachment");
    for element in call.entries("Attachments")? {
        match create(call, parent, element) {
            Ok((id, version, tag)) => answer.success(|out| {
                out.push_str("<m:Attachments><t:");
                out.push_str(tag);
                out.push_str("><t:AttachmentId");
                attribute(out, "Id", &id.encode());
                let root = Id {
                    target: Target::Item,
                    part: 0,
                    ..id
                };
                attribute(out, "RootItemId", &root.encode());
                attribute(out, "RootItemChangeKey", &change_key(id.mailbox, version));
                out.push_str("/></t:");
                out.push_str(tag);
                out.push_str("></m:Attachments>");
            }),
            Err(failure) => answer.failure(failure, "<m:Attachments/>"),
        }
    }
    Ok(answer.finish())
}

fn create(call: &Call<'_>, parent: &Element, element: &Element) -> Entry<(Id, u64, &'static str)> {
    let now = call.world.now();
    let attachment = input::attachment(element, 0, now, call.zone, 0)?;
    let tag = match attachment.content {
        Content::File(_) => "FileAttachment",
        Content::Item(_) => "ItemAttachment",
        Content::Reference(_) => "ReferenceAttachment",
    };
    let (id, version) = {
        let mut exchange = call.world.exchange();
        let limit = exchange.settings().message_size as u64;
        let mailbox = exchange.mailbox_mut(call.mailbox)?;
        let key = item_ref(mailbox, parent)?.whole()?.key;
        let item = mailbox.item(key).ok_or(Failure::ITEM_NOT_FOUND)?;
        if item.data.size.saturating_add(attachment.size()) > limit {
            return Err(Failure::TOO_BIG);
        }
        let part = mailbox.change(key, now, |item| {
            let mut attachment = attachment;
            attachment.number = item.next_attachment;
            item.next_attachment += 1;
            item.data.size += attachment.size();
            item.data.mime = None;
            item.data.attachments.push(Arc::new(attachment));
            item.next_attachment - 1
        })?;
        let version = mailbox.item(key).map_or(0, |item| item.version);
        (
            Id {
                mailbox: mailbox.id,
                target: Target::Attachment,
                key,
                part,
            },
            version,
        )
    };
    call.record(
        "CreateAttachment",
        &id.key.to_string(),
        json!({ "part": id.part }),
    );
    Ok((id, version, tag))
}

/// One message per attachment.
pub fn delete(call: &Call<'_>) -> Result<String, Fault> {
    let mut answer = Answer::new("DeleteAttachment");
    for element in call.entries("AttachmentIds")? {
        match remove(call, element) {
            Ok((id, version)) => answer.success(|out| {
                out.push_str("<m:RootItemId");
                let root = Id {
                    target: Target::Item,
                    part: 0,
                    ..id
                };
                attribute(out, "RootItemId", &root.encode());
                attribute(out, "RootItemChangeKey", &change_key(id.mailbox, version));
                out.push_str("/>");
            }),
            Err(failure) => answer.failure(failure, ""),
        }
    }
    Ok(answer.finish())
}

fn remove(call: &Call<'_>, element: &Element) -> Entry<(Id, u64)> {
    let id = attachment_id(call, element)?;
    let version = {
        let mut exchange = call.world.exchange();
        let now = exchange.now();
        let mailbox = exchange.mailbox_mut(call.mailbox)?;
        let item = mailbox.item(id.key).ok_or(Failure::ITEM_NOT_FOUND)?;
        if !item
            .data
            .attachments
            .iter()
            .any(|held| held.number == id.part)
        {
            return Err(Failure::ATTACHMENT_NOT_FOUND);
        }
        mailbox.change(id.key, now, |item| {
            item.data.attachments.retain(|held| held.number != id.part);
            item.data.mime = None;
        })?;
        mailbox.item(id.key).map_or(0, |item| item.version)
    };
    call.record(
        "DeleteAttachment",
        &id.key.to_string(),
        json!({ "part": id.part }),
    );
    Ok((id, version))
}
