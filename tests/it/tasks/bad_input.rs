//! Tasks that hurt: they stay where they are, whole, and say what to do.

use ssi_sandbox::{
    crm::{Schema, TaskForm, Value},
    exchange::{Body, TaskEdit},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, titled},
    given::ANNA,
    people::People,
};

/// INV-15: no subject, days far away, very long texts, HTML that closes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn odd_tasks_are_stored_or_say_why_not() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let due = |day: &str| Some(Some(day.parse().expect("a day")));
        let nameless = desk.task("SAP Tasks", &TaskEdit::default());
        desk.task(
            "SAP Tasks",
            &TaskEdit {
                due: due("1700-01-01"),
                ..titled("Past")
            },
        );
        let long = desk.task(
            "SAP Tasks",
            &TaskEdit {
                body: Some(Body::rich(&format!(
                    "<p>Start{}",
                    "<td>eleven more ".repeat(100_000)
                ))),
                ..titled("Long")
            },
        );
        desk.calm().await;
        let stored = |subject: &str| {
            let all = desk.stored_tasks().into_iter();
            all.into_iter()
                .find(|task| task.subject.starts_with(subject))
        };
        assert_eq!(stored("Past").expect("stored").due, None);
        let note = &stored("Long").expect("stored").record.notes[0].text;
        assert!(note.starts_with("Start"), "{}", &note[..20]);
        assert_eq!(note.chars().count(), 1_000_000);
        let mut codes: Vec<String> = desk
            .issues()
            .await
            .into_iter()
            .map(|one| one.code)
            .collect();
        codes.sort();
        assert_eq!(codes, ["field_missing", "text_cut", "value_kept"]);
        desk.assert_at_rest().await;
        let whole = desk
            .outlook()
            .task(long)
            .expect("stands")
            .item
            .html
            .expect("HTML");
        assert!(whole.len() > 1_500_000, "the mailbox keeps all of it");
        desk.outlook()
            .edit_task(nameless, &titled("Named"))
            .expect("edited");
        desk.calm().await;
        assert!(stored("Named").is_some());
        assert_eq!(desk.issues().await.len(), 2);
    })
    .await;
}

/// INV-15: a day Outlook cannot show stays in the CRM.
#[tokio::test(flavor = "multi_thread")]
async fn a_due_day_nobody_can_show_stays_in_the_crm() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        // Microseconds since 1970: the first of January 1 and the last of December 9999.
        for (subject, at) in [
            ("First", -62_135_596_800_000_000),
            ("Last", 253_402_214_400_000_000),
        ] {
            let form = TaskForm {
                subject: Some(subject.into()),
                owner: Some(desk.given.employee(ANNA)),
                more: vec![("DueDateTime", Value::Instant(at))],
                ..TaskForm::default()
            };
            desk.screen(|person| person.create(&form));
        }
        desk.calm().await;
        let set = Schema::standard().set("TasksCollection").expect("tasks");
        let due = set.position("DueDateTime").expect("a property");
        let seen = desk.tasks();
        assert_eq!(seen.len(), 2, "{:#?}", desk.issues().await);
        assert!(seen.iter().all(|task| task.due.is_none()));
        assert!(desk.given.records("TasksCollection").iter().all(|key| {
            !desk
                .given
                .sandbox
                .world()
                .crm()
                .row(set, key)
                .expect("stands")
                .values[due]
                .is_null()
        }));
        desk.assert_at_rest().await;
    })
    .await;
}
