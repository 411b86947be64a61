//! How tasks come and go (4, TSK-01 to TSK-03, TSK-09).

use ssi_sandbox::{
    crm::{Kind, TaskForm},
    exchange::{Body, TaskEdit},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, titled},
    given::{ANNA, CATEGORY},
    people::People,
};

fn form(desk: &Desk, subject: &str) -> TaskForm {
    TaskForm {
        subject: Some(subject.into()),
        owner: Some(desk.given.employee(ANNA)),
        ..TaskForm::default()
    }
}

/// TSK-01, TSK-02: a category in the standard folder, or the folder of ours, asks for a record.
#[tokio::test(flavor = "multi_thread")]
async fn tasks_go_up_by_category_and_by_folder() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let marked = TaskEdit {
            categories: Some(vec![CATEGORY.into()]),
            ..titled("By category")
        };
        desk.task("tasks", &marked);
        desk.task("SAP Tasks", &titled("By folder"));
        desk.task("tasks", &titled("Mine"));
        desk.calm().await;
        let mut subjects: Vec<String> = desk
            .stored_tasks()
            .into_iter()
            .map(|task| task.subject)
            .collect();
        subjects.sort();
        assert_eq!(subjects, ["By category", "By folder"], "TSK-02");
        desk.assert_at_rest().await;

        desk.node.set(|settings| settings.mirror.tasks = false);
        desk.task("SAP Tasks", &titled("Too late"));
        desk.calm().await;
        assert_eq!(desk.stored_tasks().len(), 2, "TSK-01");
    })
    .await;
}

/// TSK-09, 6.2: every field both ways, codes of both sides included.
#[tokio::test(flavor = "multi_thread")]
async fn fields_and_codes_of_a_task_travel_both_ways() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let key = desk.task(
            "SAP Tasks",
            &TaskEdit {
                start: Some(Some("2030-05-01".parse().expect("a day"))),
                due: Some(Some("2030-05-06".parse().expect("a day"))),
                importance: Some("High".into()),
                body: Some(Body::rich("<p>Call <b>them</b></p><p>soon")),
                ..titled("Send the offer")
            },
        );
        desk.calm().await;
        let stored = || desk.stored_tasks().into_iter().next().expect("up");
        let task = stored();
        assert_eq!(task.due.expect("due").to_string(), "2030-05-06T00:00:00Z");
        assert_eq!((task.status.as_str(), task.priority.as_str()), ("1", "2"));
        assert!(task.record.notes[0].text.contains("Call them"));
        let id = task.record.object_id;
        for (word, code) in [
            ("InProgress", "2"),
            ("Completed", "3"),
            ("Deferred", "4"),
            ("WaitingOnOthers", "2"),
            ("NotStarted", "1"),
        ] {
            let edit = TaskEdit {
                status: Some(word.into()),
                ..TaskEdit::default()
            };
            desk.outlook().edit_task(key, &edit).expect("edited");
            desk.calm().await;
            assert_eq!(stored().status, code, "{word}");
            assert_eq!(desk.outlook().task(key).expect("stands").status, word);
        }
        for (code, word) in [("2", "InProgress"), ("3", "Completed"), ("1", "NotStarted")] {
            let edit = TaskForm {
                status: Some(code.into()),
                ..TaskForm::default()
            };
            desk.screen(|person| person.edit(&id, &edit));
            desk.calm().await;
            assert_eq!(
                desk.outlook().task(key).expect("stands").status,
                word,
                "{code}"
            );
            assert_eq!(stored().status, code);
        }
        for (code, word) in [("1", "High"), ("7", "Low"), ("3", "Normal")] {
            let edit = TaskForm {
                priority: Some(code.into()),
                ..TaskForm::default()
            };
            desk.screen(|person| person.edit(&id, &edit));
            desk.calm().await;
            assert_eq!(
                desk.outlook().task(key).expect("stands").item.importance,
                word,
                "{code}"
            );
            assert_eq!(
                stored().priority,
                code,
                "immediate is not made urgent on the way back"
            );
        }
        desk.assert_at_rest().await;
    })
    .await;
}

/// TSK-09: tasks of the owner come down; deletions follow on both sides.
#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_the_crm_come_down_and_deletions_follow() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let forms = ["First", "Second"].map(|subject| form(&desk, subject));
        let [first, second] = forms.map(|form| desk.screen(|person| person.create(&form)));
        let own = desk.task("SAP Tasks", &titled("Own"));
        desk.calm().await;
        let seen = |subject: &str| {
            let all = desk.tasks().into_iter();
            all.into_iter().find(|task| task.item.subject == subject)
        };
        assert_eq!(seen("First").expect("down").item.folder_name, "SAP Tasks");
        assert_eq!(desk.tasks().len(), 3);
        desk.screen(|person| person.delete(Kind::Task, &first));
        let key = seen("Second").expect("down").item.place.key;
        desk.outlook().delete(key).expect("deleted");
        let own_record = desk
            .stored_tasks()
            .into_iter()
            .find(|task| task.subject == "Own")
            .expect("up");
        desk.screen(|person| person.delete(Kind::Task, &own_record.record.object_id));
        desk.calm().await;
        assert!(seen("First").is_none(), "came from the CRM, goes with it");
        let second = desk
            .given
            .sandbox
            .world()
            .crm()
            .task(&second)
            .expect("stays");
        assert_eq!(second.status, "4", "cancelled");
        let own = desk.outlook().task(own).expect("TSK-09: kept");
        assert!(own.item.categories.is_empty());
        desk.assert_at_rest().await;
        assert_eq!(desk.tasks().len(), 1);
    })
    .await;
}

/// TSK-03: what is edited or deleted in the mailbox is restored; what is new stays and says why.
#[tokio::test(flavor = "multi_thread")]
async fn read_only_tasks_are_restored() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let edited = desk.task("SAP Tasks", &titled("Edited"));
        let deleted = desk.task("SAP Tasks", &titled("Deleted"));
        desk.calm().await;
        let before = desk.stored_tasks();
        desk.node
            .set(|settings| settings.mirror.tasks_read_only = true);
        let outlook = desk.outlook();
        let edit = TaskEdit {
            importance: Some("High".into()),
            ..titled("Something else")
        };
        outlook.edit_task(edited, &edit).expect("edited");
        outlook.delete(deleted).expect("deleted");
        desk.task("SAP Tasks", &titled("New"));
        desk.calm().await;
        let mut seen: Vec<String> = desk
            .tasks()
            .into_iter()
            .map(|task| task.item.subject)
            .collect();
        seen.sort();
        assert_eq!(seen, ["Deleted", "Edited", "New"], "TSK-03");
        let restored = outlook.task(edited).expect("stands");
        assert_eq!(restored.item.importance, "Normal");
        assert_eq!(
            desk.stored_tasks(),
            before,
            "TSK-03: the CRM is not written"
        );
        let issues = desk.issues().await;
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0].code, "read_only_kind");
        desk.assert_at_rest().await;
    })
    .await;
}

/// TSK-03, CON-21: a read-only task that is taken out of its folder and loses its category gets it back, stays with its
/// record and is undone like any other.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_task_taken_out_of_its_folder_stays_mirrored() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let made = desk.task("SAP Tasks", &titled("Moved"));
        desk.calm().await;
        let before = desk.stored_tasks();
        desk.node
            .set(|settings| settings.mirror.tasks_read_only = true);
        let outlook = desk.outlook();
        let key = outlook.move_item(made, "tasks").expect("moved");
        outlook.set_categories(key, &[]).expect("taken off");
        desk.calm().await;
        let restored = &desk.tasks()[0];
        assert_eq!(restored.item.categories, [CATEGORY], "TSK-03");
        outlook.edit_task(key, &titled("Else")).expect("edited");
        desk.calm().await;
        assert_eq!(desk.tasks()[0].item.subject, "Moved");
        assert_eq!(desk.stored_tasks(), before);
        desk.assert_at_rest().await;
    })
    .await;
}
