//! Sessions as they are listed, and what is pruned.

use ssi_domain::{ItemId, MailboxId, SessionId};
use ssi_store::{IssueState, NewSession, NewWish, PageCommit, RequestKey, SessionState};
use uuid::Uuid;

use crate::{
    given::{at, finish, issue, leased, mailbox, session, trace},
    harness::{Database, on_both},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_runs_and_ends_with_its_numbers() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let new = session(&row, 3);
        store.start_session(&new).await.unwrap();
        let runs = store.session(new.id).await.unwrap().unwrap();
        assert_eq!(
            (runs.state, runs.started_at, runs.ended_at),
            (SessionState::Running, at(3), None)
        );
        assert_eq!((runs.node.as_str(), runs.cause.as_str()), ("node-1", "due"));
        let mut end = finish(new.id, &row, 9, 99);
        end.state = SessionState::Failed;
        end.error_code = Some("sign_in".into());
        end.error_detail = Some("sign in again".into());
        store.finish_session(&end).await.unwrap();
        let ended = store.session(new.id).await.unwrap().unwrap();
        assert_eq!(
            (ended.state, ended.ended_at),
            (SessionState::Failed, Some(at(9)))
        );
        assert_eq!(ended.counts, end.counts);
        assert_eq!(
            (ended.error_code, ended.error_detail),
            (end.error_code, end.error_detail)
        );
        assert_eq!(
            store.session(SessionId(Uuid::new_v4())).await.unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_come_in_pages_newest_first_each_once() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        for number in 0..13 {
            store
                .start_session(&session(&row, number / 3))
                .await
                .unwrap();
        }
        store
            .start_session(&session(&leased(&store, "max").await, 5))
            .await
            .unwrap();
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = store.sessions(row.id, before, 4).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.started_at, last.id));
            seen.extend(page.into_iter().map(|row| (row.started_at, row.id)));
        }
        let mut sorted = seen.clone();
        sorted.sort_by_key(|(at, id)| std::cmp::Reverse((*at, id.to_string())));
        sorted.dedup();
        assert_eq!(seen.len(), 13);
        assert_eq!(seen, sorted);
    })
    .await;
}

/// A node that died for good never closes its session; the next one under a newer lease does.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_node_died_is_closed_by_the_next() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let dead = session(&row, 0);
        store.start_session(&dead).await.unwrap();
        let row = store
            .claim_mailbox(row.id, "node-2", at(120), at(240))
            .await
            .unwrap()
            .unwrap();
        let next = session(&row, 121);
        store.start_session(&next).await.unwrap();
        let dead = store.session(dead.id).await.unwrap().unwrap();
        assert_eq!(
            (dead.state, dead.ended_at),
            (SessionState::Interrupted, Some(at(121)))
        );
        let next = store.session(next.id).await.unwrap().unwrap();
        assert_eq!(next.state, SessionState::Running);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_takes_what_is_over_and_old_and_nothing_else() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let (old, runs) = (session(&row, 0), session(&leased(&store, "max").await, 0));
        store.start_session(&old).await.unwrap();
        store.start_session(&runs).await.unwrap();
        let mut page = PageCommit::new(row.id, row.lease_no, at(10));
        page.traces = vec![trace(row.id, "old", 10), trace(row.id, "new", 50)];
        store.commit_page(&page).await.unwrap();
        store
            .finish_session(&finish(old.id, &row, 10, 99))
            .await
            .unwrap();
        for (item, settled) in [("I1", true), ("I2", false)] {
            store
                .put_issue(&issue(row.id, item, "broken"), at(10))
                .await
                .unwrap();
            if settled {
                store
                    .settle_issue(row.id, &ItemId::new(item), at(10))
                    .await
                    .unwrap();
            }
        }
        for (id, created) in [("old", 10), ("new", 50)] {
            let key = RequestKey {
                caller: "e".into(),
                method: "m".into(),
                request_id: id.into(),
            };
            store.begin_request(&key, at(created)).await.unwrap();
            let wish = NewWish {
                id: ssi_domain::WishId(Uuid::new_v4()),
                mailbox: row.id,
                client_key: None,
                payload: Vec::new(),
                created_at: at(0),
                expires_at: at(created),
            };
            store.add_wish(&wish).await.unwrap();
        }
        store.prune(at(20)).await.unwrap();
        assert_eq!(store.session(old.id).await.unwrap(), None);
        assert!(
            store.session(runs.id).await.unwrap().is_some(),
            "it still runs"
        );
        assert!(
            store
                .trace_for_item(row.id, &ItemId::new("old"))
                .await
                .unwrap()
                .is_none()
        );
        assert!(
            store
                .trace_for_item(row.id, &ItemId::new("new"))
                .await
                .unwrap()
                .is_some()
        );
        assert!(
            store
                .issues(row.id, IssueState::Settled, None, 9)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(store.count_open_issues(row.id).await.unwrap(), 1);
        let raw = database.raw().await;
        assert_eq!(raw.texts("SELECT request_id FROM request").await, ["new"]);
        assert_eq!(raw.number("SELECT COUNT(*) FROM wish").await, 1);
        assert!(mailbox(&store, "erika").await.id == row.id);
    })
    .await;
}

/// The name given to whoever forced a session is the name it runs under, whoever asks again meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_forced_session_has_its_name_before_it_starts() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = mailbox(&store, "eva").await;
        let (first, second) = (SessionId(Uuid::new_v4()), SessionId(Uuid::new_v4()));
        let named = store.force(row.id, first, at(1)).await.unwrap();
        assert_eq!(named, Some(first));
        let again = store.force(row.id, second, at(2)).await.unwrap();
        assert_eq!(again, Some(first), "nobody waits for a second session");

        let claimed = store.claim_mailbox(row.id, "node-1", at(3), at(60)).await;
        let claimed = claimed.unwrap().unwrap();
        assert_eq!(claimed.forced_session, Some(first));
        let runs = NewSession {
            id: first,
            ..session(&claimed, 3)
        };
        store.start_session(&runs).await.unwrap();
        let later = store.force(row.id, second, at(4)).await.unwrap();
        assert_eq!(later, Some(second), "one that runs is followed by another");
        let nobody = MailboxId(Uuid::new_v4());
        assert_eq!(store.force(nobody, second, at(5)).await.unwrap(), None);
    })
    .await;
}
