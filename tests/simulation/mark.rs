//! Our mark on an item of the simulated mailbox, and what an event is beside its fields.

use ssi_domain::port::{EventFacts, EventRole, LinkStamp, Series};
use ssi_sandbox::exchange::{Draft, ExtendedKey, ExtendedValue, Value as Stored};

/// Where the mark lies; the same set as on the wire.
const SET: &str = "5b7a2f0e-3c64-4d0b-9c8e-6a1d0f4e7b21";

fn link_key() -> ExtendedKey {
    ExtendedKey::named(SET, "CrmLink", "String")
}

pub(super) fn stamp(draft: &Draft) -> Option<LinkStamp> {
    match draft.extended.get(&link_key())? {
        ExtendedValue::One(text) => serde_json::from_str(text).ok(),
        ExtendedValue::Many(_) => None,
    }
}

pub(super) fn mark(draft: &mut Draft, categories: Option<&Vec<String>>, link: Option<&LinkStamp>) {
    if let Some(categories) = categories {
        draft
            .properties
            .insert("Categories", Stored::Strings(categories.clone()));
    }
    if let Some(link) = link {
        let text = serde_json::to_string(link).expect("a mark is JSON");
        draft.extended.insert(link_key(), ExtendedValue::One(text));
    }
}

pub(super) fn facts(draft: &Draft) -> EventFacts {
    let attendee = draft.properties.contains_key("IsOrganizer") && !draft.flag("IsOrganizer");
    EventFacts {
        uid: draft.text("UID").to_owned(),
        role: match attendee {
            true => EventRole::Attendee,
            false => EventRole::Organizer,
        },
        meeting: draft.all_attendees().next().is_some() || draft.flag("IsMeeting"),
        cancelled: draft.flag("IsCancelled"),
        series: Series::Single,
    }
}
