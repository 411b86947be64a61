//! Renders a message that never was a file as MIME.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::exchange::{Address, Attachment, Content, Draft};

/// Deepest message-in-message rendered.
const MAX_LEVELS: usize = 8;

/// The message as RFC 5322 bytes.
pub fn render(message: &Draft) -> Vec<u8> {
    let mut out = String::new();
    write(&mut out, message, 0);
    out.into_bytes()
}

fn write(out: &mut String, message: &Draft, level: usize) {
    for (name, field) in [
        ("From", "From"),
        ("Sender", "Sender"),
        ("Reply-To", "ReplyTo"),
        ("To", "ToRecipients"),
        ("Cc", "CcRecipients"),
    ] {
        let list = message.mailboxes(field);
        if !list.is_empty() {
            header(
                out,
                name,
                &list.iter().map(person).collect::<Vec<_>>().join(",\r\n "),
            );
        }
    }
    header(out, "Subject", &word(message.text("Subject")));
    for (name, field) in [
        ("Message-ID", "InternetMessageId"),
        ("In-Reply-To", "InReplyTo"),
        ("References", "References"),
    ] {
        let ids: Vec<&str> = message.text(field).split_ascii_whitespace().collect();
        if !ids.is_empty() {
            header(out, name, &ids.join("\r\n "));
        }
    }
    if let Some(sent) = message.time("DateTimeSent") {
        header(
            out,
            "Date",
            &sent.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string(),
        );
    }
    header(out, "MIME-Version", "1.0");
    if message.attachments.is_empty() {
        body(out, message, level);
        return;
    }
    let boundary = format!("=_mixed_{level}");
    header(
        out,
        "Content-Type",
        &format!("multipart/mixed; boundary=\"{boundary}\""),
    );
    out.push_str(&format!("\r\n--{boundary}\r\n"));
    body(out, message, level);
    for attachment in &message.attachments {
        out.push_str(&format!("\r\n--{boundary}\r\n"));
        attached(out, attachment, level);
    }
    out.push_str(&format!("\r\n--{boundary}--\r\n"));
}

fn header(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str(": ");
    out.push_str(value);
    out.push_str("\r\n");
}

/// Encodes what is not printable ASCII as RFC 2047 words of at most 75 characters.
fn word(text: &str) -> String {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut piece = String::new();
    for character in text.chars() {
        // 45 bytes become 60 base64 characters.
        if piece.len() + character.len_utf8() > 45 {
            words.push(std::mem::take(&mut piece));
        }
        piece.push(character);
    }
    words.push(piece);
    let encoded: Vec<String> = words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
        .collect();
    encoded.join("\r\n ")
}

fn person(who: &Address) -> String {
    if who.name.is_empty() || who.name == who.email {
        return who.email.clone();
    }
    let ascii = who.name.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let name = if ascii {
        format!(
            "\"{}\"",
            who.name.replace('\\', "\\\\").replace('"', "\\\"")
        )
    } else {
        word(&who.name)
    };
    format!("{name} <{}>", who.email)
}

fn body(out: &mut String, message: &Draft, level: usize) {
    match (&message.body.text, &message.body.html) {
        (Some(text), Some(html)) => {
            let boundary = format!("=_alternative_{level}");
            header(
                out,
                "Content-Type",
                &format!("multipart/alternative; boundary=\"{boundary}\""),
            );
            out.push_str(&format!("\r\n--{boundary}\r\n"));
            part(out, "text/plain; charset=utf-8", text.as_bytes());
            out.push_str(&format!("\r\n--{boundary}\r\n"));
            part(out, "text/html; charset=utf-8", html.as_bytes());
            out.push_str(&format!("\r\n--{boundary}--\r\n"));
        }
        (None, Some(html)) => part(out, "text/html; charset=utf-8", html.as_bytes()),
        (text, None) => {
            let text = text.as_deref().unwrap_or_default();
            part(out, "text/plain; charset=utf-8", text.as_bytes());
        }
    }
}

fn part(out: &mut String, content_type: &str, content: &[u8]) {
    header(out, "Content-Type", content_type);
    header(out, "Content-Transfer-Encoding", "base64");
    out.push_str("\r\n");
    // 57 bytes become a line of 76 characters (RFC 2045, 6.8).
    for line in content.chunks(57) {
        STANDARD.encode_string(line, out);
        out.push_str("\r\n");
    }
}

/// A name inside a quoted parameter: no quotes, no line ends.
fn quoted(name: &str) -> String {
    word(&name.replace(['"', '\r', '\n'], "_")).replace("\r\n ", " ")
}

fn attached(out: &mut String, attachment: &Attachment, level: usize) {
    let disposition = if attachment.inline {
        "inline"
    } else {
        "attachment"
    };
    let name = quoted(&attachment.name);
    header(
        out,
        "Content-Disposition",
        &format!("{disposition}; filename=\"{name}\""),
    );
    if let Some(id) = &attachment.content_id {
        header(
            out,
            "Content-ID",
            &format!("<{}>", id.replace(['\r', '\n'], "")),
        );
    }
    match &attachment.content {
        Content::File(bytes) => {
            let declared = attachment.content_type.replace(['\r', '\n', '"'], "");
            // A file that calls itself a message or a multipart but was not readable as one stays a file.
            let container = declared.starts_with("message/") || declared.starts_with("multipart/");
            let declared = if declared.is_empty() || container {
                "application/octet-stream".to_owned()
            } else {
                declared
            };
            part(out, &format!("{declared}; name=\"{name}\""), bytes);
        }
        Content::Item(item) if level < MAX_LEVELS => {
            header(out, "Content-Type", "message/rfc822");
            out.push_str("\r\n");
            write(out, item, level + 1);
        }
        Content::Item(_) => part(out, "application/octet-stream", b""),
        Content::Reference(url) => part(out, "text/plain; charset=utf-8", url.as_bytes()),
    }
}
