//! SendItem.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/senditem-operation>

use serde_json::json;

use super::operation::{Call, Entry};
use super::request::{folder_in, item_ref};
use super::soap::{Answer, Fault};
use crate::exchange::Failure;
use crate::xml::Element;

/// One message per draft. The answer has no id of the copy, as in the original.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let ids = call.entries("ItemIds")?;
    let keep = !matches!(
        call.request.attribute("SaveItemToFolder"),
        Some("false" | "0")
    );
    let mut answer = Answer::new("SendItem");
    for id in ids {
        match send(call, id, keep) {
            Ok(()) => answer.success(|_| {}),
            Err(failure) => answer.failure(failure, ""),
        }
    }
    Ok(answer.finish())
}

fn send(call: &Call<'_>, id: &Element, keep: bool) -> Entry<()> {
    let (key, copy) = {
        let mut exchange = call.world.exchange();
        let now = exchange.now();
        let copy_to = match call.request.child("SavedItemFolderId") {
            _ if !keep => None,
            None => exchange.mailbox(call.mailbox)?.distinguished("sentitems"),
            wrapper => Some(folder_in(call, &exchange, wrapper)?),
        };
        let mailbox = exchange.mailbox(call.mailbox)?;
        let id = item_ref(mailbox, id)?.whole()?;
        let draft = mailbox.item(id.key).ok_or(Failure::ITEM_NOT_FOUND)?;
        match id.version {
            None => return Err(Failure::CHANGE_KEY_REQUIRED),
            Some(version) if version != draft.version => return Err(Failure::CONFLICT),
            Some(_) => {}
        }
        let message = draft.data.clone();
        let copy = exchange.send(call.mailbox, message, copy_to)?;
        exchange.mailbox_mut(call.mailbox)?.remove(id.key, now)?;
        (id.key, copy)
    };
    call.record("SendItem", &key.to_string(), json!({ "copy": copy }));
    Ok(())
}
