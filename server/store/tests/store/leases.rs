//! Leases: results are written only under the current number; a dead node's leases and holds end.

use ssi_store::{Action, Fenced, PageCommit, SessionState};

use crate::{
    given::{
        at, copy, finish, follow_up, issue, leased, linked, mailbox, reserve, session, trace,
        wanted,
    },
    harness::{Database, Raw, on_both},
};

/// Everything there is, to see whether anything was written.
async fn everything(raw: &Raw) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in [
        "copy",
        "trace",
        "issue",
        "follow_up",
        "cursor_position",
        "wish",
        "session",
    ] {
        counts.push(raw.number(&format!("SELECT COUNT(*) FROM {table}")).await);
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_lease_writes_nothing() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let old = leased(&store, "erika").await;
        let link = linked(&store, old.id, "<1@x>", "E1").await;
        let running = session(&old, 0);
        store.start_session(&running).await.unwrap();
        let waiting = follow_up(old.id, "I0", Action::SaveItem, 0);
        store.add_follow_up(&waiting).await.unwrap();
        let new = store
            .claim_mailbox(old.id, "node-2", at(120), at(240))
            .await
            .unwrap()
            .unwrap();
        let raw = database.raw().await;
        let before = everything(&raw).await;

        let mut page = PageCommit::new(old.id, old.lease_no, at(121));
        page.cursor = Some(("inbox".into(), ssi_domain::Cursor::new("next")));
        page.copies = vec![copy(link, old.id, "I1")];
        page.traces = vec![trace(old.id, "I1", 121)];
        page.issues = vec![issue(old.id, "I2", "broken")];
        page.follow_ups = vec![follow_up(old.id, "I1", Action::MarkItem, 121)];
        page.done_follow_ups = vec![waiting.id];
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Lost);
        assert_eq!(everything(&raw).await, before);

        page.lease_no = new.lease_no + 1;
        assert_eq!(
            store.commit_page(&page).await.unwrap(),
            Fenced::Lost,
            "a lease nobody has yet"
        );
        page.lease_no = new.lease_no;
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
        assert_eq!(everything(&raw).await, [1, 1, 1, 1, 1, 0, 1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_session_without_lease_changes_only_its_own_row() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let old = leased(&store, "erika").await;
        let running = session(&old, 0);
        store.start_session(&running).await.unwrap();
        store
            .claim_mailbox(old.id, "node-2", at(120), at(240))
            .await
            .unwrap()
            .unwrap();
        let before = store.mailbox(old.id).await.unwrap();
        let mut end = finish(running.id, &old, 121, 900);
        end.failures = 4;
        assert_eq!(store.finish_session(&end).await.unwrap(), Fenced::Lost);
        assert_eq!(
            store.mailbox(old.id).await.unwrap(),
            before,
            "the new lease stands"
        );
        let row = store.session(running.id).await.unwrap().unwrap();
        assert_eq!(
            (row.state, row.ended_at),
            (SessionState::Interrupted, Some(at(121)))
        );
    })
    .await;
}

/// A lease that was given back is nobody's, although its number is still the last one.
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_was_given_back_writes_nothing() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let running = session(&row, 0);
        store.start_session(&running).await.unwrap();
        let end = finish(running.id, &row, 10, 900);
        assert_eq!(store.finish_session(&end).await.unwrap(), Fenced::Kept);
        assert_eq!(store.finish_session(&end).await.unwrap(), Fenced::Lost);
        let mut page = PageCommit::new(row.id, row.lease_no, at(11));
        page.traces = vec![trace(row.id, "I1", 11)];
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Lost);
        assert!(
            !store
                .renew_lease(row.id, row.lease_no, at(400))
                .await
                .unwrap()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_extended_only_by_its_holder() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let old = leased(&store, "erika").await;
        assert!(
            store
                .renew_lease(old.id, old.lease_no, at(300))
                .await
                .unwrap()
        );
        assert_eq!(
            store
                .claim_mailbox(old.id, "node-2", at(299), at(400))
                .await
                .unwrap(),
            None
        );
        let new = store
            .claim_mailbox(old.id, "node-2", at(300), at(400))
            .await
            .unwrap()
            .unwrap();
        assert!(
            !store
                .renew_lease(old.id, old.lease_no, at(999))
                .await
                .unwrap()
        );
        assert_eq!(store.mailbox(old.id).await.unwrap(), Some(new));
    })
    .await;
}

/// Of a renewal, a takeover and a commit under the old lease, whatever comes first counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_takeover_and_a_commit_at_once_are_fenced() {
    on_both(|database: Database| async move {
        let (one, two) = (database.open().await, database.open().await);
        for round in 0..20 {
            let old = leased(&one, &format!("m{round}")).await;
            let mut page = PageCommit::new(old.id, old.lease_no, at(121));
            page.traces = vec![trace(old.id, "I1", 121)];
            let (kept, taken) = tokio::join!(
                one.commit_page(&page),
                two.claim_mailbox(old.id, "node-2", at(120), at(240)),
            );
            let written = one
                .trace_for_item(old.id, &page.traces[0].item_id)
                .await
                .unwrap();
            assert!(taken.unwrap().is_some());
            assert_eq!(written.is_some(), kept.unwrap() == Fenced::Kept);
            assert_eq!(one.commit_page(&page).await.unwrap(), Fenced::Lost);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nodes_leases_and_holds_are_freed_and_no_other() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        // The first is freed; the others only look like it.
        let nodes = [
            "node-1",
            "node-10",
            "node-1:80",
            "node",
            "NODE-1",
            "node_1",
            "x:node-1",
        ];
        let mut rows = Vec::new();
        for (number, node) in nodes.into_iter().enumerate() {
            let row = mailbox(&store, &format!("m{number}")).await;
            let row = store
                .claim_mailbox(row.id, node, at(0), at(600))
                .await
                .unwrap()
                .unwrap();
            let mut running = session(&row, 0);
            running.node = node.into();
            store.start_session(&running).await.unwrap();
            let key = format!("<{number}@x>");
            let hold = wanted(&key, &format!("{node}:5e0c"), row.id, 0);
            assert!(reserve(&store, &hold).await.mine);
            rows.push((node, row, running.id, key));
        }
        store.release_node("node-1", at(30)).await.unwrap();
        for (node, row, running, key) in rows {
            let freed = node == "node-1";
            let stands = store.mailbox(row.id).await.unwrap().unwrap();
            assert_eq!(stands.lease_until.is_none(), freed, "{node}: lease");
            assert_eq!(
                stands.due_at,
                if freed { at(30) } else { at(600) },
                "{node}: due"
            );
            let state = store.session(running).await.unwrap().unwrap().state;
            assert_eq!(
                state == SessionState::Interrupted,
                freed,
                "{node}: session {state:?}"
            );
            let other = reserve(&store, &wanted(&key, "other:1", row.id, 30)).await;
            assert_eq!(other.mine, freed, "{node}: hold");
        }
    })
    .await;
}
