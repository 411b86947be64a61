//! Once per address and tenant, whatever sessions run at the same time and whatever becomes of it later.

use std::sync::Arc;

use ssi_engine::Cause;
use ssi_sandbox::crm::Value;
use ssi_tests::{
    db::on_both,
    desk::Desk,
    given::{ANNA, BERND, Given},
    node::Node,
    people::People,
};

use super::{ACCOUNTS, CONTACTS, LEADS, anna, as_contacts, as_leads, meeting, rows};

/// RES-01, INV-1: two nodes, two mailboxes, two meetings with the same strangers at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_make_one_contact_and_one_account() {
    on_both(|database| async move {
        let given = Arc::new(Given::world().await);
        let one = Node::start(&database, &given, "one").await;
        let two = Node::start(&database, &given, "two").await;
        one.set(as_contacts);
        two.set(as_contacts);
        let (anna, bernd) = (one.mailbox(ANNA).await, two.mailbox(BERND).await);
        let people = [
            "rosa@fresh.example",
            "tim@fresh.example",
            "kim@fresh.example",
        ];
        meeting(&given, ANNA, "Hers", &people);
        meeting(&given, BERND, "His", &people);
        for _ in 0..4 {
            let (first, second) = tokio::join!(
                one.engine.run_once(anna, Cause::Once),
                two.engine.run_once(bernd, Cause::Once)
            );
            first.expect("runs");
            second.expect("runs");
            one.advance(jiff::SignedDuration::from_hours(1));
            two.advance(jiff::SignedDuration::from_hours(1));
        }
        let with = |set: &str, field: &str, value: &str| {
            let rows = given.records(set);
            let is = |key: &&String| given.field(set, key, field).as_deref() == Some(value);
            rows.iter().filter(is).count()
        };
        for address in people {
            assert_eq!(with(CONTACTS, "Email", address), 1, "{address}");
        }
        assert_eq!(with(ACCOUNTS, "Name", "Fresh"), 1);
        assert_eq!(given.records("AppointmentCollection").len(), 2);
        for key in given.records("AppointmentCollection") {
            let main = given.field("AppointmentCollection", &key, "MainContactPartyID");
            assert!(
                main.is_some_and(|id| !id.is_empty()),
                "both meetings are linked"
            );
        }
    })
    .await;
}

/// RES-01: what was made and deleted, or taken out of use, is not made again; what stands is found.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_once_is_not_made_again() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, as_leads).await;
        let people = ["rosa@fresh.example", "tim@fresh.example"];
        anna(&desk, "First", &people);
        desk.calm().await;
        let rosa = rows(&desk, LEADS, "ContactEMail", people[0]);
        assert_eq!(rosa.len(), 1);
        desk.given.erase(LEADS, &rosa[0]);
        anna(&desk, "Second", &people);
        desk.calm().await;
        assert_eq!(rows(&desk, LEADS, "ContactEMail", people[0]), [""; 0]);
        assert_eq!(rows(&desk, LEADS, "ContactEMail", people[1]).len(), 1);

        desk.node.set(as_contacts);
        anna(&desk, "Third", &["kim@fresh.example"]);
        desk.calm().await;
        let kim = rows(&desk, CONTACTS, "Email", "kim@fresh.example");
        assert_eq!(kim.len(), 1);
        desk.given
            .change(CONTACTS, &kim[0], &[("StatusCode", Value::text("4"))]);
        anna(&desk, "Fourth", &["kim@fresh.example", people[0]]);
        desk.calm().await;
        assert_eq!(rows(&desk, CONTACTS, "Email", "kim@fresh.example").len(), 1);
        // Another choice of the organization makes nobody a second time.
        assert_eq!(rows(&desk, CONTACTS, "Email", people[0]), [""; 0]);
    })
    .await;
}
