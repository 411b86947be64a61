//! FindItem: items by Message-ID.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation>

use ssi_domain::ItemId;

use super::{find_folder::Page, get_folder::FolderRef};
use crate::ews::{
    envelope::Payload,
    xml::{Element, Walker, Xml, XmlError},
};

/// The request body: a page of the items in each folder with this Message-ID.
pub(crate) fn body(folders: &[FolderRef], message_id: &str, offset: usize, page: usize) -> String {
    let mut xml = Xml::new();
    xml.open("m:FindItem", &[("Traversal", "Shallow")]);
    xml.open("m:ItemShape", &[])
        .leaf("t:BaseShape", "IdOnly")
        .close("m:ItemShape");
    xml.empty(
        "m:IndexedPageItemView",
        &[
            ("MaxEntriesReturned", &page.to_string()),
            ("Offset", &offset.to_string()),
            ("BasePoint", "Beginning"),
        ],
    );
    xml.open("m:Restriction", &[]).open("t:IsEqualTo", &[]);
    xml.empty("t:FieldURI", &[("FieldURI", "message:InternetMessageId")]);
    xml.open("t:FieldURIOrConstant", &[])
        .empty("t:Constant", &[("Value", message_id)]);
    xml.close("t:FieldURIOrConstant")
        .close("t:IsEqualTo")
        .close("m:Restriction");
    xml.open("m:ParentFolderIds", &[]);
    for folder in folders {
        folder.write(&mut xml);
    }
    xml.close("m:ParentFolderIds").close("m:FindItem");
    xml.finish()
}

/// One response message: the hits in one folder.
#[derive(Debug, Default)]
pub(crate) struct FindItem {
    pub(crate) items: Vec<ItemId>,
    /// Whether the page was there at all.
    pub(crate) complete: bool,
    pub(crate) last: bool,
    pub(crate) next_offset: Option<usize>,
}

impl Payload for FindItem {
    const RESPONSE: &'static str = "FindItemResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        if element.name() != "RootFolder" {
            return walker.skip();
        }
        self.complete = true;
        let page = Page::read(element)?;
        (self.last, self.next_offset) = (page.last, page.next_offset);
        while let Some(list) = walker.child()? {
            match list.name() {
                "Items" => self.items(walker)?,
                "Groups" => {
                    while walker.child()?.is_some() {
                        while let Some(part) = walker.child()? {
                            match part.name() {
                                "Items" => self.items(walker)?,
                                _ => walker.skip()?,
                            }
                        }
                    }
                }
                _ => walker.skip()?,
            }
        }
        Ok(())
    }
}

impl FindItem {
    fn items(&mut self, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        while walker.child()?.is_some() {
            while let Some(element) = walker.child()? {
                if matches!(element.name(), "ItemId" | "ItemID")
                    && let Some(id) = element.attribute("Id")?
                {
                    self.items.push(ItemId(id));
                }
                walker.skip()?;
            }
        }
        Ok(())
    }
}
