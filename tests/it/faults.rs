//! What goes wrong between us and the servers: nothing twice, nothing lost, the mailbox goes on or says why.

use jiff::SignedDuration;
use ssi_engine::SessionEnd;
use ssi_sandbox::{Fault, FaultRule};
use ssi_store::MailboxState;
use ssi_tests::{
    db::on_both,
    fault,
    given::{ANNA, Given, eml},
    node::Node,
};

const CARLA: &str = "Carla Kundin <carla@customer.example>";

/// The calls a save makes.
const CALLS: [(&str, &str); 7] = [
    ("ews", "SyncFolderItems"),
    ("ews", "GetItem"),
    ("ews", "UpdateItem"),
    ("ews", "GetFolder"),
    ("odata", "$batch"),
    ("odata", "POST EMailCollection"),
    ("odata", "GET EMailCollection"),
];

/// INV-1, INV-9, INV-19
#[tokio::test]
async fn after_any_fault_at_any_call_there_is_exactly_one_record_and_one_mark() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        node.session(mailbox).await;
        let mut number = 0;
        for (face, operation) in CALLS {
            for fault in fault::passing() {
                if matches!(fault, Fault::ServerBusy { .. }) && face != "ews" {
                    continue;
                }
                number += 1;
                let id = format!("fault{number}@x");
                given.marked_mail(eml(&id, CARLA, ANNA, &format!("Fault {number}")));
                let what = format!("{fault:?} at {face} {operation}");
                given
                    .sandbox
                    .world()
                    .faults()
                    .add(FaultRule::once(face, operation, fault));
                for _ in 0..4 {
                    node.session(mailbox).await;
                    node.advance(SignedDuration::from_mins(30));
                }
                given.sandbox.world().faults().clear();
                let emails = given.emails();
                assert_eq!(emails.len(), number, "{what}");
                given.assert_nothing_twice();
                let row = node
                    .store
                    .mailbox(mailbox)
                    .await
                    .expect("store")
                    .expect("mailbox");
                assert_eq!(row.state, MailboxState::Active, "{what}");
                assert!(
                    !given.categories_of(ANNA, &format!("<{id}>")).is_empty(),
                    "{what}"
                );
            }
        }
    })
    .await;
}

/// ERR-01: sign-in errors suspend the mailbox, and it says so; saving goes on after resuming.
#[tokio::test]
async fn a_refused_sign_in_suspends_the_mailbox_until_it_is_resumed() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        given.marked_mail(eml("a@x", CARLA, ANNA, "Later"));
        let rule = FaultRule {
            operation: None,
            times: 0,
            ..FaultRule::once("ews", "any", Fault::Unauthorized)
        };
        given.sandbox.world().faults().add(rule);

        for _ in 0..2 {
            let (report, _) = node.session(mailbox).await;
            assert!(
                matches!(report.end, SessionEnd::Failed { .. }),
                "{report:?}"
            );
        }

        let status = node.engine.status(mailbox).await.expect("status");
        let (code, advice) = status.suspended.expect("suspended");
        assert_eq!(code, "sign_in");
        assert!(advice.contains("password"), "{advice}");
        given.sandbox.world().faults().clear();
        node.engine.resume(mailbox).await.expect("resumed");
        node.session(mailbox).await;
        assert_eq!(given.emails().len(), 1);
    })
    .await;
}

/// A sync state that died costs a listing, not a record (INV-5).
#[tokio::test]
async fn a_lost_cursor_lists_anew_and_writes_nothing() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        for number in 0..5 {
            given.marked_mail(eml(&format!("c{number}@x"), CARLA, ANNA, "Cursor"));
        }
        node.session(mailbox).await;
        given.sandbox.world().exchange().expire_sync_states();
        let before = given.writes();
        let (report, _) = node.session(mailbox).await;
        assert_eq!(report.end, SessionEnd::Done);
        assert_eq!(given.writes(), before);
        assert_eq!(given.emails().len(), 5);
    })
    .await;
}

/// The database was lost: the CRM is asked by key, nothing is saved twice.
#[tokio::test]
async fn a_lost_database_saves_nothing_twice() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        for number in 0..5 {
            given.marked_mail(eml(&format!("d{number}@x"), CARLA, ANNA, "Lost"));
        }
        node.session(mailbox).await;
        let fresh = ssi_tests::db::Database::sqlite().await;
        let node = Node::start(&fresh, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let before = given.writes();
        node.session(mailbox).await;
        assert_eq!(given.emails().len(), 5);
        assert_eq!(given.writes(), before, "marks stand already");
        // Another mailbox's copy of a mail that only the CRM knows.
        given.mail_in(
            ssi_tests::given::BERND,
            "inbox",
            &[ssi_tests::given::CATEGORY],
            eml("d0@x", CARLA, ANNA, "Lost"),
        );
        let bernd = node.mailbox(ssi_tests::given::BERND).await;
        node.session(bernd).await;
        assert_eq!(given.emails().len(), 5);
    })
    .await;
}

/// INV-14: what the CRM refuses is parked, marked and visible; others are saved; retry saves it later.
#[tokio::test]
async fn a_refused_mail_is_parked_with_an_issue_and_others_go_on() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        given.marked_mail(eml("r@x", CARLA, ANNA, "Refused"));
        let rule = FaultRule::once(
            "odata",
            "POST EMailCollection",
            Fault::Refused400 {
                message: "Subject is not allowed".into(),
            },
        );
        given.sandbox.world().faults().add(rule);

        let (report, _) = node.session(mailbox).await;

        assert_eq!(report.counts.failed, 1);
        assert!(
            given
                .categories_of(ANNA, "<r@x>")
                .contains(&"Sync Error".to_owned())
        );
        let issues = node
            .store
            .issues(mailbox, ssi_store::IssueState::Open, None, 10)
            .await
            .expect("issues");
        assert_eq!(issues.len(), 1);
        assert!(issues[0].message.contains("Subject is not allowed"));
        node.engine
            .retry_issue(mailbox, issues[0].id)
            .await
            .expect("retry");
        node.session(mailbox).await;
        assert_eq!(given.emails().len(), 1);
        assert_eq!(
            node.engine
                .status(mailbox)
                .await
                .expect("status")
                .open_issues,
            0
        );
        assert!(
            !given
                .categories_of(ANNA, "<r@x>")
                .contains(&"Sync Error".to_owned())
        );
    })
    .await;
}

/// EM-11: what a user chose survives the click that could not be done, the refusal and the retry.
#[tokio::test]
async fn a_queued_click_keeps_its_choices_through_parking_and_retry() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        node.session(mailbox).await;
        let item = given.mail(eml("q@x", CARLA, ANNA, "Theirs"));
        let faults = given.sandbox.world().faults();
        let away = Fault::Unavailable503 { retry_after: None };
        faults.add(FaultRule::once("odata", "$batch", away));
        let choice = ssi_engine::SaveChoice {
            subject: Some("Mine".into()),
            ..ssi_engine::SaveChoice::default()
        };
        let outcome = node.click(mailbox, &item, choice).await.expect("queued");
        assert!(matches!(outcome, ssi_engine::SaveOutcome::Queued(_)));
        let message = "Not today".into();
        let refused = Fault::Refused400 { message };
        faults.add(FaultRule::once("odata", "POST EMailCollection", refused));
        let (report, _) = node.session(mailbox).await;
        assert_eq!(report.counts.failed, 1);
        let open = ssi_store::IssueState::Open;
        let issues = node
            .store
            .issues(mailbox, open, None, 10)
            .await
            .expect("issues");

        node.engine
            .retry_issue(mailbox, issues[0].id)
            .await
            .expect("retry");
        node.session(mailbox).await;

        let subjects: Vec<_> = given.emails().into_iter().map(|e| e.subject).collect();
        assert_eq!(subjects, ["Mine"]);
    })
    .await;
}
