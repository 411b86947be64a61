//! Attachments of events and tasks, over HTTP, on both databases (CAL-76, TSK-04).

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use ssi_domain::MailboxId;
use ssi_sandbox::{
    Fault, FaultRule, GatePoint, GateRule,
    crm::Kind as CrmKind,
    exchange::{Attachment, Content, Draft, Kind, Sending},
};
use ssi_store::{IssueRow, IssueState};
use ssi_tests::{
    db::on_both,
    given::{ANNA, CATEGORY, Given},
    node::Node,
    people::{Made, People, event, marked, text},
};

/// The upload of a file to a record.
const UPLOAD: &str = "POST AppointmentCollection/AppointmentAttachmentFolder";

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

async fn issues(node: &Node, mailbox: MailboxId) -> Vec<IssueRow> {
    let found = node.store.issues(mailbox, IssueState::Open, None, 100);
    found.await.expect("issues are read")
}

/// CAL-76, TSK-04: what was not sent because its switch was off is sent when the switch is on.
#[tokio::test(flavor = "multi_thread")]
async fn a_switch_turned_on_sends_what_was_left() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        node.set(|settings| {
            settings.mirror.appointment_attachments = false;
            settings.mirror.visit_attachments = false;
            settings.mirror.task_attachments = false;
        });
        let mailbox = node.mailbox(ANNA).await;
        for category in [CATEGORY, "Visit", "Phone Call"] {
            let draft = meeting(category, &[file(1, "a.pdf", 9)]);
            given.make(ANNA, "calendar", draft, Sending::NONE);
        }
        given.make(ANNA, "tasks", task(&[file(1, "a.pdf", 9)]), Sending::NONE);
        node.calm(mailbox).await;
        let kinds = [
            CrmKind::Appointment,
            CrmKind::Visit,
            CrmKind::PhoneCall,
            CrmKind::Task,
        ];
        for kind in kinds {
            assert_eq!(stored(&given, kind), vec![], "{kind:?}");
        }
        node.set(|settings| {
            settings.mirror.appointment_attachments = true;
            settings.mirror.visit_attachments = true;
            settings.mirror.task_attachments = true;
        });
        node.advance(SignedDuration::from_hours(25));
        node.calm(mailbox).await;
        for kind in kinds {
            assert_eq!(stored(&given, kind), vec![named("a.pdf", 9)], "{kind:?}");
        }
        node.advance(SignedDuration::from_hours(25));
        assert_eq!(node.step(mailbox).await, 0, "INV-4");
        assert!(issues(&node, mailbox).await.is_empty());
    })
    .await;
}

/// CAL-76: files of a type or size that is not stored are named by their type in an issue, until they are allowed,
/// and then sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_type_is_named_until_it_is_allowed() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let files = [file(1, "run.exe", 10), file(2, "Plan.pdf", 30)];
        given.make(ANNA, "calendar", meeting(CATEGORY, &files), Sending::NONE);
        node.calm(mailbox).await;
        node.advance(SignedDuration::from_hours(25));
        node.calm(mailbox).await;
        let pdf = named("Plan.pdf", 30);
        assert_eq!(stored(&given, CrmKind::Appointment), vec![pdf.clone()]);
        let open = issues(&node, mailbox).await;
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0].code, "attachment_type_prohibited");
        assert!(open[0].message.contains(".exe"), "{}", open[0].message);
        assert!(!open[0].message.contains("run"), "names are business data");
        node.set(|settings| settings.prohibited_extensions.clear());
        node.advance(SignedDuration::from_hours(25));
        node.calm(mailbox).await;
        let both = vec![pdf, named("run.exe", 10)];
        assert_eq!(stored(&given, CrmKind::Appointment), both);
        node.advance(SignedDuration::from_hours(25));
        node.calm(mailbox).await;
        assert!(issues(&node, mailbox).await.is_empty());
    })
    .await;
}

/// CAL-76, INV-15: a file that the CRM refuses is told, offered once, and its issue stands as long as the file does.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_the_crm_refuses_is_told_and_offered_once() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let made = given.make(ANNA, "calendar", meeting(CATEGORY, &[]), Sending::NONE);
        node.calm(mailbox).await;
        let refused = Fault::Refused400 {
            message: "virus found".into(),
        };
        let faults = given.world().faults();
        faults.add(FaultRule {
            times: 0,
            ..FaultRule::once("odata", UPLOAD, refused)
        });
        attach(&given, &made, &[file(1, "a.pdf", 9)]);
        node.calm(mailbox).await;
        for _ in 0..2 {
            node.advance(SignedDuration::from_hours(25));
            assert_eq!(node.step(mailbox).await, 0, "INV-4");
        }
        assert_eq!(faults.list()[0].hit, 1, "offered once");
        let open = issues(&node, mailbox).await;
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0].code, "attachment_refused");
        given.edit_quietly(&made, |draft| draft.attachments.clear());
        node.calm(mailbox).await;
        node.advance(SignedDuration::from_hours(25));
        node.calm(mailbox).await;
        assert!(issues(&node, mailbox).await.is_empty());
    })
    .await;
}

/// CAL-76: when the record's files cannot be listed, nothing is taken for stored; the next session tries again.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_tried_again_when_the_records_files_cannot_be_listed() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let made = given.make(ANNA, "calendar", meeting(CATEGORY, &[]), Sending::NONE);
        node.calm(mailbox).await;
        let faults = given.world().faults();
        for at in [
            "GET AppointmentCollection/AppointmentAttachmentFolder",
            "GET AppointmentAttachmentFolderCollection",
        ] {
            let refused = Fault::Refused400 {
                message: "not now".into(),
            };
            faults.add(FaultRule {
                times: 0,
                ..FaultRule::once("odata", at, refused)
            });
        }
        attach(&given, &made, &[file(1, "a.pdf", 9)]);
        node.step(mailbox).await;
        assert_eq!(stored(&given, CrmKind::Appointment), vec![]);
        assert!(faults.list().iter().any(|rule| rule.hit > 0));
        faults.clear();
        // Not the daily look: what is owed.
        node.advance(SignedDuration::from_mins(10));
        node.step(mailbox).await;
        assert_eq!(
            stored(&given, CrmKind::Appointment),
            vec![named("a.pdf", 9)]
        );
    })
    .await;
}

/// CAL-76, TSK-04, INV-14: an attachment that vanishes while it is read keeps nothing else from being stored; one that
/// comes back is stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_vanishes_mid_read_costs_nothing_else() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        for (folder, kind) in [("calendar", CrmKind::Appointment), ("tasks", CrmKind::Task)] {
            let files = [file(1, "a.pdf", 9)];
            let draft = match kind {
                CrmKind::Task => task(&files),
                _ => meeting(CATEGORY, &files),
            };
            let made = given.make(ANNA, folder, draft, Sending::NONE);
            let faults = given.world().faults();
            let gate = faults.add_gate(GateRule {
                face: Some("ews".into()),
                operation: Some("GetAttachment".into()),
                nth: 1,
                point: GatePoint::Before,
            });
            let vanish = async {
                faults.gate_reached(gate).await;
                given.edit_quietly(&made, |draft| draft.attachments.clear());
                faults.release_gate(gate);
            };
            tokio::join!(node.step(mailbox), vanish);
            assert_eq!(stored(&given, kind), vec![], "the record stands without");
            attach(&given, &made, &[file(7, "b.pdf", 8)]);
            node.advance(SignedDuration::from_mins(10));
            node.calm(mailbox).await;
            assert_eq!(stored(&given, kind), vec![named("b.pdf", 8)]);
        }
        node.advance(SignedDuration::from_hours(25));
        node.calm(mailbox).await;
        let open = issues(&node, mailbox).await;
        assert!(open.is_empty(), "{open:?}");
    })
    .await;
}
