//! Filed changes: once each, the newest version of a record, and no mailbox woken for nothing.

use ssi_domain::{Kind, MailboxId, RecordRef, TenantId, Version};
use ssi_store::{FeedLease, Fenced, FiledId, FiledRow, NewFiled, NewMailbox, PageCommit, Store};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    given::{
        appointment, at, change, fed, finish, leased, linked, mailbox, mirror, missed, session,
        tenant,
    },
    harness::{Database, on_both},
};

async fn file(store: &Store, lease: &FeedLease, rows: Vec<NewFiled>, now: i64) {
    let tenant = tenant();
    let kept = store.file(&tenant, lease, Kind::Appointment, None, rows, at(now));
    assert_eq!(kept.await.unwrap(), Fenced::Kept);
}

/// Record, version and doubt of what waits, in order.
async fn waiting(store: &Store, mailbox: MailboxId, now: i64) -> Vec<(String, String, bool)> {
    let rows = store.filed(mailbox, at(now), 99).await.unwrap();
    rows.into_iter()
        .map(|row| (row.record.id.0, row.version.0, row.gone))
        .collect()
}

fn row(record: &str, version: &str, gone: bool) -> (String, String, bool) {
    (record.into(), version.into(), gone)
}

async fn done(store: &Store, mailbox: &ssi_store::MailboxRow, ids: Vec<FiledId>) {
    let mut page = PageCommit::new(mailbox.id, mailbox.lease_no, at(50));
    page.filed_done(ids);
    assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
}

async fn ids(store: &Store, mailbox: MailboxId) -> Vec<FiledId> {
    let rows = store.filed(mailbox, at(9999), 99).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

/// Makes a mailbox due late, files, and says whether that woke it.
async fn wakes(store: &Store, lease: &FeedLease, mailbox: MailboxId, rows: Vec<NewFiled>) -> bool {
    let held = store
        .claim_mailbox(mailbox, "n", at(-9000), at(-8000))
        .await
        .unwrap();
    let held = held.expect("nobody holds it");
    let running = session(&held, -9000);
    store.start_session(&running).await.unwrap();
    store
        .finish_session(&finish(running.id, &held, -8999, 5000))
        .await
        .unwrap();
    file(store, lease, rows, 10).await;
    let due = store.mailbox(mailbox).await.unwrap().unwrap().due_at;
    assert!([at(10), at(5000)].contains(&due));
    due == at(10)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_filed_once_and_wakes_its_mailbox_once() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (erika, max) = (mailbox(&store, "erika").await, mailbox(&store, "max").await);
        let lease = fed(&store).await;
        let change = |version| change(erika.id, "R1", version);
        assert!(!wakes(&store, &lease, erika.id, vec![]).await);
        assert!(wakes(&store, &lease, erika.id, vec![change("v1")]).await);
        let first = store.filed(erika.id, at(10), 9).await.unwrap().remove(0);
        let expected = FiledRow {
            id: first.id,
            record: appointment("R1"),
            version: Version::new("v1"),
            identity_key: "uid-R1".into(),
            gone: false,
            not_before: at(10),
            attempts: 0,
        };
        assert_eq!(first, expected);
        assert!(
            !wakes(&store, &lease, erika.id, vec![change("v1")]).await,
            "it is known"
        );
        assert!(wakes(&store, &lease, erika.id, vec![change("v2")]).await);
        // Of several versions in a page the last one counts.
        let page = vec![change("v3"), change("v4"), change("v3")];
        assert!(wakes(&store, &lease, erika.id, page).await);
        assert_eq!(
            waiting(&store, erika.id, 10).await,
            [row("R1", "v3", false)]
        );
        assert_eq!(waiting(&store, max.id, 10).await, []);
        assert!(
            !wakes(&store, &lease, max.id, vec![change("v9")]).await,
            "another's change"
        );
    })
    .await;
}

/// A newer version is filed while a session works on the older one: the newer one waits.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_is_the_version_that_was_read() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (row_of, other) = (leased(&store, "erika").await, leased(&store, "max").await);
        let lease = fed(&store).await;
        let id = row_of.id;
        file(
            &store,
            &lease,
            vec![change(id, "R1", "v1"), change(id, "R2", "v1")],
            1,
        )
        .await;
        let old = ids(&store, id).await;
        file(&store, &lease, vec![change(id, "R1", "v2")], 2).await;
        store.put_off_filed(old[0], at(500)).await.unwrap();
        done(&store, &other, old.clone()).await;
        assert_eq!(
            waiting(&store, id, 2).await.len(),
            2,
            "not that mailbox's to strike off"
        );
        done(&store, &row_of, old.clone()).await;
        assert_eq!(waiting(&store, id, 2).await, [row("R1", "v2", false)]);
        done(&store, &row_of, ids(&store, id).await).await;
        assert_eq!(waiting(&store, id, 9999).await, []);
        // The feed tells what is done again: late commits make it overlap.
        file(
            &store,
            &lease,
            vec![change(id, "R1", "v2"), change(id, "R2", "v1")],
            3,
        )
        .await;
        assert_eq!(waiting(&store, id, 9999).await, []);
        file(&store, &lease, vec![change(id, "R1", "v3")], 4).await;
        assert_eq!(waiting(&store, id, 4).await, [row("R1", "v3", false)]);
        // What is done is remembered for a while only.
        store.prune(at(51)).await.unwrap();
        file(&store, &lease, vec![change(id, "R2", "v1")], 5).await;
        assert_eq!(
            waiting(&store, id, 5).await,
            [row("R1", "v3", false), row("R2", "v1", false)]
        );
        let mut stale = PageCommit::new(id, row_of.lease_no + 1, at(6));
        stale.filed_done(ids(&store, id).await);
        assert_eq!(store.commit_page(&stale).await.unwrap(), Fenced::Lost);
        assert_eq!(waiting(&store, id, 5).await.len(), 2);
    })
    .await;
}

/// What our own write made of a record comes back with the feed; it is no news.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_both_sides_agreed_on_is_not_filed() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (erika, max) = (leased(&store, "erika").await, leased(&store, "max").await);
        let lease = fed(&store).await;
        let link = linked(&store, erika.id, "<1@x>", "E1").await;
        let mut page = PageCommit::new(erika.id, erika.lease_no, at(1));
        page.mirror(mirror(link, erika.id, "I1", "R1"));
        store.commit_page(&page).await.unwrap();
        let mut task = change(erika.id, "R1", "r1");
        task.record.kind = Kind::Task;
        let rows = vec![
            change(erika.id, "R1", "r1"),
            change(max.id, "R1", "r1"),
            task.clone(),
        ];
        file(&store, &lease, rows, 2).await;
        let filed: Vec<RecordRef> = store
            .filed(erika.id, at(2), 9)
            .await
            .unwrap()
            .into_iter()
            .map(|r| r.record)
            .collect();
        assert_eq!(
            filed,
            [task.record],
            "the same id of another kind is another record"
        );
        assert_eq!(
            waiting(&store, max.id, 2).await.len(),
            1,
            "who does not mirror it looks"
        );
        file(&store, &lease, vec![change(erika.id, "R1", "r2")], 3).await;
        assert_eq!(waiting(&store, erika.id, 3).await.len(), 2);
    })
    .await;
}

/// INV-5: that a sweep missed a record is a doubt, and each doubt is looked into.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_a_sweep_missed_is_looked_into_each_time() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row_of = leased(&store, "erika").await;
        let id = row_of.id;
        let lease = fed(&store).await;
        let link = linked(&store, id, "<1@x>", "E1").await;
        let mut page = PageCommit::new(id, row_of.lease_no, at(1));
        page.mirror(mirror(link, id, "I1", "R1"));
        store.commit_page(&page).await.unwrap();
        file(
            &store,
            &lease,
            vec![change(id, "R1", "r2"), missed(id, "R2")],
            1,
        )
        .await;
        assert_eq!(
            waiting(&store, id, 1).await,
            [row("R1", "r2", false), row("R2", "", true)]
        );
        file(&store, &lease, vec![missed(id, "R1")], 2).await;
        let rows = store.filed(id, at(2), 9).await.unwrap();
        let found = rows
            .iter()
            .find(|row| row.record == appointment("R1"))
            .unwrap();
        assert!(found.gone);
        assert_eq!(found.version.as_str(), "r2", "the last known one");
        assert_eq!(found.identity_key, "uid-R1", "the last known one");

        // The next sweep misses it still: it is being looked into.
        let before = ids(&store, id).await;
        file(&store, &lease, vec![missed(id, "R1"), missed(id, "R2")], 3).await;
        assert_eq!(ids(&store, id).await, before);
        // It stood after all; later it is missed again.
        done(&store, &row_of, before).await;
        file(&store, &lease, vec![missed(id, "R1")], 4).await;
        assert_eq!(waiting(&store, id, 4).await, [row("R1", "r2", true)]);
        // The feed tells of it again: there is no doubt any more, but something to look at.
        file(&store, &lease, vec![change(id, "R1", "r2")], 5).await;
        assert_eq!(waiting(&store, id, 5).await, [row("R1", "r2", false)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_off_comes_later_unless_a_newer_version_comes() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row_of = leased(&store, "erika").await;
        let id = row_of.id;
        let lease = fed(&store).await;
        let rows = ["R1", "R2", "R3"].map(|record| change(id, record, "v1"));
        file(&store, &lease, rows.to_vec(), 1).await;
        let all = ids(&store, id).await;
        store.put_off_filed(all[0], at(60)).await.unwrap();
        store.put_off_filed(all[1], at(30)).await.unwrap();
        store.put_off_filed(all[1], at(40)).await.unwrap();
        assert_eq!(waiting(&store, id, 39).await, [row("R3", "v1", false)]);
        let rows = store.filed(id, at(60), 2).await.unwrap();
        let order: Vec<_> = rows.iter().map(|row| (row.id, row.attempts)).collect();
        assert_eq!(order, [(all[2], 0), (all[1], 2)], "longest waiting first");
        file(&store, &lease, vec![change(id, "R1", "v2")], 5).await;
        let rows = store.filed(id, at(5), 9).await.unwrap();
        let now: Vec<_> = rows
            .iter()
            .map(|row| (row.version.as_str(), row.attempts))
            .collect();
        assert_eq!(now, [("v1", 0), ("v2", 0)]);
        done(&store, &row_of, all.clone()).await;
        store.put_off_filed(all[2], at(0)).await.unwrap();
        assert_eq!(
            waiting(&store, id, 99).await,
            [row("R1", "v2", false)],
            "done is done"
        );
    })
    .await;
}

/// One row that cannot be filed must not hold up the feed.
#[tokio::test(flavor = "multi_thread")]
async fn rows_for_mailboxes_that_are_not_the_tenants_are_left_out() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let id = mailbox(&store, "erika").await.id;
        let elsewhere = NewMailbox {
            id: MailboxId(Uuid::new_v4()),
            tenant: TenantId::new("other"),
            address: "max@example.com".into(),
            now: at(0),
        };
        let elsewhere = store.ensure_mailbox(&elsewhere).await.unwrap().id;
        let lease = fed(&store).await;
        let nobody = MailboxId(Uuid::new_v4());
        let rows = [elsewhere, nobody, id].map(|mailbox| change(mailbox, "R1", "v1"));
        file(&store, &lease, rows.to_vec(), 1).await;
        assert_eq!(waiting(&store, elsewhere, 1).await, []);
        assert_eq!(waiting(&store, id, 1).await.len(), 1);
    })
    .await;
}

/// However it lies to the lease, the wake-up is kept for the end of the session.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_filed_during_a_session_wakes_the_mailbox_after_it() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let lease = fed(&store).await;
        let row_of = leased(&store, "erika").await;
        let running = session(&row_of, 0);
        store.start_session(&running).await.unwrap();
        file(&store, &lease, vec![change(row_of.id, "R1", "v1")], 10).await;
        assert!(
            store
                .renew_lease(row_of.id, row_of.lease_no, at(240))
                .await
                .unwrap()
        );
        store
            .finish_session(&finish(running.id, &row_of, 50, 900))
            .await
            .unwrap();
        let due = store.mailbox(row_of.id).await.unwrap().unwrap().due_at;
        assert_eq!(due, at(10));
    })
    .await;
}

/// More than a statement or a list takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_page_is_filed_whole() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let lease = fed(&store).await;
        let mut mailboxes = Vec::new();
        for number in 0..600 {
            mailboxes.push(mailbox(&store, &format!("m{number}")).await.id);
        }
        let rows: Vec<_> = (0..1300)
            .map(|n| change(mailboxes[n % 600], &format!("R{}", n / 600), "v1"))
            .collect();
        file(&store, &lease, rows.clone(), -5).await;
        let raw = database.raw().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM filed").await, 1300);
        let woken = format!(
            "SELECT COUNT(*) FROM mailbox WHERE due_at = {}",
            at(-5).as_microsecond()
        );
        assert_eq!(raw.number(&woken).await, 600);
        file(&store, &lease, rows, -9).await;
        assert_eq!(raw.number(&woken).await, 600, "nothing is new");
    })
    .await;
}

/// Sessions strike off and put mirrors while the feed files for the same mailboxes: nobody waits in a circle.
#[tokio::test(flavor = "multi_thread")]
async fn feed_and_sessions_do_not_block_each_other() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let lease = fed(&store).await;
        let mut rows = Vec::new();
        for number in 0..6 {
            rows.push(leased(&store, &format!("m{number}")).await);
        }
        let mut tasks = JoinSet::new();
        for row_of in rows.clone() {
            let node = database.open().await;
            tasks.spawn(async move {
                for _ in 0..40 {
                    let found = node.filed(row_of.id, at(9999), 99).await.unwrap();
                    let mut page = PageCommit::new(row_of.id, row_of.lease_no, at(5));
                    page.filed_done(found.into_iter().map(|row| row.id).collect());
                    assert_eq!(node.commit_page(&page).await.unwrap(), Fenced::Kept);
                }
            });
        }
        for round in 0..40 {
            let version = format!("v{round}");
            let mut page: Vec<_> = rows
                .iter()
                .flat_map(|row| (0..4).map(|n| (row.id, format!("R{n}"))))
                .map(|(id, record)| change(id, &record, &version))
                .collect();
            if round % 2 == 0 {
                page.reverse();
            }
            // Ever earlier, so that each page brings all mailboxes forward.
            file(&store, &lease, page, -round).await;
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    })
    .await;
}
