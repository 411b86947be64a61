//! Two actors at once: click and session, two nodes on one database.

use std::sync::Arc;

use jiff::SignedDuration;
use ssi_domain::MailboxId;
use ssi_engine::{SaveChoice, SaveOutcome};
use ssi_sandbox::{GatePoint, GateRule};
use ssi_tests::{
    db::{Database, on_both},
    given::{ANNA, BERND, CATEGORY, FOLDER, Given, eml, eml_with_attachment},
    node::Node,
};

const CARLA: &str = "Carla Kundin <carla@customer.example>";

/// INV-1: a click while the session runs, on the same mail.
#[tokio::test]
async fn a_click_during_a_session_gives_one_record() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Arc::new(Node::start(&database, &given, "one").await);
        let mailbox = node.mailbox(ANNA).await;
        for round in 0..10 {
            let id = format!("race{round}@x");
            let item = given.marked_mail(eml(&id, CARLA, ANNA, "Race"));
            let (clicked, _) = tokio::join!(
                node.click(mailbox, &item, SaveChoice::default()),
                node.session(mailbox)
            );
            assert!(matches!(clicked, Ok(SaveOutcome::Saved(_))), "{clicked:?}");
        }
        node.advance(SignedDuration::from_mins(10));
        node.session(mailbox).await;
        assert_eq!(given.emails().len(), 10);
        given.assert_nothing_twice();
    })
    .await;
}

/// INV-1: a search that takes longer than the reservation lasts creates nothing under it, because somebody else may have
/// by then. The next session takes the mail.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_outlasts_its_reservation_creates_nothing() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        node.session(mailbox).await;
        given.marked_mail(eml("slow@x", CARLA, ANNA, "Slow"));
        let faults = given.sandbox.world().faults();
        let gate = faults.add_gate(GateRule {
            face: Some("odata".into()),
            operation: Some("$batch".into()),
            nth: 1,
            point: GatePoint::After,
        });
        let waiting = async {
            faults.gate_reached(gate).await;
            node.advance(SignedDuration::from_mins(6));
            faults.release_gate(gate);
        };
        let ((_, _), ()) = tokio::join!(node.session(mailbox), waiting);
        assert_eq!(given.emails().len(), 0, "INV-1: the reservation was over");
        node.advance(SignedDuration::from_mins(10));
        node.session(mailbox).await;
        assert_eq!(given.emails().len(), 1);
        given.assert_nothing_twice();
    })
    .await;
}

/// A mail that is put into another folder while its attachment is read loses nothing: the ids of attachments die with
/// the move, and the mail comes up again where it lies then. The large one follows its record, the small one goes with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_moved_while_its_attachment_is_read_keeps_it() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        node.session(mailbox).await;
        for (id, bytes) in [("small@x", 20_000), ("large@x", 9_000_000)] {
            let mail = eml_with_attachment(id, CARLA, "offer.pdf", bytes);
            given.mail_in(ANNA, "inbox", &[CATEGORY], mail);
            let world = given.sandbox.world();
            let gate = world.faults().add_gate(GateRule {
                face: Some("ews".into()),
                operation: Some("GetAttachment".into()),
                nth: 1,
                point: GatePoint::Before,
            });
            let moving = async {
                world.faults().gate_reached(gate).await;
                let key = {
                    let exchange = world.exchange();
                    let anna = exchange.mailbox(ANNA).expect("mailbox");
                    let named = format!("<{id}>");
                    anna.by_message_id(&named).next().expect("the mail").key
                };
                world.person(ANNA).move_item(key, FOLDER).expect("moved");
                world.faults().release_gate(gate);
            };
            let ((_, _), ()) = tokio::join!(node.session(mailbox), moving);
            for _ in 0..3 {
                node.advance(SignedDuration::from_mins(10));
                node.session(mailbox).await;
            }
            let emails = given.emails();
            let mut emails = emails.iter();
            let saved = emails.find(|email| email.groupware_item_id == format!("<{id}>"));
            let sizes: Vec<usize> = saved
                .expect("it is saved")
                .attachments
                .iter()
                .map(|file| file.size)
                .collect();
            assert_eq!(sizes, [bytes], "{id}");
        }
        given.assert_nothing_twice();
    })
    .await;
}

/// Two nodes on one PostgreSQL with the same mailboxes: each mail once, no session twice.
#[tokio::test]
async fn two_nodes_share_the_mailboxes_and_save_each_mail_once() {
    let Some(database) = Database::postgres().await else {
        return;
    };
    let given = Given::world().await;
    let one = Node::start(&database, &given, "one").await;
    let two = Node::start(&database, &given, "two").await;
    let mailboxes = [one.mailbox(ANNA).await, one.mailbox(BERND).await];
    for number in 0..40 {
        let both = "anna@sandbox.example, bernd@sandbox.example";
        let mail = eml(&format!("n{number}@x"), CARLA, both, "Nodes");
        for mailbox in [ANNA, BERND] {
            given.mail_in(mailbox, "inbox", &[CATEGORY], mail.clone());
        }
    }
    run_both(&one, &two, &mailboxes).await;
    for mailbox in mailboxes {
        one.session(mailbox).await;
        assert_no_overlap(&one, mailbox).await;
    }
    assert_eq!(given.emails().len(), 40);
    given.assert_nothing_twice();
}

/// Two nodes run until each mailbox had a session; then what they put off is due.
pub async fn run_both(one: &Node, two: &Node, mailboxes: &[MailboxId]) {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut watch = one.engine.watch(mailboxes[0]);
    drop(watch.try_recv());
    let runs = async {
        tokio::join!(
            one.engine.run(stopped.clone()),
            two.engine.run(stopped.clone())
        );
    };
    let until_quiet = async {
        loop {
            let mut ended = 0;
            for &mailbox in mailboxes {
                let sessions = one
                    .store
                    .sessions(mailbox, None, 100)
                    .await
                    .expect("sessions");
                ended += usize::from(sessions.iter().any(|s| s.ended_at.is_some()));
            }
            if ended == mailboxes.len() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.send(true).expect("nodes listen");
    };
    tokio::join!(runs, until_quiet);
    for node in [one, two] {
        node.advance(SignedDuration::from_mins(20));
    }
}

/// No two sessions of a mailbox ran at once.
pub async fn assert_no_overlap(one: &Node, mailbox: MailboxId) {
    let sessions = one
        .store
        .sessions(mailbox, None, 100)
        .await
        .expect("sessions");
    let mut spans: Vec<_> = sessions
        .iter()
        .filter_map(|s| Some((s.started_at, s.ended_at?)))
        .collect();
    spans.sort();
    assert!(
        spans
            .windows(2)
            .all(|pair| pair[0].1 <= pair[1].0 || pair[0].0 > pair[1].0),
        "sessions of one mailbox overlap: {spans:?}"
    );
}
