//! Writers of one process and of several: they queue, they are cancelled, they meet at an empty file.

use std::time::Duration;

use ssi_domain::Kind;
use ssi_store::{Fenced, PageCommit, Store};
use tempfile::tempdir;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    given::{at, copy, leased, mailbox, reserve, tenant, trace, wanted},
    harness::{on_both, on_sqlite},
};

/// Of several values for one item in a page the last one counts.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_named_twice_in_a_page_is_written_once() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let link = reserve(&store, &wanted("<a@x>", "n:a", row.id, 0))
            .await
            .row
            .id;
        let mut page = PageCommit::new(row.id, row.lease_no, at(1));
        for marked in [false, true] {
            let mut copy = copy(link, row.id, "I1");
            copy.marked = marked;
            page.copies.push(copy);
            let mut trace = trace(row.id, "I1", 1);
            trace.decision = format!("marked {marked}");
            page.traces.push(trace);
        }
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
        let items = [page.copies[0].item_id.clone()];
        let copies = store.links_by_items(row.id, &items).await.unwrap();
        assert_eq!(copies.len(), 1);
        assert!(copies[0].marked);
        let trace = store
            .trace_for_item(row.id, &items[0])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(trace.decision, "marked true");
    })
    .await;
}

/// A caller that goes away in the middle of a write leaves neither a lock nor half a write behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_write_holds_up_nobody() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = mailbox(&store, "erika").await;
        let mut tasks = JoinSet::new();
        for number in 0..60 {
            let (store, row) = (store.clone(), row.clone());
            tasks.spawn(async move {
                let keys = |n| wanted(&format!("<{number}.{n}@x>"), "n:a", row.id, 0);
                let batch: Vec<_> = (0..50).map(keys).collect();
                let tenant = tenant();
                let held = store.reserve(&tenant, Kind::Email, &batch);
                // Cancelled at another point of its way each time.
                let patience = Duration::from_micros(number * 500);
                drop(timeout(patience, held).await);
            });
        }
        while tasks.join_next().await.is_some() {}
        let keys: Vec<String> = (0..60)
            .flat_map(|number| (0..50).map(move |n| format!("<{number}.{n}@x>")))
            .collect();
        let links = store
            .links_by_keys(&tenant(), Kind::Email, &keys)
            .await
            .unwrap();
        for number in 0..60 {
            let prefix = format!("<{number}.");
            let written = links
                .iter()
                .filter(|l| l.identity_key.starts_with(&prefix))
                .count();
            assert!(
                [0, 50].contains(&written),
                "batch {number}: {written} of 50"
            );
        }
        let batch: Vec<_> = (0..50)
            .map(|n| wanted(&format!("<after.{n}@x>"), "n:b", row.id, 0))
            .collect();
        let held = store.reserve(&tenant(), Kind::Email, &batch).await.unwrap();
        assert!(held.iter().all(|held| held.mine));
    })
    .await;
}

/// `ssi serve` and `ssi migrate`, started at once on a new machine.
#[tokio::test(flavor = "multi_thread")]
async fn processes_that_meet_at_an_empty_file_all_find_it_migrated() {
    for _ in 0..8 {
        let folder = tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("new.sqlite").display());
        let mut tasks = JoinSet::new();
        for _ in 0..4 {
            let url = url.clone();
            tasks.spawn(async move {
                let store = Store::open(&url, None).await.unwrap();
                store.migrate().await.unwrap();
                store.mailboxes().await.unwrap();
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    }
}

/// Another process that holds the file for a moment is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn writers_of_two_processes_wait_for_each_other() {
    on_sqlite(|database| async move {
        let mut tasks = JoinSet::new();
        for process in 0..2 {
            let store = database.open().await;
            let row = leased(&store, &format!("user{process}")).await;
            for writer in 0..4 {
                let (store, row) = (store.clone(), row.clone());
                tasks.spawn(async move {
                    for round in 0..10 {
                        let key = format!("<{process}.{writer}.{round}@x>");
                        let batch = [&key, "<shared@x>"].map(|key| wanted(key, "n:a", row.id, 0));
                        store.reserve(&tenant(), Kind::Email, &batch).await.unwrap();
                    }
                });
            }
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    })
    .await;
}
