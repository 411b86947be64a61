//! The private telephone and address of contacts (CON-40).

use std::collections::BTreeMap;

use ssi_sandbox::{
    crm::{ContactForm, Schema, Value},
    exchange::{ContactEdit, PostalAddress},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
};

/// Properties of the addresses of a contact, in the order of their creation.
fn homes(desk: &Desk, contact: &str) -> Vec<BTreeMap<&'static str, String>> {
    let crm = desk.given.sandbox.world().crm();
    let set = Schema::standard()
        .set("ContactPersonalAddressCollection")
        .expect("a set");
    let rows = crm.rows(set.name);
    let own = rows
        .into_iter()
        .filter(|row| crm.text(set, row, "ParentObjectID") == contact);
    let names = [
        "Phone",
        "Street",
        "HouseNumber",
        "City",
        "StreetPostalCode",
        "CountryCode",
        "EMail",
    ];
    own.map(|row| names.map(|name| (name, crm.text(set, row, name))).into())
        .collect()
}

fn card(street: &str, phone: &str) -> ContactEdit {
    let home = PostalAddress {
        street: street.into(),
        city: "Bonn".into(),
        postal_code: "53111".into(),
        country: "Germany".into(),
        ..PostalAddress::default()
    };
    ContactEdit {
        phones: BTreeMap::from([("HomePhone".to_owned(), phone.to_owned())]),
        addresses: [("Home".to_owned(), home)].into(),
        ..ContactEdit::default()
    }
}

/// Rosa with a private address.
fn rosa() -> ContactEdit {
    let ContactEdit {
        phones, addresses, ..
    } = card("Ring 5", "+49 228 1");
    ContactEdit {
        phones,
        addresses,
        ..named("Rosa", "Daheim")
    }
}

async fn desk(database: &ssi_tests::db::Database) -> Desk {
    Desk::open_with(database, |settings| settings.mirror.home_address = true).await
}

/// CON-40: they go up into the node of private addresses, one row for one address, and are edited there.
#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_goes_up_and_is_one_row() {
    on_both(|database| async move {
        let desk = desk(&database).await;
        let full = rosa();
        let key = desk.contact("SAP Contacts", &full);
        desk.calm().await;
        let id = desk.stored("Daheim").expect("up").record.object_id;
        let stored = homes(&desk, &id);
        assert_eq!(stored.len(), 1, "{stored:?}");
        let home = &stored[0];
        assert_eq!(
            (home["Street"].as_str(), home["HouseNumber"].as_str()),
            ("Ring", "5")
        );
        assert_eq!(
            (home["Phone"].as_str(), home["City"].as_str()),
            ("+49 228 1", "Bonn")
        );
        assert_eq!(
            (
                home["StreetPostalCode"].as_str(),
                home["CountryCode"].as_str()
            ),
            ("53111", "DE")
        );
        desk.assert_at_rest().await;

        let edit = card("Ring 7", "+49 228 2");
        desk.outlook().edit_contact(key, &edit).expect("edited");
        desk.calm().await;
        let stored = homes(&desk, &id);
        assert_eq!(stored.len(), 1, "{stored:?}");
        assert_eq!(
            (
                stored[0]["HouseNumber"].as_str(),
                stored[0]["Phone"].as_str()
            ),
            ("7", "+49 228 2")
        );
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-40: of several private addresses the main one comes down, and no other is ever touched.
#[tokio::test(flavor = "multi_thread")]
async fn the_main_private_address_comes_down() {
    on_both(|database| async move {
        let desk = desk(&database).await;
        let id = desk.crm_contact(ContactForm {
            last_name: Some("Unten".into()),
            ..ContactForm::default()
        });
        let add = |city: &str, main: bool| {
            let row = vec![
                ("City", Value::text(city)),
                ("Phone", Value::text(format!("+49 {}", city.len()))),
                ("EMail", Value::text("private@home.example")),
                ("MainPersonalAddress", Value::Bool(main)),
            ];
            let node = "ContactPersonalAddressCollection";
            desk.screen(|person| person.add_row(node, &id, row));
        };
        add("Nebenort", false);
        add("Bonn", true);
        desk.calm().await;
        let seen = desk.seen("Unten").expect("down");
        assert_eq!(seen.addresses["Home"].city, "Bonn");
        assert_eq!(seen.phones["HomePhone"], "+49 4");

        let key = seen.item.place.key;
        desk.outlook()
            .edit_contact(key, &card("Ring 5", "+49 228 1"))
            .expect("edited");
        desk.calm().await;
        let stored = homes(&desk, &id);
        assert_eq!(stored.len(), 2, "{stored:?}");
        assert_eq!(stored[0]["City"], "Nebenort", "the other is as it was");
        assert_eq!(stored[0]["Phone"], "+49 8");
        assert_eq!(stored[1]["Street"], "Ring");
        assert_eq!(
            stored[1]["EMail"], "private@home.example",
            "what is not mapped stays"
        );
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-40: switched off, as it is by default, nothing private leaves the mailbox; switched on later it travels.
#[tokio::test(flavor = "multi_thread")]
async fn switched_off_nothing_private_travels() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let full = rosa();
        let key = desk.contact("SAP Contacts", &full);
        desk.calm().await;
        let id = desk.stored("Daheim").expect("up").record.object_id;
        assert!(homes(&desk, &id).is_empty());

        desk.node
            .set(|settings| settings.mirror.home_address = true);
        let edit = ContactEdit {
            job_title: Some("Buyer".into()),
            ..ContactEdit::default()
        };
        desk.outlook().edit_contact(key, &edit).expect("edited");
        desk.calm().await;
        assert_eq!(homes(&desk, &id).len(), 1);
        assert!(desk.issues().await.is_empty());
        desk.assert_at_rest().await;
    })
    .await;
}
