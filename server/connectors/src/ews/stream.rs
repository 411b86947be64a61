//! Attachments and whole messages, never held twice.

use ssi_domain::{
    AttachmentId, ItemId,
    port::{Content, PortError},
};
use tokio::time::Instant;

use super::{
    client::{Call, Ews, not_ews},
    envelope::{self, Payload, Reply},
    failure::{About, CallError, Failure},
    op::{
        get_attachment::{self, Found, GetAttachment},
        get_item::{self, GetItem},
    },
    scan::{Extracted, Extractor, ScanError},
    version::ServerVersion,
    xml::{self, XmlError},
};
use crate::http::Intent;

impl Ews {
    /// The content of an attachment; see [`ssi_domain::port::Mailbox::content`].
    pub(super) async fn attachment(
        &self,
        attachment: &AttachmentId,
        limit_bytes: u64,
    ) -> Result<Content, PortError> {
        const OPERATION: &str = "GetAttachment";
        let body = |_| get_attachment::body(attachment);
        let call = Call {
            operation: OPERATION,
            intent: Intent::Read,
            body: &body,
        };
        let (answer, content) = self
            .stream::<GetAttachment>(&call, get_attachment::CONTENT, limit_bytes)
            .await?;
        match answer.found {
            Some(Found::File { content: true, .. }) => Ok(content.unwrap_or_default()),
            // Exchange leaves the element out for files without bytes.
            Some(Found::File {
                content: false,
                empty: true,
            }) => Ok(Content::default()),
            Some(Found::Other) => Err(PortError::item(format!("{OPERATION}: not a file"))),
            _ => Err(PortError::answer(format!(
                "{OPERATION}: answer without content"
            ))),
        }
    }

    /// A message in RFC 5322 form; see [`ssi_domain::port::Mailbox::mime`].
    pub(super) async fn message(
        &self,
        item: &ItemId,
        limit_bytes: u64,
    ) -> Result<Content, PortError> {
        const OPERATION: &str = "GetItem";
        let body = |_| get_item::mime_body(item);
        let call = Call {
            operation: OPERATION,
            intent: Intent::Read,
            body: &body,
        };
        let (_, content) = self
            .stream::<GetItem>(&call, "MimeContent", limit_bytes)
            .await?;
        content
            .filter(|content| content.encoded_len() > 0)
            .ok_or_else(|| PortError::item(format!("{OPERATION}: answer without MIME content")))
    }

    async fn stream<T: Payload>(
        &self,
        call: &Call<'_>,
        wanted: &'static str,
        limit_bytes: u64,
    ) -> Result<(T, Option<Content>), PortError> {
        let port = |error: CallError| error.into_port(call.operation, About::Item, call.intent);
        loop {
            let extracted = self.extract(call, wanted, limit_bytes).await;
            let (extracted, version) = extracted.map_err(port)?;
            let text = xml::decode(&extracted.skeleton);
            let reply =
                envelope::read::<T>(&text).map_err(|error| port(not_ews(&text, error, call)))?;
            let failure = match reply {
                Reply::Fault(fault) => fault,
                Reply::Messages(messages) => match only(messages) {
                    Some(Ok(answer)) => return Ok((answer, extracted.content)),
                    Some(Err(failure)) => failure,
                    None => return Err(port(not_ews(&text, XmlError::Unexpected, call))),
                },
            };
            self.after_fault(failure, version).map_err(port)?;
        }
    }

    async fn extract(
        &self,
        call: &Call<'_>,
        wanted: &'static str,
        limit_bytes: u64,
    ) -> Result<(Extracted, ServerVersion), CallError> {
        let started = Instant::now();
        // Base64 adds a third, line ends a little; the extractor holds the exact bound.
        let bound = usize::try_from(limit_bytes.saturating_mul(2)).unwrap_or(usize::MAX);
        let (mut reader, version) = self
            .call_streamed(call, bound.saturating_add(2 << 20))
            .await?;
        let mut extractor = Extractor::new(wanted, limit_bytes);
        let problem = |error: ScanError| {
            CallError::Port(match error {
                ScanError::TooLarge => PortError::Refused {
                    field: None,
                    why: format!("larger than {limit_bytes} bytes"),
                },
                ScanError::NotBase64 => PortError::item(format!("{}: {error}", call.operation)),
                ScanError::Truncated => {
                    return CallError::unreadable(XmlError::Truncated, call.operation, call.intent);
                }
                ScanError::SkeletonTooLarge => {
                    PortError::answer(format!("{}: {error}", call.operation))
                }
            })
        };
        loop {
            let piece = reader.next().await;
            match piece.map_err(|error| self.read_error(error, call, started))? {
                Some(piece) => extractor.feed(&piece).map_err(problem)?,
                None => {
                    let extracted = extractor.finish().map_err(problem)?;
                    return Ok((extracted, version));
                }
            }
        }
    }
}

fn only<T>(messages: Vec<Result<T, Failure>>) -> Option<Result<T, Failure>> {
    let mut messages = messages.into_iter();
    messages.next().filter(|_| messages.next().is_none())
}
