//! Slots: over all nodes never more than the total.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng, rngs::StdRng};
use ssi_domain::TenantId;
use ssi_store::Store;

use crate::{
    given::{at, tenant},
    harness::on_both,
};

async fn take(store: &Store, node: &str, want: u32, now: i64) -> u32 {
    store
        .take_slots(&tenant(), 6, node, want, at(now), at(now + 30))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_share_the_slots_of_a_tenant() {
    on_both(|database| async move {
        let store = database.open().await;
        assert_eq!(take(&store, "a", 4, 0).await, 4);
        assert_eq!(take(&store, "b", 4, 0).await, 2, "what is left");
        assert_eq!(
            take(&store, "a", 6, 10).await,
            4,
            "renewed; there are no more"
        );
        assert_eq!(take(&store, "a", 3, 20).await, 3, "one given back");
        assert_eq!(take(&store, "b", 4, 20).await, 3);
        let other = TenantId::new("other");
        assert_eq!(
            store
                .take_slots(&other, 6, "b", 6, at(20), at(50))
                .await
                .unwrap(),
            6
        );
        store.release_slots(&tenant(), "a").await.unwrap();
        assert_eq!(take(&store, "b", 6, 21).await, 6);
        assert_eq!(
            take(&store, "a", 1, 50).await,
            0,
            "renewed at 21, held until 51"
        );
        assert_eq!(
            take(&store, "a", 9, 51).await,
            6,
            "a node that is gone loses them"
        );
        assert_eq!(take(&store, "b", 6, 51).await, 0);
    })
    .await;
}

/// A node renews the slots it has before it takes others, so that none is lost to everybody for a while.
#[tokio::test(flavor = "multi_thread")]
async fn slots_a_node_has_are_renewed_first() {
    on_both(|database| async move {
        let store = database.open().await;
        assert_eq!(take(&store, "a", 3, 0).await, 3);
        assert_eq!(take(&store, "b", 3, 10).await, 3);
        // Those of `a` have ended; `b` keeps to its own.
        assert_eq!(take(&store, "b", 3, 35).await, 3);
        assert_eq!(take(&store, "c", 6, 35).await, 3);
        // Fewer slots in all: what lies beyond is given back.
        let few = store
            .take_slots(&tenant(), 4, "b", 3, at(36), at(66))
            .await
            .unwrap();
        assert_eq!(few, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slots_of_a_node_that_starts_again_are_free() {
    on_both(|database| async move {
        let store = database.open().await;
        for holder in [
            "node-1",
            "node-1/5e0c",
            "node-10",
            "node-10/1",
            "node-1/x/1",
            "NODE-1/1",
        ] {
            assert_eq!(take(&store, holder, 1, 0).await, 1, "{holder}");
        }
        store.release_node("node-1", at(1)).await.unwrap();
        let left = "SELECT node FROM slot ORDER BY number";
        let left = database.raw().await.texts(left).await;
        assert_eq!(left, ["node-10", "node-10/1", "node-1/x/1", "NODE-1/1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_at_once_never_hold_more_than_the_total() {
    on_both(|database| async move {
        let (one, two) = (database.open().await, database.open().await);
        let raw = database.raw().await;
        let mut random = StdRng::seed_from_u64(7);
        let mut until: BTreeMap<&str, (u32, i64)> = BTreeMap::new();
        let mut now = 0;
        for round in 0..60 {
            now += random.random_range(0..40);
            let (want_a, want_b) = (random.random_range(0..7), random.random_range(0..7));
            let (a, b) = tokio::join!(take(&one, "a", want_a, now), take(&two, "b", want_b, now));
            assert!(a <= want_a && b <= want_b);
            until.insert("a", (a, now + 30));
            until.insert("b", (b, now + 30));
            let held: u32 = until
                .values()
                .filter(|(_, end)| *end > now)
                .map(|(count, _)| *count)
                .sum();
            assert!(held <= 6, "round {round}: {a} + {b}");
            let rows = format!(
                "SELECT COUNT(*) FROM slot WHERE held_until > {}",
                at(now).as_microsecond()
            );
            assert_eq!(
                raw.number(&rows).await,
                i64::from(held),
                "round {round}: rows and answers agree"
            );
        }
    })
    .await;
}
