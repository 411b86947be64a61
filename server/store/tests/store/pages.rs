//! The page commit and what a click notes; follow-ups, cursors, traces and threads.

use ssi_domain::{Cursor, ItemId, Version, WishId};
use ssi_store::{Action, CopyRow, Fenced, IssueState, NewWish, PageCommit};
use uuid::Uuid;

use crate::{
    given::{at, copy, follow_up, issue, leased, linked, mailbox, trace},
    harness::on_both,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_writes_everything_with_its_cursor() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let link = linked(&store, row.id, "<1@x>", "E1").await;
        let other = linked(&store, row.id, "<2@x>", "E2").await;
        let wish = WishId(Uuid::new_v4());
        let new = NewWish {
            id: wish,
            mailbox: row.id,
            client_key: None,
            payload: b"chosen".to_vec(),
            created_at: at(0),
            expires_at: at(999),
        };
        store.add_wish(&new).await.unwrap();
        let done = follow_up(row.id, "I7", Action::SaveItem, 0);
        store.add_follow_up(&done).await.unwrap();
        store
            .put_issue(&issue(row.id, "I8", "old"), at(0))
            .await
            .unwrap();

        let mut page = PageCommit::new(row.id, row.lease_no, at(10));
        page.cursor = Some(("inbox".into(), Cursor::new("c1")));
        page.copies = vec![copy(link, row.id, "I1"), copy(other, row.id, "I2")];
        page.traces = vec![trace(row.id, "I1", 10)];
        page.issues = vec![issue(row.id, "I9", "broken")];
        page.settled_items = vec![ItemId::new("I8")];
        page.follow_ups = vec![follow_up(row.id, "I1", Action::MarkItem, 10)];
        page.done_follow_ups = vec![done.id];
        page.fulfilled_wishes = vec![wish];
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);

        assert_eq!(
            store.cursors(row.id).await.unwrap(),
            [("inbox".into(), Cursor::new("c1"))]
        );
        let items = [ItemId::new("I1"), ItemId::new("I2")];
        assert_eq!(store.links_by_items(row.id, &items).await.unwrap().len(), 2);
        let stored = store.trace_for_item(row.id, &items[0]).await.unwrap();
        assert_eq!(stored.as_ref(), page.traces.first());
        let open = store
            .issues(row.id, IssueState::Open, None, 9)
            .await
            .unwrap();
        assert_eq!(
            open.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(),
            ["broken"]
        );
        assert_eq!(
            store.follow_ups_due(row.id, at(10), 9).await.unwrap(),
            page.follow_ups
        );
        assert_eq!(
            store.wish_fulfilled(row.id, wish).await.unwrap(),
            Some(true)
        );

        // The next page moves the cursor, changes a copy and takes one away.
        let mut page = PageCommit::new(row.id, row.lease_no, at(20));
        page.cursor = Some(("inbox".into(), Cursor::new("c2")));
        page.copies = vec![CopyRow {
            version: Version::new("c9"),
            marked: true,
            ..copy(other, row.id, "I1")
        }];
        page.gone = vec![ItemId::new("I2"), ItemId::new("never seen")];
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
        let left = store.links_by_items(row.id, &items).await.unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].link.id, left[0].marked), (other, true));
        assert_eq!(left[0].version.as_str(), "c9");
        assert_eq!(
            store.cursors(row.id).await.unwrap(),
            [("inbox".into(), Cursor::new("c2"))]
        );
    })
    .await;
}

/// An item that moved within a page goes and comes; what comes stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_goes_and_comes_in_one_page_is_there() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let link = linked(&store, row.id, "<1@x>", "E1").await;
        let mut page = PageCommit::new(row.id, row.lease_no, at(10));
        page.copies = vec![copy(link, row.id, "I1")];
        page.gone = vec![ItemId::new("I1")];
        store.commit_page(&page).await.unwrap();
        assert_eq!(
            store
                .links_by_items(row.id, &page.gone)
                .await
                .unwrap()
                .len(),
            1
        );
    })
    .await;
}

/// A page with one row that cannot be written leaves nothing behind, not even its cursor.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_written_whole_or_not_at_all() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let mut page = PageCommit::new(row.id, row.lease_no, at(10));
        page.cursor = Some(("inbox".into(), Cursor::new("c1")));
        page.traces = vec![trace(row.id, "I1", 10)];
        let twice = follow_up(row.id, "I1", Action::MarkItem, 10);
        page.follow_ups = vec![twice.clone(), twice];
        assert!(store.commit_page(&page).await.is_err());
        assert!(store.cursors(row.id).await.unwrap().is_empty());
        assert!(
            store
                .trace_for_item(row.id, &ItemId::new("I1"))
                .await
                .unwrap()
                .is_none()
        );
        page.follow_ups.pop();
        assert_eq!(
            store.commit_page(&page).await.unwrap(),
            Fenced::Kept,
            "the connection still works"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_cursor_is_dropped_alone() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        for name in ["inbox", "sent"] {
            let mut page = PageCommit::new(row.id, row.lease_no, at(10));
            page.cursor = Some((name.into(), Cursor::new("c\n=+/")));
            store.commit_page(&page).await.unwrap();
        }
        store.drop_cursor(row.id, "inbox").await.unwrap();
        store.drop_cursor(row.id, "unknown").await.unwrap();
        assert_eq!(
            store.cursors(row.id).await.unwrap(),
            [("sent".into(), Cursor::new("c\n=+/"))]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_notes_copy_trace_and_mark_and_ends_the_issue() {
    on_both(|database| async move {
        let store = database.open().await;
        let id = mailbox(&store, "erika").await.id;
        let link = linked(&store, id, "<1@x>", "E1").await;
        store
            .put_issue(&issue(id, "I1", "broken"), at(0))
            .await
            .unwrap();
        let mark = follow_up(id, "I1", Action::MarkItem, 5);
        let mut row = trace(id, "I1", 5);
        row.session = None;
        row.identity_key = None;
        store
            .record_click(&copy(link, id, "I1"), Some(&mark), &row, at(5))
            .await
            .unwrap();
        assert_eq!(
            store.trace_for_item(id, &row.item_id).await.unwrap(),
            Some(row.clone())
        );
        assert_eq!(store.follow_ups_due(id, at(5), 9).await.unwrap(), [mark]);
        assert_eq!(store.open_issue_for(id, &row.item_id).await.unwrap(), None);
        row.at = at(6);
        row.decision = "linked".into();
        store
            .record_click(&copy(link, id, "I1"), None, &row, at(6))
            .await
            .unwrap();
        assert_eq!(
            store.trace_for_item(id, &row.item_id).await.unwrap(),
            Some(row),
            "the last one"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_ups_come_when_due_longest_waiting_first() {
    on_both(|database| async move {
        let store = database.open().await;
        let id = mailbox(&store, "erika").await.id;
        let mut wished = follow_up(id, "I3", Action::SaveItem, 30);
        wished.wish = Some(WishId(Uuid::new_v4()));
        wished.attempts = 4;
        let (early, later) = (
            follow_up(id, "I1", Action::MarkItem, 10),
            follow_up(id, "I2", Action::MarkItem, 40),
        );
        for new in [&later, &wished, &early] {
            store.add_follow_up(new).await.unwrap();
        }
        assert!(store.follow_ups_due(id, at(9), 9).await.unwrap().is_empty());
        let due = store.follow_ups_due(id, at(30), 9).await.unwrap();
        assert_eq!(due, [early.clone(), wished]);
        assert_eq!(store.follow_ups_due(id, at(99), 1).await.unwrap(), [early]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracked_thread_is_known_by_each_of_its_keys() {
    on_both(|database| async move {
        let store = database.open().await;
        let (id, other) = (
            mailbox(&store, "erika").await.id,
            mailbox(&store, "max").await.id,
        );
        let keys = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        assert!(!store.tracks_threads(id).await.unwrap());
        store.track(id, &keys(&["a", "b"]), at(1)).await.unwrap();
        store.track(id, &keys(&["b", "c"]), at(2)).await.unwrap();
        assert!(store.tracks_threads(id).await.unwrap());
        assert!(!store.tracks_threads(other).await.unwrap());
        let mut found = store
            .tracked(id, &keys(&["a", "b", "c", "A", "d"]))
            .await
            .unwrap();
        found.sort();
        let expected = [
            ("a".to_owned(), at(1)),
            ("b".to_owned(), at(1)),
            ("c".to_owned(), at(2)),
        ];
        assert_eq!(found, expected, "a thread keeps its beginning");
        assert!(
            store
                .tracked(other, &keys(&["a"]))
                .await
                .unwrap()
                .is_empty()
        );
        store
            .untrack(id, &keys(&["a", "b", "c", "d"]))
            .await
            .unwrap();
        assert!(!store.tracks_threads(id).await.unwrap());
    })
    .await;
}

/// INV-7: deletions wait until the session knows them all; one per item is enough.
#[tokio::test(flavor = "multi_thread")]
async fn doomed_items_wait_apart_and_once_each() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let other = mailbox(&store, "max").await.id;
        let theirs = follow_up(other, "I1", Action::Unmirror, 0);
        store.add_follow_up(&theirs).await.unwrap();
        let first = follow_up(row.id, "I1", Action::Unmirror, 0);
        store.add_follow_up(&first).await.unwrap();
        let mut page = PageCommit::new(row.id, row.lease_no, at(1));
        let doomed = |item, after| follow_up(row.id, item, Action::Unmirror, after);
        let again = doomed("I1", 9);
        let (early, late) = (doomed("I2", 50), doomed("I2", 5));
        let ordinary = [
            follow_up(row.id, "I1", Action::Mirror, 1),
            follow_up(row.id, "I2", Action::Mirror, 2),
            follow_up(row.id, "I2", Action::SaveItem, 3),
            follow_up(row.id, "I2", Action::SaveItem, 4),
        ];
        page.follow_ups = vec![again.clone(), early, late.clone()];
        page.follow_ups.extend(ordinary.clone());
        store.commit_page(&page).await.unwrap();
        assert_eq!(
            store.doomed(row.id, 9).await.unwrap(),
            [late.clone(), again.clone()]
        );
        assert_eq!(
            store.doomed(row.id, 1).await.unwrap(),
            std::slice::from_ref(&late)
        );
        assert_eq!(
            store.follow_ups_due(row.id, at(99), 9).await.unwrap(),
            ordinary
        );
        let mut page = PageCommit::new(row.id, row.lease_no, at(2));
        page.done_follow_ups = vec![late.id, first.id];
        store.commit_page(&page).await.unwrap();
        assert_eq!(store.doomed(row.id, 9).await.unwrap(), [again]);
        assert_eq!(store.doomed(other, 9).await.unwrap(), [theirs]);
    })
    .await;
}
