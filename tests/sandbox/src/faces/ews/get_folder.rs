//! GetFolder.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getfolder-operation>

use super::folder_output::{FolderShape, folder};
use super::operation::Call;
use super::request::folder_ref;
use super::soap::{Answer, Fault};
use crate::exchange::Failure;

/// One message per folder id.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let shape = FolderShape::read(call.request.child("FolderShape"))?;
    let ids = call.entries("FolderIds")?;
    let exchange = call.world.exchange();
    let mailbox = exchange.mailbox(call.mailbox)?;
    let mut answer = Answer::new("GetFolder");
    for id in ids {
        let found = folder_ref(call, mailbox, id)
            .and_then(|key| mailbox.folder(key).ok_or(Failure::FOLDER_NOT_FOUND));
        match found {
            Ok(found) => answer.success(|out| {
                out.push_str("<m:Folders>");
                folder(out, mailbox, found, &shape);
                out.push_str("</m:Folders>");
            }),
            Err(failure) => answer.failure(failure, "<m:Folders/>"),
        }
    }
    Ok(answer.finish())
}
