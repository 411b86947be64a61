//! Saving by click, while the user waits (rules 2.2, 2.3, 7, 9).

use ssi_domain::{Address, ItemId, Kind, RecordId, RecordRef};
use ssi_engine::{
    Card, Error, ItemKey, QueueSave, SaveChoice, SaveEmail, SaveOutcome, Saved, Standing,
};
use ssi_sandbox::company::PartyKind;
use ssi_tests::{
    db::{Database, on_both},
    given::{ANNA, BERND, CATEGORY, Given, eml},
    node::Node,
};

const CARLA: &str = "Carla Kundin <carla@customer.example>";

fn saved(outcome: SaveOutcome) -> Saved {
    match outcome {
        SaveOutcome::Saved(saved) => saved,
        SaveOutcome::Queued(_) => panic!("queued instead of saved"),
    }
}

/// LNK-01, EM-01, and the number of remote calls of an instant save.
#[tokio::test]
async fn a_click_saves_at_once_with_all_found_records_in_three_calls() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        node.session(mailbox).await;
        // The first write of a process fetches a CSRF token; a click later does not.
        let first = given.mail(eml("warm@x", CARLA, ANNA, "Warm"));
        node.click(mailbox, &first, SaveChoice::default())
            .await
            .expect("saved");
        let to = format!("{ANNA}, ivo@home.example");
        let item = given.mail(eml("c@x", CARLA, &to, "Click"));
        given.sandbox.world().reset_calls();

        let first = saved(
            node.click(mailbox, &item, SaveChoice::default())
                .await
                .expect("saved"),
        );

        let calls = given.sandbox.world().total_calls();
        assert!(calls <= 3, "{:?}", given.sandbox.world().calls());
        assert!(!first.already_saved);
        let kinds: Vec<Kind> = first.links.iter().map(|link| link.record.kind).collect();
        assert_eq!(
            kinds,
            [Kind::Contact, Kind::IndividualCustomer],
            "LNK-01: all found are linked"
        );
        assert_eq!(given.emails().len(), 2);

        let again = saved(
            node.click(mailbox, &item, SaveChoice::default())
                .await
                .expect("saved"),
        );
        assert!(again.already_saved);
        assert_eq!(again.record, first.record);
        assert_eq!(given.emails().len(), 2);

        node.session(mailbox).await;
        assert!(
            given
                .categories_of(ANNA, "<c@x>")
                .contains(&CATEGORY.to_owned())
        );
        given.assert_nothing_twice();
    })
    .await;
}

/// X15: the list left ticked is final; records chosen by hand come on top.
#[tokio::test]
async fn what_the_user_unticked_is_not_linked_and_what_they_chose_is() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let account = given.party(PartyKind::Account, "info@other.example", "Other Ltd");
    let item = given.mail(eml("t@x", CARLA, ANNA, "Ticks"));
    let chosen = RecordRef {
        kind: Kind::Account,
        id: RecordId::new(account),
    };
    let choice = SaveChoice {
        ticked: Some(Vec::new()),
        chosen: vec![chosen.clone()],
        subject: Some("My own subject".into()),
        ..SaveChoice::default()
    };

    let done = saved(node.click(mailbox, &item, choice).await.expect("saved"));

    let linked: Vec<_> = done.links.iter().map(|link| link.record.clone()).collect();
    assert_eq!(linked, [chosen]);
    let email = &given.emails()[0];
    assert_eq!(email.subject, "My own subject");
    assert!(!email.account.is_empty());
    assert!(email.contact.is_empty());
}

/// EM-01: a later click adds links, never a second record.
#[tokio::test]
async fn a_second_click_adds_links_to_the_same_record() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let lead = given.party(PartyKind::Lead, "new@lead.example", "New Lead");
    let item = given.mail(eml("two@x", CARLA, ANNA, "Twice"));
    let first = saved(
        node.click(mailbox, &item, SaveChoice::default())
            .await
            .expect("saved"),
    );
    let chosen = RecordRef {
        kind: Kind::Lead,
        id: RecordId::new(lead),
    };
    let choice = SaveChoice {
        chosen: vec![chosen.clone()],
        ..SaveChoice::default()
    };

    let second = saved(node.click(mailbox, &item, choice).await.expect("saved"));

    assert_eq!(second.record, first.record);
    assert!(second.links.iter().any(|link| link.record == chosen));
    assert_eq!(given.emails().len(), 1);
    assert_eq!(
        given.emails()[0].references.len(),
        1,
        "the lead is referenced"
    );
}

/// AIP-155
#[tokio::test]
async fn repeating_a_request_id_returns_the_first_answer_without_any_call() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let item = given.mail(eml("r@x", CARLA, ANNA, "Repeat"));
        let request = SaveEmail {
            request_id: Some("0191-first".into()),
            caller: "anna".into(),
            item: ItemKey::Item(ItemId::new(item)),
            choice: SaveChoice::default(),
            deadline: std::time::Duration::from_secs(30),
        };
        let first = node
            .engine
            .save_email(mailbox, request.clone())
            .await
            .expect("saved");
        given.sandbox.world().reset_calls();
        let again = node
            .engine
            .save_email(mailbox, request)
            .await
            .expect("answered");
        assert_eq!(again, first);
        assert_eq!(given.sandbox.world().total_calls(), 0);
    })
    .await;
}

/// EM-38, and ids that are forged or another user's.
#[tokio::test]
async fn forged_and_foreign_ids_are_not_found_and_service_messages_are_refused() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let foreign = given.mail_in(BERND, "inbox", &[], eml("b@x", CARLA, BERND, "Bernd's"));
    for id in [
        foreign.as_str(),
        "AAAA",
        "",
        "not base64 at all \u{1}",
        &"A".repeat(9_000),
    ] {
        let refused = node.click(mailbox, id, SaveChoice::default()).await;
        assert!(
            matches!(refused, Err(Error::NotFound { what: "item" })),
            "{id:.20}: {refused:?}"
        );
    }
    let receipt = given.mail(
        "Message-ID: <mdn@x>\r\nFrom: carla@customer.example\r\nTo: anna@sandbox.example\r\nSubject: Read\r\n\
         Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nread\r\n\
         --b\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: manual-action; displayed\r\n--b--\r\n",
    );
    let refused = node.click(mailbox, &receipt, SaveChoice::default()).await;
    assert!(
        matches!(refused, Err(Error::NothingToSave { .. })),
        "{refused:?}"
    );
    assert!(given.emails().is_empty());
}

/// Compose mode: a wish is fulfilled when the sent copy appears.
#[tokio::test]
async fn a_wish_from_compose_mode_is_fulfilled_by_the_sent_copy_once() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        node.session(mailbox).await;
        let address = Address {
            name: "Carla".into(),
            address: "carla@customer.example".into(),
        };
        node.engine
            .queue_save(
                mailbox,
                QueueSave {
                    request_id: None,
                    caller: "anna".into(),
                    client_key: None,
                    subject: "Our offer".into(),
                    recipients: vec![address],
                    choice: SaveChoice::default(),
                },
            )
            .await
            .expect("noted");
        let anna = format!("Anna Berger <{ANNA}>");
        let now =
            jiff::Timestamp::from_second(given.sandbox.world().now().as_second()).expect("now");
        let date =
            jiff::fmt::rfc2822::to_string(&now.to_zoned(jiff::tz::TimeZone::UTC)).expect("date");
        let mail = |id: &str| {
            eml(id, &anna, CARLA, "Our offer").replace("Mon, 16 Nov 2026 09:30:00 +0000", &date)
        };
        given.mail_in(ANNA, "sentitems", &[], mail("w1@x"));
        given.mail_in(ANNA, "sentitems", &[], mail("w2@x"));

        let (_, events) = node.session(mailbox).await;

        assert_eq!(
            given.emails().len(),
            1,
            "one wish takes one mail: {events:?}"
        );
        assert_eq!(given.emails()[0].direction, "1");
        node.session(mailbox).await;
        assert_eq!(given.emails().len(), 1);
    })
    .await;
}

/// SRCH-04, SRCH-05, SRCH-07, SRCH-09, EM-35
#[tokio::test]
async fn the_initial_search_shows_known_records_then_unknown_addresses_or_a_notice() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let to = format!("{ANNA}, {BERND}, who@unknown.example");
    let item = given.mail(eml("s@x", CARLA, &to, "Search"));
    let key = ItemKey::Item(ItemId::new(item));

    let cards = node
        .engine
        .initial_search(mailbox, &key)
        .await
        .expect("cards");

    assert_eq!(cards.len(), 2, "{cards:?}");
    assert!(
        matches!(&cards[0], Card::Found { party, linked: false, .. } if party.record.kind == Kind::Contact)
    );
    assert!(
        matches!(&cards[1], Card::Unknown(one) if one.who.address.address == "who@unknown.example")
    );

    let internal = given.mail(eml("i@x", &format!("Bernd <{BERND}>"), ANNA, "Internal"));
    let key = ItemKey::Item(ItemId::new(internal));
    let cards = node
        .engine
        .initial_search(mailbox, &key)
        .await
        .expect("cards");
    assert!(matches!(cards.as_slice(), [Card::Notice(_)]), "{cards:?}");
}

#[tokio::test]
async fn the_state_of_an_item_says_whether_and_why_it_is_saved() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let item = given.mail(eml("st@x", CARLA, ANNA, "State"));
    let key = ItemKey::Item(ItemId::new(&item));
    let before = node.engine.item_state(mailbox, &key).await.expect("state");
    assert_eq!(before.standing, Standing::NotSaved);
    assert_eq!(before.refused, None);
    node.click(mailbox, &item, SaveChoice::default())
        .await
        .expect("saved");
    let after = node.engine.item_state(mailbox, &key).await.expect("state");
    assert!(matches!(after.standing, Standing::Saved { .. }));
    assert!(!after.trace.expect("a trace").0.is_empty());
}
