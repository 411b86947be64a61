//! The attributes that say who hears of a change to an event, and the answers to meetings.
//! <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-create-appointments-and-meetings-by-using-ews-in-exchange-2013>

use super::operation::{Call, Entry};
use super::request::item_ref;
use crate::exchange::{Audience, Disposal, Failure, Kind, Place, Response, Sending};
use crate::xml::Element;

/// Reads one of the three attributes; `missing` is what an event without it gets. Other items need none.
///
/// # Errors
/// `missing`, or `ErrorSchemaValidation` for an unknown value.
pub fn sending(call: &Call<'_>, name: &str, kind: Kind, missing: Failure) -> Entry<Sending> {
    if kind != Kind::CalendarItem {
        return Ok(Sending::NONE);
    }
    let (audience, keep_copy) = match call.request.attribute(name).ok_or(missing)? {
        "SendToNone" => (Audience::Nobody, false),
        "SendOnlyToAll" => (Audience::Everybody, false),
        "SendToAllAndSaveCopy" => (Audience::Everybody, true),
        "SendOnlyToChanged" => (Audience::Changed, false),
        "SendToChangedAndSaveCopy" => (Audience::Changed, true),
        _ => return Err(Failure::SCHEMA),
    };
    Ok(Sending {
        audience,
        keep_copy,
    })
}

/// Whether a CreateItem element is an answer to a meeting or its cancellation rather than an item.
pub fn is_response(element: &Element) -> bool {
    matches!(
        element.name.as_str(),
        "AcceptItem" | "TentativelyAcceptItem" | "DeclineItem" | "CancelCalendarItem"
    )
}

/// Carries out `AcceptItem`, `TentativelyAcceptItem`, `DeclineItem` or `CancelCalendarItem`. The reference may
/// be the event or the request in the inbox.
///
/// # Errors
/// `ErrorItemNotFound`, `ErrorCalendarIsNotOrganizer`, `ErrorCalendarIsOrganizerForAccept`.
pub fn respond(call: &Call<'_>, element: &Element) -> Entry<Place> {
    let reference = element.child("ReferenceItemId").ok_or(Failure::REQUEST)?;
    let mut exchange = call.world.exchange();
    let mailbox = exchange.mailbox(call.mailbox)?;
    let named = item_ref(mailbox, reference)?.place();
    let item = mailbox.look(named)?;
    let place = match item.data.kind {
        Kind::CalendarItem => named,
        Kind::MeetingRequest => {
            let uid = item.data.text("UID");
            let mut events = mailbox.by_uid(uid);
            let event = events.find(|item| item.data.kind == Kind::CalendarItem);
            Place {
                key: event.ok_or(Failure::ITEM_NOT_FOUND)?.key,
                occurrence: item.data.time("RecurrenceId"),
            }
        }
        _ => return Err(Failure::REQUEST),
    };
    let organizes = mailbox.look(place)?.data.flag("IsOrganizer");
    let tell = call.request.attribute("MessageDisposition") != Some("SaveOnly");
    let actor = call.actor();
    let response = match element.name.as_str() {
        "CancelCalendarItem" if !organizes => return Err(Failure::NOT_ORGANIZER),
        "CancelCalendarItem" => {
            exchange.delete_item(&actor, place, Disposal::Trash, Sending::ALL)?;
            return Ok(place);
        }
        "AcceptItem" => Response::Accept,
        "DeclineItem" => Response::Decline,
        _ => Response::Tentative,
    };
    exchange.respond(&actor, place, response, tell)?;
    Ok(place)
}
