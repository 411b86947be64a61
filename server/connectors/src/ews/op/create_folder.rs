//! CreateFolder: our own folder.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation>

use super::get_folder::{Folder, FolderRef, folder_list};
use crate::ews::{
    envelope::Payload,
    xml::{Element, Walker, Xml, XmlError},
};

/// The request body for a folder of a container class below `parent`.
pub(crate) fn body(parent: &FolderRef, name: &str, class: &str) -> String {
    let mut xml = Xml::new();
    xml.open("m:CreateFolder", &[])
        .open("m:ParentFolderId", &[]);
    parent.write(&mut xml);
    // A plain `Folder` may name any class; the elements made for one class refuse it
    // (`ErrorNoFolderClassOverride`).
    xml.close("m:ParentFolderId")
        .open("m:Folders", &[])
        .open("t:Folder", &[]);
    xml.leaf("t:FolderClass", class).leaf("t:DisplayName", name);
    xml.close("t:Folder")
        .close("m:Folders")
        .close("m:CreateFolder");
    xml.finish()
}

/// One response message: the new folder.
#[derive(Debug, Default)]
pub(crate) struct CreateFolder {
    pub(crate) folder: Option<Folder>,
}

impl Payload for CreateFolder {
    const RESPONSE: &'static str = "CreateFolderResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        self.folder = folder_list(element, walker)?
            .into_iter()
            .next()
            .or(self.folder.take());
        Ok(())
    }
}
