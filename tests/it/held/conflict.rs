//! Both sides changed one field: both values wait until somebody settles it (INV-2).

use std::collections::HashMap;

use ssi_domain::{IssueId, MailboxId};
use ssi_engine::{Settle, SettleIssue};
use ssi_sandbox::{crm::Value as CrmValue, exchange::Sending};
use ssi_store::{IssueRow, IssueState};
use ssi_tests::{
    calm::{calm, feed, session, tomorrow},
    db::on_both,
    given::{ANNA, CATEGORY, Given},
    node::Node,
    people::{Made, People, event, marked, text},
};

const APPOINTMENTS: &str = "AppointmentCollection";

async fn issues(node: &Node, mailbox: MailboxId) -> Vec<IssueRow> {
    let open = node.store.issues(mailbox, IssueState::Open, None, 10).await;
    open.expect("read")
}

fn settle(side: Settle) -> SettleIssue {
    SettleIssue {
        request_id: None,
        caller: "anna".into(),
        side,
        choices: HashMap::new(),
    }
}

struct Collision {
    node: Node,
    mailbox: MailboxId,
    made: Made,
    key: String,
    issue: IssueId,
}

impl Collision {
    fn stands(&self, given: &Given, field: (&str, &'static str)) -> (String, String) {
        let record = given.field(APPOINTMENTS, &self.key, field.0);
        let item = given.see(&self.made).expect("stands");
        (item.text(field.1).to_owned(), record.unwrap_or_default())
    }
}

/// Subject and place are changed on both sides before a session sees either.
async fn collision(database: &ssi_tests::db::Database, given: &Given) -> Collision {
    let node = Node::start(database, given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let draft = marked(event("Old", &tomorrow(9), &tomorrow(10)), &[CATEGORY]);
    let made = given.make(ANNA, "calendar", draft, Sending::NONE);
    calm(&node, mailbox).await;
    let key = given.records(APPOINTMENTS).remove(0);
    given.edit(&made, |draft| {
        draft.properties.insert("Subject", text("From Outlook"));
        draft.properties.insert("Location", text("Outlook's room"));
    });
    given.change(
        APPOINTMENTS,
        &key,
        &[
            ("Subject", CrmValue::text("From the CRM")),
            ("Location", CrmValue::text("The CRM's room")),
        ],
    );
    calm(&node, mailbox).await;
    let open = issues(&node, mailbox).await;
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0].code, "both_changed");
    let disputes = node.engine.disputes(&open[0]).await.expect("read");
    let mut fields: Vec<_> = disputes
        .iter()
        .map(|one| (one.field.as_str(), one.mailbox.as_str(), one.crm.as_str()))
        .collect();
    fields.sort_unstable();
    let both = [
        ("location", "Outlook's room", "The CRM's room"),
        ("subject", "From Outlook", "From the CRM"),
    ];
    assert_eq!(fields, both, "both values are there");
    // Sessions come and go; the issue waits for a person.
    calm(&node, mailbox).await;
    Collision {
        issue: issues(&node, mailbox).await[0].id,
        node,
        mailbox,
        made,
        key,
    }
}

/// INV-2: either side's values can be made to stand on both.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_settles_a_conflict_for_either_side() {
    on_both(|database| async move {
        let given = Given::world().await;
        for (side, subject) in [
            (Settle::Mailbox, "From Outlook"),
            (Settle::Crm, "From the CRM"),
        ] {
            let given = Given::world().await;
            let database = match database.engine {
                "sqlite" => ssi_tests::db::Database::sqlite().await,
                _ => ssi_tests::db::Database::postgres().await.expect("answers"),
            };
            let one = collision(&database, &given).await;
            let Collision {
                node,
                mailbox,
                issue,
                ..
            } = &one;
            let settled = node.engine.settle_issue(*mailbox, *issue, settle(side));
            settled.await.expect("settled");
            let both = (subject.to_owned(), subject.to_owned());
            assert_eq!(one.stands(&given, ("Subject", "Subject")), both);
            assert!(issues(node, *mailbox).await.is_empty(), "closed");
            feed(node).await;
            calm(node, *mailbox).await;
            assert_eq!(one.stands(&given, ("Subject", "Subject")), both);
            let again = node.engine.settle_issue(*mailbox, *issue, settle(side));
            again.await.expect("settling twice changes nothing");
            assert!(issues(node, *mailbox).await.is_empty());
            assert_eq!(given.records(APPOINTMENTS).len(), 1);
        }
        drop(given);
    })
    .await;
}

/// INV-2: field by field.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_settles_field_by_field() {
    on_both(|database| async move {
        let given = Given::world().await;
        let one = collision(&database, &given).await;
        let choices = HashMap::from([
            ("subject".to_owned(), Settle::Mailbox),
            ("location".to_owned(), Settle::Crm),
        ]);
        let wanted = SettleIssue {
            choices,
            ..settle(Settle::Current)
        };
        let unknown = SettleIssue {
            choices: HashMap::from([("nothing".to_owned(), Settle::Crm)]),
            ..settle(Settle::Current)
        };
        let Collision {
            node,
            mailbox,
            issue,
            ..
        } = &one;
        let refused = node.engine.settle_issue(*mailbox, *issue, unknown).await;
        assert!(refused.is_err());
        let settled = node.engine.settle_issue(*mailbox, *issue, wanted).await;
        settled.expect("settled");
        calm(node, *mailbox).await;
        let subject = one.stands(&given, ("Subject", "Subject"));
        assert_eq!(subject, ("From Outlook".into(), "From Outlook".into()));
        let place = one.stands(&given, ("Location", "Location"));
        assert_eq!(place, ("The CRM's room".into(), "The CRM's room".into()));
        assert!(issues(node, *mailbox).await.is_empty());
    })
    .await;
}

/// INV-2: a value that somebody wrote since is not written over.
#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_the_world_overtook_is_refused() {
    on_both(|database| async move {
        let given = Given::world().await;
        let one = collision(&database, &given).await;
        given.edit(&one.made, |draft| {
            draft.properties.insert("Subject", text("Newest"));
        });
        let Collision {
            node,
            mailbox,
            issue,
            ..
        } = &one;
        for side in [Settle::Mailbox, Settle::Crm] {
            // One of the two stands already; the other one would write over what is newest.
            let _ = node
                .engine
                .settle_issue(*mailbox, *issue, settle(side))
                .await;
        }
        session(node, *mailbox).await;
        calm(node, *mailbox).await;
        let newest = ("Newest".to_owned(), "Newest".to_owned());
        assert_eq!(one.stands(&given, ("Subject", "Subject")), newest);
    })
    .await;
}
