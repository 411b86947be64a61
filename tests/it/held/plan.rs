//! Dry runs write nothing; a held plan is carried out exactly or not at all (INV-7).

use sqlx::{AssertSqlSafe, Connection as _};
use ssi_domain::MailboxId;
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Kind, Sending},
};
use ssi_tests::{
    calm::{calm, feed, rehearsed, session, tomorrow},
    db::{Database, on_both},
    given::{ANNA, CATEGORY, Given},
    node::Node,
    people::{Made, People, event, marked, text},
};

const APPOINTMENTS: &str = "AppointmentCollection";

pub(super) fn meeting(subject: &str) -> ssi_sandbox::exchange::Draft {
    marked(event(subject, &tomorrow(9), &tomorrow(10)), &[CATEGORY])
}

/// Everything that lies in the database, row by row.
pub(super) async fn rows(database: &Database) -> Vec<String> {
    let mut all = Vec::new();
    if database.engine == "sqlite" {
        let mut connection = sqlx::SqliteConnection::connect(&database.url)
            .await
            .expect("opens");
        let tables: Vec<(String,)> = sqlx::query_as(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        )
        .fetch_all(&mut connection)
        .await
        .expect("tables");
        for (table,) in tables {
            let columns: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(format!(
                "SELECT name FROM pragma_table_info('{table}')"
            )))
            .fetch_all(&mut connection)
            .await
            .expect("columns");
            let row: Vec<String> = columns
                .into_iter()
                .map(|(name,)| format!("quote(\"{name}\")"))
                .collect();
            let found: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(format!(
                "SELECT {} AS row FROM \"{table}\" ORDER BY row",
                row.join("||'|'||")
            )))
            .fetch_all(&mut connection)
            .await
            .expect("rows");
            all.extend(found.into_iter().map(|(row,)| format!("{table}: {row}")));
        }
        return all;
    }
    let mut connection = sqlx::PgConnection::connect(&database.url)
        .await
        .expect("opens");
    let tables: Vec<(String,)> = sqlx::query_as(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
    )
    .fetch_all(&mut connection)
    .await
    .expect("tables");
    for (table,) in tables {
        let found: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT t::text FROM \"{table}\" t ORDER BY t::text"
        )))
        .fetch_all(&mut connection)
        .await
        .expect("rows");
        all.extend(found.into_iter().map(|(row,)| format!("{table}: {row}")));
    }
    all
}

/// Both sides as they stand.
fn outside(given: &Given) -> String {
    let crm = given.sandbox.world().crm();
    let records: Vec<String> = crm
        .rows(APPOINTMENTS)
        .iter()
        .map(|row| format!("{row:?}"))
        .collect();
    drop(crm);
    let items = given.items(ANNA, Kind::CalendarItem);
    format!("{records:?} {items:?}")
}

pub(super) fn cancelled(given: &Given) -> usize {
    let rows = given.records(APPOINTMENTS);
    let status = |key: &String| given.field(APPOINTMENTS, key, "LifeCycleStatusCode");
    rows.iter()
        .filter(|key| status(key).as_deref() == Some("4"))
        .count()
}

/// INV-4: a dry run shows what the next session does, and writes nothing anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_the_next_session_and_writes_nothing() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let kept = given.make(ANNA, "calendar", meeting("Kept"), Sending::NONE);
        let gone = given.make(ANNA, "calendar", meeting("Gone"), Sending::NONE);
        calm(&node, mailbox).await;
        given.edit(&kept, |draft| {
            draft.properties.insert("Subject", text("Changed"));
        });
        given.discard(&gone);
        given.make(ANNA, "calendar", meeting("New"), Sending::NONE);
        feed(&node).await;
        let (before, around) = (rows(&database).await, outside(&given));

        let (effects, totals) = rehearsed(&node, mailbox).await;

        assert!(!totals.cut && totals.held_digest.is_none(), "{totals:?}");
        assert!(totals.not_rehearsed.is_empty());
        let mut classes: Vec<String> = effects
            .iter()
            .map(|effect| effect.class.name().to_owned())
            .collect();
        classes.sort();
        classes.dedup();
        for class in ["cancel_record", "create_record", "update_record"] {
            assert!(
                classes.iter().any(|name| name == class),
                "{class}: {classes:?}"
            );
        }
        assert_eq!(rows(&database).await, before, "nothing in the database");
        assert_eq!(outside(&given), around, "nothing outside");

        calm(&node, mailbox).await;
        assert_eq!(given.records(APPOINTMENTS).len(), 3);
        assert_eq!(cancelled(&given), 1);
        let (after, _) = rehearsed(&node, mailbox).await;
        assert!(after.is_empty(), "{after:?}");
    })
    .await;
}

/// INV-7: a dry run tells that the mailbox will be held, and for which deletions, before a session is.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_the_digest_that_the_next_session_is_held_for() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        twelve_deleted(&given, &node, mailbox).await;
        let (_, before) = rehearsed(&node, mailbox).await;
        assert!(node.store.held(mailbox).await.expect("read").is_none());
        session(&node, mailbox).await;
        let held = node.store.held(mailbox).await.expect("read");
        let held = held.expect("a plan");
        assert_eq!(before.held_digest.as_ref(), Some(&held.digest));
        assert_eq!(held.summary["counts"]["cancel_record"], 12);
        let approved = node.engine.approve_held(mailbox, &held.digest).await;
        assert!(approved.expect("asked"));
        let (_, after) = rehearsed(&node, mailbox).await;
        assert_eq!(after.held_digest, None, "what is approved is not held");
    })
    .await;
}

/// Twelve mirrored events that were deleted in the mailbox.
async fn twelve_deleted(given: &Given, node: &Node, mailbox: MailboxId) -> Vec<Made> {
    let made: Vec<Made> = (0..12)
        .map(|_| given.make(ANNA, "calendar", meeting("Many"), Sending::NONE))
        .collect();
    calm(node, mailbox).await;
    made.iter().for_each(|made| given.discard(made));
    made
}

/// A mailbox that is held for twelve deletions.
async fn held(database: &Database, given: &Given) -> (Node, MailboxId, Vec<Made>, String) {
    let node = Node::start(database, given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let made = twelve_deleted(given, &node, mailbox).await;
    session(&node, mailbox).await;
    let held = node.store.held(mailbox).await.expect("read");
    let held = held.expect("a plan");
    assert_eq!(held.summary["wanted"], 12);
    let effects = held.summary["effects"].as_array().expect("the list");
    assert_eq!(effects.len(), 12, "the card says what would have happened");
    assert_eq!(cancelled(given), 0);
    (node, mailbox, made, held.digest)
}

/// INV-7: the world moves after the approval and before the session.
#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_is_not_carried_out_when_the_world_moved_afterwards() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (node, mailbox, _, digest) = held(&database, &given).await;
        let approved = node.engine.approve_held(mailbox, &digest).await;
        assert!(approved.expect("asked"));
        let key = &given.records(APPOINTMENTS)[0];
        let edited = [("Subject", CrmValue::text("Edited"))];
        given.change(APPOINTMENTS, key, &edited);
        session(&node, mailbox).await;
        assert_eq!(cancelled(&given), 0, "another plan than the approved one");
        let now = node.store.held(mailbox).await.expect("read");
        let now = now.expect("held again");
        assert!(!now.approved && now.digest != digest);
        let approved = node.engine.approve_held(mailbox, &now.digest).await;
        assert!(approved.expect("asked"));
        session(&node, mailbox).await;
        assert_eq!(cancelled(&given), 11, "INV-6: what was edited stays");
    })
    .await;
}

/// INV-7: the world moves before the approval, a session sees it first.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_refused_when_the_world_moved_before_it() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (node, mailbox, _, digest) = held(&database, &given).await;
        let key = &given.records(APPOINTMENTS)[0];
        let edited = [("Subject", CrmValue::text("Edited"))];
        given.change(APPOINTMENTS, key, &edited);
        node.engine.resume(mailbox).await.expect("resumed");
        session(&node, mailbox).await;
        let approved = node.engine.approve_held(mailbox, &digest).await;
        assert!(!approved.expect("asked"), "the digest is an old one");
        assert_eq!(cancelled(&given), 0);
    })
    .await;
}
