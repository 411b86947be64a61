//! DeleteItem.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation>

use serde_json::json;

use super::operation::{Call, Entry};
use super::request::item_ref;
use super::soap::{Answer, Fault};
use crate::exchange::Failure;
use crate::xml::Element;

/// One message per id.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let how = call
        .request
        .attribute("DeleteType")
        .ok_or_else(|| Fault::schema("DeleteType is missing"))?;
    let ids = call.entries("ItemIds")?;
    let mut answer = Answer::new("DeleteItem");
    for id in ids {
        match remove(call, id, how) {
            Ok(key) => {
                call.record("DeleteItem", &key.to_string(), json!({ "how": how }));
                answer.success(|_| {});
            }
            Err(failure) => answer.failure(failure, ""),
        }
    }
    Ok(answer.finish())
}

fn remove(call: &Call<'_>, id: &Element, how: &str) -> Entry<u64> {
    let mut exchange = call.world.exchange();
    let now = exchange.now();
    let mailbox = exchange.mailbox_mut(call.mailbox)?;
    let key = item_ref(mailbox, id)?.key;
    let bin = match how {
        "HardDelete" => None,
        "SoftDelete" => mailbox.distinguished("recoverableitemsdeletions"),
        "MoveToDeletedItems" => mailbox.distinguished("deleteditems"),
        _ => return Err(Failure::REQUEST),
    };
    match bin {
        None => mailbox.remove(key, now).map(|_| key),
        Some(bin) => mailbox.move_item(key, bin, now).map(|_| key),
    }
}
