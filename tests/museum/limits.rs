//! Throttling and lost sign-ins.

use ssi_engine::SessionEnd;
use ssi_sandbox::{Fault, FaultRule};
use ssi_tests::people::{Made, People};

use crate::scene::{on_both, review};

/// C 49: one "too many at once" aborts the whole import.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_11070_a_busy_server_gets_everything_in_the_end() {
    on_both(|scene| async move {
        let made: Vec<Made> = (0..6).map(|_| scene.make(review())).collect();
        {
            let mut exchange = scene.given.world().exchange();
            exchange.settings_mut().busy_every = 3;
            exchange.settings_mut().busy_backoff_ms = 1;
        }
        for _ in 0..30 {
            scene.node.session(scene.anna).await;
            scene.days_pass(1);
            if scene.appointments().len() == made.len() {
                break;
            }
        }
        scene.given.world().exchange().settings_mut().busy_every = 0;
        scene.calm().await;
        assert_eq!(scene.appointments().len(), made.len());
    })
    .await;
}

/// C 50, C 51: hundreds of attempts a second against a server that asks for a pause, or does not even say how
/// long.
#[tokio::test(flavor = "multi_thread")]
async fn davmail_183_a_throttling_server_is_left_alone() {
    on_both(|scene| async move {
        for fault in [
            Fault::ServerBusy {
                backoff_ms: 300_000,
            },
            Fault::Unavailable503 { retry_after: None },
        ] {
            scene.make(review());
            scene.given.world().faults().add(FaultRule {
                operation: None,
                times: 0,
                ..FaultRule::once("ews", "any", fault.clone())
            });
            scene.given.world().reset_calls();
            let (report, _) = scene.node.session(scene.anna).await;
            assert!(matches!(report.end, SessionEnd::Failed { .. }));
            let calls = scene.given.world().total_calls();
            assert!(calls <= 5, "INV-19: {calls} calls into {fault:?}");
            let row = scene
                .node
                .store
                .mailbox(scene.anna)
                .await
                .expect("read")
                .expect("it");
            assert_eq!(
                row.state,
                ssi_store::MailboxState::Active,
                "a busy server suspends nobody"
            );
            scene.given.world().faults().clear();
            scene.calm().await;
        }
        assert_eq!(scene.appointments().len(), 2);
    })
    .await;
}

/// C 53, C 56: a token expires, only the log knows, and "retry" can never succeed.
#[tokio::test(flavor = "multi_thread")]
async fn calcom_7564_an_expired_sign_in_is_said_and_mended() {
    on_both(|scene| async move {
        let made = scene.make(review());
        scene.calm().await;
        scene.given.world().faults().add(FaultRule {
            operation: None,
            times: 0,
            ..FaultRule::once("ews", "any", Fault::Unauthorized)
        });
        for _ in 0..3 {
            scene.node.session(scene.anna).await;
            scene.days_pass(1);
        }
        let status = scene.node.engine.status(scene.anna).await.expect("status");
        let (code, advice) = status.suspended.expect("the mailbox says so");
        assert_eq!(code, "sign_in");
        assert!(!advice.is_empty());
        assert!(!scene.is_cancelled(&scene.appointment()), "INV-5");
        scene.given.world().faults().clear();
        scene.node.engine.resume(scene.anna).await.expect("resumed");
        scene.given.edit_quietly(&made, |draft| {
            draft
                .properties
                .insert("Location", ssi_tests::people::text("Here again"));
        });
        scene.calm().await;
        assert_eq!(scene.field(&scene.appointment(), "Location"), "Here again");
    })
    .await;
}
