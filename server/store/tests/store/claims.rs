//! Claiming: every mailbox is worked on by one session at a time.

use std::collections::{BTreeMap, BTreeSet};

use ssi_domain::MailboxId;
use ssi_store::Store;
use uuid::Uuid;

use crate::{
    given::{at, finish, mailbox, session},
    harness::on_both,
};

async fn due_at(store: &Store, id: MailboxId) -> jiff::Timestamp {
    store
        .mailbox(id)
        .await
        .unwrap()
        .expect("it is there")
        .due_at
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_workers_claim_each_of_200_mailboxes_exactly_once() {
    on_both(|database| async move {
        let store = database.open().await;
        let mut all = BTreeSet::new();
        for number in 0..200 {
            all.insert(mailbox(&store, &format!("m{number}")).await.id);
        }
        let mut workers = Vec::new();
        for worker in 0..8 {
            let node = database.open().await;
            workers.push(tokio::spawn(async move {
                let name = format!("node-{worker}");
                let mut mine = Vec::new();
                loop {
                    let rows = node.claim_due(&name, at(1), at(300), 7).await.unwrap();
                    assert!(rows.len() <= 7, "{} rows for a limit of 7", rows.len());
                    // Others hold the rows that are passed over only for a moment.
                    if rows.is_empty()
                        && node
                            .mailboxes()
                            .await
                            .unwrap()
                            .iter()
                            .all(|row| row.lease_no == 1)
                    {
                        return mine;
                    }
                    mine.extend(rows.into_iter().map(|row| (row.id, row.lease_no)));
                }
            }));
        }
        let mut claims: BTreeMap<MailboxId, u32> = BTreeMap::new();
        for worker in workers {
            for (id, lease) in worker.await.unwrap() {
                assert_eq!(lease, 1, "the first lease of a mailbox");
                *claims.entry(id).or_default() += 1;
            }
        }
        assert_eq!(claims.keys().copied().collect::<BTreeSet<_>>(), all);
        assert!(claims.values().all(|count| *count == 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_longest_is_claimed_first() {
    on_both(|database| async move {
        let store = database.open().await;
        for (name, due) in [("late", -1), ("first", -30), ("second", -20)] {
            let row = mailbox(&store, name).await;
            store.bring_forward(row.id, at(due)).await.unwrap();
        }
        let rows = store.claim_due("node-1", at(0), at(60), 2).await.unwrap();
        let names: BTreeSet<_> = rows.iter().map(|row| row.address.as_str()).collect();
        assert_eq!(
            names,
            BTreeSet::from(["first@example.com", "second@example.com"])
        );
        assert!(
            store
                .claim_due("node-1", at(0), at(60), 0)
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_answers_with_the_row_as_it_stands_now() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = mailbox(&store, "erika").await;
        let claimed = store
            .claim_due("node-1", at(5), at(65), 9)
            .await
            .unwrap()
            .remove(0);
        assert_eq!((claimed.lease_no, claimed.lease_until), (1, Some(at(65))));
        assert_eq!(store.mailbox(row.id).await.unwrap(), Some(claimed));
        assert!(
            store
                .claim_due("node-2", at(64), at(99), 9)
                .await
                .unwrap()
                .is_empty(),
            "it is held"
        );
        let taken = store.claim_due("node-2", at(65), at(99), 9).await.unwrap();
        assert_eq!(
            taken[0].lease_no, 2,
            "the lease ended: the next may have it"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mailbox_is_claimed_by_name_unless_somebody_holds_it() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = mailbox(&store, "erika").await;
        let first = store
            .claim_mailbox(row.id, "node-1", at(-50), at(10))
            .await
            .unwrap();
        assert_eq!(
            first.map(|row| row.lease_no),
            Some(1),
            "claimed though it is not due yet"
        );
        assert_eq!(
            store
                .claim_mailbox(row.id, "node-2", at(9), at(60))
                .await
                .unwrap(),
            None
        );
        let second = store
            .claim_mailbox(row.id, "node-2", at(10), at(60))
            .await
            .unwrap();
        assert_eq!(second.map(|row| row.lease_no), Some(2));
        let nobody = MailboxId(Uuid::new_v4());
        assert_eq!(
            store
                .claim_mailbox(nobody, "node-1", at(0), at(60))
                .await
                .unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_claim_one_mailbox_by_name_never_both_get_it() {
    on_both(|database| async move {
        let (one, two) = (database.open().await, database.open().await);
        for round in 0..20 {
            let row = mailbox(&one, &format!("m{round}")).await;
            let (a, b) = tokio::join!(
                one.claim_mailbox(row.id, "node-1", at(0), at(60)),
                two.claim_mailbox(row.id, "node-2", at(0), at(60)),
            );
            let claimed = [a.unwrap(), b.unwrap()].iter().flatten().count();
            assert_eq!(claimed, 1, "round {round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_up_only_brings_forward() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = mailbox(&store, "erika").await;
        store.bring_forward(row.id, at(50)).await.unwrap();
        assert_eq!(due_at(&store, row.id).await, at(0));
        store.bring_forward(row.id, at(-5)).await.unwrap();
        assert_eq!(due_at(&store, row.id).await, at(-5));
    })
    .await;
}

/// However a wake-up lies to the lease and to the next due time, it is never lost and never delays.
#[tokio::test(flavor = "multi_thread")]
async fn a_wake_up_during_a_session_survives_its_end() {
    on_both(|database| async move {
        let store = database.open().await;
        // Wake-ups, the next due time, and what must come of it; the lease lasts until 120.
        let cases: [(&[i64], i64, i64); 6] = [
            (&[10], 900, 10),
            (&[10, 5, 40], 900, 5),
            (&[300], 900, 300),
            (&[120], 900, 120),
            (&[100], 60, 60),
            (&[], 900, 900),
        ];
        for (number, (wakes, next, due)) in cases.into_iter().enumerate() {
            let row = mailbox(&store, &format!("m{number}")).await;
            let row = store
                .claim_mailbox(row.id, "n", at(0), at(120))
                .await
                .unwrap()
                .unwrap();
            let running = session(&row, 0);
            store.start_session(&running).await.unwrap();
            for wake in wakes {
                store.bring_forward(row.id, at(*wake)).await.unwrap();
            }
            let twice = store.claim_due("other", at(119), at(400), 9).await.unwrap();
            assert!(
                twice.iter().all(|other| other.id != row.id),
                "it is due, but held"
            );
            assert!(
                store
                    .renew_lease(row.id, row.lease_no, at(240))
                    .await
                    .unwrap()
            );
            let still_held = store
                .claim_mailbox(row.id, "other", at(239), at(400))
                .await
                .unwrap();
            assert_eq!(still_held, None, "a wake-up does not end the lease");
            store
                .finish_session(&finish(running.id, &row, 50, next))
                .await
                .unwrap();
            assert_eq!(due_at(&store, row.id).await, at(due), "case {number}");
        }
    })
    .await;
}

/// The wake-up was for the session that starts now; it is not kept for the one after.
#[tokio::test(flavor = "multi_thread")]
async fn a_wake_up_is_used_once() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = mailbox(&store, "erika").await;
        let row = store
            .claim_mailbox(row.id, "n", at(0), at(120))
            .await
            .unwrap()
            .unwrap();
        store.bring_forward(row.id, at(10)).await.unwrap();
        // The node dies; the next one takes over.
        let row = store
            .claim_due("other", at(120), at(240), 1)
            .await
            .unwrap()
            .remove(0);
        let running = session(&row, 120);
        store.start_session(&running).await.unwrap();
        store
            .finish_session(&finish(running.id, &row, 130, 900))
            .await
            .unwrap();
        assert_eq!(due_at(&store, row.id).await, at(900));
    })
    .await;
}
