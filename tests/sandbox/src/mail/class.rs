//! Message class: reports and meeting messages are told from ordinary mail, as Exchange does on delivery.
//! <https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxomsg>

use mail_parser::{Message, MessagePart, MimeHeaders as _, PartType};

use crate::exchange::{Draft, Kind, Value};

fn subtype<'a>(part: &'a MessagePart<'_>, main: &str) -> Option<&'a str> {
    let declared = part.content_type()?;
    declared
        .ctype()
        .eq_ignore_ascii_case(main)
        .then(|| declared.subtype().unwrap_or_default())
}

/// Text of a part, whichever way the parser kept it.
fn text<'a>(part: &'a MessagePart<'_>) -> std::borrow::Cow<'a, str> {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.as_ref().into(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => String::from_utf8_lossy(bytes),
        PartType::Message(inner) => String::from_utf8_lossy(&inner.raw_message),
        PartType::Multipart(_) => "".into(),
    }
}

/// Sets class and kind.
pub fn classify(draft: &mut Draft, parsed: &Message<'_>) {
    let class = report(parsed)
        .or_else(|| meeting(draft, parsed))
        .or_else(|| secured(parsed));
    if let Some(class) = class {
        draft.kind = Kind::of_class(&class);
        draft.class = class;
    }
}

/// Delivery reports and read receipts. The `multipart/report` type decides; without it the machine-readable
/// part does, as some senders forget the former.
fn report(parsed: &Message<'_>) -> Option<String> {
    let root = parsed.parts.first()?;
    let reported =
        subtype(root, "multipart").is_some_and(|kind| kind.eq_ignore_ascii_case("report"));
    let declared = root
        .content_type()
        .filter(|_| reported)
        .and_then(|declared| declared.attribute("report-type"))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let part = |wanted: &str| {
        parsed.parts.iter().find(|part| {
            subtype(part, "message").is_some_and(|kind| kind.eq_ignore_ascii_case(wanted))
        })
    };
    if declared == "disposition-notification" || part("disposition-notification").is_some() {
        let unread = part("disposition-notification")
            .is_some_and(|part| text(part).to_ascii_lowercase().contains("deleted"));
        return Some(
            if unread {
                "REPORT.IPM.Note.IPNNRN"
            } else {
                "REPORT.IPM.Note.IPNRN"
            }
            .to_owned(),
        );
    }
    let status = part("delivery-status").or_else(|| part("global-delivery-status"));
    if declared != "delivery-status" && status.is_none() {
        return None;
    }
    let status = status
        .map(|part| text(part).to_ascii_lowercase())
        .unwrap_or_default();
    let says = |action: &str| {
        let mut lines = status.lines();
        lines.any(|line| {
            line.strip_prefix("action:")
                .is_some_and(|rest| rest.trim() == action)
        })
    };
    let class = if says("failed") {
        "REPORT.IPM.Note.NDR"
    } else if says("delayed") {
        "REPORT.IPM.Note.Delayed"
    } else if says("delivered") || says("relayed") || says("expanded") {
        "REPORT.IPM.Note.DR"
    } else {
        "REPORT.IPM.Note.NDR"
    };
    Some(class.to_owned())
}

/// Invitations, answers and cancellations; also notes UID and times given in UTC.
fn meeting(draft: &mut Draft, parsed: &Message<'_>) -> Option<String> {
    let part = parsed.parts.iter().find(|part| {
        subtype(part, "text").is_some_and(|kind| kind.eq_ignore_ascii_case("calendar"))
    })?;
    let calendar = text(part);
    // Continuation lines begin with a space (RFC 5545, 3.1).
    let unfolded = calendar.replace("\r\n ", "").replace("\n ", "");
    let value = |name: &str| {
        unfolded.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            let key = key.split(';').next().unwrap_or(key);
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let declared = part
        .content_type()
        .and_then(|declared| declared.attribute("method"));
    let method = declared.or_else(|| value("METHOD"))?.to_ascii_uppercase();
    let class = match method.as_str() {
        "REQUEST" | "PUBLISH" | "ADD" => "IPM.Schedule.Meeting.Request",
        "CANCEL" => "IPM.Schedule.Meeting.Canceled",
        "REPLY" | "COUNTER" => {
            let upper = unfolded.to_ascii_uppercase();
            if upper.contains("PARTSTAT=DECLINED") {
                "IPM.Schedule.Meeting.Resp.Neg"
            } else if upper.contains("PARTSTAT=TENTATIVE") || method == "COUNTER" {
                "IPM.Schedule.Meeting.Resp.Tent"
            } else {
                "IPM.Schedule.Meeting.Resp.Pos"
            }
        }
        _ => return None,
    };
    if let Some(uid) = value("UID") {
        draft.properties.insert("UID", Value::Text(uid.to_owned()));
    }
    for (name, field) in [("DTSTART", "Start"), ("DTEND", "End")] {
        let at =
            value(name).and_then(|at| jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", at).ok());
        let at = at.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok());
        if let Some(at) = at {
            draft.properties.insert(field, Value::Time(at.timestamp()));
        }
    }
    Some(class.to_owned())
}

/// Signed and encrypted mail.
fn secured(parsed: &Message<'_>) -> Option<String> {
    let root = parsed.parts.first()?;
    if subtype(root, "multipart").is_some_and(|kind| kind.eq_ignore_ascii_case("signed")) {
        return Some("IPM.Note.SMIME.MultipartSigned".to_owned());
    }
    let pkcs7 = subtype(root, "application").is_some_and(|kind| {
        kind.eq_ignore_ascii_case("pkcs7-mime") || kind.eq_ignore_ascii_case("x-pkcs7-mime")
    });
    pkcs7.then(|| "IPM.Note.SMIME".to_owned())
}
