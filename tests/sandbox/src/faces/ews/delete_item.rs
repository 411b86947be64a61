//! DeleteItem.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation>

use serde_json::json;

use super::operation::{Call, Entry};
use super::request::item_ref;
use super::sending::sending;
use super::soap::{Answer, Fault};
use crate::exchange::{Disposal, Failure, Kind};
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
    let mailbox = exchange.mailbox(call.mailbox)?;
    let place = item_ref(mailbox, id)?.place();
    let kind = mailbox.look(place)?.data.kind;
    let disposal = match how {
        "HardDelete" => Disposal::Hard,
        "SoftDelete" => Disposal::Soft,
        "MoveToDeletedItems" => Disposal::Trash,
        _ => return Err(Failure::REQUEST),
    };
    let (name, missing) = ("SendMeetingCancellations", Failure::CANCELLATIONS_REQUIRED);
    let sending = sending(call, name, kind, missing)?;
    if kind == Kind::Task && call.request.attribute("AffectedTaskOccurrences").is_none() {
        return Err(Failure::TASK_OCCURRENCES_REQUIRED);
    }
    exchange.delete_item(&call.actor(), place, disposal, sending)?;
    Ok(place.key)
}
