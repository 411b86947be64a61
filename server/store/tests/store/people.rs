//! The user's blocklist, the report of what was made, offered links.

use ssi_domain::{Kind, LinkId, RecordId, RecordRef};
use ssi_store::{LinkOffer, MadeParty, NewOffer, OfferState, Origin, UnknownAddress, Waiting};
use uuid::Uuid;

use crate::{
    given::{at, linked, mailbox, target, tenant},
    harness::{Database, Raw, on_both},
};

fn contact(id: &str) -> RecordRef {
    RecordRef {
        kind: Kind::Contact,
        id: RecordId::new(id),
    }
}

/// BL-02: a layer per mailbox, each entry once, nothing readable in the database.
#[tokio::test(flavor = "multi_thread")]
async fn a_users_blocklist_is_kept_sealed() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (erika, max) = (
            mailbox(&store, "erika").await.id,
            mailbox(&store, "max").await.id,
        );
        let entry = |text: &str| text.to_owned();
        let add = [entry("bob@shop.example"), entry("*.mill.example")];
        assert!(
            store
                .edit_blocklist(erika, &add, &[], 10, at(1))
                .await
                .unwrap()
        );
        assert!(
            store
                .edit_blocklist(erika, &add[..1], &[], 10, at(2))
                .await
                .unwrap()
        );
        let list = |entries: Vec<ssi_store::BlocklistEntry>| -> Vec<String> {
            let mut list: Vec<_> = entries.into_iter().map(|one| one.entry).collect();
            list.sort();
            list
        };
        assert_eq!(
            list(store.blocklist(erika).await.unwrap()),
            ["*.mill.example", "bob@shop.example"]
        );
        assert_eq!(store.blocklist(max).await.unwrap(), []);
        let kept = store.blocklist(erika).await.unwrap();
        assert!(kept.iter().all(|one| one.created_at == at(1)), "each once");
        assert!(!format!("{kept:?}").contains("bob"), "never printed");

        // A list that would grow too long stays as it is.
        let more = [entry("c@shop.example")];
        assert!(
            !store
                .edit_blocklist(erika, &more, &[], 2, at(3))
                .await
                .unwrap()
        );
        let both = store
            .edit_blocklist(erika, &more, &add[..1], 2, at(3))
            .await;
        assert!(both.unwrap(), "one out, one in");
        assert_eq!(
            list(store.blocklist(erika).await.unwrap()),
            ["*.mill.example", "c@shop.example"]
        );
        assert!(
            store
                .edit_blocklist(erika, &[], &more, 0, at(4))
                .await
                .unwrap()
        );
        assert_eq!(store.blocklist(erika).await.unwrap().len(), 1);
        let text = match database.raw().await {
            Raw::Sqlite(pool) => {
                sqlx::query_scalar::<_, Vec<u8>>("SELECT sealed FROM blocklist_entry")
                    .fetch_all(&pool)
                    .await
                    .unwrap()
            }
            Raw::Postgres(pool) => {
                sqlx::query_scalar::<_, Vec<u8>>("SELECT sealed FROM blocklist_entry")
                    .fetch_all(&pool)
                    .await
                    .unwrap()
            }
        };
        assert_eq!(text.len(), 1);
        assert!(!String::from_utf8_lossy(&text[0]).contains("mill"));
    })
    .await;
}

/// RES-01: what was made is told once, newest first, page by page.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_is_reported() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (erika, max) = (
            mailbox(&store, "erika").await.id,
            mailbox(&store, "max").await.id,
        );
        let mut made = Vec::new();
        for n in 0..3 {
            let link = linked(&store, erika, &format!("<{n}@x>"), &format!("E{n}")).await;
            let one = MadeParty {
                link,
                mailbox: erika,
                record: contact(&format!("C{n}")),
                for_kind: Kind::Appointment,
                for_key: "uid".into(),
                made_at: at(n),
            };
            store.note_made(&tenant(), &one).await.unwrap();
            store.note_made(&tenant(), &one).await.unwrap();
            made.push(one);
        }
        made.reverse();
        let first = store.made_parties(erika, None, 2).await.unwrap();
        assert_eq!(first, made[..2]);
        let place = first.last().map(|one| (one.made_at, one.link));
        assert_eq!(
            store.made_parties(erika, place, 2).await.unwrap(),
            made[2..]
        );
        assert_eq!(store.made_parties(max, None, 9).await.unwrap(), []);
        let link = linked(&store, max, "<m@x>", "M").await;
        let of_max = MadeParty {
            link,
            mailbox: max,
            made_at: at(9),
            ..made[0].clone()
        };
        store.note_made(&tenant(), &of_max).await.unwrap();
        let all = store.made_of_tenant(&tenant(), None, 9).await.unwrap();
        assert_eq!(all[0], of_max);
        assert_eq!(all[1..], made);
        let other = ssi_domain::TenantId::new("other");
        assert_eq!(store.made_of_tenant(&other, None, 9).await.unwrap(), []);
    })
    .await;
}

/// LNK-04: an offer is made once, and a refused one does not come again.
#[tokio::test(flavor = "multi_thread")]
async fn links_are_offered_once_and_answered_once() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (erika, max) = (
            mailbox(&store, "erika").await.id,
            mailbox(&store, "max").await.id,
        );
        let link = linked(&store, erika, "<1@x>", "E1").await;
        let digest = store.address_digest("bob@shop.example");
        assert!(!digest.contains("bob") && digest != store.address_digest("bob@mill.example"));
        let unknown = UnknownAddress {
            digest: digest.clone(),
            link,
            mailbox: erika,
        };
        for _ in 0..2 {
            let list = std::slice::from_ref(&unknown);
            store.note_unknown(&tenant(), list, at(0)).await.unwrap();
        }
        let found = store
            .unknown_at(&tenant(), std::slice::from_ref(&digest))
            .await
            .unwrap();
        let targets = vec![target("A1", Origin::Auto)];
        assert_eq!(found, [Waiting { unknown, targets }]);

        let offer = |party: &str, second| NewOffer {
            id: Uuid::new_v4(),
            mailbox: erika,
            link,
            party: contact(party),
            at: at(second),
        };
        let (one, two) = (offer("C1", 1), offer("C2", 2));
        store
            .offer_links(&[one.clone(), two.clone()])
            .await
            .unwrap();
        store.offer_links(&[offer("C1", 3)]).await.unwrap();
        let ids =
            |offers: Vec<LinkOffer>| -> Vec<Uuid> { offers.iter().map(|one| one.id).collect() };
        let open = store.open_offers(erika, None, 9).await.unwrap();
        assert_eq!(ids(open.clone()), [one.id, two.id]);
        let after = Some((open[0].at, open[0].id));
        assert_eq!(
            ids(store.open_offers(erika, after, 9).await.unwrap()),
            [two.id]
        );
        let stored = store.offered_link(link).await.unwrap().expect("stands");
        assert_eq!(
            stored.record.map(|record| record.id),
            Some(RecordId::new("E1"))
        );
        assert_eq!(
            store.offered_link(LinkId(Uuid::new_v4())).await.unwrap(),
            None
        );

        let refused = OfferState::Refused;
        assert!(
            !store.settle_offer(max, one.id, refused).await.unwrap(),
            "not this mailbox's"
        );
        assert!(store.settle_offer(erika, one.id, refused).await.unwrap());
        assert!(
            !store
                .settle_offer(erika, one.id, OfferState::Taken)
                .await
                .unwrap()
        );
        store.offer_links(&[offer("C1", 4)]).await.unwrap();
        assert_eq!(
            ids(store.open_offers(erika, None, 9).await.unwrap()),
            [two.id]
        );
        let kept = store.offer(erika, one.id).await.unwrap().expect("kept");
        assert_eq!((kept.state, kept.party), (refused, contact("C1")));

        store.forget_unknown(at(1)).await.unwrap();
        assert_eq!(store.unknown_at(&tenant(), &[digest]).await.unwrap(), []);
    })
    .await;
}

/// SRCH-10, SB-02: a record is pinned once per mailbox, the newest first, up to a limit.
#[tokio::test(flavor = "multi_thread")]
async fn records_are_pinned_once_and_unpinned() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (erika, max) = (
            mailbox(&store, "erika").await.id,
            mailbox(&store, "max").await.id,
        );
        let (one, two) = (contact("1"), contact("2"));
        assert!(store.pin(erika, &one, 2, at(1)).await.unwrap());
        assert!(store.pin(erika, &two, 2, at(2)).await.unwrap());
        assert!(store.pin(erika, &one, 2, at(3)).await.unwrap());
        assert!(!store.pin(erika, &contact("3"), 2, at(4)).await.unwrap());
        assert_eq!(store.pins(erika).await.unwrap(), [two.clone(), one.clone()]);
        assert_eq!(store.pins(max).await.unwrap(), []);
        store.unpin(erika, &two).await.unwrap();
        store.unpin(erika, &two).await.unwrap();
        assert_eq!(store.pins(erika).await.unwrap(), [one]);
    })
    .await;
}
