//! MoveItem: into another folder of the same mailbox.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/moveitem-operation>

use ssi_domain::{FolderId, ItemId};

use super::{
    get_folder::FolderRef,
    get_item::{GetItem, write_ids},
};
use crate::ews::{
    envelope::Payload,
    item::Draft,
    version::ServerVersion,
    xml::{Element, Walker, Xml, XmlError},
};

/// The request body.
pub(crate) fn body(items: &[ItemId], to: &FolderId, version: ServerVersion) -> String {
    let mut xml = Xml::new();
    xml.open("m:MoveItem", &[]).open("m:ToFolderId", &[]);
    FolderRef::Id(to.as_str().to_owned()).write(&mut xml);
    xml.close("m:ToFolderId");
    write_ids(&mut xml, items);
    if version >= ServerVersion::Exchange2010Sp1 {
        xml.leaf("m:ReturnNewItemIds", "true");
    }
    xml.close("m:MoveItem");
    xml.finish()
}

/// One response message: the item under its new id.
#[derive(Debug, Default)]
pub(crate) struct MoveItem(GetItem);

impl MoveItem {
    /// The item in the answer.
    pub(crate) fn item(self) -> Option<Draft> {
        self.0.item
    }
}

impl Payload for MoveItem {
    const RESPONSE: &'static str = "MoveItemResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        self.0.element(element, walker)
    }
}
