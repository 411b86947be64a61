//! Blocklists: both layers, what they keep out and what not, and the look ahead before an edit (BL-01 to
//! BL-06), over HTTP, on both databases.

use ssi_domain::{ItemId, ReasonCode};
use ssi_engine::{Card, Decision, Error, ItemEvent, ItemKey, Layer, SaveChoice, SaveOutcome};
use ssi_tests::{
    db::on_both,
    desk::Desk,
    given::{ANNA, eml},
};

const CARLA: &str = "carla@customer.example";
const IVO: &str = "ivo@home.example";

async fn auto(database: &ssi_tests::db::Database) -> Desk {
    Desk::open_with(database, |settings| {
        settings.auto_save = true;
        // The mails of these tests are older than the mailbox.
        settings.lookback_days = 3_650;
    })
    .await
}

fn list(entries: &[&str]) -> Vec<String> {
    entries.iter().map(|&entry| entry.to_owned()).collect()
}

/// What a session says about the mails that came since the last one.
async fn told(desk: &Desk) -> Vec<ItemEvent> {
    desk.node.session(desk.mailbox).await.1
}

/// BL-01, BL-02, EM-36, EM-39
#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_blocks_is_not_saved_by_itself_but_by_hand() {
    on_both(|database| async move {
        let desk = auto(&database).await;
        let engine = &desk.node.engine;
        let add = list(&["Carla@Customer.example"]);
        engine
            .edit_blocklist(desk.mailbox, &add, &[])
            .await
            .expect("stored");

        let alone = desk.given.mail(eml("1@x", CARLA, ANNA, "alone"));
        desk.given
            .mail(eml("2@x", "carla+offers@customer.example", ANNA, "tagged"));
        desk.given
            .mail(eml("3@x", CARLA, &format!("{ANNA}, {IVO}"), "both"));
        let events = told(&desk).await;
        let reasons: Vec<_> = events
            .iter()
            .map(|one| (one.decision, one.reason.as_str()))
            .collect();
        assert_eq!(
            reasons
                .iter()
                .filter(|one| one.1 == "blocked_by_user")
                .count(),
            2,
            "{reasons:?}"
        );
        let saved: Vec<_> = events
            .iter()
            .filter(|one| one.decision == Decision::Saved)
            .collect();
        assert_eq!(saved.len(), 1, "EM-39: saved for the others");
        assert_eq!(
            saved[0].links[0].record.kind,
            ssi_domain::Kind::IndividualCustomer
        );

        // The sidebar has nothing to show, yet the button saves.
        let key = ItemKey::Item(ItemId::new(alone.clone()));
        let cards = engine
            .initial_search(desk.mailbox, &key)
            .await
            .expect("cards");
        assert!(
            matches!(cards[..], [Card::Notice(ReasonCode::BlockedByUser)]),
            "{cards:?}"
        );
        let clicked = desk
            .node
            .click(desk.mailbox, &alone, SaveChoice::default())
            .await;
        assert!(matches!(clicked, Ok(SaveOutcome::Saved(_))), "{clicked:?}");

        engine
            .edit_blocklist(desk.mailbox, &[], &list(&[CARLA]))
            .await
            .expect("stored");
        desk.given.mail(eml("4@x", CARLA, ANNA, "welcome back"));
        let events = told(&desk).await;
        assert!(events.iter().any(|one| one.decision == Decision::Saved));
    })
    .await;
}

/// BL-02, BL-03, BL-05, BL-06
#[tokio::test(flavor = "multi_thread")]
async fn the_list_shows_all_layers_and_only_the_own_one_is_the_users() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.blocklist.org = list(&["Spam.example"]);
        })
        .await;
        let engine = &desk.node.engine;
        let add = list(&["*.Mill.example", "bob@shop.example", "@shop.example"]);
        let entries = engine
            .edit_blocklist(desk.mailbox, &add, &[])
            .await
            .expect("stored");
        let of = |layer| -> Vec<&str> {
            let of = entries.iter().filter(|one| one.layer == layer);
            of.map(|one| one.entry.as_str()).collect()
        };
        assert_eq!(of(Layer::Corporate), ["sandbox.example"], "BL-03");
        assert_eq!(of(Layer::Organization), ["spam.example"]);
        let mut own = of(Layer::User);
        own.sort_unstable();
        assert_eq!(own, ["*.mill.example", "bob@shop.example", "shop.example"]);

        for fixed in ["spam.example", "sandbox.example"] {
            let refused = engine
                .edit_blocklist(desk.mailbox, &[], &list(&[fixed]))
                .await;
            assert!(
                matches!(
                    refused,
                    Err(Error::Invalid {
                        field: "remove",
                        ..
                    })
                ),
                "{fixed}"
            );
        }
        for junk in ["*.com", "nonsense", "*", ""] {
            let refused = engine
                .edit_blocklist(desk.mailbox, &list(&[junk]), &[])
                .await;
            assert!(
                matches!(refused, Err(Error::Invalid { field: "add", .. })),
                "{junk}"
            );
        }
        assert_eq!(
            engine.blocklist(desk.mailbox).await.expect("a list"),
            entries
        );
    })
    .await;
}

/// BL-01: the look ahead says what would change and stores nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_shows_what_it_would_change() {
    on_both(|database| async move {
        let desk = auto(&database).await;
        let engine = &desk.node.engine;
        let alone = desk.given.mail(eml("1@x", CARLA, ANNA, "alone"));
        let both = desk
            .given
            .mail(eml("2@x", CARLA, &format!("{ANNA}, {IVO}"), "both"));
        desk.given.mail(eml("3@x", IVO, ANNA, "other"));
        told(&desk).await;
        assert_eq!(desk.given.emails().len(), 3);

        let add = list(&["*.customer.example"]);
        let seen = engine
            .preview_blocklist(desk.mailbox, &add, &[])
            .await
            .expect("a preview");
        assert_eq!((seen.looked_at, seen.cut), (3, false));
        let of = |id: &str| seen.changes.iter().find(|one| one.item == ItemId::new(id));
        assert_eq!(
            seen.changes.len(),
            2,
            "the third mail has nothing to do with it"
        );
        let lost = of(&alone).expect("changes");
        assert!(!lost.saved && lost.after.is_none() && lost.code == ReasonCode::BlockedByUser);
        let kept = of(&both).expect("changes");
        assert!(kept.saved && kept.before != kept.after && kept.after.is_some());

        let nothing = list(&["stranger@else.example"]);
        let seen = engine
            .preview_blocklist(desk.mailbox, &nothing, &[])
            .await
            .expect("a preview");
        assert_eq!(seen.changes, []);
        let own = engine.blocklist(desk.mailbox).await.expect("a list");
        assert!(
            own.iter().all(|one| one.layer != Layer::User),
            "nothing was stored"
        );
    })
    .await;
}
