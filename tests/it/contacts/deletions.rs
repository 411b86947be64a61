//! What disappears, and what stays (5.3, decision 9).

use ssi_sandbox::{
    crm::{ContactForm, Kind},
    exchange::ContactEdit,
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
};

fn titled(title: &str) -> ContactForm {
    ContactForm {
        job_title: Some(title.into()),
        ..ContactForm::default()
    }
}

/// 5.3: a record that is gone or obsolete in the CRM takes its item along, if nobody edited that.
#[tokio::test(flavor = "multi_thread")]
async fn what_goes_in_the_crm_goes_in_the_mailbox() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        for surname in ["Obsolet", "Geloescht", "Bearbeitet", "Bleibt"] {
            desk.contact("SAP Contacts", &named("Rosa", surname));
        }
        desk.calm().await;
        let id = |surname: &str| desk.stored(surname).expect("stands").record.object_id;
        let (obsolete, gone, edited) = (id("Obsolet"), id("Geloescht"), id("Bearbeitet"));
        desk.screen(|person| person.retire(Kind::Contact, &obsolete));
        desk.screen(|person| person.purge(Kind::Contact, &gone));
        desk.screen(|person| person.purge(Kind::Contact, &edited));
        let key = desk.seen("Bearbeitet").expect("stands").item.place.key;
        let edit = ContactEdit {
            job_title: Some("Still needed".into()),
            ..ContactEdit::default()
        };
        desk.outlook().edit_contact(key, &edit).expect("edited");
        desk.calm().await;
        assert!(
            desk.seen("Obsolet").is_none(),
            "CAL-50: obsolete counts as deleted"
        );
        assert!(desk.seen("Geloescht").is_none());
        let kept = desk
            .seen("Bearbeitet")
            .expect("INV-6: an edit beats a deletion");
        assert!(
            kept.item.categories.is_empty(),
            "it says that it is mirrored no more"
        );
        assert!(desk.seen("Bleibt").is_some());
        assert!(
            desk.stored("Geloescht").is_none() && desk.stored("Bearbeitet").is_none(),
            "INV-5"
        );
        desk.assert_at_rest().await;
        assert!(
            desk.stored("Bearbeitet").is_none(),
            "and it is not made again"
        );
    })
    .await;
}

/// Decision 9: out of one's address book is not out of the CRM, and it does not come back.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_deleted_in_the_mailbox_leaves_the_record() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let made = desk.contact("SAP Contacts", &named("Rosa", "Neumann"));
        let down = desk.crm_contact(ContactForm {
            last_name: Some("Unten".into()),
            ..ContactForm::default()
        });
        desk.calm().await;
        desk.outlook().delete(made).expect("deleted");
        let key = desk.seen("Unten").expect("came down").item.place.key;
        desk.outlook().delete_for_good(key).expect("deleted");
        desk.calm().await;
        assert_ne!(desk.stored("Neumann").expect("stays").status, "4");
        desk.screen(|person| person.edit(&down, &titled("Edited")));
        desk.calm().await;
        assert_ne!(desk.stored("Unten").expect("stays").status, "4");
        assert!(desk.contacts().is_empty(), "it does not come back");
        desk.assert_at_rest().await;
    })
    .await;
}

/// 5.3 as the original does it, when somebody asked for it: the item's deletion takes the record out of use, and one
/// that was edited meanwhile stays (INV-6).
#[tokio::test(flavor = "multi_thread")]
async fn with_the_switch_on_a_deletion_in_the_mailbox_reaches_the_crm() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.delete_contacts_in_crm = true;
        })
        .await;
        let (gone, edited, moved) = (
            desk.contact("SAP Contacts", &named("Rosa", "Geht")),
            desk.contact("SAP Contacts", &named("Rosa", "Bearbeitet")),
            desk.contact("SAP Contacts", &named("Rosa", "Umgezogen")),
        );
        desk.calm().await;
        let outlook = desk.outlook();
        outlook.delete(gone).expect("deleted");
        outlook.delete(edited).expect("deleted");
        let moved = outlook.move_item(moved, "contacts").expect("moved");
        outlook.set_categories(moved, &[]).expect("category off");
        let id = desk.stored("Bearbeitet").expect("stands").record.object_id;
        desk.screen(|person| person.edit(&id, &titled("Edited")));
        desk.calm().await;
        assert_eq!(
            desk.stored("Geht")
                .expect("partners are never erased")
                .status,
            "4"
        );
        assert_ne!(
            desk.stored("Bearbeitet").expect("stays").status,
            "4",
            "INV-6"
        );
        assert_eq!(
            desk.stored("Umgezogen").expect("stays").status,
            "4",
            "taken out of the folder"
        );
        assert!(
            desk.outlook().contact(moved).is_ok(),
            "the user's own item stays"
        );
        desk.assert_at_rest().await;
    })
    .await;
}
