//! A session as somebody sees it who watches it over gRPC.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use ssi_client::{
    SessionEvent, name,
    v1::{ItemDecision, RecordKind, SessionPhase, sync_session::State},
};
use ssi_sandbox::exchange::{ContactEdit, TaskEdit};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
    given::ANNA,
    scene::marked,
    served::served_with,
};

const TASKS: &str = "SAP Tasks";
const CONTACTS: &str = "SAP Contacts";

fn task(subject: &str) -> TaskEdit {
    TaskEdit {
        subject: Some(subject.into()),
        ..TaskEdit::default()
    }
}

/// What there is before: of each kind one to change and one to take away.
async fn before(desk: &Desk) {
    let outlook = desk.outlook();
    let keys = [
        (
            outlook.create_event(&marked("Edit", 2)).expect("made"),
            outlook.create_event(&marked("Drop", 3)).expect("made"),
        ),
        (
            desk.task(TASKS, &task("Edit")),
            desk.task(TASKS, &task("Drop")),
        ),
        (
            desk.contact(CONTACTS, &named("Rosa", "Edit")),
            desk.contact(CONTACTS, &named("Rosa", "Drop")),
        ),
    ];
    drop(outlook);
    desk.calm().await;
    let outlook = desk.outlook();
    let [(event, _), (to_do, _), (person, _)] = keys;
    let moved = ssi_sandbox::exchange::EventEdit {
        subject: Some("Edited".into()),
        ..Default::default()
    };
    outlook.edit_event(event, &moved).expect("edited");
    outlook.edit_task(to_do, &task("Edited")).expect("edited");
    let edit = ContactEdit {
        job_title: Some("Buyer".into()),
        ..ContactEdit::default()
    };
    outlook.edit_contact(person, &edit).expect("edited");
    for (_, key) in keys {
        outlook.delete(key).expect("deleted");
    }
    outlook.create_event(&marked("New", 4)).expect("made");
    desk.task(TASKS, &task("New"));
    desk.contact(CONTACTS, &named("Rosa", "New"));
}

/// MON-03, DSH-04: items bear their kind and what became of them, phases are named, and what was made, changed and
/// removed is counted apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_watched_session_names_kinds_phases_and_counts() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.delete_contacts_in_crm = true;
        })
        .await;
        before(&desk).await;
        // The session that is asked for is the first one to see what happened (CAL-04).
        let more = "[sync.mirror]\ndelete_contacts_in_crm = true\nwatch_calendar = false\n";
        let (process, client) = served_with(&database, &desk.given, more).await;
        let session = client
            .sync()
            .force(name::mailbox(ANNA))
            .await
            .expect("forced");
        let mut events = client.sync().watch_session(session.name);
        let (mut seen, mut phases) = (BTreeSet::new(), BTreeSet::new());
        let mut ended = None;
        while let Some(event) = events.next().await {
            match event.expect("the stream lasts") {
                SessionEvent::Progress(progress) => drop(phases.insert(progress.phase())),
                SessionEvent::Item(item) => drop(seen.insert((item.kind(), item.decision()))),
                SessionEvent::Ended(session) => ended = Some(session),
            }
        }
        let ended = ended.expect("it ended");
        assert_eq!(ended.state(), State::Succeeded, "{ended:?}");
        for kind in [
            RecordKind::Appointment,
            RecordKind::Task,
            RecordKind::Contact,
        ] {
            for decision in [
                ItemDecision::Saved,
                ItemDecision::Updated,
                ItemDecision::Removed,
            ] {
                assert!(
                    seen.contains(&(kind, decision)),
                    "{kind:?} {decision:?}: {seen:?}"
                );
            }
        }
        assert!(
            seen.iter().all(|(kind, _)| *kind != RecordKind::Email),
            "{seen:?}"
        );
        let progress = ended.progress.expect("its numbers");
        assert_eq!(
            (
                progress.saved_count,
                progress.updated_count,
                progress.removed_count
            ),
            (3, 3, 3),
            "{progress:?}"
        );
        assert!(phases.contains(&SessionPhase::Items), "{phases:?}");
        assert!(!phases.contains(&SessionPhase::Unspecified), "{phases:?}");

        // How the mailbox stands says what came down and what did not (INV-15).
        let status = client
            .sync()
            .status(name::mailbox(ANNA))
            .await
            .expect("status");
        let contacts = status
            .down_counts
            .iter()
            .find(|one| one.kind() == RecordKind::Contact)
            .expect("contacts are counted");
        assert_eq!(
            (contacts.mirrored_count, contacts.left_by_limit_count),
            (2, 0)
        );
        assert!(contacts.in_crm_count.is_some(), "{contacts:?}");
        assert!(status.notes.is_empty(), "{:?}", status.notes);
        process.kill().await;
    })
    .await;
}
