//! MoveItem and CopyItem.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/moveitem-operation>

use serde_json::json;

use super::operation::{Call, Entry};
use super::output::{Snapshot, item};
use super::request::{folder_in, item_ref};
use super::shape::Shape;
use super::soap::{Answer, Fault};
use crate::exchange::Failure;
use crate::xml::Element;

/// One message per id; it has the new id.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    each(call, "MoveItem")
}

/// One message per id; it has the copy's id.
pub fn copy(call: &Call<'_>) -> Result<String, Fault> {
    each(call, "CopyItem")
}

fn each(call: &Call<'_>, operation: &'static str) -> Result<String, Fault> {
    let ids = call.entries("ItemIds")?;
    let target = folder_in(
        call,
        &call.world.exchange(),
        call.request.child("ToFolderId"),
    );
    let wants_ids = !matches!(
        call.request.child_text("ReturnNewItemIds"),
        Some("false" | "0")
    );
    let mut answer = Answer::new(operation);
    let shape = Shape::ids();
    for id in ids {
        match target.and_then(|target| relocate(call, operation, id, target)) {
            Ok(snapshot) => answer.success(|out| {
                out.push_str("<m:Items>");
                if wants_ids {
                    item(out, &snapshot, &shape);
                }
                out.push_str("</m:Items>");
            }),
            Err(failure) => answer.failure(failure, "<m:Items/>"),
        }
    }
    Ok(answer.finish())
}

fn relocate(call: &Call<'_>, operation: &str, id: &Element, target: u64) -> Entry<Snapshot> {
    let (old, snapshot) = {
        let mut exchange = call.world.exchange();
        let now = exchange.now();
        let mailbox = exchange.mailbox_mut(call.mailbox)?;
        let old = item_ref(mailbox, id)?.whole()?.key;
        let new = match operation {
            "MoveItem" => mailbox.move_item(old, target, now)?,
            _ => mailbox.copy_item(old, target, now)?,
        };
        let item = mailbox.item(new).ok_or(Failure::ITEM_NOT_FOUND)?;
        (old, Snapshot::of(mailbox, item))
    };
    let detail = json!({
        "old": old,
        "folder": target,
        "message_id": snapshot.item().data.text("InternetMessageId"),
    });
    call.record(operation, &snapshot.item().key.to_string(), detail);
    Ok(snapshot)
}
