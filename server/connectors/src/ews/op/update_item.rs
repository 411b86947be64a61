//! UpdateItem: chosen properties, never anything a recipient would notice (INV-12).
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation>

use ssi_domain::{ItemId, Version};

use super::get_item::GetItem;
use crate::ews::{
    encode::Part,
    envelope::Payload,
    item::Draft,
    plan::Class,
    version::ServerVersion,
    xml::{Element, Walker, Xml, XmlError},
};

/// One item's changes, as the element that asks for them.
pub(crate) fn change(item: &ItemId, version: &Version, class: Class, parts: &[Part]) -> String {
    let mut xml = Xml::new();
    xml.open("t:ItemChange", &[]);
    xml.empty(
        "t:ItemId",
        &[("Id", item.as_str()), ("ChangeKey", version.as_str())],
    );
    xml.open("t:Updates", &[]);
    for part in parts {
        part.write_change(&mut xml, class);
    }
    xml.close("t:Updates").close("t:ItemChange");
    xml.finish()
}

/// The request body around changes that are ready.
pub(crate) fn body(changes: &[String], version: ServerVersion) -> String {
    let mut attributes = vec![
        // Calendar items are refused without it.
        ("SendMeetingInvitationsOrCancellations", "SendToNone"),
        ("ConflictResolution", "NeverOverwrite"),
        ("MessageDisposition", "SaveOnly"),
    ];
    if version >= ServerVersion::Exchange2013Sp1 {
        attributes.push(("SuppressReadReceipts", "true"));
    }
    let mut xml = Xml::new();
    xml.open("m:UpdateItem", &attributes)
        .open("m:ItemChanges", &[]);
    for change in changes {
        xml.raw(change);
    }
    xml.close("m:ItemChanges").close("m:UpdateItem");
    xml.finish()
}

/// One response message: the item's id and version now.
#[derive(Debug, Default)]
pub(crate) struct UpdateItem(GetItem);

impl UpdateItem {
    /// The item in the answer.
    pub(crate) fn item(self) -> Option<Draft> {
        self.0.item
    }
}

impl Payload for UpdateItem {
    const RESPONSE: &'static str = "UpdateItemResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        self.0.element(element, walker)
    }
}
