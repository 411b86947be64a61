//! Attachments of events and tasks, over HTTP, on both databases (CAL-76, TSK-04).

use bytes::Bytes;
use jiff::Timestamp;
use ssi_sandbox::{
    Fault, FaultRule,
    crm::Kind as CrmKind,
    exchange::{Attachment, Content, Draft, Kind, Sending},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, CATEGORY, Given},
    node::Node,
    people::{Made, People, event, marked, text},
};

fn file(number: u64, name: &str, bytes: usize) -> Attachment {
    Attachment {
        number,
        name: name.into(),
        content_type: String::new(),
        content_id: None,
        content_location: None,
        inline: false,
        modified: Timestamp::UNIX_EPOCH,
        content: Content::File(Bytes::from(vec![b'x'; bytes])),
    }
}

fn meeting(category: &str, files: &[Attachment]) -> Draft {
    let start = jiff::Zoned::now().timestamp() + jiff::SignedDuration::from_hours(20);
    let end = start + jiff::SignedDuration::from_hours(1);
    let draft = event("Review", &start.to_string(), &end.to_string());
    with(marked(draft, &[category]), files)
}

fn task(files: &[Attachment]) -> Draft {
    let mut draft = Draft::new(Kind::Task);
    draft.properties.insert("Subject", text("Send the offer"));
    with(marked(draft, &[CATEGORY]), files)
}

fn with(mut draft: Draft, files: &[Attachment]) -> Draft {
    let files = files.iter().cloned().map(std::sync::Arc::new);
    draft.attachments.extend(files);
    draft
}

fn attach(given: &Given, made: &Made, files: &[Attachment]) {
    given.edit_quietly(made, |draft| *draft = with(draft.clone(), files));
}

/// Names and sizes of what the only record of a kind has.
fn stored(given: &Given, kind: CrmKind) -> Vec<(String, usize)> {
    let records = given.world().crm().records(kind);
    assert_eq!(records.len(), 1, "one record");
    let files = records[0].attachments.iter();
    let mut files: Vec<_> = files.map(|file| (file.name.clone(), file.size)).collect();
    files.sort();
    files
}

fn named(name: &str, size: usize) -> (String, usize) {
    (name.to_owned(), size)
}

/// CAL-76, TSK-04, INV-4
#[tokio::test(flavor = "multi_thread")]
async fn files_of_events_and_tasks_are_stored_once_and_later_ones_follow() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let files = [file(1, "Angebot.pdf", 2_000), file(2, "run.exe", 10)];
        let draft = meeting(CATEGORY, &files);
        let made = given.make(ANNA, "calendar", draft, Sending::NONE);
        let draft = task(&[file(1, "list.txt", 7)]);
        given.make(ANNA, "tasks", draft, Sending::NONE);
        node.calm(mailbox).await;
        let pdf = named("Angebot.pdf", 2_000);
        assert_eq!(stored(&given, CrmKind::Appointment), vec![pdf.clone()]);
        assert_eq!(stored(&given, CrmKind::Task), vec![named("list.txt", 7)]);

        attach(&given, &made, &[file(3, "Plan.docx", 30)]);
        node.calm(mailbox).await;
        let both = vec![pdf, named("Plan.docx", 30)];
        assert_eq!(stored(&given, CrmKind::Appointment), both);

        // What was taken off the item stays on the record, and does not come back.
        given.edit_quietly(&made, |draft| draft.attachments.clear());
        node.calm(mailbox).await;
        assert_eq!(stored(&given, CrmKind::Appointment), both);
        assert!(given.notices().is_empty(), "INV-12");
    })
    .await;
}

/// CAL-76: appointments and visits have switches of their own.
#[tokio::test(flavor = "multi_thread")]
async fn each_kind_has_its_switch() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        node.set(|settings| settings.mirror.visit_attachments = false);
        let mailbox = node.mailbox(ANNA).await;
        for category in [CATEGORY, "Visit"] {
            let draft = meeting(category, &[file(1, "a.pdf", 9)]);
            given.make(ANNA, "calendar", draft, Sending::NONE);
        }
        node.calm(mailbox).await;
        assert_eq!(stored(&given, CrmKind::Visit), vec![]);
        assert_eq!(
            stored(&given, CrmKind::Appointment),
            vec![named("a.pdf", 9)]
        );
    })
    .await;
}

/// CAL-76, INV-1, INV-9: an answer that was lost stores nothing twice; a refusal leaves the pair in step.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_stores_no_file_twice() {
    for at in [
        "$batch",
        "POST AppointmentCollection",
        "POST AppointmentCollection/AppointmentAttachmentFolder",
    ] {
        on_both(|database| async move {
            let given = Given::world().await;
            let node = Node::start(&database, &given, "one").await;
            let mailbox = node.mailbox(ANNA).await;
            let draft = meeting(CATEGORY, &[file(1, "a.pdf", 9), file(2, "b.pdf", 8)]);
            given.make(ANNA, "calendar", draft, Sending::NONE);
            let lost = Fault::TimeoutAfterSuccess { close: true };
            let faults = given.world().faults();
            faults.add(FaultRule::once("odata", at, lost));
            let _ = node.session(mailbox).await;
            assert_eq!(faults.list()[0].hit, 1, "{at} was lost");
            node.advance(jiff::SignedDuration::from_hours(1));
            node.calm(mailbox).await;
            let both = vec![named("a.pdf", 9), named("b.pdf", 8)];
            assert_eq!(stored(&given, CrmKind::Appointment), both, "{at}");
        })
        .await;
    }
}
