//! Issues: counted per item, settled, listed in pages.

use ssi_domain::{IssueId, ItemId};
use ssi_store::{Action, IssueState};
use uuid::Uuid;

use crate::{
    given::{at, issue, mailbox},
    harness::on_both,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_item_has_one_issue_that_counts() {
    on_both(|database| async move {
        let store = database.open().await;
        let id = mailbox(&store, "erika").await.id;
        let item = ItemId::new("I1");
        let first = issue(id, "I1", "broken");
        store.put_issue(&first, at(1)).await.unwrap();
        let mut second = issue(id, "I1", "too_large");
        second.message = "make it smaller".into();
        store.put_issue(&second, at(2)).await.unwrap();
        let row = store.open_issue_for(id, &item).await.unwrap().unwrap();
        assert_eq!((row.id, row.attempts), (first.id, 2));
        assert_eq!((row.first_at, row.last_at), (at(1), at(2)));
        assert_eq!(
            (row.code.as_str(), row.message.as_str()),
            ("too_large", "make it smaller")
        );
        assert_eq!(store.issue(first.id).await.unwrap(), Some(row));
        assert_eq!(store.issue(IssueId(Uuid::new_v4())).await.unwrap(), None);
        assert_eq!(store.count_open_issues(id).await.unwrap(), 1);

        store.settle_issue(id, &item, at(3)).await.unwrap();
        store.settle_issue(id, &item, at(4)).await.unwrap();
        assert_eq!(store.open_issue_for(id, &item).await.unwrap(), None);
        let row = store.issue(first.id).await.unwrap().unwrap();
        assert_eq!(
            (row.state, row.last_at),
            (IssueState::Settled, at(3)),
            "settled once"
        );
        assert_eq!(store.count_open_issues(id).await.unwrap(), 0);
        store.put_issue(&first, at(5)).await.unwrap();
        let row = store.open_issue_for(id, &item).await.unwrap().unwrap();
        assert_eq!(
            (row.state, row.attempts),
            (IssueState::Open, 3),
            "it came back"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_come_in_pages_newest_first_each_once() {
    on_both(|database| async move {
        let store = database.open().await;
        let (id, other) = (
            mailbox(&store, "erika").await.id,
            mailbox(&store, "max").await.id,
        );
        for number in 0..23 {
            // Several at the same moment: the id decides.
            store
                .put_issue(&issue(id, &format!("I{number}"), "broken"), at(number / 4))
                .await
                .unwrap();
        }
        store
            .put_issue(&issue(other, "I1", "broken"), at(9))
            .await
            .unwrap();
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = store.issues(id, IssueState::Open, before, 5).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.last_at, last.id));
            seen.extend(page.into_iter().map(|row| (row.last_at, row.id)));
        }
        let mut sorted = seen.clone();
        sorted.sort_by_key(|(at, id)| std::cmp::Reverse((*at, id.to_string())));
        sorted.dedup();
        assert_eq!(seen.len(), 23);
        assert_eq!(seen, sorted);
        assert!(
            store
                .issues(id, IssueState::Settled, None, 5)
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retrying_an_issue_leaves_the_item_to_the_next_session() {
    on_both(|database| async move {
        let store = database.open().await;
        let id = mailbox(&store, "erika").await.id;
        store
            .put_issue(&issue(id, "I1", "broken"), at(1))
            .await
            .unwrap();
        let row = store
            .open_issue_for(id, &ItemId::new("I1"))
            .await
            .unwrap()
            .unwrap();
        let follow_up = Uuid::new_v4();
        store.retry_issue(&row, follow_up, at(7)).await.unwrap();
        let due = store.follow_ups_due(id, at(7), 9).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!(
            (due[0].id, due[0].action, due[0].not_before),
            (follow_up, Action::SaveItem, at(7))
        );
        assert_eq!(due[0].item_id.as_str(), "I1");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retrying_the_issue_of_a_mirrored_item_brings_it_into_step() {
    on_both(|database| async move {
        let store = database.open().await;
        let id = mailbox(&store, "erika").await.id;
        let mut new = issue(id, "I1", "refused");
        new.kind = ssi_domain::Kind::Task;
        store.put_issue(&new, at(0)).await.unwrap();
        let row = store.issue(new.id).await.unwrap().unwrap();
        store
            .retry_issue(&row, Uuid::new_v4(), at(7))
            .await
            .unwrap();
        let due = store.follow_ups_due(id, at(7), 9).await.unwrap();
        assert_eq!(
            due.iter().map(|one| one.action).collect::<Vec<_>>(),
            [Action::Mirror]
        );
    })
    .await;
}
