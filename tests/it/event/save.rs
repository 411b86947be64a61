//! `SaveEvent`: at once, by a session, by two people (X1, INV-1).

use std::time::Duration;

use ssi_domain::{ItemId, Kind, MailboxId, RecordRef, WishId};
use ssi_engine::{ComposedEvent, Error, EventClick, EventOutcome, SaveEvent, SavedEvent};
use ssi_sandbox::exchange::{Draft, Kind as ItemKind, Sending, Value};
use ssi_tests::{
    calm::{calm, session, tomorrow},
    db::on_both,
    given::{ANNA, BERND, CATEGORY, Given, eml},
    node::Node,
    people::{Made, People, attendee, event, text},
};

const SETS: [(Kind, &str); 3] = [
    (Kind::Appointment, "AppointmentCollection"),
    (Kind::Visit, "VisitCollection"),
    (Kind::PhoneCall, "PhoneCallCollection"),
];

fn click(item: &str, kind: Kind, links: Vec<RecordRef>) -> EventClick {
    EventClick {
        save: SaveEvent {
            request_id: None,
            caller: "anna".into(),
            item: ItemId::new(item),
            kind,
            links: Some(links.clone()),
            also: links,
        },
        composed: None,
        deadline: Duration::from_secs(30),
    }
}

fn composing(kind: Kind, composed: ComposedEvent) -> EventClick {
    EventClick {
        composed: Some(composed),
        ..click("", kind, Vec::new())
    }
}

async fn saved(node: &Node, mailbox: MailboxId, click: EventClick) -> SavedEvent {
    match node.engine.click_event(mailbox, click).await {
        Ok(EventOutcome::Saved(saved)) => saved,
        other => panic!("not saved: {other:?}"),
    }
}

async fn queued(node: &Node, mailbox: MailboxId, click: EventClick) -> WishId {
    match node.engine.click_event(mailbox, click).await {
        Ok(EventOutcome::Queued(id)) => id,
        other => panic!("not queued: {other:?}"),
    }
}

async fn fulfilled(node: &Node, mailbox: MailboxId, wish: WishId) -> bool {
    let state = node.store.wish_fulfilled(mailbox, wish).await;
    state.expect("read").expect("a wish of this mailbox")
}

fn plain(subject: &str) -> Draft {
    event(subject, &tomorrow(9), &tomorrow(10))
}

fn uid(given: &Given, made: &Made) -> String {
    given.see(made).expect("stands").text("UID").to_owned()
}

/// CAL-01, CAL-03, CAL-04, CAL-07
#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_saved_at_once_and_mirrored_from_then_on() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        for (kind, set) in SETS {
            let made = given.make(ANNA, "calendar", plain("Talk"), Sending::NONE);
            let first = saved(&node, mailbox, click(&given.id_of(&made), kind, vec![])).await;
            assert_eq!(first.record.kind, kind);
            assert!(!first.already_saved);
            let key = given.records(set).pop().expect("a record at once");
            given.edit(&made, |draft| {
                draft.properties.insert("Subject", text("Long talk"));
            });
            calm(&node, mailbox).await;
            let subject = given.field(set, &key, "Subject");
            assert_eq!(subject.as_deref(), Some("Long talk"), "{kind}: mirrored");
            let again = saved(&node, mailbox, click(&given.id_of(&made), kind, vec![])).await;
            assert!(again.already_saved);
            assert_eq!(again.record, first.record);
            assert_eq!(given.records(set).len(), 1, "{kind}: nothing twice");
        }
        assert!(given.notices().is_empty(), "INV-12");
    })
    .await;
}

/// INV-1: two clicks and a session at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_during_a_session_give_one_record() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        for round in 1..=5 {
            let mut draft = plain("Race");
            let category = Value::Strings(vec![CATEGORY.into()]);
            draft.properties.insert("Categories", category);
            let made = given.make(ANNA, "calendar", draft, Sending::NONE);
            let id = given.id_of(&made);
            let one = || click(&id, Kind::Appointment, vec![]);
            let (a, b, _) = tokio::join!(
                node.engine.click_event(mailbox, one()),
                node.engine.click_event(mailbox, one()),
                node.session(mailbox),
            );
            let record = |outcome| match outcome {
                Ok(EventOutcome::Saved(SavedEvent { record, .. })) => record,
                other => panic!("{other:?}"),
            };
            assert_eq!(record(a), record(b));
            assert_eq!(given.records("AppointmentCollection").len(), round);
        }
        calm(&node, mailbox).await;
        assert_eq!(given.records("AppointmentCollection").len(), 5);
    })
    .await;
}

/// INV-1, CAL-37: organizer and attendee click on their copies of one meeting.
#[tokio::test(flavor = "multi_thread")]
async fn two_colleagues_who_click_on_one_meeting_get_one_record() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let (anna, bernd) = (node.mailbox(ANNA).await, node.mailbox(BERND).await);
        session(&node, anna).await;
        session(&node, bernd).await;
        let mut meeting = plain("Both");
        let invited = Value::Attendees(vec![attendee(BERND)]);
        meeting.properties.insert("RequiredAttendees", invited);
        let made = given.make(ANNA, "calendar", meeting, Sending::ALL);
        let copy = given.items(BERND, ItemKind::CalendarItem).remove(0).0;
        let (mine, theirs) = (given.id_of(&made), given.id_of(&copy));
        let notices = given.notices().len();
        let (a, b) = tokio::join!(
            node.engine
                .click_event(anna, click(&mine, Kind::Appointment, vec![])),
            node.engine
                .click_event(bernd, click(&theirs, Kind::Appointment, vec![])),
        );
        assert!(a.is_ok(), "the organizer's click saves: {a:?}");
        // The other click either joins the record or says whose it is.
        if let Err(error) = b {
            assert!(matches!(error, Error::NothingToSave { .. }), "{error:?}");
        }
        calm(&node, anna).await;
        calm(&node, bernd).await;
        assert_eq!(given.records("AppointmentCollection").len(), 1);
        assert_eq!(given.notices().len(), notices, "INV-12");
    })
    .await;
}

/// X1: an event that is being composed is taken by the next session, by its UID or as it looks.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_still_being_composed_is_queued_and_taken_by_the_next_session() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        let start = tomorrow(9).parse().expect("a time");
        let by_look = ComposedEvent {
            uid: String::new(),
            subject: "Composed".into(),
            start: Some(start),
        };
        let wish = queued(&node, mailbox, composing(Kind::Visit, by_look)).await;
        session(&node, mailbox).await;
        assert!(
            !fulfilled(&node, mailbox, wish).await,
            "nothing is there yet"
        );

        given.make(ANNA, "calendar", plain("Another"), Sending::NONE);
        given.make(ANNA, "calendar", plain("Composed"), Sending::NONE);
        // A second one that looks alike was not asked for.
        given.make(ANNA, "calendar", plain("Composed"), Sending::NONE);
        calm(&node, mailbox).await;
        assert!(fulfilled(&node, mailbox, wish).await);
        assert_eq!(given.records("VisitCollection").len(), 1);
        assert!(given.records("AppointmentCollection").is_empty());
    })
    .await;
}

/// X1: two clicks while composing, and one on the event that stands: one record.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_queued_twice_and_clicked_gives_one_record() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        let made = given.make(ANNA, "calendar", plain("By UID"), Sending::NONE);
        // The client's id is one that the server does not know (yet).
        let mut clicks = Vec::new();
        for item in ["", "unknown"] {
            let mut click = composing(
                Kind::PhoneCall,
                ComposedEvent {
                    uid: uid(&given, &made).to_lowercase(),
                    ..ComposedEvent::default()
                },
            );
            click.save.item = ItemId::new(item);
            clicks.push(queued(&node, mailbox, click).await);
        }
        let id = given.id_of(&made);
        saved(&node, mailbox, click(&id, Kind::PhoneCall, vec![])).await;
        calm(&node, mailbox).await;
        given.edit(&made, |draft| {
            draft.properties.insert("Location", text("Room 7"));
        });
        calm(&node, mailbox).await;
        for wish in clicks {
            assert!(fulfilled(&node, mailbox, wish).await);
        }
        assert_eq!(given.records("PhoneCallCollection").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_whose_time_runs_out_is_finished_by_a_session() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        let made = given.make(ANNA, "calendar", plain("Slow"), Sending::NONE);
        let hurried = EventClick {
            deadline: Duration::ZERO,
            ..click(&given.id_of(&made), Kind::Appointment, vec![])
        };
        let wish = queued(&node, mailbox, hurried).await;
        calm(&node, mailbox).await;
        node.advance(jiff::SignedDuration::from_mins(10));
        calm(&node, mailbox).await;
        assert!(fulfilled(&node, mailbox, wish).await);
        assert_eq!(given.records("AppointmentCollection").len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_or_not_there_is_refused_by_name() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        let mail = given.mail(eml("m@x", "carla@customer.example", ANNA, "Mail"));
        let refused = async |click| {
            let outcome = node.engine.click_event(mailbox, click).await;
            outcome.expect_err("refused")
        };
        let error = refused(click(&mail, Kind::Appointment, vec![])).await;
        assert!(
            matches!(&error, Error::NothingToSave { code, .. } if code.as_str() == "not_an_event"),
            "{error:?}"
        );
        let made = given.make(ANNA, "calendar", plain("Gone"), Sending::NONE);
        let id = given.id_of(&made);
        given.discard(&made);
        let error = refused(click(&id, Kind::Appointment, vec![])).await;
        assert!(
            matches!(error, Error::NotFound { what: "item" }),
            "{error:?}"
        );
        let error = refused(click(&mail, Kind::Task, vec![])).await;
        assert!(matches!(error, Error::Invalid { field: "kind", .. }));
        let nothing = composing(Kind::Visit, ComposedEvent::default());
        assert!(matches!(refused(nothing).await, Error::Invalid { .. }));
        assert!(given.records("AppointmentCollection").is_empty());
    })
    .await;
}
