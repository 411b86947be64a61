//! Fields of both sides (5.6, 6.1, 6.2).

use std::collections::BTreeMap;

use ssi_sandbox::{
    crm::{ContactForm, PostalForm, Switch},
    exchange::{Body, ContactEdit, PostalAddress},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
};

fn entries(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    entries.iter().map(owned).collect()
}

fn full() -> ContactEdit {
    ContactEdit {
        middle_name: Some("Maria".into()),
        job_title: Some("Buyer".into()),
        department: Some("Purchasing".into()),
        emails: entries(&[("EmailAddress1", "rosa@neumann.example")]),
        phones: entries(&[
            ("BusinessPhone", "+49 (6227) 7-4747"),
            ("MobilePhone", "+49 170 1234567"),
            ("BusinessFax", "+49 6227 7-4748"),
            ("Pager", "17"),
        ]),
        addresses: [(
            "Business".to_owned(),
            PostalAddress {
                street: "Hauptstraße 1".into(),
                city: "Walldorf".into(),
                state: "Baden-Württemberg".into(),
                country: "Germany".into(),
                postal_code: "69190".into(),
            },
        )]
        .into(),
        birthday: Some(Some("1980-02-29".parse().expect("a day"))),
        notes: Some(Body::plain("Likes tea.\nHas a dog.")),
        ..named("Rosa", "Neumann")
    }
}

/// 6.2: every mapped field goes up, and nothing is written again.
#[tokio::test(flavor = "multi_thread")]
async fn all_mapped_fields_of_a_contact_go_up_and_stay() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let key = desk.contact("SAP Contacts", &full());
        let before = desk.outlook().contact(key).expect("stands");
        desk.calm().await;
        let stored = desk.stored("Neumann").expect("up");
        assert_eq!(stored.first_name, "Rosa");
        assert_eq!(stored.middle_name, "Maria");
        assert_eq!(stored.job_title, "Buyer");
        assert_eq!(stored.department, "Purchasing");
        assert_eq!(stored.address, "rosa@neumann.example");
        assert_eq!(stored.phone, "+49 (6227) 7-4747");
        assert_eq!(stored.mobile, "+49 170 1234567");
        assert_eq!(stored.fax, "+49 6227 7-4748");
        let address = &stored.business_address;
        assert_eq!(address.street, "Hauptstraße");
        assert_eq!(address.house_number, "1");
        // No code of the CRM is known for it: it stays here, and nobody is asked about it.
        assert_eq!(address.state, "");
        assert!(desk.issues().await.is_empty());
        assert_eq!(address.city, "Walldorf");
        assert_eq!(address.postal_code, "69190");
        assert_eq!(address.country, "DE");
        assert!(stored.record.field("BirthDate").starts_with("1980-02-29"));
        assert_eq!(stored.record.notes[0].text.trim(), "Likes tea.\nHas a dog.");
        let mut after = desk.outlook().contact(key).expect("stands");
        after.item = before.item.clone();
        assert_eq!(after, before, "the mailbox's own fields are as they were");
        desk.assert_at_rest().await;
    })
    .await;
}

/// 6.2: the CRM's fields come down, and clearing one clears it.
#[tokio::test(flavor = "multi_thread")]
async fn all_mapped_fields_of_a_contact_come_down() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let id = desk.crm_contact(ContactForm {
            first_name: Some("Hugo".into()),
            last_name: Some("Unten".into()),
            job_title: Some("Seller".into()),
            department: Some("Sales".into()),
            address: Some("hugo@unten.example".into()),
            phone: Some("+49 30 1".into()),
            mobile: Some("+49 171 2".into()),
            business_address: PostalForm {
                street: Some("Ring".into()),
                house_number: Some("5".into()),
                city: Some("Berlin".into()),
                postal_code: Some("10115".into()),
                country: Some("DE".into()),
                ..PostalForm::default()
            },
            note: Some("Prefers mornings.".into()),
            ..ContactForm::default()
        });
        desk.calm().await;
        let seen = desk.seen("Unten").expect("down");
        assert_eq!(
            seen.emails.get("EmailAddress1").map(String::as_str),
            Some("hugo@unten.example")
        );
        assert_eq!(
            seen.phones.get("BusinessPhone").map(String::as_str),
            Some("+49 30 1")
        );
        assert_eq!(
            seen.phones.get("MobilePhone").map(String::as_str),
            Some("+49 171 2")
        );
        let address = &seen.addresses["Business"];
        assert_eq!(
            (
                address.street.as_str(),
                address.city.as_str(),
                address.postal_code.as_str()
            ),
            ("Ring 5", "Berlin", "10115")
        );
        assert_eq!(address.country, "Germany");
        assert_eq!(seen.item.text.trim(), "Prefers mornings.");
        desk.screen(|person| {
            person.edit(
                &id,
                &ContactForm {
                    mobile: Some(String::new()),
                    note: Some(String::new()),
                    ..ContactForm::default()
                },
            )
        });
        desk.calm().await;
        let seen = desk.seen("Unten").expect("stands");
        assert!(
            !seen.phones.contains_key("MobilePhone"),
            "{:?}",
            seen.phones
        );
        assert_eq!(seen.item.text.trim(), "");
        assert_eq!(
            seen.phones.get("BusinessPhone").map(String::as_str),
            Some("+49 30 1")
        );
        desk.assert_at_rest().await;
    })
    .await;
}

/// INV-4: a tenant that writes numbers its own way, and one that is spelled anew on either side, change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_number_in_two_spellings_is_no_change() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.given.sandbox.world().crm().settings.spaces_phones = Switch::On;
        let key = desk.contact("SAP Contacts", &full());
        desk.calm().await;
        let stored = desk.stored("Neumann").expect("up");
        assert_ne!(
            stored.phone, "+49 (6227) 7-4747",
            "the tenant spells it its own way"
        );
        desk.assert_at_rest().await;
        let phone =
            |key: u64| desk.outlook().contact(key).expect("stands").phones["BusinessPhone"].clone();
        assert_eq!(phone(key), "+49 (6227) 7-4747");
        // Somebody spells it anew on both sides at once: the same number, no collision, no write.
        let respelled = ContactEdit {
            phones: entries(&[("BusinessPhone", "0049 (0)6227 74747")]),
            ..ContactEdit::default()
        };
        desk.outlook()
            .edit_contact(key, &respelled)
            .expect("edited");
        desk.screen(|person| {
            person.edit(
                &stored.record.object_id,
                &ContactForm {
                    phone: Some("+49/6227/74747".into()),
                    ..ContactForm::default()
                },
            )
        });
        assert_eq!(desk.calm().await, 0, "INV-4");
        assert!(desk.issues().await.is_empty(), "INV-2: no collision");
        assert_eq!(phone(key), "0049 (0)6227 74747", "kept as written");
    })
    .await;
}

/// Fields that no row maps are nobody's business: they stand as they were on both sides.
#[tokio::test(flavor = "multi_thread")]
async fn unmapped_fields_stay_untouched_on_both_sides() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let key = desk.contact("SAP Contacts", &full());
        desk.calm().await;
        let id = desk.stored("Neumann").expect("up").record.object_id;
        desk.screen(|person| {
            person.edit(
                &id,
                &ContactForm {
                    title: Some("0001".into()),
                    job_title: Some("Head".into()),
                    ..ContactForm::default()
                },
            )
        });
        let pager = ContactEdit {
            phones: entries(&[("Pager", "18")]),
            department: Some("Stores".into()),
            ..ContactEdit::default()
        };
        desk.outlook().edit_contact(key, &pager).expect("edited");
        desk.calm().await;
        let seen = desk.seen("Neumann").expect("stands");
        assert_eq!(seen.phones["Pager"], "18");
        assert_eq!(
            (seen.job_title.as_str(), seen.department.as_str()),
            ("Head", "Stores")
        );
        let stored = desk.stored("Neumann").expect("stands");
        assert_eq!(stored.title, "0001");
        assert_eq!(
            (stored.job_title.as_str(), stored.department.as_str()),
            ("Head", "Stores")
        );
        desk.assert_at_rest().await;
    })
    .await;
}
