//! `UpdateLinks`: adding and taking away, on mails and events (LNK-01).

use ssi_domain::{ItemId, Kind, RecordId, RecordRef};
use ssi_engine::{Error, ItemKey, SaveChoice, SaveEvent, SaveOutcome, UpdateLinks};
use ssi_sandbox::{company::PartyKind, crm::Value as CrmValue, exchange::Sending};
use ssi_tests::{
    calm::{calm, session, tomorrow},
    db::on_both,
    given::{ANNA, Given, eml},
    node::Node,
    people::{People, event},
};

const CARLA: &str = "Carla Kundin <carla@customer.example>";

fn record(kind: Kind, id: &str) -> RecordRef {
    RecordRef {
        kind,
        id: RecordId::new(id),
    }
}

/// An account, an opportunity and a contact that nobody wrote to.
fn chosen(given: &Given) -> Vec<RecordRef> {
    let account = given.party(PartyKind::Account, "info@other.example", "Other Ltd");
    let contact = given.party(
        PartyKind::Contact { account: None },
        "otto@other.example",
        "Otto Other",
    );
    let deal = given.record(
        "OpportunityCollection",
        &[
            ("Name", CrmValue::text("Deal")),
            ("ProspectPartyID", CrmValue::text("1000001")),
            (
                "MainEmployeeResponsiblePartyID",
                CrmValue::text(given.employee(ANNA)),
            ),
        ],
    );
    vec![
        record(Kind::Account, &account),
        record(Kind::Opportunity, &deal),
        record(Kind::Contact, &contact),
    ]
}

fn change(item: &str, add: &[RecordRef], remove: &[RecordRef]) -> UpdateLinks {
    UpdateLinks {
        request_id: None,
        caller: "anna".into(),
        item: ItemKey::Item(ItemId::new(item)),
        add: add.to_vec(),
        remove: remove.to_vec(),
    }
}

fn sorted(mut records: Vec<RecordRef>) -> Vec<RecordRef> {
    records.sort();
    records
}

/// What the links of an item are after a change.
async fn links(node: &Node, wanted: UpdateLinks) -> Vec<RecordRef> {
    let mailbox = node.mailbox(ANNA).await;
    let changed = node.engine.update_links(mailbox, wanted).await;
    let links = changed.expect("changed").links;
    sorted(links.into_iter().map(|link| link.record).collect())
}

/// LNK-01, CAL-06
#[tokio::test(flavor = "multi_thread")]
async fn links_of_an_event_are_chosen_added_and_taken_away() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        let records = chosen(&given);
        let draft = event("Links", &tomorrow(9), &tomorrow(10));
        let made = given.make(ANNA, "calendar", draft, Sending::NONE);
        let item = given.id_of(&made);
        let save = |links: Vec<RecordRef>| SaveEvent {
            request_id: None,
            caller: "anna".into(),
            item: ItemId::new(item.clone()),
            kind: Kind::Appointment,
            links: Some(links.clone()),
            also: links,
        };
        let first = node.engine.save_event(mailbox, save(records[..1].to_vec()));
        let first = first.await.expect("saved");
        assert_eq!(first.links.len(), 1, "{:?}", first.links);
        let again = node
            .engine
            .save_event(mailbox, save(records[1..2].to_vec()));
        let again = again.await.expect("saved");
        assert_eq!(again.record, first.record);
        assert_eq!(
            again.links.len(),
            2,
            "a second click adds: {:?}",
            again.links
        );

        let all = links(&node, change(&item, &records, &[])).await;
        assert_eq!(all, sorted(records.clone()));
        let repeated = links(&node, change(&item, &records, &[])).await;
        assert_eq!(repeated, all, "what stands is not added again");
        for gone in &records {
            let left = links(&node, change(&item, &[], std::slice::from_ref(gone))).await;
            assert!(!left.contains(gone), "{gone:?} in {left:?}");
        }
        let none = links(&node, change(&item, &[], &records)).await;
        assert!(none.is_empty(), "{none:?}");
        calm(&node, mailbox).await;
        let after = links(&node, change(&item, &[], &records[..1])).await;
        assert!(after.is_empty(), "no session brings them back: {after:?}");
    })
    .await;
}

/// LNK-01: what the engine linked goes only when a person says so, and stays away.
#[tokio::test(flavor = "multi_thread")]
async fn links_of_a_mail_are_added_and_taken_away() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        let records = chosen(&given);
        let item = given.mail(eml("links@x", CARLA, ANNA, "Links"));
        let error = node
            .engine
            .update_links(mailbox, change(&item, &records, &[]))
            .await;
        assert!(
            matches!(&error, Err(Error::NothingToSave { code, .. }) if code.as_str() == "not_saved"),
            "{error:?}"
        );
        let saved = match node.click(mailbox, &item, SaveChoice::default()).await {
            Ok(SaveOutcome::Saved(saved)) => saved,
            other => panic!("{other:?}"),
        };
        let carla = saved.links[0].record.clone();
        let all = links(&node, change(&item, &records, &[])).await;
        let mut wanted = records.clone();
        wanted.push(carla.clone());
        assert_eq!(all, sorted(wanted));
        let left = links(&node, change(&item, &[], std::slice::from_ref(&carla))).await;
        assert_eq!(left, sorted(records.clone()));
        session(&node, mailbox).await;
        let after = links(&node, change(&item, &[], std::slice::from_ref(&carla))).await;
        assert_eq!(after, left, "no session brings it back");
        assert_eq!(given.emails().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_changes_nothing_and_nonsense_is_refused() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        let records = chosen(&given);
        let item = given.mail(eml("twice@x", CARLA, ANNA, "Twice"));
        node.click(mailbox, &item, SaveChoice::default())
            .await
            .expect("saved");
        let wanted = UpdateLinks {
            request_id: Some(uuid::Uuid::new_v4().to_string()),
            ..change(&item, &records[..1], &[])
        };
        let first = node.engine.update_links(mailbox, wanted.clone()).await;
        let first = first.expect("changed");
        given.sandbox.world().reset_calls();
        let again = node.engine.update_links(mailbox, wanted).await;
        assert_eq!(again.expect("answered"), first);
        assert_eq!(given.sandbox.world().total_calls(), 0);
        for wrong in [
            change(&item, &[], &[]),
            change(&item, &records, &records[..1]),
        ] {
            let error = node.engine.update_links(mailbox, wrong).await;
            assert!(matches!(error, Err(Error::Invalid { .. })), "{error:?}");
        }
        let unknown = change("nothing", &records, &[]);
        let error = node.engine.update_links(mailbox, unknown).await;
        assert!(
            matches!(
                error,
                Err(Error::NotFound { what: "item" } | Error::Port(_))
            ),
            "{error:?}"
        );
    })
    .await;
}
