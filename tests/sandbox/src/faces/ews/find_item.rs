//! FindItem.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation>

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::Timestamp;

use super::input::time;
use super::operation::{Call, Entry};
use super::output::{Snapshot, item};
use super::request::{folder_ref, restriction, sort_order};
use super::shape::{Reach, Shape};
use super::soap::{Answer, Fault};
use crate::exchange::{Failure, Item, Kind, Mailbox, Path, Place, Restriction, compare, values};
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
        let (from, to) = (edge("StartDate")?, edge("EndDate")?);
        if to < from {
            return Err(Failure::END_BEFORE_START);
        }
        // Two years (<https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendarview>).
        if to.duration_since(from) > jiff::SignedDuration::from_hours(24 * 2 * 366) {
            return Err(Failure::VIEW_TOO_BIG);
        }
        query.window = Some((from, to));
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
    if let Some((from, to)) = query.window {
        return view(mailbox, folder, query, from, to);
    }
    let mut found = candidates(mailbox, folder, query)?;
    found.retain(|item| {
        query
            .filter
            .as_ref()
            .is_none_or(|filter| filter.matches(item))
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

/// A calendar view: single events and occurrences that touch the window, by start. Series are not in it.
fn view(
    mailbox: &Mailbox,
    folder: u64,
    query: &Query,
    from: Timestamp,
    to: Timestamp,
) -> Entry<Rows> {
    let folder = mailbox.folder(folder).ok_or(Failure::FOLDER_NOT_FOUND)?;
    if folder.element() != "CalendarFolder" {
        return Err(Failure::NO_CALENDAR_FOLDER);
    }
    // An event without length lies in the window it starts in.
    let touches = |(start, end): (Timestamp, Timestamp)| {
        start < to && (end > from || (end == from && start == from))
    };
    let mut places: Vec<(Timestamp, Place)> = Vec::new();
    for item in folder.items.iter().filter_map(|key| mailbox.item(*key)) {
        let mut add = |span: Option<(Timestamp, Timestamp)>, occurrence: Option<Timestamp>| {
            if let Some(span) = span.filter(|span| touches(*span)) {
                let key = item.key;
                places.push((span.0, Place { key, occurrence }));
            }
        };
        let series = &item.data.series;
        if item.data.recurrence().is_some() {
            // An exception may have moved into the window from after it.
            let latest = series.exceptions.keys().next_back().copied();
            let until = to.max(latest.unwrap_or(to));
            let originals = item.data.starts().take_while(|start| *start <= until);
            for original in originals.filter(|start| !series.deleted.contains(start)) {
                add(item.data.span_of(original), Some(original));
            }
        } else if item.data.kind == Kind::CalendarItem {
            let (start, end) = (item.data.time("Start"), item.data.time("End"));
            add(start.zip(end), None);
        }
    }
    places.sort_unstable();
    let total = places.len();
    places.truncate(query.most);
    let page = places
        .iter()
        .map(|(_, place)| Snapshot::at(mailbox, *place));
    let page = page.collect::<Entry<Vec<Snapshot>>>()?;
    Ok(Rows {
        next: page.len(),
        total,
        last: page.len() >= total,
        page,
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
