//! CreateItem.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation>

use serde_json::json;

use super::input::{complete, item};
use super::operation::{Call, Entry};
use super::output::item_id;
use super::request::{folder_in, item_ref};
use super::sending;
use super::soap::{Answer, Fault};
use crate::exchange::{Draft, Exchange, ExtendedKey, ExtendedValue, Failure, Kind, Value};
use crate::mail;
use crate::xml::Element;

/// What to do with a new message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Disposition {
    SaveOnly,
    SendOnly,
    SendAndSaveCopy,
}

/// One message per new item.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let items = call.entries("Items")?;
    let disposition = match call.request.attribute("MessageDisposition") {
        Some("SendOnly") => Disposition::SendOnly,
        Some("SendAndSaveCopy") => Disposition::SendAndSaveCopy,
        _ => Disposition::SaveOnly,
    };
    let mut answer = Answer::new("CreateItem");
    for element in items {
        match create(call, element, disposition) {
            Err(failure) => answer.failure(failure, "<m:Items/>"),
            Ok(None) => answer.success(|out| out.push_str("<m:Items/>")),
            Ok(Some(made)) => answer.success(|out| {
                let tag = made.kind.element();
                out.push_str("<m:Items><t:");
                out.push_str(tag);
                out.push('>');
                item_id(out, made.mailbox, made.key, made.version);
                out.push_str("</t:");
                out.push_str(tag);
                out.push_str("></m:Items>");
            }),
        }
    }
    Ok(answer.finish())
}

struct Made {
    mailbox: u128,
    key: u64,
    version: u64,
    kind: Kind,
}

fn create(call: &Call<'_>, element: &Element, disposition: Disposition) -> Entry<Option<Made>> {
    // Reading MIME may take long: not under the lock.
    let now = call.world.now();
    let wanted = call.request.child("SavedItemFolderId");
    if matches!(
        element.name.as_str(),
        "SuppressReadReceipt" | "AcceptSharingInvitation"
    ) {
        let exchange = call.world.exchange();
        let reference = element.child("ReferenceItemId").ok_or(Failure::REQUEST)?;
        item_ref(exchange.mailbox(call.mailbox)?, reference)?;
        return Ok(None);
    }
    if sending::is_response(element) {
        let place = sending::respond(call, element)?;
        call.record(&element.name, &place.key.to_string(), json!({}));
        return Ok(None);
    }
    let mut draft = item(element, now, call.zone)?;
    let (name, missing) = ("SendMeetingInvitations", Failure::INVITATIONS_REQUIRED);
    let sending = sending::sending(call, name, draft.kind, missing)?;
    if draft
        .mime
        .as_ref()
        .is_some_and(|raw| raw.len() > call.world.exchange().settings().message_size)
    {
        return Err(Failure::TOO_BIG);
    }
    dispose(&mut draft, element, disposition);
    let subject_free =
        json!({ "class": draft.class, "message_id": draft.text("InternetMessageId") });
    let mut exchange = call.world.exchange();
    if disposition != Disposition::SaveOnly && draft.kind == Kind::Message {
        let copy = match disposition {
            Disposition::SendAndSaveCopy => Some(folder_for(call, &exchange, wanted, "sentitems")?),
            _ => None,
        };
        exchange.send(call.mailbox, draft, copy)?;
        drop(exchange);
        call.record("SendItem", "", subject_free);
        return Ok(None);
    }
    let folder = folder_for(call, &exchange, wanted, home(draft.kind))?;
    let key = exchange.create_item(&call.actor(), folder, draft, call.zone, sending)?;
    let mailbox = exchange.mailbox(call.mailbox)?;
    let made = mailbox.item(key).ok_or(Failure::ITEM_NOT_FOUND)?;
    let made = Made {
        mailbox: mailbox.id,
        key,
        version: made.version,
        kind: made.data.kind,
    };
    drop(exchange);
    call.record("CreateItem", &key.to_string(), subject_free);
    Ok(Some(made))
}

fn folder_for(
    call: &Call<'_>,
    exchange: &Exchange,
    wanted: Option<&Element>,
    default: &str,
) -> Entry<u64> {
    match wanted {
        Some(_) => folder_in(call, exchange, wanted),
        None => exchange
            .mailbox(call.mailbox)?
            .distinguished(default)
            .ok_or(Failure::FOLDER_NOT_FOUND),
    }
}

fn home(kind: Kind) -> &'static str {
    match kind {
        Kind::CalendarItem => "calendar",
        Kind::Contact | Kind::DistributionList => "contacts",
        Kind::Task => "tasks",
        _ => "drafts",
    }
}

/// Fills in what Exchange fills in. A message saved by a client is an unsent draft, unless the client set
/// PidTagMessageFlags without the unsent bit (how an old message is imported as received).
fn dispose(draft: &mut Draft, element: &Element, disposition: Disposition) {
    complete(draft);
    let flags = match draft.extended.remove(&ExtendedKey::tag(0x0e07, "Integer")) {
        Some(ExtendedValue::One(text)) => text.trim().parse::<u32>().ok(),
        _ => None,
    };
    for (tag, name) in [(0x0e06, "DateTimeReceived"), (0x0039, "DateTimeSent")] {
        if let Some(ExtendedValue::One(text)) =
            draft.extended.remove(&ExtendedKey::tag(tag, "SystemTime"))
            && let Some(at) = super::input::time(text.trim())
        {
            draft.properties.insert(name, Value::Time(at));
        }
    }
    if draft.kind == Kind::Message && disposition == Disposition::SaveOnly {
        let unsent = flags.is_none_or(|flags| flags & 8 != 0);
        draft.properties.insert("IsDraft", Value::Bool(unsent));
    }
    if let Some(flags) = flags
        && element.child("IsRead").is_none()
    {
        draft
            .properties
            .insert("IsRead", Value::Bool(flags & 1 != 0));
    }
    if draft.size == 0 {
        draft.size = mail::estimated_size(draft);
    }
    if draft.conversation.is_empty() {
        draft.conversation = mail::conversation(draft);
    }
}
