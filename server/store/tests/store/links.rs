//! Links: one key, one holder, one record.

use ssi_domain::{ItemId, Kind, LinkId, TenantId};
use ssi_store::{LinkState, Origin, PageCommit};
use uuid::Uuid;

use crate::{
    given::{
        at, completed, copy, leased, linked, mailbox, record, reserve, target, tenant, wanted,
    },
    harness::on_both,
};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_race_for_one_key_one_holds_it() {
    on_both(|database| async move {
        let (one, two) = (database.open().await, database.open().await);
        let mailbox = mailbox(&one, "erika").await.id;
        for round in 0..30 {
            let key = format!("<{round}@x>");
            let (a, b) = (
                wanted(&key, "node-1:a", mailbox, 0),
                wanted(&key, "node-2:b", mailbox, 0),
            );
            let (a, b) = tokio::join!(reserve(&one, &a), reserve(&two, &b));
            assert!(a.mine != b.mine, "round {round}: {} {}", a.mine, b.mine);
            assert_eq!(a.row, b.row, "both see the row of the one who holds it");
            let holder = if a.mine { "node-1:a" } else { "node-2:b" };
            assert_eq!(a.row.holder.as_deref(), Some(holder));
            assert_eq!((a.row.state, &a.row.record), (LinkState::Creating, &None));
        }
    })
    .await;
}

/// Batches in opposite orders: nobody waits for ever, every key has one holder.
#[tokio::test(flavor = "multi_thread")]
async fn batches_that_overlap_share_the_keys_out() {
    on_both(|database| async move {
        let mailbox = mailbox(&database.open().await, "erika").await.id;
        let mut racers = Vec::new();
        for racer in 0..4 {
            let store = database.open().await;
            racers.push(tokio::spawn(async move {
                let holder = format!("node-{racer}:x");
                let mut batch: Vec<_> = (0..40)
                    .map(|n| wanted(&format!("<{n}@x>"), &holder, mailbox, 0))
                    .collect();
                if racer % 2 == 1 {
                    batch.reverse();
                }
                let answers = store.reserve(&tenant(), Kind::Email, &batch).await.unwrap();
                assert_eq!(answers.len(), batch.len());
                for (asked, answer) in batch.iter().zip(&answers) {
                    assert_eq!(
                        asked.identity_key, answer.row.identity_key,
                        "in the order asked"
                    );
                }
                let mine: Vec<_> = answers
                    .into_iter()
                    .filter(|answer| answer.mine)
                    .map(|answer| answer.row)
                    .collect();
                let done: Vec<_> = mine
                    .iter()
                    .rev()
                    .map(|row| completed(row.id, &holder, &format!("E{racer}"), 1))
                    .collect();
                store.complete(&done).await.unwrap();
                mine.len()
            }));
        }
        let mut held = 0;
        for racer in racers {
            held += racer.await.unwrap();
        }
        assert_eq!(held, 40);
    })
    .await;
}

/// On PostgreSQL the row can go between being found and being read.
#[tokio::test(flavor = "multi_thread")]
async fn a_reserve_survives_an_abandon_at_the_same_time() {
    on_both(|database| async move {
        let mailbox = mailbox(&database.open().await, "erika").await.id;
        let mut racers = Vec::new();
        for racer in 0..4 {
            let store = database.open().await;
            racers.push(tokio::spawn(async move {
                let holder = format!("node-{racer}:x");
                for _ in 0..50 {
                    let answer = reserve(&store, &wanted("<1@x>", &holder, mailbox, 0)).await;
                    if answer.mine {
                        assert_eq!(answer.row.holder.as_ref(), Some(&holder));
                        store.abandon(answer.row.id, &holder).await.unwrap();
                    }
                }
            }));
        }
        for racer in racers {
            racer.await.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_unique_per_tenant_and_kind_only() {
    on_both(|database| async move {
        let store = database.open().await;
        let mailbox = mailbox(&store, "erika").await.id;
        let one = |holder: &str| [wanted("<1@x>", holder, mailbox, 0)];
        let other = TenantId::new("other");
        assert!(
            store
                .reserve(&tenant(), Kind::Email, &one("n:a"))
                .await
                .unwrap()[0]
                .mine
        );
        assert!(
            store
                .reserve(&other, Kind::Email, &one("n:b"))
                .await
                .unwrap()[0]
                .mine
        );
        assert!(
            store
                .reserve(&tenant(), Kind::Task, &one("n:c"))
                .await
                .unwrap()[0]
                .mine
        );
        assert!(
            !store
                .reserve(&tenant(), Kind::Email, &one("n:d"))
                .await
                .unwrap()[0]
                .mine
        );
        assert!(
            store
                .reserve(&tenant(), Kind::Email, &[])
                .await
                .unwrap()
                .is_empty()
        );
        let twice = [
            wanted("<2@x>", "n:a", mailbox, 0),
            wanted("<2@x>", "n:a", mailbox, 0),
        ];
        let answers = store.reserve(&tenant(), Kind::Email, &twice).await.unwrap();
        assert_eq!(
            answers.iter().filter(|answer| answer.mine).count(),
            1,
            "named twice, held once"
        );
    })
    .await;
}

/// Keys differ by case and by every character: a Message-ID is case-sensitive.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_compared_bytewise() {
    on_both(|database| async move {
        let store = database.open().await;
        let mailbox = mailbox(&store, "erika").await.id;
        for key in [
            "<a@x>",
            "<A@x>",
            "<a@x> ",
            "<a%@x>",
            "<a_@x>",
            "<\u{e4}@x>",
            "<a\u{308}@x>",
        ] {
            assert!(
                reserve(&store, &wanted(key, "n:a", mailbox, 0)).await.mine,
                "{key}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_taken_over_when_it_ends_and_its_holder_is_fenced_out() {
    on_both(|database| async move {
        let store = database.open().await;
        let mailbox = mailbox(&store, "erika").await.id;
        let first = reserve(&store, &wanted("<1@x>", "n:a", mailbox, 0)).await;
        let link = first.row.id;
        assert!(
            !reserve(&store, &wanted("<1@x>", "n:b", mailbox, 59))
                .await
                .mine
        );
        assert!(
            reserve(&store, &wanted("<1@x>", "n:a", mailbox, 59))
                .await
                .mine,
            "the same holder again"
        );
        assert!(
            !reserve(&store, &wanted("<1@x>", "n:b", mailbox, 60))
                .await
                .mine,
            "it was extended"
        );
        let taken = reserve(&store, &wanted("<1@x>", "n:b", mailbox, 119)).await;
        assert!(taken.mine);
        assert_eq!(
            (taken.row.id, taken.row.held_until),
            (link, Some(at(179))),
            "the same row"
        );

        store
            .complete(&[completed(link, "n:a", "LATE", 120)])
            .await
            .unwrap();
        store.release(link, "n:a", at(120)).await.unwrap();
        store.abandon(link, "n:a").await.unwrap();
        let stands = store
            .links_by_keys(&tenant(), Kind::Email, &["<1@x>".into()])
            .await
            .unwrap();
        assert_eq!(stands, [taken.row], "the old holder changes nothing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completed_link_is_never_written_again() {
    on_both(|database| async move {
        let store = database.open().await;
        let mailbox = mailbox(&store, "erika").await.id;
        let link = linked(&store, mailbox, "<1@x>", "E1").await;
        let stands = reserve(&store, &wanted("<1@x>", "n:b", mailbox, 999)).await;
        assert!(!stands.mine);
        assert_eq!(
            (stands.row.state, stands.row.holder.clone()),
            (LinkState::Linked, None)
        );
        assert_eq!(stands.row.record, Some(record("E1")));
        assert_eq!(stands.row.targets, [target("A1", Origin::Auto)]);
        assert_eq!(stands.row.created_by, mailbox);

        for (holder, id) in [
            ("node-1:seed", "E1"),
            ("node-1:seed", "E2"),
            ("n:b", "E1"),
            ("n:b", "E2"),
        ] {
            let mut again = completed(link, holder, id, 1000);
            again.targets = Vec::new();
            again.version = None;
            store.complete(&[again]).await.unwrap();
            store.release(link, holder, at(1000)).await.unwrap();
            store.abandon(link, holder).await.unwrap();
        }
        let after = reserve(&store, &wanted("<1@x>", "node-1:seed", mailbox, 2000)).await;
        assert!(!after.mine, "not even for who completed it");
        assert_eq!(after.row, stands.row);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn release_keeps_the_row_and_abandon_takes_it_away() {
    on_both(|database| async move {
        let store = database.open().await;
        let mailbox = mailbox(&store, "erika").await.id;
        let keys = ["<1@x>".to_owned()];
        let first = reserve(&store, &wanted("<1@x>", "n:a", mailbox, 0)).await;
        store.release(first.row.id, "n:a", at(5)).await.unwrap();
        let next = reserve(&store, &wanted("<1@x>", "n:b", mailbox, 5)).await;
        assert!(
            next.mine && next.row.id == first.row.id,
            "the row stays, free at once"
        );
        let longer = async |holder, until| {
            let held = store.hold_until(first.row.id, holder, at(until)).await;
            held.unwrap()
        };
        assert!(!longer("n:a", 99).await, "somebody else has it");
        assert!(longer("n:b", 99).await);
        let other = reserve(&store, &wanted("<1@x>", "n:c", mailbox, 98)).await;
        assert!(!other.mine, "held for longer");
        assert!(longer("n:b", 98).await, "and let go");
        assert!(!longer("n:a", 99).await, "which gives it back to nobody");
        store.abandon(first.row.id, "n:b").await.unwrap();
        assert!(
            store
                .links_by_keys(&tenant(), Kind::Email, &keys)
                .await
                .unwrap()
                .is_empty()
        );
        let fresh = reserve(&store, &wanted("<1@x>", "n:c", mailbox, 6)).await;
        assert!(fresh.mine && fresh.row.id != first.row.id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_added_at_once_are_all_kept() {
    on_both(|database| async move {
        let store = database.open().await;
        let mailbox = mailbox(&store, "erika").await.id;
        let link = linked(&store, mailbox, "<1@x>", "E1").await;
        let mut adders = Vec::new();
        for number in 0..16 {
            let store = store.clone();
            adders.push(tokio::spawn(async move {
                let new = [
                    target(&format!("B{number}"), Origin::Hand),
                    target("A1", Origin::Hand),
                ];
                store.add_targets(link, &new).await.unwrap();
            }));
        }
        for adder in adders {
            adder.await.unwrap();
        }
        let row = reserve(&store, &wanted("<1@x>", "n:b", mailbox, 9))
            .await
            .row;
        assert_eq!(row.targets.len(), 17, "{:?}", row.targets);
        assert_eq!(
            row.targets[0],
            target("A1", Origin::Auto),
            "one that stands is left alone"
        );
        store
            .add_targets(LinkId(Uuid::new_v4()), &[target("A", Origin::Auto)])
            .await
            .unwrap();
    })
    .await;
}

/// More keys and items than one statement takes, and numbers that are no power of two.
#[tokio::test(flavor = "multi_thread")]
async fn many_links_are_found_by_key_and_by_item() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let keys: Vec<String> = (0..1100).map(|n| format!("<{n}@x>")).collect();
        let batch: Vec<_> = keys
            .iter()
            .map(|key| wanted(key, "n:a", row.id, 0))
            .collect();
        let held = store.reserve(&tenant(), Kind::Email, &batch).await.unwrap();
        let mut page = PageCommit::new(row.id, row.lease_no, at(1));
        for (number, held) in held.iter().enumerate() {
            let mut copy = copy(held.row.id, row.id, &format!("I{number}"));
            copy.marked = number.is_multiple_of(2);
            page.copies.push(copy);
        }
        store.commit_page(&page).await.unwrap();

        for count in [1, 2, 3, 511, 512, 513, 1100] {
            let found = store
                .links_by_keys(&tenant(), Kind::Email, &keys[..count])
                .await
                .unwrap();
            assert_eq!(found.len(), count, "links, each once");
            let items: Vec<_> = (0..count).map(|n| ItemId::new(format!("I{n}"))).collect();
            let found = store.links_by_items(row.id, &items).await.unwrap();
            assert_eq!(found.len(), count, "items, each once");
            for copy in found {
                let number: usize = copy.item_id.as_str()[1..].parse().unwrap();
                assert_eq!(copy.link.identity_key, keys[number]);
                assert_eq!(
                    (copy.marked, copy.version.as_str()),
                    (number.is_multiple_of(2), "c1")
                );
            }
        }
        assert!(
            store
                .links_by_keys(&tenant(), Kind::Email, &[])
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            store
                .links_by_items(row.id, &[ItemId::new("i1")])
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}
