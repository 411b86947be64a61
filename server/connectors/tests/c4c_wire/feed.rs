//! The tenant's changes, read page by page.

use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use ssi_domain::{
    Cursor, Kind,
    port::{Crm, FeedPage},
};

use crate::server::{ID, Reply, Seen, Server, UUID, batch, open};

/// A row with its stamp in milliseconds.
fn row(id: &str, tag: u32, stamp: i64) -> Json {
    json!({
        "__metadata": {"etag": format!("W/\"{tag}\"")},
        "ObjectID": id,
        "EntityLastChangedOn": format!("/Date({stamp})/"),
        "GroupwareItemID": format!("key-{id}"),
        "OrganizerPartyID": "8000000006",
        "OwnerPartyID": "8000000006",
        "MainEmployeeResponsiblePartyID": "8000000007",
    })
}

/// A set that answers filter, order, `$skip` and `$top` as the service does.
#[derive(Clone, Default)]
struct Set(Arc<Mutex<Vec<Json>>>);

impl Set {
    fn put(&self, row: Json) {
        let mut rows = self.0.lock().unwrap();
        rows.retain(|other| other["ObjectID"] != row["ObjectID"]);
        rows.push(row);
    }

    fn answer(&self, target: &str) -> Reply {
        let option = |name: &str| {
            let (_, rest) = target.split_once(&format!("${name}="))?;
            Some(rest.split('&').next().unwrap().to_owned())
        };
        let stamp = |row: &Json| {
            let text = row["EntityLastChangedOn"].as_str()?;
            text.trim_matches(|c: char| !c.is_ascii_digit())
                .parse::<i64>()
                .ok()
        };
        assert_eq!(
            option("orderby").unwrap(),
            "EntityLastChangedOn asc,ObjectID asc"
        );
        let from = option("filter").map(|filter| {
            let text = filter
                .strip_prefix("EntityLastChangedOn ge datetimeoffset'")
                .unwrap();
            let at: jiff::Timestamp = text.trim_end_matches('\'').parse().unwrap();
            at.as_millisecond()
        });
        let mut rows = self.0.lock().unwrap().clone();
        rows.retain(|row| from.is_none_or(|from| stamp(row).is_some_and(|at| at >= from)));
        rows.sort_by_key(|row| (stamp(row), row["ObjectID"].to_string()));
        let number = |name: &str| option(name).map(|text| text.parse::<usize>().unwrap());
        let rows: Vec<Json> = rows
            .into_iter()
            .skip(number("skip").unwrap_or(0))
            .take(number("top").unwrap())
            .collect();
        Reply::rows(Json::Array(rows))
    }
}

async fn serve(set: &Set) -> Server {
    let set = set.clone();
    Server::start(move |seen, _| set.answer(&seen.target)).await
}

fn ids(page: &FeedPage) -> Vec<String> {
    page.rows
        .iter()
        .map(|row| {
            // The tag, without the date behind it.
            let tag = row.version.as_str().split('"').nth(1);
            format!("{}@{}", row.record.id, tag.unwrap_or_default())
        })
        .collect()
}

/// Reads to the end; the ids given out and the cursor.
async fn drain(crm: &dyn Crm, kind: Kind, mut cursor: Option<Cursor>) -> (Vec<String>, Cursor) {
    let mut all = Vec::new();
    for _ in 0..50 {
        let page = crm.feed(kind, cursor.as_ref()).await.unwrap();
        all.extend(ids(&page));
        if !page.more {
            return (all, page.cursor);
        }
        cursor = Some(page.cursor);
    }
    panic!("the feed never ends");
}

#[tokio::test]
async fn everything_comes_once_in_pages_and_then_only_what_changes() {
    let set = Set::default();
    for n in 0..7 {
        set.put(row(&format!("T{n}"), 1, 1_000_000 + n * 10));
    }
    let server = serve(&set).await;
    let mut config = server.config();
    config.sizes.feed_page = 3;
    let crm = open(config);
    let (all, cursor) = drain(&crm, Kind::Task, None).await;
    assert_eq!(
        all,
        ["T0@1", "T1@1", "T2@1", "T3@1", "T4@1", "T5@1", "T6@1"]
    );

    // Nothing new: one call, or as many pages as the overlap holds, and no rows.
    let (none, cursor) = drain(&crm, Kind::Task, Some(cursor)).await;
    assert_eq!(none, Vec::<String>::new());

    set.put(row("T2", 2, 2_000_000));
    // A late commit: stamped before what was read already.
    set.put(row("LATE", 1, 1_000_055));
    // A changed note: the stamp moves, the version does not.
    set.put(row("T3", 1, 2_000_010));
    let (changed, _) = drain(&crm, Kind::Task, Some(cursor)).await;
    assert_eq!(changed, ["LATE@1", "T2@2", "T3@1"]);
}

#[tokio::test]
async fn an_empty_poll_costs_one_call() {
    let set = Set::default();
    set.put(row("T0", 1, 1_000_000));
    let server = serve(&set).await;
    let crm = server.crm();
    let (_, cursor) = drain(&crm, Kind::Task, None).await;
    let before = server.lines().len();
    let page = crm.feed(Kind::Task, Some(&cursor)).await.unwrap();
    assert!(page.rows.is_empty() && !page.more);
    assert_eq!(server.lines().len(), before + 1);
    assert_eq!(
        server.lines().pop().unwrap(),
        "GET TasksCollection?$filter=EntityLastChangedOn ge datetimeoffset'1970-01-01T00:11:40.000Z'\
         &$select=ObjectID,ETag,EntityLastChangedOn,MainEmployeeResponsiblePartyID,ProcessorPartyID\
         &$orderby=EntityLastChangedOn asc,ObjectID asc&$top=1000&$format=json"
    );
}

#[tokio::test]
async fn a_mass_change_under_one_stamp_ends() {
    let set = Set::default();
    for n in 0..20 {
        set.put(row(&format!("A{n:02}"), 1, 5_000));
    }
    set.put(row("B", 1, 6_000));
    let server = serve(&set).await;
    let mut config = server.config();
    config.sizes.feed_page = 4;
    let crm = open(config);
    let (all, _) = drain(&crm, Kind::Task, None).await;
    assert_eq!(all.len(), 21);
    assert_eq!(all[20], "B@1");
}

#[tokio::test]
async fn rows_without_a_stamp_are_passed_through() {
    let set = Set::default();
    for n in 0..5 {
        let mut old = row(&format!("OLD{n}"), 1, 0);
        old["EntityLastChangedOn"] = Json::Null;
        set.put(old);
    }
    set.put(row("NEW", 1, 9_000));
    let server = serve(&set).await;
    let mut config = server.config();
    config.sizes.feed_page = 2;
    let (all, _) = drain(&open(config), Kind::Task, None).await;
    assert_eq!(all.len(), 6);
}

#[tokio::test]
async fn appointments_come_with_their_series_in_one_call() {
    let server = Server::start(|seen, _| {
        batch(seen, |part| {
            if part.target.starts_with("Recurring") {
                let mut own = row("S1", 1, 2_000);
                own["DocumentType"] = "0001".into();
                let mut visit = row("S2", 1, 2_000);
                visit["DocumentType"] = "0003".into();
                Reply::rows(json!([own, visit]))
            } else {
                Reply::rows(json!([row("A1", 1, 1_000), row("A2", 1, 3_000)]))
            }
        })
    })
    .await;
    let page = server.crm().feed(Kind::Appointment, None).await.unwrap();
    assert_eq!(ids(&page), ["A1@1", "series:S1@1", "A2@1"]);
    assert_eq!(server.lines(), ["POST $batch"]);
    let first = &page.rows[0];
    assert_eq!(first.identity_key, "key-A1");
    assert_eq!(first.concerns, ["8000000006"]);
    assert!(!page.more);
}

#[tokio::test]
async fn a_tenant_without_series_is_followed_all_the_same() {
    let server = Server::start(|seen, _| {
        let one = |part: &Seen| {
            if part.target.starts_with("Recurring") {
                Reply::error(404, "unknown set")
            } else {
                Reply::rows(json!([row("V1", 1, 1_000)]))
            }
        };
        if seen.is_batch() {
            batch(seen, one)
        } else {
            one(seen)
        }
    })
    .await;
    let crm = server.crm();
    let page = crm.feed(Kind::Visit, None).await.unwrap();
    assert_eq!(ids(&page), ["V1@1"]);
    let page = crm.feed(Kind::Visit, Some(&page.cursor)).await.unwrap();
    assert!(page.rows.is_empty());
    assert!(server.lines()[1].starts_with("GET VisitCollection?"));
}

#[tokio::test]
async fn older_tenants_are_followed_by_their_own_change_date() {
    let server = Server::start(|seen, _| {
        if seen.target.contains("EntityLastChangedOn") {
            return Reply::error(400, "EntityLastChangedOn is not a property");
        }
        assert!(seen.target.contains("$orderby=ChangedOn asc"));
        let mut row = row("C1", 1, 1_000);
        row["ChangedOn"] = "/Date(4000)/".into();
        Reply::rows(json!([row]))
    })
    .await;
    let page = server.crm().feed(Kind::Contact, None).await.unwrap();
    assert_eq!(ids(&page), ["C1@1"]);
}

/// Owners of business partners are numbered as employees; the feed names them by business partner id.
#[tokio::test]
async fn owners_of_contacts_are_named_by_business_partner_id() {
    let server = Server::start(|seen, _| {
        if seen.target.starts_with("EmployeeCollection") {
            let filter = format!("$filter=ObjectID eq '{ID}'");
            assert!(seen.target.contains(&filter), "{}", seen.target);
            return Reply::rows(json!([{"ObjectID": ID, "BusinessPartnerID": "8000000006"}]));
        }
        let mut owned = row("C1", 1, 1_000);
        owned["ContactOwnerUUID"] = UUID.into();
        owned["ContactOwnerID"] = "7000001".into();
        Reply::rows(json!([owned, row("C2", 1, 2_000)]))
    })
    .await;
    let crm = server.crm();
    for calls in [2, 3] {
        let page = crm.feed(Kind::Contact, None).await.unwrap();
        assert_eq!(page.rows[0].concerns, ["8000000006"]);
        assert!(page.rows[1].concerns.is_empty());
        // The second time the employee is known.
        assert_eq!(server.lines().len(), calls);
    }
}

#[tokio::test]
async fn a_failed_page_is_an_error_and_moves_nothing() {
    for (status, code) in [(500, "transient"), (403, "blocked"), (404, "blocked")] {
        let server = Server::start(move |_, _| Reply::error(status, "no")).await;
        let error = server.crm().feed(Kind::Task, None).await.unwrap_err();
        assert_eq!(error.code(), code, "{status}");
    }
    let server = Server::start(|_, _| Reply::rows(json!([]))).await;
    let crm = server.crm();
    let lost = Cursor::new("not ours");
    let error = crm.feed(Kind::Task, Some(&lost)).await.unwrap_err();
    assert_eq!(error.code(), "cursor_lost");
    assert_eq!(
        crm.feed(Kind::Ticket, None).await.unwrap_err().code(),
        "item_broken"
    );
}
