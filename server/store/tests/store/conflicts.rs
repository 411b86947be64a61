//! Conflicts: both values lie sealed until somebody settles it.

use serde_json::json;
use ssi_domain::{LinkId, MailboxId};
use ssi_store::{Fenced, NewConflict, PageCommit, StoreError, StoreKey};
use uuid::Uuid;

use crate::{
    given::{at, leased, linked, mailbox},
    harness::{Database, on_both},
};

const PLAIN: &str = "Offer for Muster GmbH";

fn conflict(mailbox: MailboxId, link: LinkId, field: &str, found: i64) -> NewConflict {
    NewConflict {
        id: Uuid::new_v4(),
        mailbox,
        link,
        field: field.into(),
        mail_value: json!({ "text": PLAIN }),
        crm_value: json!(null),
        winner: "crm".into(),
        at: at(found),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_kept_until_it_is_settled() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let other = mailbox(&store, "max").await.id;
        let link = linked(&store, row.id, "<1@x>", "E1").await;
        let (first, second) = (
            conflict(row.id, link, "subject", 1),
            conflict(row.id, link, "location", 2),
        );
        store.keep_conflict(&first).await.unwrap();
        let mut page = PageCommit::new(row.id, row.lease_no, at(2));
        page.conflict(second.clone());
        // A page whose outcome was not known is written again.
        for _ in 0..2 {
            assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
        }
        let open = store.conflicts(row.id, 9).await.unwrap();
        let ids: Vec<_> = open.iter().map(|one| one.id).collect();
        assert_eq!(ids, [second.id, first.id], "newest first");
        let kept = &open[1];
        assert_eq!((kept.mailbox, kept.link, kept.at), (row.id, link, at(1)));
        assert_eq!(
            (kept.field.as_str(), kept.winner.as_str()),
            ("subject", "crm")
        );
        assert_eq!(
            (&kept.mail_value, &kept.crm_value),
            (&json!({ "text": PLAIN }), &json!(null))
        );
        assert_eq!(store.conflicts(row.id, 1).await.unwrap().len(), 1);
        assert_eq!(store.conflicts(other, 9).await.unwrap(), []);
        assert!(
            !format!("{open:?} {page:?}").contains(PLAIN),
            "values are not printed"
        );

        assert!(
            !store.settle_conflict(other, first.id).await.unwrap(),
            "not this mailbox's"
        );
        assert!(store.settle_conflict(row.id, first.id).await.unwrap());
        assert!(
            !store.settle_conflict(row.id, first.id).await.unwrap(),
            "it is settled"
        );
        assert_eq!(store.conflicts(row.id, 9).await.unwrap().len(), 1);
        let raw = database.raw().await;
        let left =
            "SELECT COUNT(*) FROM field_conflict WHERE state = 'settled' AND length(sealed) > 0";
        assert_eq!(
            raw.number(left).await,
            0,
            "the values of a settled one are gone"
        );

        store.prune(at(1)).await.unwrap();
        assert_eq!(raw.number("SELECT COUNT(*) FROM field_conflict").await, 2);
        store.prune(at(99)).await.unwrap();
        assert_eq!(
            raw.number("SELECT COUNT(*) FROM field_conflict").await,
            1,
            "the open one stays"
        );
    })
    .await;
}

/// A stale lease keeps no conflict, and a page that cannot seal one writes nothing at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_keeps_its_conflicts_or_nothing() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let link = linked(&store, row.id, "<1@x>", "E1").await;
        let mut page = PageCommit::new(row.id, row.lease_no + 1, at(2));
        page.conflict(conflict(row.id, link, "subject", 1));
        page.cursor = Some(("calendar".into(), ssi_domain::Cursor::new("c1")));
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Lost);
        page.lease_no = row.lease_no;
        let without = database.open_with(None).await;
        assert!(matches!(
            without.commit_page(&page).await,
            Err(StoreError::NoKey)
        ));
        assert_eq!(store.conflicts(row.id, 9).await.unwrap(), []);
        assert_eq!(store.cursors(row.id).await.unwrap(), []);
    })
    .await;
}

/// ARC-07
#[tokio::test(flavor = "multi_thread")]
async fn values_are_sealed_for_their_row() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let link = linked(&store, row.id, "<1@x>", "E1").await;
        let (one, two) = (conflict(row.id, link, "subject", 1), conflict(row.id, link, "notes", 2));
        store.keep_conflict(&one).await.unwrap();
        store.keep_conflict(&two).await.unwrap();
        let raw = database.raw().await;
        for sealed in raw.bytes("SELECT sealed FROM field_conflict").await {
            let shown = sealed
                .windows(5)
                .any(|part| PLAIN.as_bytes().windows(5).any(|plain| plain == part));
            assert!(!shown);
        }
        let wrong = database.open_with(Some(StoreKey::new([1; 32]))).await;
        assert!(matches!(wrong.conflicts(row.id, 9).await, Err(StoreError::WrongKey)));
        let swap = format!(
            "UPDATE field_conflict SET sealed = (SELECT sealed FROM field_conflict WHERE id = '{}')",
            one.id
        );
        raw.run(&swap).await.unwrap();
        assert!(store.settle_conflict(row.id, one.id).await.unwrap());
        let moved = store.conflicts(row.id, 9).await;
        assert!(matches!(moved, Err(StoreError::WrongKey)), "a value is bound to its row");
    })
    .await;
}
