//! GetEvents (pull notifications), and how events are written.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getevents-operation>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::operation::{Call, Entry};
use super::output::time;
use super::soap::Answer;
use crate::exchange::{Delivery, Event, Failure, Id, Target};
use crate::xml::{attribute, element, plain};

/// Most events in one answer; the rest waits (`MoreEvents`).
const PAGE: usize = 100;

/// The watermark after event number `sequence` of a subscription.
pub fn watermark(subscription: &str, sequence: u64) -> String {
    let tail = subscription.as_bytes();
    let tail = &tail[tail.len().saturating_sub(12)..];
    let mut bytes = b"WM".to_vec();
    bytes.extend_from_slice(tail);
    bytes.extend_from_slice(&sequence.to_be_bytes());
    STANDARD.encode(bytes)
}

fn sequence_of(subscription: &str, text: &str) -> Option<u64> {
    let bytes = STANDARD.decode(text.trim()).ok()?;
    let (_, sequence) = bytes.split_last_chunk::<8>()?;
    let sequence = u64::from_be_bytes(*sequence);
    (watermark(subscription, sequence) == text.trim()).then_some(sequence)
}

struct Page {
    mailbox: u128,
    before: u64,
    events: Vec<(u64, Event)>,
    more: bool,
}

/// Events after the given watermark.
pub fn run(call: &Call<'_>) -> String {
    let id = call
        .request
        .child_text("SubscriptionId")
        .unwrap_or_default();
    let mark = call.request.child_text("Watermark").unwrap_or_default();
    let mut answer = Answer::new("GetEvents");
    match read(call, id, mark) {
        Err(failure) => answer.failure(failure, ""),
        Ok(page) => answer.success(|out| {
            out.push_str("<m:Notification>");
            element(out, "t:SubscriptionId", id);
            element(out, "t:PreviousWatermark", &watermark(id, page.before));
            plain(out, "t:MoreEvents", page.more);
            if page.events.is_empty() {
                out.push_str("<t:StatusEvent>");
                element(out, "t:Watermark", &watermark(id, page.before));
                out.push_str("</t:StatusEvent>");
            }
            for (sequence, held) in &page.events {
                event(out, page.mailbox, held, Some(&watermark(id, *sequence)));
            }
            out.push_str("</m:Notification>");
        }),
    }
    answer.finish()
}

fn read(call: &Call<'_>, id: &str, mark: &str) -> Entry<Page> {
    let mut exchange = call.world.exchange();
    let mailbox = exchange.mailbox(call.mailbox)?.id;
    let subscription = exchange.subscription_mut(id).ok_or(Failure::SUBSCRIPTION)?;
    if subscription.mailbox != call.mailbox || subscription.delivery != Delivery::Pull {
        return Err(Failure::SUBSCRIPTION);
    }
    let after = sequence_of(id, mark).ok_or(Failure::WATERMARK)?;
    let oldest = subscription
        .pending
        .front()
        .map_or(subscription.sequence + 1, |(first, _)| *first);
    if after > subscription.sequence || after + 1 < oldest {
        return Err(Failure::WATERMARK);
    }
    // What the reader has confirmed by its watermark is no longer needed.
    subscription
        .pending
        .retain(|(sequence, _)| *sequence > after);
    let events: Vec<_> = subscription.pending.iter().take(PAGE).cloned().collect();
    let more = subscription.pending.len() > events.len();
    Ok(Page {
        mailbox,
        before: after,
        events,
        more,
    })
}

/// One event element. Ids come without change key, as in the original.
pub fn event(out: &mut String, mailbox: u128, event: &Event, watermark: Option<&str>) {
    let id = |out: &mut String, tag: &str, target: Target, key: u64| {
        out.push_str("<t:");
        out.push_str(tag);
        attribute(
            out,
            "Id",
            &Id {
                mailbox,
                target,
                key,
                part: 0,
            }
            .encode(),
        );
        out.push_str("/>");
    };
    let tag = event.what.element();
    out.push_str("<t:");
    out.push_str(tag);
    out.push('>');
    if let Some(watermark) = watermark {
        element(out, "t:Watermark", watermark);
    }
    time(out, "t:TimeStamp", event.at);
    match event.item {
        Some(key) => id(out, "ItemId", Target::Item, key),
        None => id(out, "FolderId", Target::Folder, event.folder),
    }
    id(out, "ParentFolderId", Target::Folder, event.parent);
    if let Some((key, folder)) = event.old {
        id(out, "OldItemId", Target::Item, key);
        id(out, "OldParentFolderId", Target::Folder, folder);
    }
    out.push_str("</t:");
    out.push_str(tag);
    out.push('>');
}
