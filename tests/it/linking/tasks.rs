//! Tasks are linked to whom their text names (TSK-08, LNK-04), and told later who has appeared (LNK-10).

use ssi_domain::Kind;
use ssi_sandbox::{
    company::PartyKind,
    exchange::{Body, Sending, TaskEdit, Value},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, titled},
    given::{ANNA, CATEGORY, eml},
    people::{People, attendee, event, marked},
};

const TASKS: &str = "TasksCollection";

/// TSK-08, LNK-04, LNK-05: by an address in the subject or the body; the mailbox's own and colleagues link nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_linked_to_whom_its_text_names() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.task(
            "SAP Tasks",
            &TaskEdit {
                body: Some(Body::rich(
                    "<p>Ask bernd@sandbox.example, then <a href=\"mailto:Carla@Customer.example\">Carla</a></p>",
                )),
                ..titled("Call back")
            },
        );
        desk.task("SAP Tasks", &titled("Offer for office@customer.example"));
        desk.task("SAP Tasks", &titled("Ask anna@sandbox.example"));
        desk.calm().await;
        let of = |subject: &str, field: &str| {
            let mut keys = desk.given.records(TASKS).into_iter();
            let key = keys.find(|key| desk.given.field(TASKS, key, "Subject").as_deref() == Some(subject));
            desk.given.field(TASKS, &key.expect("up"), field).unwrap_or_default()
        };
        let number = |set: &str, property: &str, address: &str, number: &str| {
            let mut keys = desk.given.records(set).into_iter();
            let key = keys.find(|key| desk.given.field(set, key, property).as_deref() == Some(address));
            desk.given.field(set, &key.expect("known"), number).unwrap_or_default()
        };
        let carla = number("ContactCollection", "Email", "carla@customer.example", "ContactID");
        let office = number("CorporateAccountCollection", "Email", "office@customer.example", "AccountID");
        assert_eq!(of("Call back", "MainContactPartyID"), carla);
        assert_eq!(of("Offer for office@customer.example", "MainAccountPartyID"), office);
        assert_eq!(of("Ask anna@sandbox.example", "MainContactPartyID"), "");
        desk.assert_at_rest().await;
    })
    .await;
}

/// LNK-10: who appears in the CRM is offered to the mails, events and tasks that were stored without them, as soon as
/// the feed tells, without another item.
#[tokio::test(flavor = "multi_thread")]
async fn who_appears_is_offered_by_the_feed() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let start = jiff::Zoned::now().timestamp() + jiff::SignedDuration::from_hours(48);
        let end = start + jiff::SignedDuration::from_hours(1);
        let mut meeting = event("Review", &start.to_string(), &end.to_string());
        let people = vec![attendee("Nina+cal@fresh.example")];
        meeting
            .properties
            .insert("RequiredAttendees", Value::Attendees(people));
        desk.given
            .make(ANNA, "calendar", marked(meeting, &[CATEGORY]), Sending::ALL);
        desk.task("SAP Tasks", &titled("Call nina@fresh.example"));
        desk.given
            .marked_mail(eml("1@x", "nina@fresh.example", ANNA, "early"));
        desk.calm().await;
        let offers = || async {
            let offers = desk.node.engine.link_offers(desk.mailbox, None, 50).await;
            offers.expect("offers")
        };
        assert_eq!(offers().await, []);
        let nina = desk.given.party(
            PartyKind::Contact { account: None },
            "nina@fresh.example",
            "Nina Neu",
        );
        desk.feed().await;
        let open = offers().await;
        let mut kinds: Vec<Kind> = open.iter().map(|one| one.record.kind).collect();
        kinds.sort();
        let mut expected = vec![Kind::Email, Kind::Appointment, Kind::Task];
        expected.sort();
        assert_eq!(kinds, expected);
        assert!(open.iter().all(|one| one.offer.party.id.as_str() == nina));
        desk.feed().await;
        assert_eq!(offers().await.len(), 3, "each is offered once");
    })
    .await;
}
