//! How long tasks that are done stay mirrored (TSK-09).

use jiff::SignedDuration;
use ssi_sandbox::crm::TaskForm;
use ssi_tests::{db::on_both, desk::Desk, given::ANNA, people::People};

fn form(desk: &Desk, subject: &str, status: &str) -> TaskForm {
    TaskForm {
        subject: Some(subject.into()),
        status: Some(status.into()),
        owner: Some(desk.given.employee(ANNA)),
        ..TaskForm::default()
    }
}

/// TSK-09: what was done long ago neither comes down nor stays in step; it is kept, and comes back when it is opened.
#[tokio::test(flavor = "multi_thread")]
async fn tasks_done_long_ago_are_let_go_and_come_back_when_opened() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let [offer, old] = ["Offer", "Too old"].map(|subject| form(&desk, subject, "3"));
        let key = desk.screen(|person| person.create(&offer));
        desk.calm().await;
        assert_eq!(desk.tasks().len(), 1, "done today");

        desk.node.advance(SignedDuration::from_hours(24 * 15));
        desk.screen(|person| person.create(&old));
        desk.calm().await;
        let tasks = desk.tasks();
        assert_eq!(tasks.len(), 1, "what is done for long does not come down");
        assert!(
            tasks[0].item.categories.is_empty(),
            "kept, and kept in step no more"
        );
        assert_eq!(desk.stored_tasks().len(), 2, "nothing is deleted");
        desk.assert_at_rest().await;

        let open = TaskForm {
            status: Some("2".into()),
            ..TaskForm::default()
        };
        desk.screen(|person| person.edit(&key, &open));
        desk.calm().await;
        let tasks = desk.tasks();
        assert_eq!(tasks.len(), 1, "INV-1");
        assert_eq!(
            (tasks[0].status.as_str(), tasks[0].item.categories.len()),
            ("InProgress", 1)
        );
        // Exchange moves the percentage with the status, which goes up with the next look.
        desk.node.advance(SignedDuration::from_hours(25));
        desk.calm().await;
        desk.assert_at_rest().await;
    })
    .await;
}
