//! A party that appears later is offered as a link, never linked silently (LNK-10).

use ssi_domain::{ItemId, Kind, RecordId, RecordRef};
use ssi_engine::{Error, ItemKey, UpdateLinks};
use ssi_sandbox::company::PartyKind;
use ssi_tests::{
    db::on_both,
    desk::Desk,
    given::{ANNA, eml},
};

const NEW: &str = "new@fresh.example";

/// LNK-10
#[tokio::test(flavor = "multi_thread")]
async fn a_party_that_appears_later_is_offered_once() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let engine = &desk.node.engine;
        for id in ["1@x", "2@x"] {
            desk.given.marked_mail(eml(id, NEW, ANNA, "early"));
        }
        desk.session().await;
        let offers = || async {
            engine
                .link_offers(desk.mailbox, None, 50)
                .await
                .expect("offers")
        };
        assert_eq!(offers().await, []);

        let contact = desk
            .given
            .party(PartyKind::Contact { account: None }, NEW, "Nina Neu");
        desk.feed().await;
        desk.given.marked_mail(eml("3@x", NEW, ANNA, "late"));
        desk.session().await;
        let open = offers().await;
        assert_eq!(
            open.len(),
            2,
            "one for each mail that was stored without it"
        );
        assert!(
            open.iter()
                .all(|one| one.offer.party.id.as_str() == contact)
        );
        let links = |link| {
            let store = desk.node.store.clone();
            let tenant = ssi_domain::TenantId::new(ssi_tests::node::TENANT);
            async move {
                let stored = store
                    .offered_link(link)
                    .await
                    .expect("read")
                    .expect("stands");
                let keys = [stored.identity_key];
                let rows = store
                    .links_by_keys(&tenant, stored.kind, &keys)
                    .await
                    .expect("read");
                rows[0].targets.clone()
            }
        };
        assert_eq!(
            links(open[0].offer.link).await,
            [],
            "nothing was linked silently"
        );

        engine
            .answer_offer(desk.mailbox, open[0].offer.id, true)
            .await
            .expect("taken");
        engine
            .answer_offer(desk.mailbox, open[0].offer.id, true)
            .await
            .expect("taken already");
        let taken = links(open[0].offer.link).await;
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].origin, ssi_store::Origin::Hand, "a person made it");
        engine
            .answer_offer(desk.mailbox, open[1].offer.id, false)
            .await
            .expect("refused");
        let other = engine
            .answer_offer(desk.mailbox, open[1].offer.id, true)
            .await;
        assert!(matches!(other, Err(Error::NotFound { what: "offer" })));
        assert_eq!(links(open[1].offer.link).await, []);

        desk.given.marked_mail(eml("4@x", NEW, ANNA, "again"));
        desk.session().await;
        assert_eq!(offers().await, [], "what was answered does not come again");
    })
    .await;
}

/// LNK-10: what a hand linked already is not offered, whether before the party was noticed or after it was offered.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_hand_linked_is_not_offered() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let engine = &desk.node.engine;
        let items =
            ["1@x", "2@x", "3@x"].map(|id| desk.given.marked_mail(eml(id, NEW, ANNA, "early")));
        desk.session().await;
        let contact = desk
            .given
            .party(PartyKind::Contact { account: None }, NEW, "Nina Neu");
        let link = async |item: &str| {
            let wanted = UpdateLinks {
                request_id: None,
                caller: "test".into(),
                item: ItemKey::Item(ItemId::new(item)),
                add: vec![RecordRef {
                    kind: Kind::Contact,
                    id: RecordId::new(contact.clone()),
                }],
                remove: Vec::new(),
            };
            let linked = engine.update_links(desk.mailbox, wanted).await;
            linked.expect("linked").record
        };
        let offered = async || {
            let offers = engine.link_offers(desk.mailbox, None, 50).await;
            let offers = offers.expect("offers").into_iter();
            offers.map(|one| one.record).collect::<Vec<_>>()
        };

        let first = link(&items[0]).await;
        desk.feed().await;
        let after_feed = offered().await;
        let second = link(&items[1]).await;
        let at_last = offered().await;

        assert_eq!(after_feed.len(), 2, "one was linked before");
        assert!(!after_feed.contains(&first) && after_feed.contains(&second));
        assert_eq!(at_last.len(), 1, "one was linked after it was offered");
        assert!(!at_last.contains(&second));
    })
    .await;
}
