//! SyncFolderItems.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderitems-operation>

use std::collections::BTreeSet;

use super::operation::{Call, Entry};
use super::output::{Snapshot, item, item_id};
use super::request::{folder_in, item_ref};
use super::shape::{Reach, Shape};
use super::soap::{Answer, Fault};
use crate::exchange::{PageLimit, Step};
use crate::xml::{element, plain};

/// A change with the item as it was under the lock.
enum Shown {
    Created(Snapshot),
    Updated(Snapshot),
    ReadFlag(u64, u64, bool),
    Deleted(u64),
}

struct Changes {
    mailbox: u128,
    shown: Vec<Shown>,
    state: String,
    last: bool,
}

/// One page of changes of one folder.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let shape = Shape::read(call.request.child("ItemShape"), Reach::Listing)?;
    let asked = call
        .required("MaxChangesReturned")?
        .text
        .trim()
        .parse::<usize>()
        .ok();
    // The schema allows 1 to 512.
    let asked = asked
        .filter(|asked| (1..=512).contains(asked))
        .ok_or_else(|| Fault::schema("MaxChangesReturned must be between 1 and 512"))?;
    let mut answer = Answer::new("SyncFolderItems");
    match read(call, asked) {
        Err(failure) => answer.failure(
            failure,
            "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes/>",
        ),
        Ok(changes) => answer.success(|out| {
            element(out, "m:SyncState", &changes.state);
            plain(out, "m:IncludesLastItemInRange", changes.last);
            out.push_str("<m:Changes>");
            for shown in &changes.shown {
                write(out, changes.mailbox, shown, &shape);
            }
            out.push_str("</m:Changes>");
        }),
    }
    Ok(answer.finish())
}

fn read(call: &Call<'_>, asked: usize) -> Entry<Changes> {
    let exchange = call.world.exchange();
    let folder = folder_in(call, &exchange, call.request.child("SyncFolderId"))?;
    let mailbox = exchange.mailbox(call.mailbox)?;
    let settings = exchange.settings();
    let limit = PageLimit {
        changes: asked.min(settings.changes_per_page),
        odd: settings.odd_pages,
    };
    let page = mailbox.sync_items(folder, call.request.child_text("SyncState"), limit)?;
    let ignored: BTreeSet<u64> = call
        .request
        .child("Ignore")
        .into_iter()
        .flat_map(|ignore| &ignore.children)
        .filter_map(|id| item_ref(mailbox, id).ok())
        .map(|id| id.key)
        .collect();
    let snapshot = |key: u64| mailbox.item(key).map(|item| Snapshot::of(mailbox, item));
    let shown = page.steps.iter().filter_map(|step| match *step {
        Step::Create(key) if !ignored.contains(&key) => snapshot(key).map(Shown::Created),
        Step::Update(key) if !ignored.contains(&key) => snapshot(key).map(Shown::Updated),
        Step::ReadFlag(key, read) if !ignored.contains(&key) => mailbox
            .item(key)
            .map(|item| Shown::ReadFlag(key, item.version, read)),
        Step::Delete(key) if !ignored.contains(&key) => Some(Shown::Deleted(key)),
        _ => None,
    });
    let shown = shown.collect();
    Ok(Changes {
        mailbox: mailbox.id,
        shown,
        state: page.state,
        last: page.last,
    })
}

fn write(out: &mut String, mailbox: u128, shown: &Shown, shape: &Shape) {
    match shown {
        Shown::Created(snapshot) => {
            out.push_str("<t:Create>");
            item(out, snapshot, shape);
            out.push_str("</t:Create>");
        }
        Shown::Updated(snapshot) => {
            out.push_str("<t:Update>");
            item(out, snapshot, shape);
            out.push_str("</t:Update>");
        }
        Shown::ReadFlag(key, version, read) => {
            out.push_str("<t:ReadFlagChange>");
            item_id(out, mailbox, *key, *version);
            plain(out, "t:IsRead", read);
            out.push_str("</t:ReadFlagChange>");
        }
        Shown::Deleted(key) => {
            out.push_str("<t:Delete>");
            item_id(out, mailbox, *key, *key);
            out.push_str("</t:Delete>");
        }
    }
}
