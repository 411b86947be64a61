//! SyncFolderHierarchy.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderhierarchy-operation>

use super::folder_output::{FolderShape, folder};
use super::operation::Call;
use super::output::folder_id;
use super::request::folder_in;
use super::soap::{Answer, Fault};
use crate::exchange::{Folder, Mailbox, Step};
use crate::xml::{element, plain};

/// Changes below the root that was asked for; all of them in one page.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let shape = FolderShape::read(call.request.child("FolderShape"))?;
    let exchange = call.world.exchange();
    let mailbox = exchange.mailbox(call.mailbox)?;
    let root = match call.request.child("SyncFolderId") {
        None => Ok(mailbox.distinguished("msgfolderroot").unwrap_or_default()),
        wrapper => folder_in(call, &exchange, wrapper),
    };
    let page = root.and_then(|root| {
        Ok((
            root,
            mailbox.sync_hierarchy(call.request.child_text("SyncState"))?,
        ))
    });
    let mut answer = Answer::new("SyncFolderHierarchy");
    match page {
        Err(failure) => answer.failure(
            failure,
            "<m:SyncState/><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange><m:Changes/>",
        ),
        Ok((root, page)) => answer.success(|out| {
            element(out, "m:SyncState", &page.state);
            plain(out, "m:IncludesLastFolderInRange", page.last);
            out.push_str("<m:Changes>");
            for step in &page.steps {
                let (tag, key) = match step {
                    Step::Create(key) => ("Create", *key),
                    Step::Update(key) | Step::ReadFlag(key, _) => ("Update", *key),
                    Step::Delete(key) => {
                        out.push_str("<t:Delete>");
                        folder_id(out, "FolderId", mailbox.id, *key, *key);
                        out.push_str("</t:Delete>");
                        continue;
                    }
                };
                if let Some(found) = mailbox.folder(key).filter(|found| inside(mailbox, found, root)) {
                    out.push_str("<t:");
                    out.push_str(tag);
                    out.push('>');
                    folder(out, mailbox, found, &shape);
                    out.push_str("</t:");
                    out.push_str(tag);
                    out.push('>');
                }
            }
            out.push_str("</m:Changes>");
        }),
    }
    Ok(answer.finish())
}

fn inside(mailbox: &Mailbox, folder: &Folder, root: u64) -> bool {
    // Each step goes up one level, so the number of folders bounds the walk even in a damaged tree.
    let mut at = folder.parent;
    for _ in 0..mailbox.folders().count() {
        match at {
            Some(key) if key == root => return true,
            Some(key) => at = mailbox.folder(key).and_then(|folder| folder.parent),
            None => return false,
        }
    }
    false
}
