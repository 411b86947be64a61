//! The switches "Keep ... Read-Only" (5.4).

use ssi_sandbox::{crm::ContactForm, exchange::ContactEdit};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
};

fn titled(title: &str) -> ContactEdit {
    ContactEdit {
        job_title: Some(title.into()),
        ..ContactEdit::default()
    }
}

/// CON-20, CON-21: edits are undone, what was deleted or taken out comes back, and the CRM is never written.
#[tokio::test(flavor = "multi_thread")]
async fn read_only_contacts_are_restored() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let mut made = Vec::new();
        for surname in ["Bearbeitet", "Geloescht", "Umgezogen"] {
            desk.contact("SAP Contacts", &named("Rosa", surname));
            desk.calm().await;
            made.push(desk.stored(surname).expect("up").record);
        }
        desk.node
            .set(|settings| settings.mirror.contacts_read_only = true);
        let key = |surname: &str| desk.seen(surname).expect("stands").item.place.key;
        let outlook = desk.outlook();
        outlook
            .edit_contact(key("Bearbeitet"), &titled("My own words"))
            .expect("edited");
        outlook.delete(key("Geloescht")).expect("deleted");
        outlook
            .move_item(key("Umgezogen"), "contacts")
            .expect("moved");
        let writes = desk.calm().await;
        assert!(writes > 0);
        assert_eq!(
            desk.seen("Bearbeitet").expect("stands").job_title,
            "",
            "CON-20"
        );
        let back = desk.seen("Geloescht").expect("CON-21: restored");
        assert_eq!(back.item.folder_name, "SAP Contacts");
        assert_eq!(
            desk.seen("Umgezogen").expect("stands").item.folder_name,
            "SAP Contacts"
        );
        for before in made {
            let crm = desk.given.sandbox.world().crm();
            let now = crm.contact(&before.object_id).expect("stands").record;
            assert_eq!(now, before, "CON-20: not one write to the CRM");
        }
        // The CRM's edits still come down.
        let id = desk.stored("Geloescht").expect("stands").record.object_id;
        let edit = ContactForm {
            job_title: Some("Buyer".into()),
            ..ContactForm::default()
        };
        desk.screen(|person| person.edit(&id, &edit));
        desk.calm().await;
        assert_eq!(desk.seen("Geloescht").expect("stands").job_title, "Buyer");
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-20, CON-21 (ours), CON-22: what is new in a read-only folder stays where it is, does not go up, and says why.
#[tokio::test(flavor = "multi_thread")]
async fn new_items_in_read_only_folders_stay_and_say_why() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.contacts_read_only = true;
            settings.mirror.accounts_read_only = true;
            settings.mirror.individual_customers_read_only = true;
        })
        .await;
        desk.contact("SAP Contacts", &named("Rosa", "Neumann"));
        desk.contact("SAP Individual Customers", &named("Emil", "Privat"));
        let company = ContactEdit {
            company: Some("Nordwerk".into()),
            ..ContactEdit::default()
        };
        desk.contact("SAP Accounts", &company);
        desk.calm().await;
        assert!(desk.stored("Neumann").is_none());
        assert!(desk.stored_customer("Privat").is_none());
        assert!(desk.stored_account("Nordwerk").is_none());
        assert_eq!(
            desk.contacts().len(),
            3,
            "CON-21: the user's only copies stay"
        );
        let issues = desk.issues().await;
        assert_eq!(issues.len(), 3);
        for issue in &issues {
            assert_eq!(issue.code, "read_only_kind");
            assert!(issue.message.contains("read only"), "{}", issue.message);
        }
        // Once the switch is off they go up.
        desk.node.set(|settings| {
            settings.mirror.contacts_read_only = false;
            settings.mirror.accounts_read_only = false;
            settings.mirror.individual_customers_read_only = false;
        });
        let outlook = desk.outlook();
        for contact in desk.contacts() {
            outlook
                .edit_contact(contact.item.place.key, &titled("Edited"))
                .expect("edited");
        }
        desk.calm().await;
        assert!(desk.stored("Neumann").is_some());
        assert!(desk.issues().await.is_empty(), "settled");
    })
    .await;
}

/// CON-21: also a record that no longer passes the filter is restored, for it was mirrored.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_comes_back_although_nothing_new_comes_down() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let made = desk.contact("SAP Contacts", &named("Rosa", "Neumann"));
        desk.calm().await;
        desk.node.set(|settings| {
            settings.mirror.contacts_read_only = true;
            settings.mirror.contacts_from_crm = false;
        });
        desk.outlook().delete(made).expect("deleted");
        desk.calm().await;
        assert!(desk.seen("Neumann").is_some(), "CON-21");
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-20 to CON-22: accounts and individual customers are restored as contacts are.
#[tokio::test(flavor = "multi_thread")]
async fn read_only_accounts_and_individual_customers_are_restored() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let company = |name: &str| ContactEdit {
            company: Some(name.into()),
            ..ContactEdit::default()
        };
        for name in ["Nordwerk", "Suedwerk", "Westwerk"] {
            desk.contact("SAP Accounts", &company(name));
        }
        for surname in ["Bearbeitet", "Geloescht", "Umgezogen"] {
            desk.contact("SAP Individual Customers", &named("Emil", surname));
        }
        desk.calm().await;
        desk.node.set(|settings| {
            settings.mirror.accounts_read_only = true;
            settings.mirror.individual_customers_read_only = true;
        });
        let before = {
            let crm = desk.given.sandbox.world().crm();
            (crm.accounts(), crm.individual_customers())
        };
        let at = |name: &str| {
            let all = desk.contacts().into_iter();
            let mut named = all.filter(|one| one.company == name || one.surname == name);
            named.next().expect("stands")
        };
        let outlook = desk.outlook();
        for name in ["Nordwerk", "Bearbeitet"] {
            let mail = [("EmailAddress1".to_owned(), "own@words.example".to_owned())];
            let edit = ContactEdit {
                emails: mail.into(),
                ..ContactEdit::default()
            };
            let edited = outlook.edit_contact(at(name).item.place.key, &edit);
            edited.expect("edited");
        }
        for name in ["Suedwerk", "Geloescht"] {
            outlook.delete(at(name).item.place.key).expect("deleted");
        }
        for name in ["Westwerk", "Umgezogen"] {
            let moved = outlook.move_item(at(name).item.place.key, "contacts");
            moved.expect("moved");
        }
        desk.calm().await;
        assert_eq!(desk.contacts().len(), 6);
        for (folder, names) in [
            ("SAP Accounts", ["Nordwerk", "Suedwerk", "Westwerk"]),
            (
                "SAP Individual Customers",
                ["Bearbeitet", "Geloescht", "Umgezogen"],
            ),
        ] {
            for name in names {
                let seen = at(name);
                assert_eq!(seen.item.folder_name, folder, "CON-21 {name}");
                let mail = seen.emails.get("EmailAddress1").cloned();
                assert_eq!(mail.unwrap_or_default(), "", "CON-20 {name}");
            }
        }
        let crm = || {
            let crm = desk.given.sandbox.world().crm();
            (crm.accounts(), crm.individual_customers())
        };
        assert_eq!(crm(), before, "CON-20: not one write to the CRM");
        desk.assert_at_rest().await;
    })
    .await;
}
