//! Tasks that repeat, of which the CRM has no series (TSK-09, INV-15).

use ssi_sandbox::exchange::{Pattern, Range, Recurrence, TaskEdit};
use ssi_tests::{
    db::on_both,
    desk::{Desk, titled},
};

/// INV-15: the task that is due goes up, and its owner is told that the series stays in the mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeating_task_goes_up_as_one_and_says_so() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let start = "2030-05-01".parse().expect("a day");
        let key = desk.task(
            "SAP Tasks",
            &TaskEdit {
                start: Some(Some(start)),
                due: Some(Some(start)),
                recurrence: Some(Some(Recurrence {
                    pattern: Pattern::Daily { interval: 1 },
                    range: Range::Numbered { start, count: 5 },
                })),
                ..titled("Water the plants")
            },
        );
        desk.calm().await;
        assert_eq!(desk.stored_tasks().len(), 1);
        let issues = desk.issues().await;
        assert_eq!(issues.len(), 1, "{issues:#?}");
        assert_eq!(issues[0].code, "value_kept");
        assert!(issues[0].message.contains("recurrence"), "{issues:#?}");
        let seen = desk.outlook().task(key).expect("stands");
        assert!(seen.recurrence.is_some(), "the series stays");
        desk.assert_at_rest().await;

        // No series any more: the issue goes.
        let edit = TaskEdit {
            recurrence: Some(None),
            ..TaskEdit::default()
        };
        desk.outlook().edit_task(key, &edit).expect("edited");
        desk.calm().await;
        assert!(desk.issues().await.is_empty());
    })
    .await;
}
