//! What comes down (5.2).

use ssi_sandbox::crm::{AccountForm, ContactForm, IndividualCustomerForm};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
    given::CATEGORY,
};

fn form(first: &str, last: &str) -> ContactForm {
    ContactForm {
        first_name: Some(first.into()),
        last_name: Some(last.into()),
        ..ContactForm::default()
    }
}

/// CON-01, CON-10: what Anna owns in the CRM appears in the folder of its kind, once; what nobody or somebody else
/// owns does not.
#[tokio::test(flavor = "multi_thread")]
async fn records_of_the_owner_come_down_to_their_folders() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.crm_contact(form("Hugo", "Unten"));
        desk.crm_account(AccountForm {
            name: Some("Unten AG".into()),
            ..AccountForm::default()
        });
        desk.crm_customer(IndividualCustomerForm {
            first_name: Some("Petra".into()),
            last_name: Some("Privat".into()),
            ..IndividualCustomerForm::default()
        });
        desk.screen(|person| person.create(&form("Otto", "Fremd")));
        desk.calm().await;
        let all = desk.contacts();
        assert_eq!(all.len(), 3, "{all:#?}");
        let hugo = desk.seen("Unten").expect("CON-10");
        assert_eq!(hugo.item.folder_name, "SAP Contacts");
        assert_eq!(hugo.item.categories, [CATEGORY]);
        assert_eq!(
            (hugo.given_name.as_str(), hugo.display_name.as_str()),
            ("Hugo", "Hugo Unten")
        );
        let account = all
            .iter()
            .find(|one| one.company == "Unten AG")
            .expect("CON-10");
        assert_eq!(account.item.folder_name, "SAP Accounts");
        assert_eq!(account.item.categories, ["Account"]);
        let petra = desk.seen("Privat").expect("CON-10");
        assert_eq!(petra.item.folder_name, "SAP Individual Customers");
        assert_eq!(petra.item.categories, ["Individual Customer"]);
        desk.assert_at_rest().await;
        assert_eq!(desk.contacts().len(), 3);
    })
    .await;
}

/// CON-10: the filter stops what comes down, never what goes up.
#[tokio::test(flavor = "multi_thread")]
async fn do_not_synchronize_stops_only_the_way_down() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.contacts_from_crm = false;
        })
        .await;
        desk.crm_contact(form("Hugo", "Unten"));
        desk.contact("SAP Contacts", &named("Rosa", "Oben"));
        desk.calm().await;
        assert!(desk.seen("Unten").is_none(), "CON-10");
        assert!(desk.stored("Oben").is_some(), "KBA 2813038");
        // What was mirrored before stays mirrored.
        let id = desk.stored("Oben").expect("stands").record.object_id;
        desk.screen(|person| {
            person.edit(
                &id,
                &ContactForm {
                    job_title: Some("Buyer".into()),
                    ..ContactForm::default()
                },
            )
        });
        desk.calm().await;
        assert_eq!(desk.seen("Oben").expect("stands").job_title, "Buyer");
    })
    .await;
}

/// 5.3: what changes in the CRM changes in the mailbox, field by field, and the other way round.
#[tokio::test(flavor = "multi_thread")]
async fn changes_travel_both_ways_at_once_in_different_fields() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let id = desk.crm_contact(form("Hugo", "Unten"));
        desk.calm().await;
        let item = desk.seen("Unten").expect("came down");
        desk.screen(|person| {
            person.edit(
                &id,
                &ContactForm {
                    job_title: Some("Head of buying".into()),
                    ..ContactForm::default()
                },
            )
        });
        let edit = ssi_sandbox::exchange::ContactEdit {
            department: Some("Purchasing".into()),
            ..ssi_sandbox::exchange::ContactEdit::default()
        };
        desk.outlook()
            .edit_contact(item.item.place.key, &edit)
            .expect("edited");
        desk.calm().await;
        let item = desk.seen("Unten").expect("stands");
        let record = desk.stored("Unten").expect("stands");
        for (title, department) in [
            (item.job_title, item.department),
            (record.job_title, record.department),
        ] {
            assert_eq!(
                (title.as_str(), department.as_str()),
                ("Head of buying", "Purchasing")
            );
        }
        assert!(
            desk.issues().await.is_empty(),
            "no field was changed on both sides"
        );
        desk.assert_at_rest().await;
    })
    .await;
}
