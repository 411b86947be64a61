//! How many remote calls a search costs.

use ssi_domain::{ItemId, Kind};
use ssi_engine::{Card, ItemKey};
use ssi_tests::{
    db::on_both,
    desk::Desk,
    given::{ANNA, eml},
};

/// SRCH-04, SRCH-11: of what is local typing costs no call, and the cards of a mail the one that reads it and at most
/// one question.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_local_costs_no_call() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let to = format!("{ANNA}, lea@prospect.example");
        let item = desk
            .given
            .mail(eml("c@x", "carla@customer.example", &to, "Calls"));
        let calls = || -> u64 { desk.given.sandbox.world().calls().values().sum() };
        let before = calls();
        let kinds = [Kind::Contact, Kind::Lead, Kind::Account];
        let found = desk
            .node
            .engine
            .search_records(desk.mailbox, &kinds, "kundin", 20)
            .await
            .expect("found");
        assert_eq!((found.hits.len(), calls()), (1, before));

        let key = ItemKey::Item(ItemId::new(item));
        let cards = desk.node.engine.initial_search(desk.mailbox, &key).await;

        let cards = cards.expect("cards");
        assert!(matches!(
            cards[..],
            [Card::Found { .. }, Card::Found { .. }, Card::Found { .. }]
        ));
        assert!(calls() - before <= 1, "{} calls", calls() - before);
    })
    .await;
}
