//! What must not be read in the database lies sealed.

use ssi_domain::WishId;
use ssi_store::{Action, NewWish, PageCommit, RequestKey, Store, StoreError, StoreKey};
use uuid::Uuid;

use crate::{
    given::{at, follow_up, leased, mailbox},
    harness::{Database, on_both},
};

const PLAIN: &[u8] = b"Offer for Muster GmbH";

fn wish(mailbox: ssi_domain::MailboxId, created: i64, expires: i64) -> NewWish {
    NewWish {
        id: WishId(Uuid::new_v4()),
        mailbox,
        client_key: Some("k-1".into()),
        payload: PLAIN.to_vec(),
        created_at: at(created),
        expires_at: at(expires),
    }
}

async fn filled(store: &Store) -> (ssi_domain::MailboxId, RequestKey) {
    let id = mailbox(store, "erika").await.id;
    store.add_wish(&wish(id, 0, 100)).await.unwrap();
    store.put_secret("c4c.main", PLAIN).await.unwrap();
    let request = RequestKey {
        caller: "e".into(),
        method: "m".into(),
        request_id: "1".into(),
    };
    store.begin_request(&request, at(0)).await.unwrap();
    store.finish_request(&request, PLAIN).await.unwrap();
    (id, request)
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_secrets_and_answers_do_not_show_what_they_hold() {
    on_both(|database: Database| async move {
        filled(&database.open().await).await;
        let raw = database.raw().await;
        for query in [
            "SELECT payload FROM wish",
            "SELECT sealed FROM secret",
            "SELECT answer FROM request",
        ] {
            let rows = raw.bytes(query).await;
            assert_eq!(rows.len(), 1, "{query}");
            let shown = rows[0]
                .windows(5)
                .any(|part| PLAIN.windows(5).any(|plain| plain == part));
            assert!(!shown, "{query}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_opens_nothing_and_says_so() {
    on_both(|database: Database| async move {
        let (id, request) = filled(&database.open().await).await;
        let wrong = database.open_with(Some(StoreKey::new([1; 32]))).await;
        assert!(matches!(
            wrong.open_wishes(id, at(1)).await,
            Err(StoreError::WrongKey)
        ));
        assert!(matches!(
            wrong.get_secret("c4c.main").await,
            Err(StoreError::WrongKey)
        ));
        assert!(matches!(
            wrong.begin_request(&request, at(1)).await,
            Err(StoreError::WrongKey)
        ));
        let none = database.open_with(None).await;
        assert!(matches!(
            none.get_secret("c4c.main").await,
            Err(StoreError::NoKey)
        ));
        assert!(matches!(
            none.put_secret("x", b"y").await,
            Err(StoreError::NoKey)
        ));
        assert!(matches!(
            none.add_wish(&wish(id, 0, 9)).await,
            Err(StoreError::NoKey)
        ));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_kept_replaced_and_deleted() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        assert_eq!(store.get_secret("a").await.unwrap(), None);
        store.put_secret("a", b"one").await.unwrap();
        store.put_secret("b", b"").await.unwrap();
        store.put_secret("a", b"two").await.unwrap();
        assert_eq!(
            store.get_secret("a").await.unwrap().as_deref(),
            Some(&b"two"[..])
        );
        assert_eq!(
            store.get_secret("b").await.unwrap().as_deref(),
            Some(&b""[..])
        );
        store.delete_secret("a").await.unwrap();
        assert_eq!(store.get_secret("a").await.unwrap(), None);
        store.put_secret("a", b"one").await.unwrap();
        let swap = "UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE name = 'a')";
        database.raw().await.run(swap).await.unwrap();
        let moved = store.get_secret("b").await;
        assert!(
            matches!(moved, Err(StoreError::WrongKey)),
            "a secret is bound to its name"
        );
    })
    .await;
}

/// A save by hand that no session could do for a week is not forgotten (INV-2).
#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_is_still_to_be_done_does_not_expire() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let (asked, sent) = (wish(row.id, 10, 50), wish(row.id, 20, 50));
        store.add_wish(&asked).await.unwrap();
        store.add_wish(&sent).await.unwrap();
        let mut to_do = follow_up(row.id, "item-1", Action::Mirror, 10);
        to_do.wish = Some(asked.id);
        store.add_follow_up(&to_do).await.unwrap();
        store.prune(at(1_000)).await.unwrap();
        let open = store.open_wishes(row.id, at(1_000)).await.unwrap();
        assert_eq!(
            open.iter().map(|wish| wish.id).collect::<Vec<_>>(),
            [asked.id]
        );
        let mut page = PageCommit::new(row.id, row.lease_no, at(1_000));
        page.done_follow_ups = vec![to_do.id];
        store.commit_page(&page).await.unwrap();
        let open = store.open_wishes(row.id, at(1_000)).await.unwrap();
        assert!(open.is_empty(), "it was tried");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_are_open_until_fulfilled_or_expired() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let other = mailbox(&store, "max").await.id;
        let (second, first) = (wish(row.id, 20, 100), wish(row.id, 10, 50));
        store.add_wish(&second).await.unwrap();
        store.add_wish(&first).await.unwrap();
        let open = store.open_wishes(row.id, at(49)).await.unwrap();
        assert_eq!(
            open.iter().map(|wish| wish.id).collect::<Vec<_>>(),
            [first.id, second.id]
        );
        assert_eq!(
            (&open[0].payload[..], open[0].client_key.as_deref()),
            (PLAIN, Some("k-1"))
        );
        assert_eq!((open[0].created_at, open[0].expires_at), (at(10), at(50)));
        assert_eq!(
            store.open_wishes(row.id, at(50)).await.unwrap().len(),
            1,
            "one has expired"
        );
        assert!(store.open_wishes(other, at(0)).await.unwrap().is_empty());

        let mut page = PageCommit::new(row.id, row.lease_no, at(30));
        page.fulfilled_wishes = vec![first.id];
        store.commit_page(&page).await.unwrap();
        let open = store.open_wishes(row.id, at(30)).await.unwrap();
        assert_eq!(
            open.iter().map(|wish| wish.id).collect::<Vec<_>>(),
            [second.id]
        );
        let fulfilled = |mailbox, id| {
            let store = store.clone();
            async move { store.wish_fulfilled(mailbox, id).await.unwrap() }
        };
        assert_eq!(fulfilled(row.id, first.id).await, Some(true));
        assert_eq!(fulfilled(row.id, second.id).await, Some(false));
        assert_eq!(
            fulfilled(other, first.id).await,
            None,
            "another mailbox does not see it"
        );
        let left = "SELECT COUNT(*) FROM wish WHERE state = 'fulfilled' AND length(payload) > 0";
        assert_eq!(
            database.raw().await.number(left).await,
            0,
            "what was wished for is gone"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_derived_key_is_the_same_for_a_purpose_and_differs_between_keys() {
    on_both(|database: Database| async move {
        let (one, again) = (database.open().await, database.open().await);
        let other = database.open_with(Some(StoreKey::new([1; 32]))).await;
        let none = database.open_with(None).await;
        let key = one.derived_key("digests");
        assert_eq!(again.derived_key("digests"), key);
        let others = [
            one.derived_key("else"),
            other.derived_key("digests"),
            none.derived_key("digests"),
        ];
        assert!(!others.contains(&key));
    })
    .await;
}
