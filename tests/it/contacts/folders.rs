//! What goes up, and as what (5.1).

use ssi_sandbox::exchange::ContactEdit;
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
    given::CATEGORY,
};

fn marked(surname: &str, category: &str) -> ContactEdit {
    ContactEdit {
        categories: Some(vec![category.into()]),
        company: Some(format!("{surname} Works")),
        ..named("Rosa", surname)
    }
}

/// CON-01, CON-02: whatever lies in a folder of ours goes up as what the folder says.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_says_what_its_contacts_become() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.contact("SAP Contacts", &named("Rosa", "Neumann"));
        desk.contact("SAP Individual Customers", &named("Emil", "Privat"));
        let company = ContactEdit {
            company: Some("Nordwerk".into()),
            ..ContactEdit::default()
        };
        desk.contact("SAP Accounts", &company);
        desk.calm().await;
        assert_eq!(desk.stored("Neumann").expect("CON-01").first_name, "Rosa");
        assert_eq!(
            desk.stored_customer("Privat").expect("CON-01").first_name,
            "Emil"
        );
        assert!(desk.stored_account("Nordwerk").is_some(), "CON-01");
        assert!(desk.stored("Privat").is_none() && desk.stored_customer("Neumann").is_none());
        // The next thing an importer puts there goes up too (CON-02), without a category of its own.
        desk.contact("SAP Contacts", &named("Ida", "Import"));
        desk.calm().await;
        assert!(desk.stored("Import").is_some(), "CON-02");
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-01: a category works from the standard folder; the item moves to the folder of its kind and is the same
/// pair from there on.
#[tokio::test(flavor = "multi_thread")]
async fn a_category_makes_a_record_and_moves_the_item_home() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.contact("contacts", &marked("Kern", CATEGORY));
        desk.contact("contacts", &marked("Firma", "Account"));
        desk.contact("contacts", &marked("Privat", "Individual Customer"));
        let plain = desk.contact("contacts", &named("Nur", "Meins"));
        desk.calm().await;
        let folder = |surname: &str| desk.seen(surname).expect("stands").item.folder_name;
        assert_eq!(folder("Kern"), "SAP Contacts");
        assert_eq!(folder("Firma"), "SAP Accounts");
        assert_eq!(folder("Privat"), "SAP Individual Customers");
        assert!(desk.stored("Kern").is_some());
        assert!(desk.stored_account("Firma Works").is_some());
        assert!(desk.stored_customer("Privat").is_some());
        let mine = desk.outlook().contact(plain).expect("stands");
        assert_eq!(mine.item.folder_name, "Contacts", "nobody asked for it");
        assert!(mine.item.categories.is_empty() && desk.stored("Meins").is_none());

        let moved = desk.seen("Kern").expect("stands");
        let rename = ContactEdit {
            job_title: Some("Buyer".into()),
            ..ContactEdit::default()
        };
        desk.outlook()
            .edit_contact(moved.item.place.key, &rename)
            .expect("edited");
        desk.calm().await;
        assert_eq!(desk.stored("Kern").expect("stands").job_title, "Buyer");
        let all = desk.given.sandbox.world().crm().contacts();
        let kerns = all
            .iter()
            .filter(|contact| contact.last_name == "Kern")
            .count();
        assert_eq!(kerns, 1, "INV-1: moved is not made again");
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-01: taking the category off an item in the standard folder, or the item out of our folder, ends the mirror;
/// the record stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_taken_out_of_its_folder_is_mirrored_no_more() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let made = desk.contact("SAP Contacts", &named("Rosa", "Neumann"));
        desk.calm().await;
        let outlook = desk.outlook();
        let moved = outlook.move_item(made, "contacts").expect("moved");
        outlook.set_categories(moved, &[]).expect("category off");
        desk.calm().await;
        let edit = ContactEdit {
            job_title: Some("Nobody's business".into()),
            ..ContactEdit::default()
        };
        outlook.edit_contact(moved, &edit).expect("edited");
        desk.calm().await;
        assert_eq!(desk.stored("Neumann").expect("stays").job_title, "");
        assert_eq!(desk.contacts().len(), 1, "and it is not brought down again");
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-03: individual customers have a switch of their own, contacts another.
#[tokio::test(flavor = "multi_thread")]
async fn kinds_that_are_switched_off_are_left_alone() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.individual_customers = false;
        })
        .await;
        desk.contact("SAP Contacts", &named("Rosa", "Neumann"));
        let made = desk.contact("contacts", &marked("Privat", "Individual Customer"));
        desk.calm().await;
        assert!(desk.stored("Neumann").is_some());
        assert!(desk.stored_customer("Privat").is_none(), "CON-03");
        let left = desk.outlook().contact(made).expect("stands");
        assert_eq!(left.item.folder_name, "Contacts");
    })
    .await;
}
