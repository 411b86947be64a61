//! Filters and limits of what comes down: counted and shown, never a silent cut (CON-10, CON-11, CON-12, INV-15).

use std::collections::BTreeMap;

use ssi_domain::{
    Kind,
    settings::{DownFilter, DownRule},
};
use ssi_engine::Down;
use ssi_sandbox::{crm::ContactForm, exchange::ContactEdit};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
    given::BERND,
};

fn form(last: &str, department: &str) -> ContactForm {
    ContactForm {
        first_name: Some("Kim".into()),
        last_name: Some(last.into()),
        department: Some(department.into()),
        ..ContactForm::default()
    }
}

fn at_most(limit: u32) -> DownRule {
    DownRule {
        limit: Some(limit),
        ..DownRule::default()
    }
}

fn only(department: &str) -> DownRule {
    DownRule {
        only: BTreeMap::from([("department".to_owned(), vec![department.to_owned()])]),
        ..DownRule::default()
    }
}

fn rule(desk: &Desk, rule: DownRule) {
    desk.node.set(|settings| {
        settings.mirror.down.insert(Kind::Contact, rule);
    });
}

/// The counts of contacts.
async fn down(desk: &Desk) -> Down {
    let status = desk.node.engine.status(desk.mailbox).await.expect("status");
    let of = |kind| status.down.iter().find(|one| one.kind == kind).copied();
    of(Kind::Contact).expect("contacts are counted")
}

fn surnames(desk: &Desk) -> Vec<String> {
    let mut all: Vec<String> = desk.contacts().into_iter().map(|one| one.surname).collect();
    all.sort();
    all
}

/// CON-11, INV-15: those that came first stay, the others are counted and have a card; what makes room brings down who
/// waits longest, and a higher limit all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_keeps_the_first_and_says_how_many_it_left() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.down.insert(Kind::Contact, at_most(2));
        })
        .await;
        for last in ["Eins", "Zwei", "Drei", "Vier"] {
            desk.crm_contact(form(last, ""));
        }
        // What goes up is not held back by it (CON-10).
        desk.contact("SAP Contacts", &named("Rosa", "Oben"));
        desk.calm().await;
        assert_eq!(surnames(&desk), ["Eins", "Oben", "Zwei"], "CON-11");
        assert!(desk.stored("Oben").is_some(), "CON-10");
        // Carla, whom nobody owns, and the four and Rosa.
        let found = down(&desk).await;
        assert_eq!(found.in_crm, Some(6), "{found:?}");
        assert_eq!(
            (
                found.mirrored,
                found.by_filter,
                found.by_limit,
                found.kept,
                found.waiting
            ),
            (3, 1, 2, 0, 0)
        );
        let issues = desk.issues().await;
        assert_eq!(issues.len(), 1, "{issues:?}");
        assert_eq!(issues[0].code, "left_by_limit");
        assert!(issues[0].message.contains("mirror.down.contact.limit"));
        let status = desk.node.engine.status(desk.mailbox).await.expect("status");
        assert_eq!(status.notes.len(), 1, "{:?}", status.notes);
        desk.assert_at_rest().await;

        let key = desk.seen("Eins").expect("stands").item.place.key;
        desk.outlook().delete(key).expect("deleted");
        desk.calm().await;
        assert_eq!(
            surnames(&desk),
            ["Drei", "Oben", "Zwei"],
            "who waits longest"
        );
        assert_eq!(down(&desk).await.by_limit, 1);
        assert!(desk.issues().await[0].message.starts_with("1 records"));

        // Trying the card again is a session, not a look at an item that is none.
        let card = desk.issues().await[0].id;
        let retried = desk.node.engine.retry_issue(desk.mailbox, card).await;
        retried.expect("the session is due");
        desk.session().await;
        assert_eq!(desk.issues().await[0].code, "left_by_limit");

        rule(&desk, DownRule::default());
        desk.calm().await;
        assert_eq!(surnames(&desk), ["Drei", "Oben", "Vier", "Zwei"]);
        assert_eq!(down(&desk).await.by_limit, 0);
        assert!(desk.issues().await.is_empty(), "the card is gone");
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-10: a filter by fields is counted; widened it brings down what it left, narrowed it takes nothing away.
#[tokio::test(flavor = "multi_thread")]
async fn a_narrower_filter_takes_nobodys_contacts_away() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.down.insert(Kind::Contact, only("sales"));
        })
        .await;
        desk.crm_contact(form("Eins", "Sales"));
        let two = desk.crm_contact(form("Zwei", "Plant"));
        desk.calm().await;
        assert_eq!(surnames(&desk), ["Eins"], "CON-10");
        let found = down(&desk).await;
        assert_eq!((found.mirrored, found.by_filter), (1, 2), "{found:?}");

        rule(&desk, DownRule::default());
        desk.calm().await;
        assert_eq!(surnames(&desk), ["Eins", "Zwei"]);

        rule(&desk, only("Sales"));
        desk.calm().await;
        desk.assert_at_rest().await;
        assert_eq!(surnames(&desk), ["Eins", "Zwei"], "nothing is taken away");
        assert_eq!(down(&desk).await.kept, 1, "and it is said");
        let edit = ContactForm {
            job_title: Some("Buyer".into()),
            ..ContactForm::default()
        };
        desk.screen(|person| person.edit(&two, &edit));
        desk.calm().await;
        assert_eq!(desk.seen("Zwei").expect("stands").job_title, "Buyer");
        assert!(desk.issues().await.is_empty());

        // "Do Not Synchronize" takes nothing away either.
        rule(
            &desk,
            DownRule {
                filter: DownFilter::Off,
                ..DownRule::default()
            },
        );
        desk.crm_contact(form("Drei", "Sales"));
        desk.calm().await;
        desk.assert_at_rest().await;
        assert_eq!(surnames(&desk), ["Eins", "Zwei"]);
        let found = down(&desk).await;
        assert_eq!((found.mirrored, found.by_filter, found.kept), (2, 2, 2));
    })
    .await;
}

/// CON-10: with "all" everybody's contacts come down to every mailbox, once; an edit in one reaches the others, and
/// who takes theirs out takes it from nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn everybodys_contacts_come_down_to_all_who_want_them() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            let all = DownRule {
                filter: DownFilter::All,
                ..DownRule::default()
            };
            settings.mirror.down.insert(Kind::Contact, all);
            settings.mirror.delete_contacts_in_crm = true;
        })
        .await;
        let bernd = desk.node.mailbox(BERND).await;
        let step = async || {
            for _ in 0..4 {
                desk.calm().await;
                desk.node.calm(bernd).await;
            }
        };
        desk.crm_contact(form("Unten", ""));
        desk.screen(|person| person.create(&form("Fremd", "")));
        step().await;
        assert_eq!(surnames(&desk), ["Fremd", "Kundin", "Unten"]);
        let world = desk.given.sandbox.world();
        let berndts = || {
            let all = world.person(BERND).contacts().into_iter();
            let mut all: Vec<_> = all.filter(|one| !one.item.deleted).collect();
            all.sort_by(|a, b| a.surname.cmp(&b.surname));
            all
        };
        assert_eq!(berndts().len(), 3);
        assert_eq!(down(&desk).await.by_filter, 0);

        let key = berndts()[0].item.place.key;
        let edit = ContactEdit {
            job_title: Some("Buyer".into()),
            ..ContactEdit::default()
        };
        world
            .person(BERND)
            .edit_contact(key, &edit)
            .expect("edited");
        step().await;
        assert_eq!(desk.stored("Fremd").expect("stands").job_title, "Buyer");
        assert_eq!(desk.seen("Fremd").expect("stands").job_title, "Buyer");

        world.person(BERND).delete(key).expect("deleted");
        step().await;
        assert_eq!(berndts().len(), 2, "it does not come back");
        assert!(desk.seen("Fremd").is_some() && desk.stored("Fremd").is_some());
        assert!(desk.issues().await.is_empty());
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-10: a mailbox whose address no employee has says so instead of staying empty in silence.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_without_employee_says_so() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let nobody = desk.node.mailbox("nobody@sandbox.example").await;
        let status = desk.node.engine.status(nobody).await.expect("status");
        assert!(
            status
                .notes
                .iter()
                .all(|note| note.code.as_str() == "no_employee")
        );
        desk.feed().await;
        let status = desk.node.engine.status(nobody).await.expect("status");
        assert_eq!(status.notes.len(), 1);
        assert_eq!(status.notes[0].code.as_str(), "no_employee");
        assert!(status.notes[0].message.contains("Enter the address"));
        let known = desk.node.engine.status(desk.mailbox).await.expect("status");
        assert!(known.notes.is_empty(), "{:?}", known.notes);
    })
    .await;
}
