//! FindItem.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation>

use std::cmp::Ordering;
use std::sync::Arc;

use super::input::time;
use super::operation::{Call, Entry};
use super::output::{Snapshot, item};
use super::request::{folder_ref, restriction, sort_order};
use super::shape::{Reach, Shape};
use super::soap::{Answer, Fault};
use crate::exchange::{Failure, Item, Mailbox, Path, Restriction, compare, values};
use crate::xml::{Element, attribute};

struct Query {
    filter: Option<Restriction>,
    order: Vec<(Path, bool)>,
    associated: bool,
    offset: usize,
    from_end: bool,
    most: usize,
    window: Option<(jiff::Timestamp, jiff::Timestamp)>,
}

struct Rows {
    page: Vec<Snapshot>,
    next: usize,
    total: usize,
    last: bool,
}

/// One message per folder searched.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let shape = Shape::read(call.request.child("ItemShape"), Reach::Listing)?;
    let folders = call.entries("ParentFolderIds")?;
    let query = read_query(call);
    let mut answer = Answer::new("FindItem");
    for folder in folders {
        let rows = query
            .as_ref()
            .map_err(|failure| *failure)
            .and_then(|query| search(call, folder, query));
        match rows {
            Err(failure) => answer.failure(failure, ""),
            Ok(rows) => answer.success(|out| {
                out.push_str("<m:RootFolder");
                attribute(out, "IndexedPagingOffset", &rows.next.to_string());
                attribute(out, "TotalItemsInView", &rows.total.to_string());
                attribute(out, "IncludesLastItemInRange", &rows.last.to_string());
                out.push_str("><t:Items>");
                for row in &rows.page {
                    item(out, row, &shape);
                }
                out.push_str("</t:Items></m:RootFolder>");
            }),
        }
    }
    Ok(answer.finish())
}

fn read_query(call: &Call<'_>) -> Entry<Query> {
    let request = call.request;
    let settings = call.world.exchange().settings().clone();
    let number = |view: &Element, name: &str| view.attribute(name).and_then(|n| n.parse().ok());
    let mut query = Query {
        filter: request.child("Restriction").map(restriction).transpose()?,
        order: sort_order(request)?,
        associated: request.attribute("Traversal") == Some("Associated"),
        offset: 0,
        from_end: false,
        most: settings.rows_per_page,
        window: None,
    };
    if let Some(view) = request.child("IndexedPageItemView") {
        query.offset = number(view, "Offset").unwrap_or(0);
        query.from_end = view.attribute("BasePoint") == Some("End");
        query.most = query
            .most
            .min(number(view, "MaxEntriesReturned").unwrap_or(usize::MAX));
    }
    if let Some(view) = request.child("CalendarView") {
        let edge = |name: &str| view.attribute(name).and_then(time).ok_or(Failure::REQUEST);
        query.window = Some((edge("StartDate")?, edge("EndDate")?));
        query.most = number(view, "MaxEntriesReturned").unwrap_or(usize::MAX);
    }
    if settings.odd_pages {
        // Fewer than asked for although there is more, which the contract allows.
        query.most = query.most.min(7);
    }
    query.most = query.most.max(1);
    Ok(query)
}

fn search(call: &Call<'_>, folder: &Element, query: &Query) -> Entry<Rows> {
    let exchange = call.world.exchange();
    let mailbox = exchange.mailbox(call.mailbox)?;
    let folder = folder_ref(call, mailbox, folder)?;
    let mut found = candidates(mailbox, folder, query)?;
    found.retain(|item| {
        query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.matches(item))
            && query.window.is_none_or(|(from, to)| {
                let start = item.data.time("Start");
                let end = item.data.time("End").or(start);
                start.is_some_and(|start| start < to) && end.is_some_and(|end| end > from)
            })
    });
    sort(&mut found, query);
    let total = found.len();
    if query.from_end {
        found.reverse();
    }
    let page: Vec<&Arc<Item>> = found
        .into_iter()
        .skip(query.offset)
        .take(query.most)
        .collect();
    let reached = query.offset.min(total) + page.len();
    let mut page: Vec<Snapshot> = page
        .into_iter()
        .map(|item| Snapshot::of(mailbox, item))
        .collect();
    if query.from_end {
        page.reverse();
    }
    let next = if query.from_end {
        total - reached
    } else {
        reached
    };
    Ok(Rows {
        page,
        next,
        total,
        last: reached >= total,
    })
}

fn candidates<'a>(mailbox: &'a Mailbox, folder: u64, query: &Query) -> Entry<Vec<&'a Arc<Item>>> {
    if let Some(id) = query
        .filter
        .as_ref()
        .and_then(Restriction::required_message_id)
    {
        let found = mailbox.by_message_id(id);
        return Ok(found
            .filter(|item| item.folder == folder && !item.associated)
            .collect());
    }
    let folder = mailbox.folder(folder).ok_or(Failure::FOLDER_NOT_FOUND)?;
    let keys = if query.associated {
        &folder.associated
    } else {
        &folder.items
    };
    Ok(keys.iter().filter_map(|key| mailbox.item(*key)).collect())
}

/// Without an order of its own a search shows the newest first.
fn sort(found: &mut [&Arc<Item>], query: &Query) {
    if query.order.is_empty() {
        found.sort_by_cached_key(|item| {
            let received = item.data.time("DateTimeReceived").unwrap_or(item.created);
            (std::cmp::Reverse(received), std::cmp::Reverse(item.key))
        });
        return;
    }
    found.sort_by(|left, right| {
        for (path, descending) in &query.order {
            let (left, right) = (values(left, path), values(right, path));
            let order = match (left.first(), right.first()) {
                (Some(left), Some(right)) => compare(left, right),
                (None, Some(_)) => Ordering::Less,
                (Some(_), None) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            let order = if *descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        left.key.cmp(&right.key)
    });
}
