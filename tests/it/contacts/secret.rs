//! Contacts and tasks that turn private in the mailbox (CAL-70, INV-13, docs/decisions/0055).

use ssi_sandbox::{
    crm::{ContactForm, TaskForm},
    exchange::{ContactEdit, TaskEdit},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named, titled},
    given::ANNA,
    people::People,
};

const OBSOLETE: &str = "4";

fn private(job_title: &str) -> ContactEdit {
    ContactEdit {
        sensitivity: Some("Private".into()),
        job_title: Some(job_title.into()),
        ..ContactEdit::default()
    }
}

fn from_crm(last_name: &str) -> ContactForm {
    ContactForm {
        last_name: Some(last_name.into()),
        job_title: Some("Buyer".into()),
        ..ContactForm::default()
    }
}

/// The status and the function of a stored contact.
fn stands(desk: &Desk, last_name: &str) -> (String, String) {
    let stored = desk.stored(last_name).expect("stands");
    (stored.status, stored.job_title)
}

async fn codes(desk: &Desk) -> Vec<String> {
    let issues = desk.issues().await.into_iter();
    issues.map(|issue| issue.code).collect()
}

/// A contact of the CRM stays there as it was, whatever the settings say of deletions; nothing private goes up, and the
/// mirror begins again when the mark comes off.
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_of_the_crm_that_turns_private_stays_there() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.delete_contacts_in_crm = true;
        })
        .await;
        desk.calm().await;
        desk.crm_contact(from_crm("Ausdemcrm"));
        desk.calm().await;
        let key = desk.seen("Ausdemcrm").expect("came down").item.place.key;
        let before = stands(&desk, "Ausdemcrm");
        desk.outlook()
            .edit_contact(key, &private("Spy"))
            .expect("edited");
        desk.calm().await;
        assert_eq!(stands(&desk, "Ausdemcrm"), before, "INV-13");
        assert_eq!(codes(&desk).await, ["private_left"]);
        let kept = desk.seen("Ausdemcrm").expect("stays");
        assert!(
            kept.item.categories.is_empty(),
            "it says that it is mirrored no more"
        );
        desk.assert_at_rest().await;
        assert_eq!(stands(&desk, "Ausdemcrm"), before);

        let open = ContactEdit {
            sensitivity: Some("Normal".into()),
            job_title: Some("Head of buying".into()),
            ..ContactEdit::default()
        };
        desk.outlook().edit_contact(key, &open).expect("edited");
        desk.calm().await;
        assert_eq!(stands(&desk, "Ausdemcrm").1, "Head of buying");
        desk.assert_at_rest().await;
    })
    .await;
}

/// What was made of a contact of the mailbox goes only where deletions are switched on.
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_of_the_mailbox_that_turns_private_follows_the_switch() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let kept = desk.contact("SAP Contacts", &named("Rosa", "Bleibt"));
        desk.calm().await;
        let before = stands(&desk, "Bleibt");
        desk.outlook()
            .edit_contact(kept, &private("Spy"))
            .expect("edited");
        desk.calm().await;
        assert_eq!(
            stands(&desk, "Bleibt"),
            before,
            "decision 9: deletions are off"
        );
        assert_eq!(codes(&desk).await, ["private_left"]);
        desk.assert_at_rest().await;
    })
    .await;
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.delete_contacts_in_crm = true;
        })
        .await;
        let key = desk.contact("SAP Contacts", &named("Rosa", "Geht"));
        desk.calm().await;
        desk.outlook()
            .edit_contact(key, &private("Spy"))
            .expect("edited");
        desk.calm().await;
        assert_eq!(stands(&desk, "Geht").0, OBSOLETE);
        assert!(desk.seen("Geht").is_some(), "the item is its owner's");
        desk.assert_at_rest().await;
    })
    .await;
}

/// A task of the CRM stays there; one that was made of an item goes with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_turns_private_takes_only_its_own_record_along() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.calm().await;
        let owner = desk.given.employee(ANNA);
        let form = TaskForm {
            subject: Some("Theirs".into()),
            owner: Some(owner.clone()),
            processor: Some(owner),
            ..TaskForm::default()
        };
        desk.screen(|person| person.create(&form));
        desk.task("SAP Tasks", &titled("Ours"));
        desk.calm().await;
        assert_eq!((desk.tasks().len(), desk.stored_tasks().len()), (2, 2));
        let secret = TaskEdit {
            sensitivity: Some("Private".into()),
            subject: Some("Secret".into()),
            ..TaskEdit::default()
        };
        for task in desk.tasks() {
            let place = task.item.place.key;
            desk.outlook().edit_task(place, &secret).expect("edited");
        }
        desk.calm().await;
        let stored = desk.stored_tasks();
        let subjects: Vec<&str> = stored.iter().map(|task| task.subject.as_str()).collect();
        assert_eq!(subjects, ["Theirs"]);
        assert_eq!(stored[0].status, "1");
        assert_eq!(codes(&desk).await, ["private_left"]);
        assert_eq!(desk.tasks().len(), 2);
        desk.assert_at_rest().await;
    })
    .await;
}
