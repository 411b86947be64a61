//! What the user chose in a dialog, read and bounded.

use std::collections::HashMap;

use ssi_domain::{AttachmentId, ItemId, Kind, transform::html_to_text};
use ssi_engine::{
    ComposedEvent, EventClick, ItemKey, QueueSave, SaveChoice, SaveEvent, Settle, SettleIssue,
    UpdateLinks,
};
use ssi_proto::v1::{
    self, AttachmentSelection, AttachmentTarget, EmailBody, QueueEmailSaveRequest, SaveEmailRequest,
};
use tonic::{Code, Status};

use super::{read, status};

/// Most records to link in one call.
const MOST_LINKS: usize = 100;
/// Most attachments to choose among.
const MOST_ATTACHMENTS: usize = 1_000;
/// Longest subject (EM-11).
const LONGEST_SUBJECT: usize = 255;
/// Longest backend id of an item, in bytes.
const LONGEST_ITEM_ID: usize = 2_000;
/// Longest iCalendar UID or global object id.
const LONGEST_UID: usize = 2_000;
/// Longest text to store instead of the mail's own, in bytes.
const LONGEST_BODY: usize = 1 << 20;

/// What the user chose in the save dialog.
pub(super) fn save_choice(asked: SaveEmailRequest) -> Result<SaveChoice, Status> {
    let linked = read::records("linked_records", &asked.linked_records, MOST_LINKS)?;
    let subject = asked
        .subject
        .map(|text| read::text("subject", &text, LONGEST_SUBJECT))
        .transpose()?;
    let body = asked.body.map(body).transpose()?;
    let (attachments, include_eml) = attachments(asked.attachments)?;
    Ok(SaveChoice {
        subject,
        body,
        ticked: (!asked.use_found_records).then(|| linked.clone()),
        chosen: linked,
        attachments,
        include_eml,
        track_thread: asked.track_thread == Some(true),
    })
}

fn body(body: EmailBody) -> Result<String, Status> {
    if body.content.len() > LONGEST_BODY {
        return Err(status::invalid("body.content", "at most 1 MiB is allowed"));
    }
    use v1::email_body::Format;
    match Format::try_from(body.format) {
        Ok(Format::Unspecified | Format::Text) => Ok(body.content),
        Ok(Format::Html) => Ok(html_to_text(&body.content)),
        Err(_) => Err(status::invalid("body.format", "this is no format")),
    }
}

type Ticked = (Option<Vec<(AttachmentId, Option<String>)>>, bool);

fn attachments(selection: Option<AttachmentSelection>) -> Result<Ticked, Status> {
    let Some(selection) = selection else {
        return Ok((None, false));
    };
    match AttachmentTarget::try_from(selection.target) {
        Ok(AttachmentTarget::Unspecified | AttachmentTarget::Email) => {}
        _ => {
            let message = "attachments are stored with the e-mail only (EM-14)";
            return Err(status::refuse(
                Code::FailedPrecondition,
                "feature_off",
                message,
            ));
        }
    }
    if selection.choices.len() > MOST_ATTACHMENTS {
        let why = format!("at most {MOST_ATTACHMENTS} are allowed");
        return Err(status::invalid("attachments.choices", &why));
    }
    let mut choices = Vec::with_capacity(selection.choices.len());
    for choice in selection.choices {
        let name = choice.file_name.map(|name| {
            let name = read::text("attachments.choices.file_name", &name, LONGEST_SUBJECT)?;
            if name.contains(['/', '\\']) || name.chars().any(char::is_control) {
                let why = "must not hold path separators";
                return Err(status::invalid("attachments.choices.file_name", why));
            }
            Ok(name)
        });
        choices.push((AttachmentId::new(choice.attachment_id), name.transpose()?));
    }
    Ok((Some(choices), selection.include_eml_copy))
}

/// What the user chose for the open event, and how it is found while it is being composed.
pub(super) fn save_event(
    caller: String,
    deadline: std::time::Duration,
    asked: v1::SaveEventRequest,
) -> Result<EventClick, Status> {
    let linked = read::records("linked_records", &asked.linked_records, MOST_LINKS)?;
    let kind = match asked.kind {
        0 => None,
        kind => read::kinds("kind", &[kind])?.into_iter().next(),
    };
    let composed = asked.composed_event.map(composed).transpose()?;
    let unnamed = asked.item_id.is_empty() && composed.is_none();
    let odd = asked.item_id.len() > LONGEST_ITEM_ID || asked.item_id.chars().any(char::is_control);
    if unnamed || odd {
        let why = "the id of the open event is needed, or composed_event";
        return Err(status::invalid("item_id", why));
    }
    let save = SaveEvent {
        request_id: read::request_id(&asked.request_id)?,
        caller,
        item: ItemId::new(asked.item_id),
        kind: kind.unwrap_or(Kind::Appointment),
        links: (!asked.use_found_records).then(|| linked.clone()),
        also: linked,
    };
    Ok(EventClick {
        save,
        composed,
        deadline,
    })
}

fn composed(event: v1::ComposedEvent) -> Result<ComposedEvent, Status> {
    let start = event.start_time.map(|time| {
        let nanos = i64::from(time.nanos.clamp(0, 999_999_999));
        jiff::Timestamp::new(time.seconds, i32::try_from(nanos).unwrap_or(0))
            .map_err(|_| status::invalid("composed_event.start_time", "this is no time"))
    });
    Ok(ComposedEvent {
        uid: read::text("composed_event.uid", &event.uid, LONGEST_UID)?,
        subject: read::text("composed_event.subject", &event.subject, 10_000)?,
        start: start.transpose()?,
    })
}

/// Links to add and to take away.
pub(super) fn update_links(
    caller: String,
    item: ItemKey,
    asked: &v1::UpdateLinksRequest,
) -> Result<UpdateLinks, Status> {
    Ok(UpdateLinks {
        request_id: read::request_id(&asked.request_id)?,
        caller,
        item,
        add: read::records("added_records", &asked.added_records, MOST_LINKS)?,
        remove: read::records("removed_records", &asked.removed_records, MOST_LINKS)?,
    })
}

/// How a person settles an issue.
pub(super) fn settle(caller: String, asked: v1::SettleIssueRequest) -> Result<SettleIssue, Status> {
    if asked.choices.len() > MOST_LINKS {
        return Err(status::invalid("choices", "at most 100 are allowed"));
    }
    let mut choices = HashMap::new();
    for choice in asked.choices {
        let side = side("choices.side", choice.side)?;
        let field = read::text("choices.field", &choice.field, 100)?;
        choices.insert(field, side);
    }
    Ok(SettleIssue {
        request_id: read::request_id(&asked.request_id)?,
        caller,
        side: side("side", asked.side)?,
        choices,
    })
}

fn side(field: &str, number: i32) -> Result<Settle, Status> {
    match v1::Side::try_from(number) {
        Ok(v1::Side::Mailbox) => Ok(Settle::Mailbox),
        Ok(v1::Side::Crm) => Ok(Settle::Crm),
        Ok(v1::Side::Current | v1::Side::Unspecified) => Ok(Settle::Current),
        Err(_) => Err(status::invalid(field, "this is no side")),
    }
}

/// A save wished for while the mail is being written.
pub(super) fn queue_save(
    caller: String,
    asked: QueueEmailSaveRequest,
) -> Result<QueueSave, Status> {
    let linked = read::records("linked_records", &asked.linked_records, MOST_LINKS)?;
    let subject = asked.record_subject;
    let subject = subject.map(|text| read::text("record_subject", &text, LONGEST_SUBJECT));
    let key = asked.client_key;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let sound = (16..=64).contains(&key.len()) && key.bytes().all(plain);
    if !key.is_empty() && !sound {
        let why = "write 16 to 64 characters of A-Z a-z 0-9 -";
        return Err(status::invalid("client_key", why));
    }
    Ok(QueueSave {
        request_id: read::request_id(&asked.request_id)?,
        caller,
        client_key: (!key.is_empty()).then_some(key),
        subject: read::text("subject", &asked.subject, 10_000)?,
        recipients: read::participants("recipients", &asked.recipients)?,
        choice: SaveChoice {
            subject: subject.transpose()?,
            ticked: (!asked.use_found_records).then(|| linked.clone()),
            chosen: linked,
            track_thread: asked.track_thread,
            ..SaveChoice::default()
        },
    })
}
