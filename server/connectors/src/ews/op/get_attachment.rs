//! GetAttachment: the content of one file attachment, streamed.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getattachment-operation>

use ssi_domain::AttachmentId;

use crate::ews::{
    envelope::Payload,
    xml::{Element, Walker, Xml, XmlError},
};

/// The element that carries the content.
pub(crate) const CONTENT: &str = "Content";

/// The request body.
pub(crate) fn body(attachment: &AttachmentId) -> String {
    let mut xml = Xml::new();
    xml.open("m:GetAttachment", &[])
        .empty("m:AttachmentShape", &[]);
    xml.open("m:AttachmentIds", &[]);
    xml.empty("t:AttachmentId", &[("Id", attachment.as_str())]);
    xml.close("m:AttachmentIds").close("m:GetAttachment");
    xml.finish()
}

/// One response message, its content taken out already.
#[derive(Debug, Default)]
pub(crate) struct GetAttachment {
    /// What was attached; `None` only in answers that break the contract.
    pub(crate) found: Option<Found>,
}

/// What was attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A file; whether the answer has an element for its content.
    File {
        /// The element is there, possibly empty.
        content: bool,
        /// The server says that it has no bytes.
        empty: bool,
    },
    /// An item or a link: no file content.
    Other,
}

impl Payload for GetAttachment {
    const RESPONSE: &'static str = "GetAttachmentResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        if element.name() != "Attachments" {
            return walker.skip();
        }
        while let Some(attachment) = walker.child()? {
            if attachment.name() != "FileAttachment" {
                self.found = Some(Found::Other);
                walker.skip()?;
                continue;
            }
            let (mut content, mut empty) = (false, false);
            while let Some(element) = walker.child()? {
                match element.name() {
                    "Size" => empty = walker.text()?.trim() == "0",
                    name => {
                        content |= name == CONTENT;
                        walker.skip()?;
                    }
                }
            }
            self.found = Some(Found::File { content, empty });
        }
        Ok(())
    }
}
