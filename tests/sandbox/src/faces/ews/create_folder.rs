//! CreateFolder, UpdateFolder (display name), DeleteFolder.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/createfolder-operation>

use serde_json::json;

use super::folder_output::{FolderShape, folder};
use super::operation::Call;
use super::request::{folder_in, folder_ref};
use super::soap::{Answer, Fault};
use crate::exchange::{Failure, Folder};
use crate::xml::Element;

/// Class of a folder element that does not name one.
fn class_of(element: &Element) -> String {
    let default = match element.name.as_str() {
        "CalendarFolder" => "IPF.Appointment",
        "ContactsFolder" => "IPF.Contact",
        "TasksFolder" => "IPF.Task",
        _ => "IPF.Note",
    };
    element
        .child_text("FolderClass")
        .unwrap_or(default)
        .to_owned()
}

fn shown(call: &Call<'_>, answer: &mut Answer, outcome: Result<u64, Failure>) -> Result<(), Fault> {
    let exchange = call.world.exchange();
    let mailbox = exchange.mailbox(call.mailbox)?;
    let found = outcome.and_then(|key| mailbox.folder(key).ok_or(Failure::FOLDER_NOT_FOUND));
    match found {
        Ok(found) => answer.success(|out| {
            out.push_str("<m:Folders>");
            folder(out, mailbox, found, &FolderShape::default());
            out.push_str("</m:Folders>");
        }),
        Err(failure) => answer.failure(failure, "<m:Folders/>"),
    }
    Ok(())
}

/// One message per new folder.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let folders = call.entries("Folders")?;
    let parent = folder_in(
        call,
        &call.world.exchange(),
        call.request.child("ParentFolderId"),
    );
    let mut answer = Answer::new("CreateFolder");
    for wanted in folders {
        let name = wanted.child_text("DisplayName").unwrap_or_default();
        let outcome = parent.and_then(|parent| {
            if name.is_empty() {
                return Err(Failure::REQUEST);
            }
            let mut exchange = call.world.exchange();
            let now = exchange.now();
            exchange
                .mailbox_mut(call.mailbox)?
                .create_folder(parent, name, &class_of(wanted), now)
        });
        if let Ok(key) = outcome {
            call.record("CreateFolder", &key.to_string(), json!({ "name": name }));
        }
        shown(call, &mut answer, outcome)?;
    }
    Ok(answer.finish())
}

/// One message per changed folder.
pub fn update(call: &Call<'_>) -> Result<String, Fault> {
    let changes = call.entries("FolderChanges")?;
    let mut answer = Answer::new("UpdateFolder");
    for change in changes {
        let id = change
            .children
            .first()
            .ok_or_else(|| Fault::schema("FolderId is missing"))?;
        let name = change
            .child("Updates")
            .into_iter()
            .flat_map(|updates| &updates.children)
            .flat_map(|update| &update.children)
            .find_map(|folder| folder.child_text("DisplayName"));
        let outcome = {
            let mut exchange = call.world.exchange();
            let mailbox = exchange.mailbox_mut(call.mailbox)?;
            folder_ref(call, mailbox, id).and_then(|key| {
                let rename = |folder: &mut Folder| {
                    if let Some(name) = name {
                        name.clone_into(&mut folder.name);
                    }
                };
                mailbox.change_folder(key, rename).map(|()| key)
            })
        };
        if let Ok(key) = outcome {
            call.record("UpdateFolder", &key.to_string(), json!({ "name": name }));
        }
        shown(call, &mut answer, outcome)?;
    }
    Ok(answer.finish())
}

/// One message per folder.
pub fn delete(call: &Call<'_>) -> Result<String, Fault> {
    let ids = call.entries("FolderIds")?;
    let trash = call.request.attribute("DeleteType") == Some("MoveToDeletedItems");
    let mut answer = Answer::new("DeleteFolder");
    for id in ids {
        let outcome = {
            let mut exchange = call.world.exchange();
            let now = exchange.now();
            let mailbox = exchange.mailbox_mut(call.mailbox)?;
            let bin = mailbox.distinguished("deleteditems");
            folder_ref(call, mailbox, id).and_then(|key| match bin.filter(|_| trash) {
                Some(bin) => {
                    if mailbox
                        .folder(key)
                        .is_some_and(|folder| folder.distinguished.is_some())
                    {
                        return Err(Failure::DISTINGUISHED_FOLDER);
                    }
                    mailbox
                        .change_folder(key, |folder| folder.parent = Some(bin))
                        .map(|()| key)
                }
                None => mailbox.delete_folder(key, now).map(|()| key),
            })
        };
        match outcome {
            Ok(key) => {
                call.record("DeleteFolder", &key.to_string(), json!({ "trash": trash }));
                answer.success(|_| {});
            }
            Err(failure) => answer.failure(failure, ""),
        }
    }
    Ok(answer.finish())
}
