//! Whose mirror writes for a record, and how it is handed over.

use ssi_domain::{ItemId, Kind, MailboxId, Version};
use ssi_store::{Fenced, MailboxRow, MirrorRow, MirrorState, PageCommit, Store};

use crate::{
    given::{appointment, at, issue, leased, linked, mirror, tenant, trace},
    harness::{Database, on_both},
};

async fn put(store: &Store, mailbox: &MailboxRow, rows: Vec<MirrorRow>) {
    let mut page = PageCommit::new(mailbox.id, mailbox.lease_no, at(10));
    for row in rows {
        page.mirror(row);
    }
    assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
}

async fn all(store: &Store, mailbox: MailboxId) -> Vec<MirrorRow> {
    store.mirrors_page(mailbox, None, 99).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_another_mailboxs_mirror_only_the_writer_is_written() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (row, other) = (leased(&store, "erika").await, leased(&store, "max").await);
        let link = linked(&store, row.id, "<1@x>", "E1").await;
        let theirs = mirror(link, other.id, "I1", "R1");
        put(&store, &other, vec![theirs.clone()]).await;
        let stale = MirrorRow {
            writer: false,
            item: ItemId::new("stale"),
            record_version: Version::new("r0"),
            baseline: serde_json::Value::Null,
            updated_at: at(-50),
            ..theirs.clone()
        };
        let unknown = MirrorRow {
            link: linked(&store, row.id, "<2@x>", "E2").await,
            ..stale.clone()
        };
        put(
            &store,
            &row,
            vec![mirror(link, row.id, "I7", "R1"), stale, unknown],
        )
        .await;
        let handed_over = MirrorRow {
            writer: false,
            ..theirs
        };
        assert_eq!(all(&store, other.id).await, [handed_over]);
        assert_eq!(all(&store, row.id).await[0].item, ItemId::new("I7"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_puts_the_mirror_with_its_trace_and_ends_the_issue() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (row, other) = (leased(&store, "erika").await, leased(&store, "max").await);
        let link = linked(&store, row.id, "<1@x>", "E1").await;
        let theirs = mirror(link, other.id, "I1", "R1");
        put(&store, &other, vec![theirs.clone()]).await;
        store
            .put_issue(&issue(row.id, "I1", "broken"), at(0))
            .await
            .unwrap();
        let mine = mirror(link, row.id, "I1", "R1");
        let handed_over = MirrorRow {
            writer: false,
            ..theirs
        };
        let told = trace(row.id, "I1", 5);
        store
            .record_event_click(row.id, &[mine.clone(), handed_over.clone()], &told, at(5))
            .await
            .unwrap();
        assert_eq!(all(&store, row.id).await, [mine]);
        assert_eq!(all(&store, other.id).await, [handed_over]);
        assert_eq!(
            store.trace_for_item(row.id, &told.item_id).await.unwrap(),
            Some(told.clone())
        );
        assert_eq!(
            store.open_issue_for(row.id, &told.item_id).await.unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_later_does_not_write() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (row, other) = (leased(&store, "erika").await, leased(&store, "max").await);
        let link = linked(&store, row.id, "<1@x>", "E1").await;
        let (mine, theirs) = (
            mirror(link, row.id, "I1", "R1"),
            mirror(link, other.id, "I2", "R1"),
        );
        let writers = || async {
            let rows = store.mirrors_of_record(&tenant(), &appointment("R1")).await;
            let rows = rows.unwrap().into_iter().filter(|row| row.writer);
            rows.map(|row| row.mailbox).collect::<Vec<_>>()
        };
        put(&store, &row, vec![mine.clone()]).await;
        put(&store, &other, vec![theirs.clone()]).await;
        assert_eq!(writers().await, [row.id]);
        put(&store, &row, vec![mine.clone()]).await;
        assert_eq!(writers().await, [row.id], "who writes goes on");
        let mut task = mirror(link, other.id, "I2", "R1");
        task.record.kind = Kind::Task;
        put(&store, &other, vec![task]).await;
        let own = store.mirrors_page(other.id, None, 9).await.unwrap();
        assert!(
            own[0].writer,
            "the same id of another kind is another record"
        );

        let handed_over = MirrorRow {
            writer: false,
            ..mine.clone()
        };
        put(&store, &other, vec![theirs.clone(), handed_over]).await;
        assert_eq!(writers().await, [other.id], "handed over");
        put(&store, &row, vec![mine.clone()]).await;
        assert_eq!(
            writers().await,
            [other.id],
            "a stale row does not take it back"
        );
        let ended = MirrorRow {
            state: MirrorState::Ended,
            ..theirs
        };
        put(&store, &other, vec![ended]).await;
        put(&store, &row, vec![mine]).await;
        assert!(
            writers().await.contains(&row.id),
            "a pair that ended writes nothing"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sessions_that_pair_the_same_record_at_once_one_writes() {
    on_both(|database: Database| async move {
        let (one, two) = (database.open().await, database.open().await);
        let (row, other) = (leased(&one, "erika").await, leased(&one, "max").await);
        for round in 0..15 {
            let link = linked(&one, row.id, &format!("<{round}@x>"), "E1").await;
            let (item, record) = (format!("I{round}"), format!("R{round}"));
            let page = |row: &MailboxRow| {
                let mut page = PageCommit::new(row.id, row.lease_no, at(10));
                page.mirror(mirror(link, row.id, &item, &record));
                page
            };
            let (mine, theirs) = (page(&row), page(&other));
            let (a, b) = tokio::join!(one.commit_page(&mine), two.commit_page(&theirs));
            assert_eq!((a.unwrap(), b.unwrap()), (Fenced::Kept, Fenced::Kept));
            let rows = one
                .mirrors_of_record(&tenant(), &appointment(&record))
                .await
                .unwrap();
            assert_eq!(rows.len(), 2);
            let writers = rows.iter().filter(|row| row.writer).count();
            assert_eq!(writers, 1, "round {round}");
        }
    })
    .await;
}
