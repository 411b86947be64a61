//! Changes in a calendar wake its mailbox between two sessions (CAL-04).

use jiff::SignedDuration;
use ssi_domain::{Clock as _, SystemClock};
use ssi_sandbox::{MovableClock, crm::Kind, exchange::EventEdit};
use ssi_tests::{
    db::on_both,
    given::{ANNA, Given},
    node::Node,
    scene::marked,
};

/// CAL-04: what happens in the calendar is synced within three minutes, made, changed and deleted; a glance at a still one
/// wakes nobody, and a switch turns it off.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_the_calendar_is_synced_within_three_minutes() {
    on_both(|database| async move {
        // A server's time is whole seconds; what it tells of the running one is not taken for settled.
        let clock = MovableClock::new(SystemClock.now() - SignedDuration::from_hours(2));
        let given = Given::world_at(clock.clock()).await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let pass = |seconds: i64| {
            node.advance(SignedDuration::from_secs(seconds));
            clock.advance_seconds(seconds);
        };
        // Our own writes are glanced at once, too.
        let settle = || async {
            node.calm(mailbox).await;
            pass(85);
            node.engine.glances().await;
            node.session(mailbox).await;
        };
        settle().await;
        pass(85);
        assert_eq!(node.engine.glances().await, 0, "nothing happened");

        let world = given.sandbox.world();
        let made = world.person(ANNA).create_event(&marked("Soon", 2));
        let key = made.expect("made");
        for step in ["made", "changed", "deleted"] {
            let person = world.person(ANNA);
            let sooner = EventEdit {
                subject: Some("Sooner".into()),
                ..EventEdit::default()
            };
            match step {
                "changed" => person.edit_event(key, &sooner).expect("changed"),
                "deleted" => person.delete(key).expect("deleted"),
                _ => {}
            }
            drop(person);
            let due = async || {
                let row = node.store.mailbox(mailbox).await.expect("read");
                row.expect("a mailbox").due_at
            };
            let before = due().await;
            pass(85);
            assert_eq!(node.engine.glances().await, 1, "CAL-04: {step}");
            assert!(due().await < before, "{step}: a session is due");
            settle().await;
        }
        let records = world.crm().records(Kind::Appointment);
        let record = &records[0];
        assert_eq!(records.len(), 1);
        assert_eq!(record.title, "Sooner");
        assert_eq!(record.field("LifeCycleStatusCode"), "4");

        node.set(|settings| settings.mirror.watch_calendar = false);
        let made = world.person(ANNA).create_event(&marked("Later", 3));
        made.expect("made");
        pass(85);
        assert_eq!(node.engine.glances().await, 0, "switched off");
    })
    .await;
}
