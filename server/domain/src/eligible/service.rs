//! Service messages: receipts, delivery reports, meeting notices (EM-38).

use crate::{ReasonCode, Record, port::ItemClass};

/// Classes that are never saved, by no route (EM-38).
pub(super) fn refused_class(class: &ItemClass) -> Option<ReasonCode> {
    match class {
        ItemClass::Message => None,
        ItemClass::Report | ItemClass::MeetingNotice => Some(ReasonCode::ServiceMessage),
        ItemClass::Other(name) => {
            let name = name.trim().to_ascii_lowercase();
            let is = |prefix: &str| name == prefix || name.starts_with(&format!("{prefix}."));
            if name.is_empty() || is("ipm.note") {
                None
            } else if is("report")
                || is("ipm.schedule.meeting")
                || is("ipm.outlook.recall")
                || is("ipm.recall.report")
            {
                Some(ReasonCode::ServiceMessage)
            } else {
                Some(ReasonCode::NotAnEmail)
            }
        }
    }
}

/// Service messages on servers that do not classify: told by the content type (RFC 6522, RFC 5546), or by
/// a mail system as the author: `mailer-daemon` writes nothing else, `postmaster` or nobody only where
/// the message says that it is automatic (RFC 3834).
pub(super) fn refused_headers(record: &Record) -> Option<ReasonCode> {
    let content_type = record.text("content_type").trim().to_ascii_lowercase();
    let report = content_type.starts_with("multipart/report")
        || content_type.starts_with("message/delivery-status")
        || content_type.starts_with("message/disposition-notification")
        || (content_type.starts_with("text/calendar") && content_type.contains("method="));
    let auto = record.text("auto_submitted").trim().to_ascii_lowercase();
    let automatic = !auto.is_empty() && auto != "no";
    let from = record
        .addresses("from")
        .first()
        .map_or("", |a| a.address.trim());
    let local = from
        .split('@')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let bounce = local == "mailer-daemon";
    let system = matches!(local.as_str(), "" | "<>" | "postmaster");
    (report || bounce || (automatic && system)).then_some(ReasonCode::ServiceMessage)
}
