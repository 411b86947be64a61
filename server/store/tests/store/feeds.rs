//! The feed: one node at a time reads it, and what it files comes with its cursor or not at all.

use std::collections::BTreeSet;

use ssi_domain::{Cursor, Kind, TenantId};
use ssi_store::{FeedLease, FeedState, Fenced, Store};

use crate::{
    given::{appointment, at, change, fed, mailbox, tenant},
    harness::{Database, on_both},
};

async fn claim(store: &Store, node: &str, now: i64, until: i64) -> Option<i64> {
    let lease = store
        .claim_feed(&tenant(), node, at(now), at(until))
        .await
        .unwrap();
    lease.map(|lease| lease.number)
}

async fn due(store: &Store, now: i64) -> usize {
    store.feed_due(at(now), 9).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_claimed_by_one_node_at_a_time() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let unread = FeedState {
            next_due: None,
            swept_at: None,
        };
        assert_eq!(store.feed_state(&tenant()).await.unwrap(), unread);
        assert_eq!(due(&store, 0).await, 0, "nothing is known of it");
        assert_eq!(claim(&store, "node-1", 0, 60).await, Some(1));
        assert_eq!(claim(&store, "node-2", 59, 90).await, None, "it is held");
        assert_eq!(due(&store, 59).await, 0);
        assert_eq!(
            due(&store, 60).await,
            1,
            "the lease ended: the next may have it"
        );
        assert_eq!(claim(&store, "node-2", 60, 120).await, Some(2));
        let (old, new) = (FeedLease { number: 1 }, FeedLease { number: 2 });
        assert!(!store.renew_feed(&tenant(), &old, at(500)).await.unwrap());
        assert!(store.renew_feed(&tenant(), &new, at(200)).await.unwrap());
        assert_eq!(claim(&store, "node-1", 199, 300).await, None);

        let finish = |lease, next, swept| {
            let store = store.clone();
            async move {
                store
                    .finish_feed(&tenant(), &lease, at(150), at(next), at(next), swept)
                    .await
                    .unwrap()
            }
        };
        assert_eq!(finish(old, 999, true).await, Fenced::Lost);
        assert_eq!(finish(new, 450, true).await, Fenced::Kept);
        assert_eq!(
            finish(new, 999, false).await,
            Fenced::Lost,
            "it was given back"
        );
        let state = FeedState {
            next_due: Some(at(450)),
            swept_at: Some(at(150)),
        };
        assert_eq!(store.feed_state(&tenant()).await.unwrap(), state);
        assert_eq!((due(&store, 449).await, due(&store, 450).await), (0, 1));
        assert_eq!(
            claim(&store, "node-1", 160, 300).await,
            Some(3),
            "due or not"
        );
        assert_eq!(
            finish(FeedLease { number: 3 }, 700, false).await,
            Fenced::Kept
        );
        let state = FeedState {
            next_due: Some(at(700)),
            swept_at: Some(at(150)),
        };
        assert_eq!(
            store.feed_state(&tenant()).await.unwrap(),
            state,
            "the last sweep is kept"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_due_as_soon_as_its_tenant_has_a_mailbox() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        mailbox(&store, "erika").await;
        mailbox(&store, "max").await;
        assert_eq!(store.feed_due(at(0), 9).await.unwrap(), [tenant()]);
        let lease = fed(&store).await;
        store
            .finish_feed(&tenant(), &lease, at(1), at(300), at(300), false)
            .await
            .unwrap();
        mailbox(&store, "anna").await;
        assert_eq!(due(&store, 299).await, 0, "it was read just now");
    })
    .await;
}

/// Somebody whose number becomes known gets what was read before.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_employee_lets_the_feed_start_at_the_beginning() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let id = mailbox(&store, "erika").await.id;
        let (tenant, other) = (tenant(), TenantId::new("other"));
        // Reads a tenant's feed once; answers where it began.
        let read = |tenant: TenantId, meanwhile: Option<&'static str>| {
            let store = store.clone();
            async move {
                let lease = store
                    .claim_feed(&tenant, "n", at(0), at(60))
                    .await
                    .unwrap()
                    .unwrap();
                let began = store.feed_cursors(&tenant).await.unwrap().len();
                if meanwhile.is_some() {
                    store.set_employee(id, meanwhile).await.unwrap();
                }
                let cursor = Some(Cursor::new("c"));
                let kept = store.file(&tenant, &lease, Kind::Task, cursor, vec![], at(0));
                assert_eq!(kept.await.unwrap(), Fenced::Kept, "it goes on");
                let kept = store.finish_feed(&tenant, &lease, at(0), at(9), at(9), false);
                assert_eq!(kept.await.unwrap(), Fenced::Kept);
                began
            }
        };
        assert_eq!(read(other.clone(), None).await, 0);
        assert_eq!(read(tenant.clone(), Some("E1")).await, 0);
        assert_eq!(
            read(tenant.clone(), None).await,
            0,
            "it became known while it ran"
        );
        assert_eq!(
            read(tenant.clone(), Some("E1")).await,
            1,
            "it is known already"
        );
        assert_eq!(read(tenant.clone(), None).await, 1);
        store.set_employee(id, None).await.unwrap();
        assert_eq!(read(tenant.clone(), None).await, 1, "nobody is concerned");
        store.set_employee(id, Some("E1")).await.unwrap();
        assert_eq!(read(tenant, None).await, 0);
        assert_eq!(read(other, None).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_of_tenants_are_apart_and_come_longest_due_first() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        for (name, next) in [("late", 30), ("first", 10), ("later", 40), ("second", 20)] {
            let tenant = TenantId::new(name);
            let lease = store
                .claim_feed(&tenant, "n", at(0), at(5))
                .await
                .unwrap()
                .unwrap();
            assert_eq!(lease.number, 1);
            let kept = store.file(
                &tenant,
                &lease,
                Kind::Task,
                Some(Cursor::new(name)),
                vec![],
                at(0),
            );
            assert_eq!(kept.await.unwrap(), Fenced::Kept);
            store
                .finish_feed(&tenant, &lease, at(1), at(next), at(next), false)
                .await
                .unwrap();
            let cursors = store.feed_cursors(&tenant).await.unwrap();
            assert_eq!(cursors, [(Kind::Task, Cursor::new(name))]);
        }
        let names = |now, limit| {
            let store = store.clone();
            async move {
                let due = store.feed_due(at(now), limit).await.unwrap();
                due.into_iter().map(|tenant| tenant.0).collect::<Vec<_>>()
            }
        };
        assert_eq!(names(30, 9).await, ["first", "second", "late"]);
        assert_eq!(names(30, 1).await, ["first"]);
        assert_eq!(names(9, 9).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_claim_a_new_feed_at_once_never_both_get_it() {
    on_both(|database: Database| async move {
        let (one, two) = (database.open().await, database.open().await);
        for round in 0..20 {
            let tenant = TenantId::new(format!("t{round}"));
            let (a, b) = tokio::join!(
                one.claim_feed(&tenant, "node-1", at(0), at(60)),
                two.claim_feed(&tenant, "node-2", at(0), at(60)),
            );
            let leases: Vec<_> = [a.unwrap(), b.unwrap()].into_iter().flatten().collect();
            assert_eq!(leases, [FeedLease { number: 1 }], "round {round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_lease_files_nothing() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let id = mailbox(&store, "erika").await.id;
        store.bring_forward(id, at(0)).await.unwrap();
        let old = fed(&store).await;
        let new = store
            .claim_feed(&tenant(), "node-2", at(120), at(240))
            .await
            .unwrap()
            .unwrap();
        let file = |lease, version: &'static str| {
            let store = store.clone();
            async move {
                let rows = vec![change(id, "R1", version)];
                let cursor = Some(Cursor::new(version));
                store
                    .file(&tenant(), &lease, Kind::Visit, cursor, rows, at(-9))
                    .await
                    .unwrap()
            }
        };
        let beyond = FeedLease {
            number: new.number + 1,
        };
        for lease in [old, beyond] {
            assert_eq!(file(lease, "v1").await, Fenced::Lost);
            assert_eq!(store.feed_cursors(&tenant()).await.unwrap(), []);
            assert_eq!(store.filed(id, at(999), 9).await.unwrap(), []);
            assert_eq!(store.mailbox(id).await.unwrap().unwrap().due_at, at(0));
        }
        assert_eq!(file(new, "v2").await, Fenced::Kept);
        assert_eq!(
            store.feed_cursors(&tenant()).await.unwrap(),
            [(Kind::Visit, Cursor::new("v2"))]
        );
        assert_eq!(store.filed(id, at(999), 9).await.unwrap().len(), 1);
        assert_eq!(store.mailbox(id).await.unwrap().unwrap().due_at, at(-9));
        store
            .finish_feed(&tenant(), &new, at(130), at(400), at(400), false)
            .await
            .unwrap();
        assert_eq!(file(new, "v3").await, Fenced::Lost, "it was given back");
    })
    .await;
}

/// Whatever comes first of a takeover and a page filed under the old lease: rows and answer agree.
#[tokio::test(flavor = "multi_thread")]
async fn a_takeover_and_a_page_at_once_are_fenced() {
    on_both(|database: Database| async move {
        let (one, two) = (database.open().await, database.open().await);
        let id = mailbox(&one, "erika").await.id;
        let mut mailbox_rows = 0;
        for round in 0..20 {
            let now = at(round * 1000);
            let lease = one
                .claim_feed(&tenant(), "node-1", now, now)
                .await
                .unwrap()
                .unwrap();
            let rows = vec![change(id, &format!("R{round}"), "v1")];
            let tenant = tenant();
            let (kept, taken) = tokio::join!(
                one.file(&tenant, &lease, Kind::Visit, None, rows, now),
                two.claim_feed(&tenant, "node-2", now, now),
            );
            assert_eq!(
                taken.unwrap(),
                Some(FeedLease {
                    number: lease.number + 1
                })
            );
            mailbox_rows += usize::from(kept.unwrap() == Fenced::Kept);
            let filed = one.filed(id, now, 99).await.unwrap();
            assert_eq!(filed.len(), mailbox_rows, "round {round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nodes_feeds_are_freed_and_no_other() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let nodes = ["node-1", "node-10", "node-1:80", "NODE-1", "node_1"];
        for node in nodes {
            let tenant = TenantId::new(node);
            store
                .claim_feed(&tenant, node, at(0), at(600))
                .await
                .unwrap()
                .unwrap();
        }
        store.release_node("node-1", at(30)).await.unwrap();
        let due = store.feed_due(at(30), 9).await.unwrap();
        assert_eq!(due, [TenantId::new("node-1")]);
        for node in nodes {
            let tenant = TenantId::new(node);
            let claimed = store
                .claim_feed(&tenant, "other", at(31), at(60))
                .await
                .unwrap();
            assert_eq!(claimed.is_some(), node == "node-1", "{node}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_cursor_lets_its_kind_be_filed_again_and_no_other() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = crate::given::leased(&store, "erika").await;
        let lease = fed(&store).await;
        let mut visit = change(row.id, "R2", "v1");
        visit.record.kind = Kind::Visit;
        let rows = || vec![change(row.id, "R1", "v1"), visit.clone()];
        for kind in [Kind::Appointment, Kind::Visit] {
            let cursor = Some(Cursor::new("c"));
            store
                .file(&tenant(), &lease, kind, cursor, rows(), at(1))
                .await
                .unwrap();
        }
        let done = store.filed(row.id, at(1), 9).await.unwrap();
        assert_eq!(done.len(), 2);
        let mut page = ssi_store::PageCommit::new(row.id, row.lease_no, at(2));
        page.filed_done(done.iter().map(|row| row.id).collect());
        store.commit_page(&page).await.unwrap();
        store
            .drop_feed_cursor(&TenantId::new("other"), Kind::Appointment)
            .await
            .unwrap();
        store
            .drop_feed_cursor(&tenant(), Kind::Appointment)
            .await
            .unwrap();
        let cursors = store.feed_cursors(&tenant()).await.unwrap();
        assert_eq!(cursors, [(Kind::Visit, Cursor::new("c"))]);
        store
            .file(&tenant(), &lease, Kind::Visit, None, rows(), at(3))
            .await
            .unwrap();
        let again = store.filed(row.id, at(3), 9).await.unwrap();
        let records: BTreeSet<_> = again.into_iter().map(|row| row.record).collect();
        assert_eq!(records, BTreeSet::from([appointment("R1")]));
    })
    .await;
}
