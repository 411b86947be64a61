//! Takes an `.eml` file apart. Never fails: what cannot be read is guessed, and the guess is reported.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::DateTime as Civil;
use jiff::tz::Offset;
use mail_parser::{
    Address as Parsed, DateTime, Encoding, HeaderName, Message, MessageParser, MessagePart,
    MimeHeaders as _, PartType,
};
use serde::Serialize;

use super::{class, conversation};
use crate::exchange::{Address, Attachment, Body, Content, Draft, Kind, Value};

/// Something the file did not say properly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Guess {
    /// Nothing in it looked like a mail; the bytes became the text body.
    NotAMail,
    /// So many parts inside parts that only the headers were read.
    TooNested,
    /// No readable Date; the time of delivery was taken.
    NoDate,
    /// No From and no Sender.
    NoSender,
    /// No Message-ID.
    NoMessageId,
    /// More headers, or longer ones, than a server keeps.
    HeadersCut,
    /// More attachments than a server keeps.
    AttachmentsCut,
}

/// A message and what was guessed about it.
#[derive(Clone, Debug)]
pub struct Read {
    /// The message, ready for a folder.
    pub message: Draft,
    /// Guesses, in the order they were made.
    pub guessed: Vec<Guess>,
}

/// More parts than this are not taken apart: work and memory grow with nesting, and honest mail stays far below.
const MAX_PARTS: usize = 1000;
/// Message-in-message levels kept as items.
const MAX_LEVELS: usize = 8;
/// Message-in-message levels parsed at all; the parser's result is nested as deep as these.
const MAX_MESSAGES: usize = 64;
/// Attachments kept per message.
const MAX_ATTACHMENTS: usize = 500;
/// Headers kept, and characters kept of each.
const MAX_HEADERS: usize = 1000;
const MAX_HEADER: usize = 32 << 10;
/// Attached messages above this size do not keep their own raw bytes beside those of the outer one.
const MAX_INNER_RAW: usize = 4 << 20;

/// Reads a message; `now` stands in for a missing date.
pub fn read(raw: &Bytes, now: Timestamp) -> Read {
    let mut guessed = Vec::new();
    let nested = count(raw, b"boundary=", MAX_PARTS) >= MAX_PARTS
        || count(raw, b"message/", MAX_MESSAGES) >= MAX_MESSAGES;
    if nested {
        guessed.push(Guess::TooNested);
    }
    // The parser promises not to panic; a bug in it must cost one mail, not the world.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let parser = MessageParser::default();
        let parsed = if nested {
            parser.parse_headers(&raw[..])
        } else {
            parser.parse(&raw[..])
        };
        parsed.map(|parsed| {
            let mut draft = message(&parsed, now, 0, &mut guessed);
            if nested {
                draft.body.text = Some(String::from_utf8_lossy(raw).into());
            }
            draft
        })
    }));
    let mut message = match parsed {
        Ok(Some(message)) => message,
        Ok(None) | Err(_) => {
            guessed.push(Guess::NotAMail);
            let mut message = Draft::new(Kind::Message);
            message.body.text = Some(String::from_utf8_lossy(raw).into());
            times(&mut message, None, None, now);
            message
        }
    };
    if message.mailboxes("From").is_empty() {
        guessed.push(Guess::NoSender);
    }
    if message.text("InternetMessageId").is_empty() {
        guessed.push(Guess::NoMessageId);
    }
    message.mime = Some(raw.clone());
    message.size = raw.len() as u64;
    message.conversation = conversation(&message);
    let preset = [
        ("IsRead", Value::Bool(false)),
        ("IsDraft", Value::Bool(false)),
        ("IsSubmitted", Value::Bool(false)),
        ("IsResend", Value::Bool(false)),
        ("IsUnmodified", Value::Bool(true)),
    ];
    message.properties.extend(preset);
    Read { message, guessed }
}

/// Counts a token without regard to case, up to `enough`.
fn count(haystack: &[u8], needle: &[u8], enough: usize) -> usize {
    let last = needle[needle.len() - 1];
    let mut found = 0;
    for (at, byte) in haystack.iter().enumerate() {
        if *byte == last && at + 1 >= needle.len() {
            let start = at + 1 - needle.len();
            if haystack[start..=at].eq_ignore_ascii_case(needle) {
                found += 1;
                if found >= enough {
                    break;
                }
            }
        }
    }
    found
}

fn message(parsed: &Message<'_>, now: Timestamp, level: usize, guessed: &mut Vec<Guess>) -> Draft {
    let mut draft = Draft::new(Kind::Message);
    let text = |value: &str| Value::Text(value.to_owned());
    draft
        .properties
        .insert("Subject", text(parsed.subject().unwrap_or_default().trim()));
    draft.properties.insert(
        "ConversationTopic",
        text(parsed.thread_name().unwrap_or_default()),
    );
    for (name, field) in [
        ("ToRecipients", parsed.to()),
        ("CcRecipients", parsed.cc()),
        ("BccRecipients", parsed.bcc()),
        ("ReplyTo", parsed.reply_to()),
    ] {
        let list = field.map(people).unwrap_or_default();
        if !list.is_empty() {
            draft.properties.insert(name, Value::Mailboxes(list));
        }
    }
    let first =
        |field: Option<&Parsed<'_>>| field.and_then(|field| people(field).into_iter().next());
    let (from, sender) = (first(parsed.from()), first(parsed.sender()));
    if let Some(who) = from.clone().or_else(|| sender.clone()) {
        draft.properties.insert("From", Value::Mailbox(who));
    }
    if let Some(who) = sender.or(from) {
        draft.properties.insert("Sender", Value::Mailbox(who));
    }
    for (name, header) in [
        ("InternetMessageId", HeaderName::MessageId),
        ("InReplyTo", HeaderName::InReplyTo),
        ("References", HeaderName::References),
    ] {
        let raw = parsed.header_raw(header).map(unfold).unwrap_or_default();
        let ids = if name == "InternetMessageId" {
            one_id(&raw)
        } else {
            raw.as_str()
        };
        if !ids.is_empty() {
            draft.properties.insert(name, text(ids));
        }
    }
    importance(&mut draft, parsed);
    let received = parsed.received().and_then(mail_parser::Received::date);
    let sent = parsed.date().and_then(timestamp);
    if sent.is_none() && level == 0 {
        guessed.push(Guess::NoDate);
    }
    times(&mut draft, sent, received.as_ref().and_then(timestamp), now);
    draft.headers = headers(parsed, guessed);
    draft.body = bodies(parsed);
    let sent = draft.time("DateTimeSent").unwrap_or(now);
    draft.attachments = attachments(parsed, draft.body.html.as_deref(), sent, level, guessed);
    draft.size = parsed.raw_message.len() as u64;
    class::classify(&mut draft, parsed);
    draft
}

fn times(draft: &mut Draft, sent: Option<Timestamp>, received: Option<Timestamp>, now: Timestamp) {
    let sent_or_now = sent.or(received).unwrap_or(now);
    draft
        .properties
        .insert("DateTimeSent", Value::Time(sent_or_now));
    draft.properties.insert(
        "DateTimeReceived",
        Value::Time(received.unwrap_or(sent_or_now)),
    );
}

fn people(field: &Parsed<'_>) -> Vec<Address> {
    let address = |who: &mail_parser::Addr<'_>| Address {
        name: who.name().unwrap_or_default().trim().to_owned(),
        email: who.address().unwrap_or_default().trim().to_owned(),
    };
    let named = |who: &Address| !who.name.is_empty() || !who.email.is_empty();
    field.iter().map(address).filter(named).collect()
}

/// A mail's own time, refused when it is not a date that ever was.
fn timestamp(date: &DateTime) -> Option<Timestamp> {
    let small = |number: u8| i8::try_from(number).ok();
    let civil = Civil::new(
        i16::try_from(date.year).ok()?,
        small(date.month)?,
        small(date.day)?,
        small(date.hour)?,
        small(date.minute)?,
        // A leap second has no place in civil time.
        small(date.second.min(59))?,
        0,
    );
    let seconds = i32::from(date.tz_hour) * 3600 + i32::from(date.tz_minute) * 60;
    let offset = Offset::from_seconds(if date.tz_before_gmt {
        -seconds
    } else {
        seconds
    })
    .ok()?;
    offset.to_timestamp(civil.ok()?).ok()
}

fn unfold(raw: &str) -> String {
    raw.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// The id with its angle brackets; anything else as it stands.
fn one_id(raw: &str) -> &str {
    let Some(start) = raw.find('<') else {
        return raw;
    };
    match raw[start..].find('>') {
        Some(end) => &raw[start..=start + end],
        None => raw,
    }
}

fn importance(draft: &mut Draft, parsed: &Message<'_>) {
    let header = |name: &str| {
        parsed
            .header_raw(HeaderName::Other(name.to_owned().into()))
            .map(|v| v.trim().to_ascii_lowercase())
    };
    let priority = header("X-Priority").unwrap_or_default();
    let importance = match header("Importance").as_deref() {
        Some("high") => "High",
        Some("low") => "Low",
        _ if priority.starts_with(['1', '2']) => "High",
        _ if priority.starts_with(['4', '5']) => "Low",
        _ => "Normal",
    };
    let sensitivity = match header("Sensitivity").as_deref() {
        Some("private") => "Private",
        Some("personal") => "Personal",
        Some("company-confidential") => "Confidential",
        _ => "Normal",
    };
    draft
        .properties
        .insert("Importance", Value::Text(importance.to_owned()));
    draft
        .properties
        .insert("Sensitivity", Value::Text(sensitivity.to_owned()));
}

fn headers(parsed: &Message<'_>, guessed: &mut Vec<Guess>) -> Arc<Vec<(String, String)>> {
    let raw = &parsed.raw_message;
    let mut kept = Vec::new();
    let mut cut = false;
    for header in parsed.headers() {
        if kept.len() == MAX_HEADERS {
            cut = true;
            break;
        }
        let range = header.offset_start as usize..header.offset_end as usize;
        let value = String::from_utf8_lossy(raw.get(range).unwrap_or_default());
        let mut value = unfold(&value);
        if value.len() > MAX_HEADER {
            cut = true;
            let end = (0..=MAX_HEADER)
                .rev()
                .find(|at| value.is_char_boundary(*at))
                .unwrap_or(0);
            value.truncate(end);
        }
        kept.push((header.name().to_owned(), value));
    }
    if cut {
        guessed.push(Guess::HeadersCut);
    }
    Arc::new(kept)
}

fn bodies(parsed: &Message<'_>) -> Body {
    let join = |parts: Vec<&str>| (!parts.is_empty()).then(|| parts.join("\r\n").into());
    let html = parsed.html_bodies().filter_map(|part| match &part.body {
        PartType::Html(html) => Some(html.as_ref()),
        _ => None,
    });
    let text = parsed.text_bodies().filter_map(|part| match &part.body {
        PartType::Text(text) => Some(text.as_ref()),
        _ => None,
    });
    Body {
        html: join(html.collect()),
        text: join(text.collect()),
    }
}

fn attachments(
    parsed: &Message<'_>,
    html: Option<&str>,
    modified: Timestamp,
    level: usize,
    guessed: &mut Vec<Guess>,
) -> Vec<Arc<Attachment>> {
    let mut kept = Vec::new();
    for part in parsed.attachments() {
        if kept.len() == MAX_ATTACHMENTS {
            guessed.push(Guess::AttachmentsCut);
            break;
        }
        let number = kept.len() as u64 + 1;
        let content_id = part
            .content_id()
            .map(|id| id.trim_matches(['<', '>']).to_owned());
        let shown = match (&content_id, html) {
            (Some(id), Some(html)) => !id.is_empty() && html.contains(id.as_str()),
            _ => false,
        };
        let asked = part
            .content_disposition()
            .is_some_and(mail_parser::ContentType::is_inline);
        let content = content(part, modified, level, guessed);
        kept.push(Arc::new(Attachment {
            number,
            name: name(part, &content, number),
            content_type: content_type(part),
            inline: shown || (asked && content_id.is_some()),
            content_id,
            content_location: part.content_location().map(str::to_owned),
            modified,
            content,
        }));
    }
    kept
}

fn content(
    part: &MessagePart<'_>,
    now: Timestamp,
    level: usize,
    guessed: &mut Vec<Guess>,
) -> Content {
    match &part.body {
        PartType::Message(inner) if level < MAX_LEVELS => {
            let mut draft = message(inner, now, level + 1, guessed);
            if inner.raw_message.len() <= MAX_INNER_RAW {
                draft.mime = Some(Bytes::copy_from_slice(&inner.raw_message));
            }
            draft.conversation = conversation(&draft);
            draft.properties.insert("IsRead", Value::Bool(true));
            Content::Item(Box::new(draft))
        }
        PartType::Message(inner) => Content::File(Bytes::copy_from_slice(&inner.raw_message)),
        PartType::Text(text) | PartType::Html(text) => {
            Content::File(Bytes::copy_from_slice(text.as_bytes()))
        }
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            Content::File(Bytes::copy_from_slice(bytes))
        }
        PartType::Multipart(_) => Content::File(Bytes::new()),
    }
}

fn content_type(part: &MessagePart<'_>) -> String {
    let Some(declared) = part.content_type() else {
        return if part.encoding == Encoding::None {
            "text/plain"
        } else {
            "application/octet-stream"
        }
        .to_owned();
    };
    match declared.subtype() {
        Some(subtype) => format!("{}/{subtype}", declared.ctype()).to_ascii_lowercase(),
        None => "application/octet-stream".to_owned(),
    }
}

fn name(part: &MessagePart<'_>, content: &Content, number: u64) -> String {
    let given = part
        .attachment_name()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    match (given, content) {
        (Some(name), _) => name.to_owned(),
        (None, Content::Item(item)) if !item.text("Subject").is_empty() => {
            item.text("Subject").to_owned()
        }
        // The name Exchange makes up.
        (None, _) => format!("ATT{number:05}"),
    }
}
