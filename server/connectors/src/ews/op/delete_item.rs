//! DeleteItem: to the deleted items, of which nobody is told (INV-12).
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/deleteitem-operation>

use ssi_domain::{ItemId, Version};

use crate::ews::{
    envelope::Payload,
    version::ServerVersion,
    xml::{Element, Walker, Xml, XmlError},
};

/// The request body.
pub(crate) fn body(items: &[(&ItemId, &Version)], version: ServerVersion) -> String {
    let mut attributes = vec![
        ("DeleteType", "MoveToDeletedItems"),
        ("SendMeetingCancellations", "SendToNone"),
        // Tasks are refused without it. What is mirrored is the series.
        ("AffectedTaskOccurrences", "AllOccurrences"),
    ];
    if version >= ServerVersion::Exchange2013Sp1 {
        attributes.push(("SuppressReadReceipts", "true"));
    }
    let mut xml = Xml::new();
    xml.open("m:DeleteItem", &attributes).open("m:ItemIds", &[]);
    for (id, version) in items {
        xml.empty(
            "t:ItemId",
            &[("Id", id.as_str()), ("ChangeKey", version.as_str())],
        );
    }
    xml.close("m:ItemIds").close("m:DeleteItem");
    xml.finish()
}

/// One response message: nothing but success.
#[derive(Debug, Default)]
pub(crate) struct DeleteItem;

impl Payload for DeleteItem {
    const RESPONSE: &'static str = "DeleteItemResponse";

    fn element(&mut self, _: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        walker.skip()
    }
}
