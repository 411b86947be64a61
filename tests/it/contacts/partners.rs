//! Accounts and individual customers, field by field in both directions (6.2, 6.3).

use std::collections::BTreeMap;

use ssi_sandbox::{
    crm::{AccountForm, AddressView, IndividualCustomerForm, PostalForm},
    exchange::{Body, ContactEdit, ContactView, PostalAddress},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
};

fn entries(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    entries.iter().map(owned).collect()
}

/// Street, city, state, country, postal code, as the mailbox shows them.
fn shown(contact: &ContactView, key: &str) -> [String; 5] {
    let one = contact.addresses.get(key).cloned().unwrap_or_default();
    [
        one.street,
        one.city,
        one.state,
        one.country,
        one.postal_code,
    ]
}

/// Street, number, city, state, country, postal code, as the CRM keeps them.
fn kept(one: &AddressView) -> [&str; 6] {
    [
        &one.street,
        &one.house_number,
        &one.city,
        &one.state,
        &one.country,
        &one.postal_code,
    ]
}

fn baker_street(state: &str) -> PostalAddress {
    PostalAddress {
        street: "221B Baker Street".into(),
        city: "Springfield".into(),
        state: state.into(),
        country: "Vereinigte Staaten".into(),
        postal_code: "62701".into(),
    }
}

/// Ring 5 in the CRM's own form.
fn ring() -> PostalForm {
    PostalForm {
        street: Some("Ring".into()),
        house_number: Some("5".into()),
        postal_code: Some("2000".into()),
        city: Some("Sydney".into()),
        state: Some("NSW".into()),
        country: Some("AU".into()),
    }
}

/// 6.2, INV-3, INV-4
#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_an_account_travels_both_ways() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let key = desk.contact(
            "SAP Accounts",
            &ContactEdit {
                company: Some("Holmes Ltd".into()),
                emails: entries(&[("EmailAddress1", "office@holmes.example")]),
                phones: entries(&[("BusinessPhone", "+1 217 1"), ("BusinessFax", "+1 217 2")]),
                addresses: [("Business".to_owned(), baker_street("Illinois"))].into(),
                notes: Some(Body::plain("Pays late.")),
                ..ContactEdit::default()
            },
        );
        desk.calm().await;
        let stored = desk.stored_account("Holmes Ltd").expect("up");
        assert_eq!(stored.address, "office@holmes.example");
        assert_eq!(
            (stored.phone.as_str(), stored.fax.as_str()),
            ("+1 217 1", "+1 217 2")
        );
        assert_eq!(
            kept(&stored.postal_address),
            ["Baker Street", "221B", "Springfield", "IL", "US", "62701"]
        );
        assert_eq!(stored.record.notes[0].text.trim(), "Pays late.");
        // What was written there stands as its owner wrote it.
        let seen = desk.outlook().contact(key).expect("stands");
        assert_eq!(shown(&seen, "Business")[0], "221B Baker Street");
        assert_eq!(shown(&seen, "Business")[3], "Vereinigte Staaten");

        let id = stored.record.object_id;
        desk.screen(|person| {
            person.edit(
                &id,
                &AccountForm {
                    name: Some("Holmes & Co".into()),
                    address: Some("info@holmes.example".into()),
                    phone: Some("+61 2 1".into()),
                    fax: Some("+61 2 2".into()),
                    web_site: Some("https://holmes.example".into()),
                    postal_address: ring(),
                    note: Some("Pays at once.".into()),
                    ..AccountForm::default()
                },
            )
        });
        desk.calm().await;
        let seen = desk.outlook().contact(key).expect("stands");
        assert_eq!(seen.company, "Holmes & Co");
        assert_eq!(seen.emails["EmailAddress1"], "info@holmes.example");
        assert_eq!(seen.phones["BusinessPhone"], "+61 2 1");
        assert_eq!(seen.phones["BusinessFax"], "+61 2 2");
        assert_eq!(
            shown(&seen, "Business"),
            ["Ring 5", "Sydney", "NSW", "Australia", "2000"]
        );
        assert_eq!(seen.item.text.trim(), "Pays at once.");
        desk.assert_at_rest().await;
    })
    .await;
}

/// 6.2, INV-3, INV-4
#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_an_individual_customer_travels_both_ways() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let key = desk.contact(
            "SAP Individual Customers",
            &ContactEdit {
                middle_name: Some("Maria".into()),
                emails: entries(&[("EmailAddress1", "rosa@home.example")]),
                phones: entries(&[
                    ("HomePhone", "+1 217 1"),
                    ("MobilePhone", "+1 217 3"),
                    ("HomeFax", "+1 217 2"),
                ]),
                addresses: [("Home".to_owned(), baker_street("IL"))].into(),
                birthday: Some(Some("1980-02-29".parse().expect("a day"))),
                notes: Some(Body::plain("Likes tea.")),
                ..named("Rosa", "Privat")
            },
        );
        desk.calm().await;
        let stored = desk.stored_customer("Privat").expect("up");
        assert_eq!(stored.first_name, "Rosa");
        assert_eq!(stored.record.field("MiddleName"), "Maria");
        assert_eq!(stored.address, "rosa@home.example");
        assert_eq!(
            (stored.phone.as_str(), stored.mobile.as_str()),
            ("+1 217 1", "+1 217 3")
        );
        assert_eq!(stored.record.field("Fax"), "+1 217 2");
        assert!(stored.record.field("BirthDate").starts_with("1980-02-29"));
        assert_eq!(
            kept(&stored.postal_address),
            ["Baker Street", "221B", "Springfield", "IL", "US", "62701"]
        );
        assert_eq!(stored.record.notes[0].text.trim(), "Likes tea.");

        let id = stored.record.object_id;
        desk.screen(|person| {
            person.edit(
                &id,
                &IndividualCustomerForm {
                    first_name: Some("Rosalie".into()),
                    address: Some("rosalie@home.example".into()),
                    phone: Some("+61 2 1".into()),
                    mobile: Some("+61 2 3".into()),
                    postal_address: ring(),
                    note: Some("Likes coffee.".into()),
                    ..IndividualCustomerForm::default()
                },
            )
        });
        desk.calm().await;
        let seen = desk.outlook().contact(key).expect("stands");
        assert_eq!(seen.given_name, "Rosalie");
        assert_eq!(seen.emails["EmailAddress1"], "rosalie@home.example");
        assert_eq!(seen.phones["HomePhone"], "+61 2 1");
        assert_eq!(seen.phones["MobilePhone"], "+61 2 3");
        assert_eq!(
            shown(&seen, "Home"),
            ["Ring 5", "Sydney", "NSW", "Australia", "2000"]
        );
        assert_eq!(seen.item.text.trim(), "Likes coffee.");
        desk.assert_at_rest().await;
    })
    .await;
}
