//! One answer whatever stands beside it: pins, colleagues, opportunities, and strangers in the directory.

use ssi_domain::{Kind, RecordId, RecordRef};
use ssi_engine::{CreateRecord, Creation};
use ssi_sandbox::company::PartyKind;
use ssi_tests::{
    db::on_both,
    desk::Desk,
    given::{ANNA, BERND, eml},
};

use super::cards;

const CARLA: &str = "carla@customer.example";

/// What the sidebar shows for a mail and what a session links the same mail with.
async fn both(desk: &Desk, id: &str, from: &str, to: &str) -> (Vec<RecordRef>, Vec<RecordRef>) {
    let item = desk.given.marked_mail(eml(id, from, to, "one answer"));
    let shown = cards(desk, &item).await;
    let (_, events) = desk.node.session(desk.mailbox).await;
    let id = format!("<{id}>");
    let saved = events
        .iter()
        .find(|one| one.message_id.as_deref() == Some(&id));
    let links = &saved.expect("saved").links;
    (shown, links.iter().map(|one| one.record.clone()).collect())
}

/// LNK-05, SRCH-10: of two records that are equal otherwise the pinned one is shown first, and linked.
#[tokio::test(flavor = "multi_thread")]
async fn a_pin_decides_between_equals_in_both_paths() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let kind = PartyKind::Contact { account: None };
        let twins = ["Tina Doppel", "Tina Doppel"];
        let twins = twins.map(|name| desk.given.party(kind.clone(), "tina@twin.example", name));
        desk.feed().await;
        let (shown, linked) = both(&desk, "before@x", "tina@twin.example", ANNA).await;
        assert_eq!(linked, shown[..1]);
        let other = twins.iter().find(|id| **id != linked[0].id.as_str());
        let other = RecordRef {
            kind: Kind::Contact,
            id: RecordId::new(other.expect("two of them").clone()),
        };
        desk.node
            .engine
            .pin(desk.mailbox, &other)
            .await
            .expect("pinned");

        let (shown, linked) = both(&desk, "after@x", "tina@twin.example", ANNA).await;

        assert_eq!(shown[0], other);
        assert_eq!(linked, [other]);
    })
    .await;
}

/// LNK-06, BL-04, RES-08: colleagues are recognised by any address they have, and neither shown nor linked.
#[tokio::test(flavor = "multi_thread")]
async fn colleagues_are_neither_shown_nor_linked() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let outside = "fritz@freelance.example";
        desk.given.party(PartyKind::Employee, outside, "Fritz Frei");
        desk.feed().await;
        for (id, from, to) in [
            ("internal@x", BERND, ANNA.to_owned()),
            ("outside@x", outside, ANNA.to_owned()),
        ] {
            let (shown, linked) = both(&desk, id, from, &to).await;
            assert_eq!((shown, linked), (Vec::new(), Vec::new()), "{from}");
        }
        let to = format!("{ANNA}, {CARLA}");
        let (shown, linked) = both(&desk, "both@x", outside, &to).await;
        assert!(shown.iter().all(|one| one.kind != Kind::Employee));
        assert_eq!(linked, shown[..1], "whom the mail is about otherwise");
        assert_eq!(linked[0].kind, Kind::Contact);
    })
    .await;
}

/// LNK-08: an opportunity of a customer is not linked by itself.
#[tokio::test(flavor = "multi_thread")]
async fn opportunities_are_not_linked_by_themselves() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let (shown, linked) = both(&desk, "first@x", CARLA, ANNA).await;
        let mut fields = std::collections::BTreeMap::new();
        fields.insert("subject".to_owned(), "Deal with the customer".to_owned());
        let click = CreateRecord {
            request_id: Some(uuid::Uuid::new_v4().to_string()),
            caller: "test".into(),
            draft: ssi_domain::create::Draft {
                kind: Kind::Opportunity,
                fields,
                account: None,
                contact: None,
            },
            links: shown.clone(),
            allow_duplicates: false,
            item: None,
        };
        let made = desk.node.engine.create_record(desk.mailbox, click).await;
        assert!(matches!(made, Ok(Creation::Made(_))), "{made:?}");
        desk.feed().await;

        let after = both(&desk, "second@x", CARLA, ANNA).await;

        assert_eq!(after, (shown, linked));
    })
    .await;
}

/// LNK-05, INV-25: what is shown and linked stays the same whoever else the CRM gets to know, however much they
/// resemble those on the mail.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_change_no_link() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let mails = [
            (CARLA, ANNA.to_owned()),
            (
                "lea@prospect.example",
                format!("{ANNA}, carla+tag@customer.example"),
            ),
            ("new.colleague@customer.example", ANNA.to_owned()),
            ("ivo@home.example", ANNA.to_owned()),
            ("nobody@unknown.example", ANNA.to_owned()),
        ];
        let mut before = Vec::new();
        for (nth, (from, to)) in mails.iter().enumerate() {
            before.push(both(&desk, &format!("b{nth}@x"), from, to).await);
        }
        assert!(before.iter().filter(|one| !one.1.is_empty()).count() >= 4);
        let kinds = [
            PartyKind::Contact { account: None },
            PartyKind::Lead,
            PartyKind::IndividualCustomer,
            PartyKind::Account,
        ];
        for nth in 0..400 {
            let address = match nth % 8 {
                0 => format!("carla{nth}@customer.example.stranger{nth}.example"),
                1 => format!("carla@customer{nth}.example"),
                2 => format!("xcarla{nth}@xcustomer.example"),
                3 => format!("carla.customer.example{nth}@gmail.com"),
                4 => format!("lea@prospect.example-{nth}.example"),
                5 => format!("\"carla@customer.example\"@stranger{nth}.example"),
                6 => format!("nobody@unknown{nth}.example"),
                _ => format!("ivo{nth}@homes.example"),
            };
            let kind = kinds[nth % 4].clone();
            desk.given.party(kind, &address, "Carla Kundin");
        }
        desk.feed().await;

        for (nth, (from, to)) in mails.iter().enumerate() {
            let after = both(&desk, &format!("a{nth}@x"), from, to).await;
            assert_eq!(after, before[nth], "{from}");
        }
    })
    .await;
}
