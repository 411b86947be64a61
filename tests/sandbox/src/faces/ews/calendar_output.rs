//! Writes the parts only events have: occurrences, attendees, wall clocks.

use jiff::Timestamp;

use super::output::{any_item_id, mailbox, time};
use crate::exchange::{Attendee, Draft, Id, Item, Recurrence, Value};
use crate::xml::{element, plain};

/// `FirstOccurrence`, `LastOccurrence`, `ModifiedOccurrences`, `DeletedOccurrences` of a series; nothing when
/// there are none.
pub fn occurrences(out: &mut String, name: &str, id: Id, item: &Item) {
    let data = &item.data;
    if data.recurrence().is_none() {
        return;
    }
    let info = |out: &mut String, tag: &str, original: Timestamp| {
        let Some(occurrence) = data.occurrence(original) else {
            return;
        };
        out.push_str("<t:");
        out.push_str(tag);
        out.push('>');
        let id = Id {
            part: Id::part_of(Some(original)),
            ..id
        };
        any_item_id(out, id, item.version);
        for (tag, name) in [("t:Start", "Start"), ("t:End", "End")] {
            if let Some(at) = occurrence.time(name) {
                time(out, tag, at);
            }
        }
        time(out, "t:OriginalStart", original);
        out.push_str("</t:");
        out.push_str(tag);
        out.push('>');
    };
    match name {
        "FirstOccurrence" => {
            if let Some(first) = data.first_and_last().0 {
                info(out, name, first);
            }
        }
        "LastOccurrence" => {
            if let Some(last) = data.first_and_last().1 {
                info(out, name, last);
            }
        }
        "ModifiedOccurrences" if !data.series.exceptions.is_empty() => {
            out.push_str("<t:ModifiedOccurrences>");
            for original in data.series.exceptions.keys() {
                info(out, "Occurrence", *original);
            }
            out.push_str("</t:ModifiedOccurrences>");
        }
        "DeletedOccurrences" if !data.series.deleted.is_empty() => {
            out.push_str("<t:DeletedOccurrences>");
            for original in &data.series.deleted {
                out.push_str("<t:DeletedOccurrence>");
                time(out, "t:Start", *original);
                out.push_str("</t:DeletedOccurrence>");
            }
            out.push_str("</t:DeletedOccurrences>");
        }
        _ => {}
    }
}

/// `<t:Attendee>`.
pub fn attendee(out: &mut String, attendee: &Attendee) {
    out.push_str("<t:Attendee>");
    mailbox(out, &attendee.who);
    plain(out, "t:ResponseType", attendee.response.name());
    if let Some(at) = attendee.at {
        time(out, "t:LastResponseTime", at);
    }
    out.push_str("</t:Attendee>");
}

/// `StartWallClock`, `StartTimeZoneId` and those of the end.
pub fn clock(out: &mut String, name: &str, data: &Draft) {
    let (at, zone) = if name.starts_with("Start") {
        (data.time("Start"), data.properties.get("StartTimeZone"))
    } else {
        (data.time("End"), data.properties.get("EndTimeZone"))
    };
    let (Some(at), Some(Value::Zone(zone))) = (at, zone) else {
        return;
    };
    let tag = format!("t:{name}");
    if name.ends_with("Clock") {
        element(out, &tag, &zone.wall_clock(at));
    } else {
        element(out, &tag, &zone.id);
    }
}

/// What Exchange appends to the dates of a recurrence: the offset of the event's zone on its first day.
pub fn date_suffix(recurrence: &Recurrence, data: &Draft) -> String {
    let rules = data.rules();
    let start = recurrence.range.start().to_zoned(rules.clone());
    let seconds = start.map_or(0, |start| start.offset().seconds());
    if seconds == 0 {
        return "Z".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}
