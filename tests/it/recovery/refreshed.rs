//! A tenant whose records stand under other ids, or are gone and nobody knows why.

use ssi_engine::SessionEnd;
use ssi_sandbox::{
    crm::{Schema, Value as CrmValue},
    exchange::{Draft, Kind, Sending, Value},
};
use ssi_store::IssueState;
use ssi_tests::{
    calm::{calm, feed, session, tomorrow},
    db::{Database, on_both},
    given::{ANNA, CATEGORY, Given},
    node::Node,
    people::{Made, People, event, marked, text},
};

const APPOINTMENTS: &str = "AppointmentCollection";

fn meeting(subject: &str) -> Draft {
    marked(event(subject, &tomorrow(9), &tomorrow(10)), &[CATEGORY])
}

fn make(given: &Given, count: usize) -> Vec<Made> {
    let made = (0..count).map(|number| {
        let subject = format!("Review {number}");
        given.make(ANNA, "calendar", meeting(&subject), Sending::NONE)
    });
    made.collect()
}

fn categories(given: &Given, made: &Made) -> Vec<String> {
    let seen = given.see(made).expect("stands");
    match seen.properties.get("Categories") {
        Some(Value::Strings(names)) => names.clone(),
        _ => Vec::new(),
    }
}

fn events(given: &Given) -> usize {
    given.items(ANNA, Kind::CalendarItem).len()
}

fn refresh(given: &Given, touched: bool) {
    let set = Schema::standard().set(APPOINTMENTS).expect("a set");
    given.sandbox.world().crm().refresh(set, touched);
}

/// An edit on either side still arrives.
async fn still_mirrored(given: &Given, node: &Node, made: &Made) {
    let mailbox = node.mailbox(ANNA).await;
    given.edit(made, |draft| {
        draft.properties.insert("Subject", text("Edited"));
    });
    calm(node, mailbox).await;
    let keys = given.records(APPOINTMENTS);
    let subject = |key: &&String| given.field(APPOINTMENTS, key, "Subject");
    let key = keys
        .iter()
        .find(|key| subject(key).as_deref() == Some("Edited"));
    let key = key.expect("the edit arrived in the CRM");
    given.change(APPOINTMENTS, key, &[("Location", CrmValue::text("Room 9"))]);
    calm(node, mailbox).await;
    assert_eq!(given.see(made).expect("stands").text("Location"), "Room 9");
}

/// INV-1, INV-5: every record has a new id, and the sweep misses the old ones, or the feed tells of the new ones: the
/// pairs go on with them.
async fn pairs_go_on(touched: bool) {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let made = make(&given, 6);
        calm(&node, mailbox).await;
        let before = given.records(APPOINTMENTS);
        refresh(&given, touched);
        calm(&node, mailbox).await;
        let after = given.records(APPOINTMENTS);
        assert_eq!(after.len(), 6, "none is made again");
        assert!(after.iter().all(|key| !before.contains(key)));
        assert_eq!(events(&given), 6, "none comes down again");
        for made in &made {
            assert!(categories(&given, made).contains(&CATEGORY.to_owned()));
        }
        still_mirrored(&given, &node, &made[3]).await;
        assert_eq!((given.records(APPOINTMENTS).len(), events(&given)), (6, 6));
        feed(&node).await;
        assert_eq!(session(&node, mailbox).await, 0, "INV-4");
        let open = node.store.issues(mailbox, IssueState::Open, None, 10).await;
        assert!(open.expect("read").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_under_new_ids_are_found_by_their_keys() {
    pairs_go_on(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_the_feed_tells_of_under_new_ids_do_not_come_down_again() {
    pairs_go_on(true).await;
}

/// INV-1, INV-5: the database was lost and the record is gone: it is not imported again without being asked, and this
/// is said.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_and_is_gone_is_not_stored_again_silently() {
    on_both(|database| async move {
        let given = Given::world().await;
        let old = Node::start(&database, &given, "one").await;
        let mailbox = old.mailbox(ANNA).await;
        let made = make(&given, 2);
        calm(&old, mailbox).await;
        given.erase_all(APPOINTMENTS);
        let fresh = match database.engine {
            "sqlite" => Database::sqlite().await,
            _ => Database::postgres().await.expect("answers"),
        };
        let node = Node::start(&fresh, &given, "two").await;
        let mailbox = node.mailbox(ANNA).await;
        calm(&node, mailbox).await;
        assert!(
            given.records(APPOINTMENTS).is_empty(),
            "nothing is imported"
        );
        assert!(made.iter().all(|made| given.see(made).is_some()));
        let open = node.store.issues(mailbox, IssueState::Open, None, 10).await;
        let codes: Vec<_> = open
            .expect("read")
            .into_iter()
            .map(|one| one.code)
            .collect();
        assert_eq!(codes, ["record_gone", "record_gone"]);
    })
    .await;
}

/// INV-7: all records of a kind read as gone: the pairs do not end before somebody approves exactly that.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_reads_empty_holds_the_mailbox() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let made = make(&given, 6);
        calm(&node, mailbox).await;
        given.erase_all(APPOINTMENTS);
        feed(&node).await;
        let (report, _) = node.session(mailbox).await;
        assert_eq!(report.counts.writes, 0, "{:?}", report.end);
        let held = node.store.held(mailbox).await.expect("read").expect("held");
        assert_eq!(held.summary["counts"]["mark_item"], 6);
        let kept = |made: &Made| categories(&given, made);
        assert!(
            made.iter()
                .all(|made| kept(made).contains(&CATEGORY.to_owned()))
        );

        let approved = node.engine.approve_held(mailbox, &held.digest).await;
        assert!(approved.expect("approved"));
        let (report, _) = node.session(mailbox).await;
        assert_eq!(report.end, SessionEnd::Done);
        assert!(made.iter().all(|made| kept(made).is_empty()), "CAL-51");
        assert!(given.records(APPOINTMENTS).is_empty());
    })
    .await;
}
