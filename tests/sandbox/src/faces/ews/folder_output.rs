//! Writes folders in schema order and reads the shape they are wanted in.

use super::output::{extended_property, folder_id};
use super::request::extended_key;
use crate::exchange::{ExtendedKey, ExtendedName, ExtendedValue, Failure, Folder, Mailbox};
use crate::xml::{Element, element, plain};

/// Which fields of a folder an answer shows.
#[derive(Debug, Default)]
pub struct FolderShape {
    all: bool,
    default: bool,
    names: Vec<String>,
    extended: Vec<ExtendedKey>,
}

impl FolderShape {
    /// Reads `FolderShape`.
    ///
    /// # Errors
    /// `ErrorInvalidRequest` for extended properties that cannot be named.
    pub fn read(shape: Option<&Element>) -> Result<Self, Failure> {
        let Some(shape) = shape else {
            return Ok(Self::default());
        };
        let base = shape.child_text("BaseShape");
        let mut read = Self {
            all: base == Some("AllProperties"),
            default: base == Some("Default"),
            ..Self::default()
        };
        for field in shape
            .child("AdditionalProperties")
            .into_iter()
            .flat_map(|all| &all.children)
        {
            if field.name == "ExtendedFieldURI" {
                read.extended.push(extended_key(field)?);
            } else if let Some((_, name)) =
                field.attribute("FieldURI").and_then(|u| u.split_once(':'))
            {
                read.names.push(name.to_owned());
            }
        }
        Ok(read)
    }

    fn wants(&self, name: &str, in_default: bool) -> bool {
        self.all || (self.default && in_default) || self.names.iter().any(|wanted| wanted == name)
    }
}

/// A folder element.
pub fn folder(out: &mut String, mailbox: &Mailbox, folder: &Folder, shape: &FolderShape) {
    let tag = folder.element();
    out.push_str("<t:");
    out.push_str(tag);
    out.push('>');
    folder_id(out, "FolderId", mailbox.id, folder.key, folder.version);
    if let Some(parent) = folder
        .parent
        .filter(|_| shape.wants("ParentFolderId", false))
    {
        folder_id(out, "ParentFolderId", mailbox.id, parent, parent);
    }
    if shape.wants("FolderClass", false) && !folder.class.is_empty() {
        element(out, "t:FolderClass", &folder.class);
    }
    if shape.wants("DisplayName", true) {
        element(out, "t:DisplayName", &folder.name);
    }
    if shape.wants("TotalCount", true) {
        plain(out, "t:TotalCount", folder.items.len());
    }
    if shape.wants("ChildFolderCount", true) {
        let children = mailbox
            .folders()
            .filter(|other| other.parent == Some(folder.key))
            .count();
        plain(out, "t:ChildFolderCount", children);
    }
    for key in &shape.extended {
        if let Some(value) = extended(folder, key) {
            extended_property(out, key, &value);
        }
    }
    if shape.wants("EffectiveRights", false) {
        out.push_str("<t:EffectiveRights><t:CreateAssociated>true</t:CreateAssociated><t:CreateContents>true</t:CreateContents><t:CreateHierarchy>true</t:CreateHierarchy><t:Delete>true</t:Delete><t:Modify>true</t:Modify><t:Read>true</t:Read><t:ViewPrivateItems>true</t:ViewPrivateItems></t:EffectiveRights>");
    }
    if let Some(name) = folder
        .distinguished
        .filter(|_| shape.wants("DistinguishedFolderId", false))
    {
        element(out, "t:DistinguishedFolderId", name);
    }
    // Calendars and contact folders have no unread count in the schema's own types; tasks inherit it.
    if shape.wants("UnreadCount", true) && matches!(tag, "Folder" | "TasksFolder") {
        plain(out, "t:UnreadCount", folder.unread);
    }
    out.push_str("</t:");
    out.push_str(tag);
    out.push('>');
}

/// Stored extended properties, and the counters Exchange keeps as MAPI properties (MS-OXPROPS).
fn extended(folder: &Folder, key: &ExtendedKey) -> Option<ExtendedValue> {
    if let Some(value) = folder.extended.get(key) {
        return Some(value.clone());
    }
    let ExtendedName::Tag(tag) = key.name else {
        return None;
    };
    let text = match tag {
        // PidTagLocalCommitTimeMax: the last change of any content.
        0x670a => folder.committed.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        // PidTagDeletedCountTotal.
        0x670b => folder.deleted.to_string(),
        // PidTagContentCount, PidTagContentUnreadCount, PidTagAssociatedContentCount.
        0x3602 => folder.items.len().to_string(),
        0x3603 => folder.unread.to_string(),
        0x3617 => folder.associated.len().to_string(),
        // PidTagDisplayName, PidTagContainerClass, PidTagAttributeHidden.
        0x3001 => folder.name.clone(),
        0x3613 => folder.class.clone(),
        0x10f4 => "false".to_owned(),
        _ => return None,
    };
    Some(ExtendedValue::One(text))
}
