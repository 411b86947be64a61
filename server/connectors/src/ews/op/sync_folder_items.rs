//! SyncFolderItems: what changed in a folder since a state.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderitems-operation>

use ssi_domain::{
    Cursor, ItemId, Version,
    port::{Change, ItemHint},
};

use super::{find_folder::is_true, get_folder::FolderRef};
use crate::ews::{
    envelope::Payload,
    plan::Class,
    value::{class, instant, strings},
    version::ServerVersion,
    xml::{Element, Walker, Xml, XmlError},
};

/// Whether to ask for more than ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hints {
    /// Class, categories and time of receipt, which spare a read of items nobody wants.
    Ask,
    /// Ids only.
    None,
}

/// What to ask for.
pub(crate) struct Question<'a> {
    pub(crate) folder: &'a str,
    pub(crate) cursor: Option<&'a Cursor>,
    pub(crate) max_changes: usize,
    pub(crate) hints: Hints,
}

/// The request body.
pub(crate) fn body(question: &Question<'_>, version: ServerVersion) -> String {
    let mut xml = Xml::new();
    xml.open("m:SyncFolderItems", &[])
        .open("m:ItemShape", &[])
        .leaf("t:BaseShape", "IdOnly");
    if question.hints == Hints::Ask {
        xml.open("t:AdditionalProperties", &[]);
        for uri in ["item:ItemClass", "item:Categories", "item:DateTimeReceived"] {
            xml.empty("t:FieldURI", &[("FieldURI", uri)]);
        }
        xml.close("t:AdditionalProperties");
    }
    xml.close("m:ItemShape").open("m:SyncFolderId", &[]);
    FolderRef::Id(question.folder.to_owned()).write(&mut xml);
    xml.close("m:SyncFolderId");
    if let Some(cursor) = question.cursor {
        xml.leaf("m:SyncState", cursor.as_str());
    }
    xml.leaf("m:MaxChangesReturned", &question.max_changes.to_string());
    if version >= ServerVersion::Exchange2010 {
        xml.leaf("m:SyncScope", "NormalItems");
    }
    xml.close("m:SyncFolderItems");
    xml.finish()
}

/// One response message: a page of changes.
#[derive(Debug, Default)]
pub(crate) struct SyncFolderItems {
    pub(crate) sync_state: Option<String>,
    pub(crate) last: Option<bool>,
    pub(crate) changes: Vec<Change>,
    /// The class of each upsert among the changes, in order.
    pub(crate) classes: Vec<Class>,
}

impl Payload for SyncFolderItems {
    const RESPONSE: &'static str = "SyncFolderItemsResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        match element.name() {
            "SyncState" => {
                let state = walker.text()?.trim().to_owned();
                self.sync_state = Some(state).filter(|state| !state.is_empty());
            }
            "IncludesLastItemInRange" => self.last = Some(is_true(&walker.text()?)),
            "Changes" => {
                while let Some(change) = walker.child()? {
                    match change.name() {
                        "Create" | "Update" => self.upsert(walker)?,
                        "Delete" => self.gone(walker)?,
                        // ReadFlagChange concerns nobody here.
                        _ => walker.skip()?,
                    }
                }
            }
            _ => walker.skip()?,
        }
        Ok(())
    }
}

impl SyncFolderItems {
    fn upsert(&mut self, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        while let Some(item) = walker.child()? {
            let element_name = item.name().to_owned();
            self.classes.push(Class::of_element(&element_name));
            let hint = hint(&element_name, walker)?;
            self.changes.push(Change::Upsert(hint));
        }
        Ok(())
    }

    fn gone(&mut self, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        while let Some(element) = walker.child()? {
            let id = element.attribute("Id")?.filter(|id| !id.is_empty());
            self.changes
                .push(Change::Gone(ItemId(id.ok_or(XmlError::Unexpected)?)));
            walker.skip()?;
        }
        Ok(())
    }
}

/// Reads an item of a change. An item without id would be lost silently, so it makes the page unreadable.
fn hint(element_name: &str, walker: &mut Walker<'_>) -> Result<ItemHint, XmlError> {
    let mut id = None;
    let mut version = None;
    let mut class_name = None;
    let mut categories = None;
    let mut received_at = None;
    while let Some(element) = walker.child()? {
        match element.name() {
            "ItemId" | "ItemID" => {
                id = element.attribute("Id")?;
                version = element.attribute("ChangeKey")?;
                walker.skip()?;
            }
            "ItemClass" => class_name = Some(walker.text()?),
            "Categories" => categories = Some(strings(walker)?),
            "DateTimeReceived" => received_at = instant(&walker.text()?),
            _ => walker.skip()?,
        }
    }
    // Where the listing carries classes, an item without categories has no such element.
    if class_name.is_some() && categories.is_none() {
        categories = Some(Vec::new());
    }
    Ok(ItemHint {
        id: ItemId(id.filter(|id| !id.is_empty()).ok_or(XmlError::Unexpected)?),
        version: Version(version.unwrap_or_default()),
        class: class_name.map(|name| class(&name, element_name)),
        categories,
        received_at,
    })
}
