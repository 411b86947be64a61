//! Stores one attachment, its content streamed in the pieces it came in.

use http::Method;
use serde_json::Value as Json;
use ssi_domain::{
    RecordRef,
    port::{AttachmentDraft, PortError, Written},
};

use super::{PUT, not_written, payload::Fields, send::change};
use crate::{
    c4c::{
        config::Codes,
        link::Attachable,
        odata::{batch::Change, query::Query, rope::Rope},
        tenant::C4c,
    },
    http::Intent,
};

impl C4c {
    pub(super) async fn add_attachment(
        &self,
        record: &RecordRef,
        attachment: AttachmentDraft,
    ) -> Result<Written, PortError> {
        let place = Attachable::of(record).ok_or_else(|| not_written(record.kind))?;
        let send = |path: String, more: Fields| {
            let body = row(&attachment, &self.shared.config.codes, &more);
            self.write_one(Change {
                echo: false,
                ..change(Method::POST, path, body)
            })
        };
        let mut answer = send(
            Query::children(place.parent, &place.key, place.node).path(),
            Fields::new(),
        )
        .await?;
        if matches!(answer.status, 404 | 405 | 501) {
            // Services without navigation take the row at its own set.
            let parent =
                Fields::from_iter([("ParentObjectID".to_owned(), Json::from(place.key.as_str()))]);
            let second = send(Query::set(place.set).path(), parent).await?;
            if second.is_success() {
                answer = second;
            }
        }
        if !answer.is_success() {
            return Err(match answer.error(Intent::Write, PUT) {
                PortError::Refused { why, .. } => PortError::Refused {
                    field: Some("attachments".into()),
                    why,
                },
                error => error,
            });
        }
        Ok(Written {
            record: record.clone(),
            // The tag in the answer is that of the attachment.
            version: None,
        })
    }
}

/// The JSON of an attachment. Base64 needs no escaping, so its pieces go in as they are.
pub(super) fn row(attachment: &AttachmentDraft, codes: &Codes, more: &Fields) -> Rope {
    let mut fields = more.clone();
    for (name, value) in [
        ("Name", attachment.name.as_str()),
        ("MimeType", attachment.media_type.as_str()),
        ("CategoryCode", codes.attachment_category.as_str()),
        ("TypeCode", codes.attachment_type.as_str()),
    ] {
        fields.insert(name.to_owned(), value.into());
    }
    let mut head = Json::Object(fields).to_string();
    head.pop();
    head.push_str(",\"Binary\":\"");
    let mut body = Rope::from(head);
    for chunk in attachment.content.chunks() {
        body.push(chunk.clone());
    }
    body.push("\"}");
    body
}
