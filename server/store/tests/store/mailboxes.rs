//! Mailboxes: made once, found by id and address, suspended and resumed.

use ssi_domain::{
    FolderId, MailboxId, TenantId,
    port::{Collections, FolderRole},
};
use ssi_store::{Fenced, MailboxState, NewMailbox};
use uuid::Uuid;

use crate::{
    given::{at, finish, leased, mailbox, session},
    harness::on_both,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_made_once_and_found_in_any_case() {
    on_both(|database| async move {
        let store = database.open().await;
        let first = mailbox(&store, "Erika.Muster").await;
        assert_eq!(first.address, "erika.muster@example.com");
        assert_eq!(
            (&first.state, first.due_at, first.started_at),
            (&MailboxState::Active, at(0), at(0))
        );
        let again = store
            .ensure_mailbox(&NewMailbox {
                id: MailboxId(Uuid::new_v4()),
                tenant: TenantId::new("other"),
                address: "ERIKA.MUSTER@EXAMPLE.COM".into(),
                now: at(50),
            })
            .await
            .unwrap();
        assert_eq!(again, first, "neither id nor tenant nor time change");
        assert_eq!(store.mailbox(first.id).await.unwrap(), Some(first.clone()));
        let found = store
            .mailbox_by_address("Erika.Muster@Example.com")
            .await
            .unwrap();
        assert_eq!(found, Some(first));
        assert_eq!(
            store.mailbox(MailboxId(Uuid::new_v4())).await.unwrap(),
            None
        );
        assert_eq!(
            store
                .mailbox_by_address("nobody@example.com")
                .await
                .unwrap(),
            None
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_together_make_one_mailbox() {
    on_both(|database| async move {
        let store = database.open().await;
        let made = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { mailbox(&store, "erika").await.id })
        });
        let mut ids = Vec::new();
        for task in made.collect::<Vec<_>>() {
            ids.push(task.await.unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_mailboxes_are_listed_by_address() {
    on_both(|database| async move {
        let store = database.open().await;
        for name in ["b", "_", "a", "Z", "a-b", "aa"] {
            mailbox(&store, name).await;
        }
        let listed: Vec<_> = store
            .mailboxes()
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.address)
            .collect();
        let mut sorted = listed.clone();
        sorted.sort();
        assert_eq!(listed.len(), 6);
        assert_eq!(listed, sorted, "bytewise on both");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_mailbox_is_not_claimed_until_it_is_resumed() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = mailbox(&store, "erika").await;
        store
            .suspend(row.id, "sign_in", "sign in again")
            .await
            .unwrap();
        let stands = store.mailbox(row.id).await.unwrap().unwrap();
        let detail = "sign in again".into();
        assert_eq!(
            stands.state,
            MailboxState::Suspended {
                code: "sign_in".into(),
                detail
            }
        );
        assert!(
            store
                .claim_due("node-1", at(9), at(99), 10)
                .await
                .unwrap()
                .is_empty()
        );

        store.resume(row.id, at(20)).await.unwrap();
        let stands = store.mailbox(row.id).await.unwrap().unwrap();
        assert_eq!(
            (stands.state, stands.due_at, stands.failures),
            (MailboxState::Active, at(20), 0)
        );
        assert!(
            store
                .claim_due("node-1", at(19), at(99), 10)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(
            store
                .claim_due("node-1", at(20), at(99), 10)
                .await
                .unwrap()
                .len(),
            1
        );
    })
    .await;
}

/// A person can start the session of a suspended mailbox, to see whether it works again.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_mailbox_can_be_claimed_by_name() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = mailbox(&store, "erika").await;
        store
            .suspend(row.id, "sign_in", "sign in again")
            .await
            .unwrap();
        let claimed = store
            .claim_mailbox(row.id, "node-1", at(9), at(99))
            .await
            .unwrap();
        assert!(claimed.is_some());
    })
    .await;
}

/// Who resumes a mailbox while its last session still ends gets a session at once.
#[tokio::test(flavor = "multi_thread")]
async fn resuming_survives_the_end_of_a_running_session() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let running = session(&row, 0);
        store.start_session(&running).await.unwrap();
        store
            .suspend(row.id, "sign_in", "sign in again")
            .await
            .unwrap();
        store.resume(row.id, at(10)).await.unwrap();
        let ended = store
            .finish_session(&finish(running.id, &row, 11, 900))
            .await
            .unwrap();
        assert_eq!(ended, Fenced::Kept);
        assert_eq!(store.mailbox(row.id).await.unwrap().unwrap().due_at, at(10));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_kept_until_a_session_finds_others() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let folders = Collections {
            folders: vec![(FolderRole::Inbox, FolderId::new("AAMk=/+\u{e4}"))],
        };
        let first = session(&row, 0);
        store.start_session(&first).await.unwrap();
        let mut end = finish(first.id, &row, 30, 100);
        end.setup = Some(folders.clone());
        end.failures = 2;
        store.finish_session(&end).await.unwrap();
        let stands = store.mailbox(row.id).await.unwrap().unwrap();
        assert_eq!(
            (&stands.setup, stands.prepared_at),
            (&Some(folders.clone()), Some(at(30)))
        );
        assert_eq!(stands.pulse.as_deref(), Some("pulse"));
        assert_eq!((stands.failures, stands.last_session_at), (2, Some(at(30))));
        assert_eq!((stands.due_at, stands.lease_until), (at(100), None));

        let row = store
            .claim_mailbox(row.id, "node-1", at(100), at(200))
            .await
            .unwrap()
            .unwrap();
        let second = session(&row, 100);
        store.start_session(&second).await.unwrap();
        let mut end = finish(second.id, &row, 130, 400);
        end.pulse = None;
        store.finish_session(&end).await.unwrap();
        let stands = store.mailbox(row.id).await.unwrap().unwrap();
        assert_eq!(
            (stands.setup, stands.prepared_at),
            (Some(folders), Some(at(30)))
        );
        assert_eq!((stands.pulse, stands.failures), (None, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_mailboxes_come_by_address_with_their_owners_numbers() {
    on_both(|database| async move {
        let store = database.open().await;
        let (max, erika) = (mailbox(&store, "max").await, mailbox(&store, "erika").await);
        let elsewhere = NewMailbox {
            id: MailboxId(Uuid::new_v4()),
            tenant: TenantId::new("other"),
            address: "anna@example.com".into(),
            now: at(0),
        };
        store.ensure_mailbox(&elsewhere).await.unwrap();
        store.set_employee(erika.id, Some("E 4711")).await.unwrap();
        store.set_employee(max.id, Some("8000")).await.unwrap();
        store.set_employee(max.id, None).await.unwrap();
        let rows = store
            .mailboxes_of_tenant(&crate::given::tenant())
            .await
            .unwrap();
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.id, row.employee.as_deref()))
            .collect();
        assert_eq!(told, [(erika.id, Some("E 4711")), (max.id, None)]);
        let claimed = store.claim_due("n", at(0), at(60), 9).await.unwrap();
        let known = claimed.iter().find(|row| row.id == erika.id).unwrap();
        assert_eq!(known.employee.as_deref(), Some("E 4711"));
    })
    .await;
}
