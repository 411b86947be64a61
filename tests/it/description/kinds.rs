//! The Smart Description of every other kind: words for codes, names for numbers (SD-01 to SD-05).

use ssi_domain::Kind as Ours;
use ssi_sandbox::crm::{AccountForm, ContactForm, PostalForm, TaskForm, Value, VisitForm};
use ssi_tests::{db::on_both, desk::Desk, given::ANNA, people::People, scene::at};

use super::LINE;

async fn desk(database: &ssi_tests::db::Database, kind: Ours, fields: &[&str]) -> Desk {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Desk::open_with(database, |settings| {
        settings.mirror.smart_description.insert(kind, fields);
    })
    .await
}

/// One block below the own text, with these lines; what stands above it is the note (SD-02, SD-03).
fn assert_described(text: &str, own: &str, lines: &[&str]) {
    let (above, below) = text.split_once(LINE).expect("SD-03: a block");
    assert_eq!(above.trim(), own, "SD-02");
    let below: Vec<&str> = below.trim().lines().map(str::trim).collect();
    assert_eq!(below, lines, "SD-01");
}

/// SD-01, SD-02, SD-03, SD-05, INV-4
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_shows_its_chosen_fields_in_words() {
    on_both(|database| async move {
        let fields = ["job_title", "street", "country", "lifecycle"];
        let desk = desk(&database, Ours::Contact, &fields).await;
        let id = desk.crm_contact(ContactForm {
            last_name: Some("Unten".into()),
            job_title: Some("Seller".into()),
            business_address: PostalForm {
                street: Some("Ring".into()),
                house_number: Some("5".into()),
                country: Some("DE".into()),
                ..PostalForm::default()
            },
            status: Some("2".into()),
            note: Some("Prefers mornings.".into()),
            ..ContactForm::default()
        });
        desk.calm().await;
        let text = || desk.seen("Unten").expect("down").item.text;
        let lines = |title: &str| {
            let title = format!("Job title: {title}");
            let more = ["Street: Ring 5", "Country: Germany", "Lifecycle: Active"];
            std::iter::once(title)
                .chain(more.map(str::to_owned))
                .collect::<Vec<_>>()
        };
        let seller = lines("Seller");
        let seller: Vec<&str> = seller.iter().map(String::as_str).collect();
        assert_described(&text(), "Prefers mornings.", &seller);
        let form = ContactForm {
            job_title: Some("Head".into()),
            ..ContactForm::default()
        };
        desk.screen(|person| person.edit(&id, &form));
        desk.calm().await;
        let head = lines("Head");
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        assert_described(&text(), "Prefers mornings.", &head);
        let stored = desk.stored("Unten").expect("stands");
        assert_eq!(
            stored.record.notes[0].text.trim(),
            "Prefers mornings.",
            "SD-02"
        );
        desk.assert_at_rest().await;
    })
    .await;
}

/// SD-01, SD-02, SD-03, INV-4
#[tokio::test(flavor = "multi_thread")]
async fn an_account_shows_its_chosen_fields_in_words() {
    on_both(|database| async move {
        let desk = desk(&database, Ours::Account, &["website", "lifecycle"]).await;
        desk.crm_account(AccountForm {
            name: Some("Unten AG".into()),
            web_site: Some("https://unten.example".into()),
            status: Some("2".into()),
            note: Some("Pays late.".into()),
            ..AccountForm::default()
        });
        desk.calm().await;
        let seen = desk.contacts();
        let seen = seen.iter().find(|one| one.company == "Unten AG");
        let text = &seen.expect("down").item.text;
        let lines = ["Website: https://unten.example", "Lifecycle: Active"];
        assert_described(text, "Pays late.", &lines);
        desk.assert_at_rest().await;
    })
    .await;
}

/// SD-01, SD-02, SD-03, TSK-06, INV-4: from the mailbox up, and the block below what its owner wrote.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_shows_its_chosen_fields_in_words() {
    on_both(|database| async move {
        let desk = desk(&database, Ours::Task, &["status", "importance", "due"]).await;
        let anna = desk.given.employee(ANNA);
        let id = desk.screen(|person| {
            person.create(&TaskForm {
                subject: Some("Send the offer".into()),
                due: Some("2030-05-06T00:00:00Z".parse().expect("a time")),
                status: Some("1".into()),
                priority: Some("1".into()),
                owner: Some(anna.clone()),
                note: Some("Soon.".into()),
                ..TaskForm::default()
            })
        });
        desk.calm().await;
        let text = || desk.tasks().remove(0).item.text;
        let lines = ["Status: Not started", "Importance: High", "Due: 2030-05-06"];
        assert_described(&text(), "Soon.", &lines);
        let form = TaskForm {
            status: Some("2".into()),
            ..TaskForm::default()
        };
        desk.screen(|person| person.edit(&id, &form));
        desk.calm().await;
        let lines = ["Status: In progress", "Importance: High", "Due: 2030-05-06"];
        assert_described(&text(), "Soon.", &lines);
        desk.assert_at_rest().await;
    })
    .await;
}

/// SD-01, SD-02, SD-03, CAL-75, INV-4
#[tokio::test(flavor = "multi_thread")]
async fn a_visit_shows_its_chosen_fields_in_words() {
    on_both(|database| async move {
        let fields = ["location", "status", "owner_id"];
        let desk = desk(&database, Ours::Visit, &fields).await;
        let anna = desk.given.employee(ANNA);
        desk.screen(|person| {
            person.create(&VisitForm {
                subject: Some("See them".into()),
                start: Some(at(2, 9)),
                end: Some(at(2, 10)),
                zone: Some("UTC".into()),
                location: Some("Ring 5".into()),
                status: Some("1".into()),
                owner: Some(anna.clone()),
                organizer: Some(anna.clone()),
                note: Some("Bring cake.".into()),
                more: vec![("OwnerPartyName", Value::text("Anna Beispiel"))],
                ..VisitForm::default()
            })
        });
        desk.calm().await;
        let events = desk.outlook().events();
        let text = &events.first().expect("down").item.text;
        assert!(text.contains("Location: Ring 5"), "{text}");
        assert!(text.contains("Status: Open"), "{text}");
        assert!(text.starts_with("Bring cake."), "SD-02: {text}");
        let named = text.contains("Owner: Anna Beispiel");
        assert!(named, "a name, not a number: {text}");
        desk.assert_at_rest().await;
    })
    .await;
}

/// SD-04: who looks at the mailbox reads that attendees see the fields; of contacts nobody does.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_warns_of_what_attendees_see() {
    on_both(|database| async move {
        for (kind, field, warned) in [
            (Ours::Contact, "job_title", false),
            (Ours::Visit, "location", true),
        ] {
            let desk = desk(&database, kind, &[field]).await;
            let status = desk.node.engine.status(desk.mailbox).await;
            let notes = status.expect("status").notes.into_iter();
            let codes: Vec<&str> = notes.map(|note| note.code.as_str()).collect();
            assert_eq!(codes.contains(&"attendees_see_fields"), warned, "{codes:?}");
        }
    })
    .await;
}
