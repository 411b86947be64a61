//! GetFolder: where folders are, and whether anything happened in them.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation>

use crate::ews::{
    envelope::Payload,
    property::{COMMIT_TIME_MAX, DELETED_TOTAL, Extended},
    xml::{Element, Walker, Xml, XmlError},
};

/// A folder by id or by what it is in every mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FolderRef {
    /// By id.
    Id(String),
    /// By its well-known name, for example `inbox`.
    Distinguished(&'static str),
}

impl FolderRef {
    /// Writes the reference.
    pub(crate) fn write(&self, xml: &mut Xml) {
        match self {
            Self::Id(id) => xml.empty("t:FolderId", &[("Id", id)]),
            Self::Distinguished(name) => xml.empty("t:DistinguishedFolderId", &[("Id", name)]),
        };
    }
}

/// What to ask of the folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FolderShape {
    /// Id, parent, class and display name.
    Place,
    /// What a pulse is made of.
    Pulse,
}

/// The request body.
pub(crate) fn body(folders: &[FolderRef], shape: FolderShape) -> String {
    let mut xml = Xml::new();
    xml.open("m:GetFolder", &[]);
    folder_shape(&mut xml, shape);
    xml.open("m:FolderIds", &[]);
    for folder in folders {
        folder.write(&mut xml);
    }
    xml.close("m:FolderIds").close("m:GetFolder");
    xml.finish()
}

/// Writes a `FolderShape` element.
pub(crate) fn folder_shape(xml: &mut Xml, shape: FolderShape) {
    xml.open("m:FolderShape", &[]).leaf("t:BaseShape", "IdOnly");
    xml.open("t:AdditionalProperties", &[]);
    match shape {
        FolderShape::Place => {
            xml.empty("t:FieldURI", &[("FieldURI", "folder:ParentFolderId")]);
            xml.empty("t:FieldURI", &[("FieldURI", "folder:DisplayName")]);
            xml.empty("t:FieldURI", &[("FieldURI", "folder:FolderClass")]);
        }
        FolderShape::Pulse => {
            xml.empty("t:FieldURI", &[("FieldURI", "folder:TotalCount")]);
            COMMIT_TIME_MAX.write(xml);
            DELETED_TOTAL.write(xml);
        }
    }
    xml.close("t:AdditionalProperties").close("m:FolderShape");
}

/// A folder as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    /// The container class, for example `IPF.Task`; empty when the answer has none.
    pub(crate) class: String,
    pub(crate) total: Option<String>,
    pub(crate) commit_time_max: Option<String>,
    pub(crate) deleted_total: Option<String>,
}

impl Folder {
    /// Reads any folder element (Folder, CalendarFolder, SearchFolder...).
    pub(crate) fn read(walker: &mut Walker<'_>) -> Result<Self, XmlError> {
        let mut folder = Self::default();
        while let Some(element) = walker.child()? {
            match element.name() {
                "FolderId" => {
                    folder.id = element.attribute("Id")?.unwrap_or_default();
                    walker.skip()?;
                }
                "ParentFolderId" => {
                    folder.parent = element.attribute("Id")?.unwrap_or_default();
                    walker.skip()?;
                }
                "DisplayName" => folder.name = walker.text()?,
                "FolderClass" => folder.class = walker.text()?,
                "TotalCount" => folder.total = Some(walker.text()?),
                "ExtendedProperty" => {
                    let mut read = Extended::read(walker)?;
                    if let Some(value) = read.value_of(COMMIT_TIME_MAX) {
                        folder.commit_time_max = Some(value);
                    } else if let Some(value) = read.value_of(DELETED_TOTAL) {
                        folder.deleted_total = Some(value);
                    }
                }
                _ => walker.skip()?,
            }
        }
        Ok(folder)
    }
}

/// One response message.
#[derive(Debug, Default)]
pub(crate) struct GetFolder {
    /// The folder; `None` only in answers that break the contract.
    pub(crate) folder: Option<Folder>,
}

impl Payload for GetFolder {
    const RESPONSE: &'static str = "GetFolderResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        self.folder = folder_list(element, walker)?
            .into_iter()
            .next()
            .or(self.folder.take());
        Ok(())
    }
}

/// Reads a `Folders` element, passes over anything else.
pub(crate) fn folder_list(
    element: &Element<'_>,
    walker: &mut Walker<'_>,
) -> Result<Vec<Folder>, XmlError> {
    let mut folders = Vec::new();
    if element.name() != "Folders" {
        walker.skip()?;
        return Ok(folders);
    }
    while walker.child()?.is_some() {
        folders.push(Folder::read(walker)?);
    }
    folders.retain(|folder| !folder.id.is_empty());
    Ok(folders)
}
