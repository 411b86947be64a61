//! CreateItem: new items in one folder, of which nobody is told (INV-12).
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/createitem-operation>

use ssi_domain::FolderId;

use super::{get_folder::FolderRef, get_item::GetItem};
use crate::ews::{
    envelope::Payload,
    item::Draft,
    xml::{Element, Walker, Xml, XmlError},
};

/// The request body around items that are ready.
pub(crate) fn body(folder: &FolderId, items: &[String]) -> String {
    let mut xml = Xml::new();
    xml.open(
        "m:CreateItem",
        &[
            ("MessageDisposition", "SaveOnly"),
            ("SendMeetingInvitations", "SendToNone"),
        ],
    );
    xml.open("m:SavedItemFolderId", &[]);
    FolderRef::Id(folder.as_str().to_owned()).write(&mut xml);
    xml.close("m:SavedItemFolderId").open("m:Items", &[]);
    for item in items {
        xml.raw(item);
    }
    xml.close("m:Items").close("m:CreateItem");
    xml.finish()
}

/// One response message: the new item's id and version.
#[derive(Debug, Default)]
pub(crate) struct CreateItem(GetItem);

impl CreateItem {
    /// The item in the answer.
    pub(crate) fn item(self) -> Option<Draft> {
        self.0.item
    }
}

impl Payload for CreateItem {
    const RESPONSE: &'static str = "CreateItemResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        self.0.element(element, walker)
    }
}
