//! FindFolder: the folders directly below another.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation>

use super::get_folder::{Folder, FolderRef, FolderShape, folder_list, folder_shape};
use crate::ews::{
    envelope::Payload,
    xml::{Element, Walker, Xml, XmlError},
};

/// The request body for a page of children.
pub(crate) fn body(parent: &FolderRef, offset: usize, page: usize) -> String {
    let mut xml = Xml::new();
    xml.open("m:FindFolder", &[("Traversal", "Shallow")]);
    folder_shape(&mut xml, FolderShape::Place);
    xml.empty(
        "m:IndexedPageFolderView",
        &[
            ("MaxEntriesReturned", &page.to_string()),
            ("Offset", &offset.to_string()),
            ("BasePoint", "Beginning"),
        ],
    );
    xml.open("m:ParentFolderIds", &[]);
    parent.write(&mut xml);
    xml.close("m:ParentFolderIds").close("m:FindFolder");
    xml.finish()
}

/// One response message: a page of folders.
#[derive(Debug, Default)]
pub(crate) struct FindFolder {
    pub(crate) folders: Vec<Folder>,
    /// Whether the page was there at all.
    pub(crate) complete: bool,
    pub(crate) last: bool,
    pub(crate) next_offset: Option<usize>,
}

impl Payload for FindFolder {
    const RESPONSE: &'static str = "FindFolderResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        if element.name() != "RootFolder" {
            return walker.skip();
        }
        self.complete = true;
        let page = Page::read(element)?;
        (self.last, self.next_offset) = (page.last, page.next_offset);
        while let Some(element) = walker.child()? {
            self.folders.extend(folder_list(&element, walker)?);
        }
        Ok(())
    }
}

/// The page attributes of a `RootFolder` element.
pub(crate) struct Page {
    pub(crate) last: bool,
    pub(crate) next_offset: Option<usize>,
}

impl Page {
    /// Reads them. Servers leave `IncludesLastItemInRange` out when there is one page only.
    pub(crate) fn read(element: &Element<'_>) -> Result<Self, XmlError> {
        let last = element.attribute("IncludesLastItemInRange")?;
        let last = last.is_none_or(|text| is_true(&text));
        let next_offset = element.attribute("IndexedPagingOffset")?;
        Ok(Self {
            last,
            next_offset: next_offset.and_then(|text| text.trim().parse().ok()),
        })
    }
}

/// An `xs:boolean`.
pub(crate) fn is_true(text: &str) -> bool {
    matches!(text.trim(), "true" | "1" | "True" | "TRUE")
}
