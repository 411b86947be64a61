//! Reminders of tasks that come down (TSK-05).

use jiff::Timestamp;
use ssi_sandbox::crm::TaskForm;
use ssi_tests::{db::on_both, desk::Desk, given::ANNA, people::People};

fn form(desk: &Desk, subject: &str, due: &str) -> TaskForm {
    TaskForm {
        subject: Some(subject.into()),
        owner: Some(desk.given.employee(ANNA)),
        due: Some(due.parse().expect("a time")),
        ..TaskForm::default()
    }
}

/// TSK-05: at the time of day of the settings, on the day it is due; it moves with the day; what its owner set or
/// switched off stays; what is over rings no more.
#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_the_crm_remind_on_the_day_they_are_due() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.task_reminder_at = Some("08:30".into());
            settings.mirror.default_zone = "Europe/Berlin".into();
        })
        .await;
        let ahead = form(&desk, "Ahead", "2030-05-06T00:00:00Z");
        let over = form(&desk, "Over", "2020-05-06T00:00:00Z");
        let done = TaskForm {
            status: Some("3".into()),
            ..form(&desk, "Done", "2030-05-06T00:00:00Z")
        };
        let [ahead, _, _] =
            [ahead, over, done].map(|form| desk.screen(|person| person.create(&form)));
        desk.calm().await;
        let seen = |subject: &str| {
            let mut all = desk.tasks().into_iter();
            all.find(|task| task.item.subject == subject).expect("down")
        };
        let reminder = |subject: &str| seen(subject).item.reminds.then(|| seen(subject).reminder);
        let at = |text: &str| Some(Some(text.parse::<Timestamp>().expect("a time")));
        assert_eq!(
            reminder("Ahead"),
            at("2030-05-06T06:30:00Z"),
            "08:30 in Berlin"
        );
        assert_eq!(reminder("Over"), None);
        assert_eq!(reminder("Done"), None);
        let moved = TaskForm {
            due: Some("2030-12-06T00:00:00Z".parse().expect("a time")),
            ..TaskForm::default()
        };
        desk.screen(|person| person.edit(&ahead, &moved));
        desk.calm().await;
        assert_eq!(
            reminder("Ahead"),
            at("2030-12-06T07:30:00Z"),
            "it moves with the day"
        );
        desk.assert_at_rest().await;

        let off = ssi_sandbox::exchange::TaskEdit {
            reminder: Some(None),
            ..ssi_sandbox::exchange::TaskEdit::default()
        };
        desk.outlook()
            .edit_task(seen("Ahead").item.place.key, &off)
            .expect("edited");
        let again = TaskForm {
            due: Some("2031-01-07T00:00:00Z".parse().expect("a time")),
            ..TaskForm::default()
        };
        desk.screen(|person| person.edit(&ahead, &again));
        desk.calm().await;
        assert_eq!(reminder("Ahead"), None, "switched off stays off");
        assert_eq!(seen("Ahead").due.expect("due").to_string(), "2031-01-07");
        desk.assert_at_rest().await;
    })
    .await;
}
