//! GetAttachment.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation>

use std::sync::Arc;

use super::operation::{Call, Entry};
use super::output::attachment;
use super::shape::{Reach, Shape};
use super::soap::{Answer, Fault};
use crate::exchange::{Attachment, Failure, Id, Target};
use crate::xml::Element;

/// One message per attachment id.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let mut shape = Shape::read(call.request.child("AttachmentShape"), Reach::Full)?;
    shape.show_everything();
    let ids = call.entries("AttachmentIds")?;
    let found: Vec<_> = ids.iter().map(|id| find(call, id)).collect();
    let mut answer = Answer::new("GetAttachment");
    for entry in found {
        match entry {
            Ok((id, held)) => answer.success(|out| {
                out.push_str("<m:Attachments>");
                attachment(out, &id, &held, Some(&shape));
                out.push_str("</m:Attachments>");
            }),
            Err(failure) => answer.failure(failure, "<m:Attachments/>"),
        }
    }
    Ok(answer.finish())
}

/// Reads an attachment id of this mailbox.
pub fn attachment_id(call: &Call<'_>, element: &Element) -> Entry<Id> {
    let id = Id::decode(element.attribute("Id").unwrap_or_default())?;
    let exchange = call.world.exchange();
    if id.target != Target::Attachment || id.mailbox != exchange.mailbox(call.mailbox)?.id {
        return Err(Failure::ATTACHMENT_NOT_FOUND);
    }
    Ok(id)
}

fn find(call: &Call<'_>, element: &Element) -> Entry<(Id, Arc<Attachment>)> {
    let id = attachment_id(call, element)?;
    let exchange = call.world.exchange();
    let item = exchange
        .mailbox(call.mailbox)?
        .item(id.key)
        .ok_or(Failure::ITEM_NOT_FOUND)?;
    let held = item
        .data
        .attachments
        .iter()
        .find(|held| held.number == id.part);
    Ok((id, Arc::clone(held.ok_or(Failure::ATTACHMENT_NOT_FOUND)?)))
}
