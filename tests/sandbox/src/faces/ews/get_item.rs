//! GetItem.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation>

use super::operation::{Call, Entry};
use super::output::{Snapshot, item};
use super::request::item_ref;
use super::shape::{Reach, Shape};
use super::soap::{Answer, Fault};

/// One message per id, in request order.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let shape = Shape::read(call.request.child("ItemShape"), Reach::Full)?;
    let ids = call.entries("ItemIds")?;
    // Snapshots are cheap; the expensive writing happens without the lock.
    let found: Vec<Entry<Snapshot>> = {
        let exchange = call.world.exchange();
        let mailbox = exchange.mailbox(call.mailbox)?;
        let find = |id| Snapshot::at(mailbox, item_ref(mailbox, id)?.place());
        ids.iter().map(find).collect()
    };
    let mut answer = Answer::new("GetItem");
    for entry in found {
        match entry {
            Ok(snapshot) => answer.success(|out| {
                out.push_str("<m:Items>");
                item(out, &snapshot, &shape);
                out.push_str("</m:Items>");
            }),
            Err(failure) => answer.failure(failure, "<m:Items/>"),
        }
    }
    Ok(answer.finish())
}
