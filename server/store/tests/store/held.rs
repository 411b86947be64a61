//! Held plans: one per mailbox, approved by their digest.

use ssi_domain::MailboxId;
use ssi_store::HeldPlan;

use crate::{
    given::{at, mailbox},
    harness::{Database, on_both},
};

fn plan(mailbox: MailboxId, digest: &str, created: i64) -> HeldPlan {
    HeldPlan {
        mailbox,
        digest: digest.into(),
        code: "budget_exceeded".into(),
        summary: serde_json::json!({"class": "delete_item", "wanted": 40, "allowed": 5}),
        created_at: at(created),
        approved: false,
    }
}

/// INV-7: what is approved is what was shown.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_holds_for_the_plan_that_was_shown() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (id, other) = (
            mailbox(&store, "erika").await.id,
            mailbox(&store, "max").await.id,
        );
        assert_eq!(store.held(id).await.unwrap(), None);
        assert!(!store.approve(id, "d1").await.unwrap(), "nothing is held");
        store.hold(&plan(id, "d1", 0)).await.unwrap();
        store.hold(&plan(other, "d1", 0)).await.unwrap();
        assert_eq!(store.held(id).await.unwrap(), Some(plan(id, "d1", 0)));

        store.hold(&plan(id, "d2", 10)).await.unwrap();
        assert!(
            !store.approve(id, "d1").await.unwrap(),
            "another plan stands there by now"
        );
        assert_eq!(store.held(id).await.unwrap(), Some(plan(id, "d2", 10)));
        assert!(store.approve(id, "d2").await.unwrap());
        let approved = HeldPlan {
            approved: true,
            ..plan(id, "d2", 10)
        };
        assert_eq!(store.held(id).await.unwrap(), Some(approved.clone()));

        store.hold(&plan(id, "d2", 20)).await.unwrap();
        assert_eq!(
            store.held(id).await.unwrap(),
            Some(approved),
            "the same plan made again"
        );
        store.hold(&plan(id, "d3", 30)).await.unwrap();
        let held = store.held(id).await.unwrap();
        assert_eq!(
            held,
            Some(plan(id, "d3", 30)),
            "another plan is not approved"
        );

        store.drop_hold(id).await.unwrap();
        store.drop_hold(id).await.unwrap();
        assert_eq!(store.held(id).await.unwrap(), None);
        assert_eq!(store.held(other).await.unwrap(), Some(plan(other, "d1", 0)));
    })
    .await;
}

/// An approval that comes while the session makes the plan again is not lost.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_and_the_same_plan_at_once_end_approved() {
    on_both(|database: Database| async move {
        let (one, two) = (database.open().await, database.open().await);
        for round in 0..20 {
            let id = mailbox(&one, &format!("m{round}")).await.id;
            let plan = plan(id, "d1", 0);
            one.hold(&plan).await.unwrap();
            let (held, approved) = tokio::join!(one.hold(&plan), two.approve(id, "d1"));
            held.unwrap();
            assert!(approved.unwrap());
            assert!(
                one.held(id).await.unwrap().unwrap().approved,
                "round {round}"
            );
        }
    })
    .await;
}
