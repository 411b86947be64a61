//! UpdateItem: categories and our mark, never anything a recipient would notice (INV-12).
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation>

use ssi_domain::{ItemId, Version, port::LinkStamp};

use super::get_item::GetItem;
use crate::ews::{
    envelope::Payload,
    item::Draft,
    property::{CRM_LINK, link_text},
    version::ServerVersion,
    xml::{Element, Walker, Xml, XmlError},
};

/// One item's marks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark<'a> {
    pub(crate) item: &'a ItemId,
    pub(crate) version: &'a Version,
    pub(crate) categories: &'a [String],
    pub(crate) link: Option<&'a LinkStamp>,
}

/// The request body.
pub(crate) fn body(marks: &[Mark<'_>], version: ServerVersion) -> String {
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
    for mark in marks {
        xml.open("t:ItemChange", &[]);
        let version = mark.version.as_str();
        xml.empty(
            "t:ItemId",
            &[("Id", mark.item.as_str()), ("ChangeKey", version)],
        );
        xml.open("t:Updates", &[]);
        write_categories(&mut xml, mark.categories);
        if let Some(link) = mark.link {
            write_link(&mut xml, link);
        }
        xml.close("t:Updates").close("t:ItemChange");
    }
    xml.close("m:ItemChanges").close("m:UpdateItem");
    xml.finish()
}

/// An empty list cannot be set, only deleted.
fn write_categories(xml: &mut Xml, categories: &[String]) {
    const URI: [(&str, &str); 1] = [("FieldURI", "item:Categories")];
    if categories.is_empty() {
        xml.open("t:DeleteItemField", &[])
            .empty("t:FieldURI", &URI)
            .close("t:DeleteItemField");
        return;
    }
    xml.open("t:SetItemField", &[]).empty("t:FieldURI", &URI);
    xml.open("t:Message", &[]).open("t:Categories", &[]);
    for category in categories {
        xml.leaf("t:String", category);
    }
    xml.close("t:Categories")
        .close("t:Message")
        .close("t:SetItemField");
}

fn write_link(xml: &mut Xml, link: &LinkStamp) {
    let json = link_text(link);
    xml.open("t:SetItemField", &[]);
    CRM_LINK.write(xml);
    xml.open("t:Message", &[]).open("t:ExtendedProperty", &[]);
    CRM_LINK.write(xml);
    xml.leaf("t:Value", &json);
    xml.close("t:ExtendedProperty")
        .close("t:Message")
        .close("t:SetItemField");
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
