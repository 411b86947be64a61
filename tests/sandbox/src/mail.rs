//! Mail as files: reads `.eml`, renders messages back, makes realistic ones for benchmarks, delivers them.

mod class;
mod folder;
mod read;
mod render;
mod synthetic;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use mail_parser::decoders::html::{html_to_text, text_to_html};

use crate::exchange::{Body, Content, Draft, Failure, Value, fingerprint};
use crate::world::{Effect, World};

pub use folder::{Loaded, load};
pub use read::{Guess, Read, read};
pub use render::render;
pub use synthetic::{Correspondent, is_incoming, synthetic};

/// Where a delivered mail goes.
#[derive(Clone, Debug)]
pub struct Destination<'a> {
    /// Mailbox address.
    pub mailbox: &'a str,
    /// Distinguished folder name (`inbox`, `sentitems`...) or display name.
    pub folder: &'a str,
    /// Categories set on the item.
    pub categories: &'a [String],
}

/// What became of a delivered mail.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Item number in the mailbox.
    pub key: u64,
    /// Wire id of the item.
    pub item_id: String,
    /// What had to be guessed because the file did not say it properly.
    pub guessed: Vec<Guess>,
}

/// Puts a raw message into a mailbox. Bytes that are no proper mail become a message all the same.
///
/// # Errors
/// `ErrorNonExistentMailbox`, `ErrorFolderNotFound`.
pub fn deliver(world: &World, to: &Destination<'_>, raw: &Bytes) -> Result<Delivered, Failure> {
    // Reading first: the world's lock is not held while a big message is taken apart.
    let Read {
        mut message,
        guessed,
    } = read(raw, world.now());
    if !to.categories.is_empty() {
        message
            .properties
            .insert("Categories", Value::Strings(to.categories.to_vec()));
    }
    let own = message
        .mailboxes("From")
        .iter()
        .any(|who| who.email.eq_ignore_ascii_case(to.mailbox));
    message.properties.insert("IsFromMe", Value::Bool(own));
    if to.folder.eq_ignore_ascii_case("sentitems") {
        message.properties.insert("IsRead", Value::Bool(true));
    }
    let message_id = message.text("InternetMessageId").to_owned();
    let (key, item_id) = {
        let mut exchange = world.exchange();
        let key = exchange.deliver(to.mailbox, to.folder, message)?;
        (key, exchange.mailbox(to.mailbox)?.item_id(key))
    };
    world.effect(Effect {
        face: "world".to_owned(),
        operation: "Deliver".to_owned(),
        target: to.mailbox.to_ascii_lowercase(),
        key: key.to_string(),
        detail: serde_json::json!({ "folder": to.folder, "message_id": message_id }),
    });
    Ok(Delivered {
        key,
        item_id,
        guessed,
    })
}

/// Fills a mailbox with `count` made-up mails: incoming ones in the inbox, outgoing ones in the sent items.
///
/// # Errors
/// `ErrorNonExistentMailbox`.
pub fn deliver_synthetic(
    world: &World,
    owner: &Correspondent,
    partners: &[Correspondent],
    count: usize,
) -> Result<(), Failure> {
    // A fixed start: the same mails every time, whatever the clock shows.
    let start = jiff::civil::date(2026, 1, 5)
        .at(8, 0, 0, 0)
        .to_zoned(jiff::tz::TimeZone::UTC);
    let start = start.map_or(jiff::Timestamp::UNIX_EPOCH, |start| start.timestamp());
    for (number, raw) in synthetic(count, owner, partners, start).enumerate() {
        let folder = if is_incoming(number) {
            "inbox"
        } else {
            "sentitems"
        };
        deliver(
            world,
            &Destination {
                mailbox: &owner.email,
                folder,
                categories: &[],
            },
            &raw,
        )?;
    }
    Ok(())
}

/// The body as plain text, converted if need be.
pub fn plain_text(body: &Body) -> Cow<'_, str> {
    match (&body.text, &body.html) {
        (Some(text), _) => Cow::Borrowed(text),
        (None, Some(html)) => Cow::Owned(html_to_text(html)),
        (None, None) => Cow::Borrowed(""),
    }
}

/// The body as HTML, converted if need be.
pub fn html(body: &Body) -> Cow<'_, str> {
    match (&body.html, &body.text) {
        (Some(html), _) => Cow::Borrowed(html),
        (None, Some(text)) => Cow::Owned(text_to_html(text)),
        (None, None) => Cow::Borrowed(""),
    }
}

/// Conversation a message belongs to: the oldest id of its thread, else its subject without prefixes.
pub fn conversation(message: &Draft) -> String {
    let ids = ["References", "InReplyTo", "InternetMessageId"];
    let root = ids
        .iter()
        .find_map(|field| message.text(field).split_ascii_whitespace().next());
    let name = match root {
        Some(id) => id.to_owned(),
        None => {
            let mut subject = message.text("Subject").trim();
            while let Some((prefix, rest)) = subject.split_once(':').filter(|(p, _)| p.len() <= 3) {
                debug_assert!(prefix.len() <= 3);
                subject = rest.trim_start();
            }
            format!("subject:{}", subject.to_lowercase())
        }
    };
    let print = fingerprint(&name).to_be_bytes();
    STANDARD.encode([&b"\0\x03\x24\0conversation"[..], &print].concat())
}

/// Size of a message that never was a file.
pub fn estimated_size(message: &Draft) -> u64 {
    let body = [&message.body.html, &message.body.text];
    let body: usize = body.into_iter().flatten().map(|text| text.len()).sum();
    let attachments: u64 = message
        .attachments
        .iter()
        .map(|attachment| match &attachment.content {
            Content::File(bytes) => bytes.len() as u64,
            Content::Item(item) => item.size,
            Content::Reference(_) => 0,
        })
        .sum();
    // Properties and store overhead; Exchange reports about this much for an empty message.
    1024 + body as u64 + attachments
}
