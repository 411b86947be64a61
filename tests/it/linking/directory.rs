//! Candidates come from the directory: what the feed told, without asking the CRM, for both paths alike.

use ssi_domain::{ItemId, Kind, RecordRef, TenantId};
use ssi_engine::{Card, ItemKey, SaveChoice, SaveOutcome};
use ssi_sandbox::{Fault, FaultRule, company::PartyKind, crm::AccountForm};
use ssi_tests::{
    db::on_both,
    desk::Desk,
    given::{ANNA, Given, eml},
    node::{Node, TENANT},
    people::People,
};

use super::cards;

/// An account with a web site and no address.
fn company(desk: &Desk, name: &str, site: &str) -> String {
    desk.crm_account(AccountForm {
        name: Some(name.into()),
        web_site: Some(site.into()),
        ..AccountForm::default()
    })
}

/// Calls to the CRM since the counters were set to zero.
fn crm_calls(given: &Given) -> u64 {
    let calls = given.sandbox.world().calls();
    let odata = calls.iter().filter(|((face, _), _)| face == "odata");
    odata.map(|(_, count)| count).sum()
}

/// LNK-01, LNK-04, LNK-05, LNK-09, SRCH-04: by address, relation and domain, in one order, without a call to the
/// CRM; a click links what the cards show, a session the first of them.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_feed_told_is_found_without_asking_the_crm() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let mill = company(&desk, "Mill", "https://www.mill.example/");
        let number = desk
            .given
            .field("CorporateAccountCollection", &mill, "AccountID");
        let contact = PartyKind::Contact { account: number };
        let eve = desk.given.party(contact, "eve@mill.example", "Eve Ost");
        let lead = desk
            .given
            .party(PartyKind::Lead, "eve@mill.example", "Eve Ost");
        desk.feed().await;

        let known = desk
            .given
            .mail(eml("1@x", "eve+news@mill.example", ANNA, "known"));
        let stranger = desk
            .given
            .mail(eml("2@x", "bo@sub.mill.example", ANNA, "stranger"));
        let nobody = desk
            .given
            .mail(eml("3@x", "bo@nowhere.example", ANNA, "nobody"));
        desk.given.sandbox.world().reset_calls();
        let found = cards(&desk, &known).await;
        let ids: Vec<&str> = found.iter().map(|record| record.id.as_str()).collect();
        assert_eq!(
            ids,
            [eve.as_str(), lead.as_str(), mill.as_str()],
            "LNK-05, LNK-09"
        );
        let by_domain = cards(&desk, &stranger).await;
        assert_eq!(by_domain.len(), 1, "by domain");
        assert_eq!(by_domain[0].id.as_str(), mill);
        assert_eq!(cards(&desk, &nobody).await, []);
        assert_eq!(crm_calls(&desk.given), 0, "all of it is local");

        let clicked = desk
            .node
            .click(desk.mailbox, &known, SaveChoice::default())
            .await;
        let Ok(SaveOutcome::Saved(saved)) = clicked else {
            panic!("not saved: {clicked:?}");
        };
        let linked: Vec<RecordRef> = saved.links.iter().map(|one| one.record.clone()).collect();
        assert_eq!(linked, found, "LNK-01: the click links what the cards show");
        desk.given
            .marked_mail(eml("4@x", "eve+news@mill.example", ANNA, "by session"));
        let (_, events) = desk.node.session(desk.mailbox).await;
        let saved = events
            .iter()
            .find(|one| one.message_id.as_deref() == Some("<4@x>"));
        let linked = saved
            .expect("saved")
            .links
            .iter()
            .map(|one| one.record.clone());
        assert_eq!(
            linked.collect::<Vec<_>>(),
            found[..1],
            "LNK-02: the session links the first"
        );
    })
    .await;
}

/// LNK-05, SRCH-07: what is obsolete in the CRM, a lead that was converted among it, is no candidate any more, and its
/// address is nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_obsolete_leaves_the_candidates() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let old = desk.given.party(
            PartyKind::Contact { account: None },
            "rita@old.example",
            "Rita Alt",
        );
        let lead = desk
            .given
            .party(PartyKind::Lead, "leo@old.example", "Leo Alt");
        desk.feed().await;
        let rita = desk.given.mail(eml("1@x", "rita@old.example", ANNA, "old"));
        let leo = desk.given.mail(eml("2@x", "leo@old.example", ANNA, "old"));
        assert_eq!(cards(&desk, &rita).await.len(), 1);
        assert_eq!(cards(&desk, &leo).await.len(), 1);
        let code = |code: &str| ssi_sandbox::crm::Value::text(code);
        desk.given
            .change("ContactCollection", &old, &[("StatusCode", code("4"))]);
        desk.given
            .change("LeadCollection", &lead, &[("UserStatusCode", code("03"))]);
        desk.feed().await;
        for item in [&rita, &leo] {
            assert_eq!(cards(&desk, item).await, []);
            let key = ItemKey::Item(ItemId::new(item.as_str()));
            let cards = desk.node.engine.initial_search(desk.mailbox, &key).await;
            let unknown = cards.expect("cards").into_iter();
            let unknown = unknown.filter(|card| matches!(card, Card::Unknown(_)));
            assert_eq!(unknown.count(), 1, "SRCH-07");
        }
    })
    .await;
}

/// SRCH-12: a kind that is hidden is shown by no card.
#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_kind_is_not_shown() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let item = desk
            .given
            .mail(eml("1@x", "lea@prospect.example", ANNA, "lead"));
        assert_eq!(cards(&desk, &item).await.len(), 1);
        desk.node
            .set(|settings| settings.sidebar.hide = vec![Kind::Lead]);
        assert_eq!(cards(&desk, &item).await, []);
        let search = desk
            .node
            .engine
            .search_records(desk.mailbox, &[Kind::Lead], "prospect", 5);
        assert_eq!(search.await.expect("searched").hits, []);
    })
    .await;
}

/// LNK-05: a lead that was deleted since the last sweep makes the create fail; it is forgotten and the mail is saved
/// with who is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_party_that_is_gone_is_forgotten_and_the_links_are_chosen_again() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let lead = desk
            .given
            .party(PartyKind::Lead, "gone@away.example", "Gustav Weg");
        let account = desk
            .given
            .party(PartyKind::Account, "office@away.example", "Away Ltd");
        desk.feed().await;
        desk.given.erase("LeadCollection", &lead);
        let refused = Fault::Refused400 {
            message: "Reference does not exist".into(),
        };
        let rule = FaultRule::once("odata", "POST EMailCollection", refused);
        desk.given.sandbox.world().faults().add(rule);
        desk.given
            .marked_mail(eml("1@x", "gone@away.example", ANNA, "gone"));
        let (_, events) = desk.node.session(desk.mailbox).await;
        let saved = events
            .iter()
            .find(|one| one.message_id.as_deref() == Some("<1@x>"));
        let linked: Vec<&str> = saved
            .expect("saved")
            .links
            .iter()
            .map(|one| one.record.id.as_str())
            .collect();
        assert_eq!(linked, [account.as_str()], "who is left");
        let tenant = TenantId::new(TENANT);
        let keys = ["gone@away.example".to_owned()];
        let known = desk.node.store.parties_by_address(&tenant, &keys).await;
        assert_eq!(known.expect("read"), [], "forgotten");
        assert_eq!(desk.given.emails().len(), 1);
        desk.given.assert_nothing_twice();
    })
    .await;
}

/// A first fill that was cut short goes on where it was, also on another node.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_fill_goes_on_after_a_restart() {
    on_both(|database| async move {
        let given = Given::world().await;
        for number in 0..2_300 {
            let address = format!("p{number}@many.example");
            given.party(PartyKind::Contact { account: None }, &address, "Pat Many");
        }
        let tenant = TenantId::new(TENANT);
        let first = Node::start(&database, &given, "one").await;
        first.mailbox(ANNA).await;
        let lost = FaultRule {
            nth: 3,
            ..FaultRule::once("odata", "GET ContactCollection", Fault::Unauthorized)
        };
        given.sandbox.world().faults().add(lost);
        let cut = first.engine.feed(&tenant, false).await;
        assert!(cut.is_err(), "the reading was cut short");
        let of_contacts = |fills: Vec<ssi_store::Fill>| {
            let mut fills = fills.into_iter();
            fills
                .find(|fill| fill.kind == Kind::Contact)
                .expect("begun")
        };
        let fill = of_contacts(first.store.directory_state(&tenant).await.expect("read"));
        // Rows of one stamp come again with the next page and are passed over.
        assert!((1_900..=2_000).contains(&fill.seen), "{fill:?}");
        assert_eq!(fill.filled_at, None);
        assert_eq!(fill.total, Some(2_301), "by the CRM's own count");
        let cursors = first.store.feed_cursors(&tenant).await.expect("read");
        let mut of = cursors.iter().map(|(kind, _)| *kind);
        assert!(
            of.any(|kind| kind == Kind::Contact),
            "it knows where to go on"
        );
        drop(first);

        let second = Node::start(&database, &given, "two").await;
        second.advance(jiff::SignedDuration::from_hours(1));
        second.engine.feed(&tenant, false).await.expect("goes on");
        let fill = of_contacts(second.store.directory_state(&tenant).await.expect("read"));
        assert!(fill.filled_at.is_some());
        let keys = [
            "p0@many.example".to_owned(),
            "p2299@many.example".to_owned(),
        ];
        let known = second
            .store
            .parties_by_address(&tenant, &keys)
            .await
            .expect("read");
        assert_eq!(known.len(), 2);
    })
    .await;
}

/// LNK-05: ten thousand addresses on one mail cost no more than a hundred; those from outside are looked up first.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_addresses_cost_a_bounded_number_of_calls() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let inside = (0..150).map(|n| format!("colleague{n}@sandbox.example"));
        let outside = (0..10_000).map(|n| format!("p{n}@crowd{n}.example"));
        let list = inside
            .chain(["carla@customer.example".to_owned()])
            .chain(outside);
        let to = list.collect::<Vec<_>>().join(",\r\n ");
        for feed in [false, true] {
            if feed {
                desk.feed().await;
            }
            let id = format!("crowd{feed}@x");
            let item = desk.given.mail(eml(
                &id,
                "x@crowd.example",
                &format!("{ANNA},\r\n {to}"),
                "crowd",
            ));
            desk.given.sandbox.world().reset_calls();
            let found = cards(&desk, &item).await;
            let first = found.first().map(|record| record.kind);
            assert_eq!(
                first,
                Some(Kind::Contact),
                "Carla comes after 150 colleagues"
            );
            assert!(
                desk.given.sandbox.world().total_calls() <= 12,
                "{:?}",
                desk.given.sandbox.world().calls()
            );
            desk.given.sandbox.world().reset_calls();
            let clicked = desk
                .node
                .click(desk.mailbox, &item, SaveChoice::default())
                .await;
            assert!(matches!(clicked, Ok(SaveOutcome::Saved(_))), "{clicked:?}");
            assert!(
                desk.given.sandbox.world().total_calls() <= 24,
                "{:?}",
                desk.given.sandbox.world().calls()
            );
        }
    })
    .await;
}
