//! Mail as it really comes: broken, huge, ambiguous. Nothing lost, nothing twice, others go on.

use std::{fs, path::Path};

use ssi_engine::{Decision, SessionEnd};
use ssi_tests::{
    db::Database,
    given::{ANNA, CATEGORY, Given, eml},
    node::Node,
};

const CARLA: &str = "Carla Kundin <carla@customer.example>";

fn fixtures() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mime");
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("fixtures").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "eml") {
                found.push(fs::read(path).expect("readable"));
            }
        }
    }
    assert!(found.len() >= 60, "only {} mails", found.len());
    found
}

/// Every real mail is saved or skipped by a rule; a second session writes nothing (INV-1, INV-4, INV-14).
#[tokio::test]
async fn every_real_mail_is_decided_and_nothing_is_there_twice() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let mails = fixtures();
    for mail in &mails {
        given.mail_in(ANNA, "inbox", &[CATEGORY], mail.clone());
    }

    let (report, events) = node.session(mailbox).await;

    assert_eq!(report.end, SessionEnd::Done);
    assert_eq!(events.len(), mails.len(), "every mail has an outcome");
    let failed: Vec<_> = events
        .iter()
        .filter(|event| event.decision == Decision::Failed)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    given.assert_nothing_twice();
    assert_eq!(given.emails().len() as u64, report.counts.saved);
    let before = given.writes();
    node.session(mailbox).await;
    assert_eq!(given.writes(), before);
}

/// EM-06: one Message-ID, two mails.
#[tokio::test]
async fn different_mails_under_one_message_id_are_both_kept_and_copies_are_not() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    for subject in ["First", "Second", "First"] {
        given.marked_mail(eml("same@x", CARLA, ANNA, subject));
    }

    let (report, events) = node.session(mailbox).await;

    assert_eq!(
        (report.counts.saved, report.counts.duplicates),
        (2, 1),
        "{events:?}"
    );
    let mut subjects: Vec<_> = given.emails().into_iter().map(|e| e.subject).collect();
    subjects.sort();
    assert_eq!(subjects, ["First", "Second"]);
    given.marked_mail(eml("same@x", CARLA, ANNA, "Second"));
    let (again, _) = node.session(mailbox).await;
    assert_eq!((again.counts.saved, again.counts.duplicates), (0, 1));
}

#[tokio::test]
async fn mails_without_a_message_id_are_told_apart_by_their_content() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let without =
        |subject: &str| eml("x@x", CARLA, ANNA, subject).replace("Message-ID: <x@x>\r\n", "");
    for subject in ["One", "Two", "One"] {
        given.marked_mail(without(subject));
    }
    let (report, _) = node.session(mailbox).await;
    assert_eq!((report.counts.saved, report.counts.duplicates), (2, 1));
}

/// Ten thousand recipients, a hostile nesting, 8-bit headers, no content at all.
#[tokio::test]
async fn hostile_mails_are_saved_within_bounds_and_do_not_stop_others() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let crowd: Vec<String> = (0..10_000).map(|n| format!("p{n}@many.example")).collect();
    given.marked_mail(eml("crowd@x", CARLA, &crowd.join(", "), "Crowd"));
    let mut nested = String::from("Message-ID: <nest@x>\r\nFrom: carla@customer.example\r\n");
    for depth in 0..5_000 {
        nested.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n"
        ));
    }
    given.marked_mail(nested);
    given.marked_mail(b"Subject: \xe4\xf6\xfc\xff raw 8 bit\r\nFrom: \xff\xfe <carla@customer.example>\r\n\r\n\x00\x01".to_vec());
    given.marked_mail(Vec::new());
    given.marked_mail(eml("fine@x", CARLA, ANNA, "Fine"));

    let (report, events) = node.session(mailbox).await;

    assert_eq!(report.end, SessionEnd::Done);
    assert_eq!(events.len(), 5);
    let emails = given.emails();
    let crowd = emails
        .iter()
        .find(|e| e.groupware_item_id == "<crowd@x>")
        .expect("saved");
    assert!(
        crowd.to.len() <= 500,
        "INV-15: cut and said, {}",
        crowd.to.len()
    );
    let event = events
        .iter()
        .find(|e| e.message_id.as_deref() == Some("<crowd@x>"))
        .expect("told");
    assert!(
        event
            .trace
            .0
            .iter()
            .any(|step| step.code.as_str() == "recipients_cut")
    );
    assert!(emails.iter().any(|e| e.groupware_item_id == "<fine@x>"));
    assert!(report.counts.saved >= 4, "{events:?}");
}
