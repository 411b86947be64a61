//! The server is killed at each outward call of a save, before it reaches the other side and after, and
//! started again: exactly one record, marked, with its attachment (INV-1, INV-8, INV-9).

use ssi_sandbox::{GatePoint, GateRule};
use ssi_store::SessionState;
use ssi_tests::{
    db::{Database, on_both},
    given::{ANNA, CATEGORY, Given, eml_with_attachment},
    process::{Process, configure, sync_once, until},
};

const CARLA: &str = "Carla Kundin <carla@customer.example>";
const BYTES: usize = 30_000;

async fn world(database: &Database) -> (Given, std::path::PathBuf) {
    let given = Given::world().await;
    let mail = eml_with_attachment("crash@x", CARLA, "offer.pdf", BYTES);
    given.mail_in(ANNA, "inbox", &[CATEGORY], mail);
    let config = configure(database, &given, &[ANNA], "");
    (given, config)
}

fn assert_saved_once(given: &Given, what: &str) {
    let emails = given.emails();
    assert_eq!(emails.len(), 1, "{what}");
    let sizes: Vec<usize> = emails[0].attachments.iter().map(|a| a.size).collect();
    assert_eq!(sizes, [BYTES], "{what}");
    assert_eq!(emails[0].notes.len(), 1, "{what}");
    let marks = given.categories_of(ANNA, "<crash@x>");
    assert!(marks.contains(&CATEGORY.to_owned()), "{what}");
    assert!(!marks.contains(&"Sync Error".to_owned()), "{what}");
}

/// Waits until a session looked at everything and no follow-up is left.
async fn session_done(database: &Database, what: &str) {
    let store = database.open().await;
    until(what, async || {
        let Ok(Some(row)) = store.mailbox_by_address(ANNA).await else {
            return false;
        };
        let sessions = store.sessions(row.id, None, 1).await.unwrap_or_default();
        let far = jiff::Timestamp::MAX;
        let left = store
            .follow_ups_due(row.id, far, 1)
            .await
            .unwrap_or_default();
        left.is_empty() && sessions.iter().any(|s| s.state == SessionState::Done)
    })
    .await;
    store.close().await;
}

/// How many outward calls an undisturbed save makes, from an empty database to its end.
async fn calls_of_a_save() -> u64 {
    let database = Database::sqlite().await;
    let (given, config) = world(&database).await;
    sync_once(ANNA, &config).await;
    assert_saved_once(&given, "undisturbed");
    given.sandbox.world().total_calls()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_outward_call_the_mail_is_saved_exactly_once() {
    let calls = calls_of_a_save().await;
    assert!(
        calls >= 6,
        "a save makes at least six calls, counted {calls}"
    );
    for call in 1..=calls {
        for point in [GatePoint::Before, GatePoint::After] {
            on_both(|database| async move {
                let what = format!(
                    "killed {point:?} call {call} of {calls} on {}",
                    database.engine
                );
                let (given, config) = world(&database).await;
                let faults = given.sandbox.world().faults();
                let gate = faults.add_gate(GateRule::any(call, point));
                let server = Process::start(&["serve"], &config);
                let reached = faults.gate_reached(gate);
                tokio::time::timeout(std::time::Duration::from_secs(60), reached)
                    .await
                    .unwrap_or_else(|_| panic!("the call never came: {what}"));
                server.kill().await;
                faults.release_gate(gate);

                // Started again under the same name, it goes on where the dead one stood.
                let server = Process::start(&["serve"], &config);
                session_done(&database, &what).await;
                server.kill().await;
                assert_saved_once(&given, &what);
                let before = given.writes();
                sync_once(ANNA, &config).await;
                assert_eq!(
                    given.writes(),
                    before,
                    "a later session writes nothing: {what}"
                );
            })
            .await;
        }
    }
}
