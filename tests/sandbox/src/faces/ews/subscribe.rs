//! Subscribe: streaming and pull.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/subscribe-operation>

use super::operation::{Call, Entry};
use super::request::folder_ref;
use super::soap::{Answer, Fault};
use crate::exchange::{Delivery, Failure, What};
use crate::xml::{Element, element};

/// One subscription.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let request = call
        .request
        .children
        .first()
        .ok_or_else(|| Fault::schema("subscription request is missing"))?;
    let delivery = match request.name.as_str() {
        "StreamingSubscriptionRequest" => Delivery::Streaming,
        "PullSubscriptionRequest" => Delivery::Pull,
        // Push needs a route back to the client, which nobody here offers.
        other => return Err(Fault::schema(format!("{other} is not supported"))),
    };
    let mut answer = Answer::new("Subscribe");
    match subscribe(call, request, delivery) {
        Err(failure) => answer.failure(failure, ""),
        Ok(id) => answer.success(|out| {
            element(out, "m:SubscriptionId", &id);
            if delivery == Delivery::Pull {
                element(out, "m:Watermark", &super::get_events::watermark(&id, 0));
            }
        }),
    }
    Ok(answer.finish())
}

fn subscribe(call: &Call<'_>, request: &Element, delivery: Delivery) -> Entry<String> {
    let wanted: Vec<What> = request
        .child("EventTypes")
        .into_iter()
        .flat_map(|types| &types.children)
        .filter_map(|kind| event(kind.text.trim()))
        .collect();
    let mut exchange = call.world.exchange();
    let everywhere = matches!(
        request.attribute("SubscribeToAllFolders"),
        Some("true" | "1")
    );
    let mailbox = exchange.mailbox(call.mailbox)?;
    let folders = match request.child("FolderIds").filter(|_| !everywhere) {
        None if everywhere => None,
        None => {
            return Err(Failure {
                code: "ErrorInvalidSubscriptionRequest",
                text: "No folder to watch.",
            });
        }
        Some(ids) => {
            let ids = ids.children.iter().map(|id| folder_ref(call, mailbox, id));
            Some(ids.collect::<Entry<Vec<u64>>>()?)
        }
    };
    exchange.subscribe(call.mailbox, folders, wanted, delivery)
}

fn event(name: &str) -> Option<What> {
    let all = [
        What::Created,
        What::Deleted,
        What::Modified,
        What::Moved,
        What::Copied,
        What::NewMail,
    ];
    all.into_iter().find(|what| what.element() == name)
}
