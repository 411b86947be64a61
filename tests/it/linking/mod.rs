//! With what items are linked (LNK-01 to LNK-07), by both paths alike, over HTTP, on both databases.

mod directory;
mod labelled;
mod offers;
mod one_answer;
mod tasks;

use ssi_domain::{ItemId, Kind, RecordRef};
use ssi_engine::{Card, ItemKey};
use ssi_sandbox::{
    company::PartyKind,
    exchange::{Sending, Value},
};
use ssi_tests::{
    db::on_both,
    desk::Desk,
    given::{ANNA, BERND, CATEGORY, eml},
    people::{People, attendee, event, marked},
};

/// The records the sidebar shows for an item, in order.
async fn cards(desk: &Desk, item: &str) -> Vec<RecordRef> {
    let key = ItemKey::Item(ItemId::new(item));
    let cards = desk.node.engine.initial_search(desk.mailbox, &key).await;
    let found = cards
        .expect("cards")
        .into_iter()
        .filter_map(|card| match card {
            Card::Found { party, .. } => Some(party.record),
            _ => None,
        });
    found.collect()
}

/// LNK-01, LNK-02, LNK-04, LNK-05: the session links the first card's record, whatever the spelling.
#[tokio::test(flavor = "multi_thread")]
async fn both_paths_find_the_same() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.given.party(
            PartyKind::IndividualCustomer,
            "maxmuster@gmail.com",
            "Max Muster",
        );
        let retired = desk.given.party(
            PartyKind::Contact { account: None },
            "desk@customer.example",
            "Rita Alt",
        );
        let successor = desk.given.party(
            PartyKind::Contact { account: None },
            "desk@customer.example",
            "Nora Neu",
        );
        let obsolete = ssi_sandbox::crm::Value::text("4");
        desk.given
            .change("ContactCollection", &retired, &[("StatusCode", obsolete)]);
        desk.given
            .party(PartyKind::Lead, "carla@customer.example", "Carla Kundin");
        desk.feed().await;
        for (nth, (from, kind, id)) in [
            ("carla@customer.example", Some(Kind::Contact), None),
            (
                "Carla <CARLA+Offers@Customer.example>",
                Some(Kind::Contact),
                None,
            ),
            (
                "max.muster+shop@googlemail.com",
                Some(Kind::IndividualCustomer),
                None,
            ),
            (
                "desk@customer.example",
                Some(Kind::Contact),
                Some(&successor),
            ),
            ("lea@prospect.example", Some(Kind::Lead), None),
            ("office@customer.example", Some(Kind::Account), None),
            (BERND, None, None),
            ("\"a b\"@stranger.example", None, None),
        ]
        .into_iter()
        .enumerate()
        {
            let id_of = format!("{nth}@x");
            let item = desk.given.mail(eml(&id_of, from, ANNA, "same"));
            let first = cards(&desk, &item).await.into_iter().next();
            assert_eq!(first.as_ref().map(|record| record.kind), kind, "{from}");
            if let (Some(id), Some(first)) = (id, &first) {
                assert_eq!(first.id.as_str(), id, "{from}");
            }
            let marked = desk
                .given
                .marked_mail(eml(&format!("m{id_of}"), from, ANNA, "same"));
            assert_ne!(marked, item);
            let (_, events) = desk.node.session(desk.mailbox).await;
            let saved = events
                .iter()
                .find(|one| one.message_id.as_deref() == Some(&format!("<m{id_of}>")));
            let linked: Vec<_> = saved
                .expect("saved")
                .links
                .iter()
                .map(|one| one.record.clone())
                .collect();
            assert_eq!(linked, Vec::from_iter(first), "{from}");
        }
    })
    .await;
}

/// LNK-03, LNK-05, CAL-40: events are linked by the same ranking, and say why.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_linked_by_the_same_ranking() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let start = jiff::Zoned::now().timestamp() + jiff::SignedDuration::from_hours(48);
        let end = start + jiff::SignedDuration::from_hours(1);
        let mut meeting = event("Review", &start.to_string(), &end.to_string());
        // The lead stands first; a contact is better (LNK-04).
        let people = ["lea@prospect.example", "carla+cal@customer.example"];
        let people = people.into_iter().map(attendee).collect();
        meeting
            .properties
            .insert("RequiredAttendees", Value::Attendees(people));
        desk.given
            .make(ANNA, "calendar", marked(meeting, &[CATEGORY]), Sending::ALL);
        desk.feed().await;
        let (_, events) = desk.node.session(desk.mailbox).await;
        let records = desk.given.records("AppointmentCollection");
        assert_eq!(records.len(), 1);
        let main = desk
            .given
            .field("AppointmentCollection", &records[0], "MainContactPartyID");
        let carla = desk
            .given
            .records("ContactCollection")
            .into_iter()
            .find(|key| {
                let address = desk.given.field("ContactCollection", key, "Email");
                address.as_deref() == Some("carla@customer.example")
            });
        let number = carla.and_then(|key| desk.given.field("ContactCollection", &key, "ContactID"));
        assert!(number.is_some() && main == number);
        let steps: Vec<_> = events.iter().flat_map(|one| &one.trace.0).collect();
        let said = |code: &str, part: &str| {
            steps.iter().any(|step| {
                step.code.as_str() == code
                    && step.detail.as_deref().is_some_and(|d| d.contains(part))
            })
        };
        assert!(said("linked", "by plus_address"), "why this one");
        assert!(said("kind_after", "lead"), "why not the other: {steps:?}");
    })
    .await;
}
