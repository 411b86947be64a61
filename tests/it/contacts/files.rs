//! Contacts from the address books of other programs, to the CRM and back.

use std::{collections::BTreeMap, fs, path::Path};

use ssi_sandbox::{
    calendar_file::{self, FileContact, Typed},
    exchange::{Body, ContactEdit, ContactView, PostalAddress},
};
use ssi_tests::{db::on_both, desk::Desk};

/// How an importer puts a card into Outlook's form.
fn edit(card: &FileContact) -> ContactEdit {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let is = |one: &Typed<String>, kind: &str| one.kinds.iter().any(|known| known == kind);
    let mut phones = BTreeMap::new();
    for phone in &card.phones {
        let key = match () {
            () if is(phone, "fax") => "BusinessFax",
            () if is(phone, "cell") => "MobilePhone",
            () if is(phone, "home") => "HomePhone",
            () => "BusinessPhone",
        };
        phones
            .entry(key.to_owned())
            .or_insert_with(|| phone.value.clone());
    }
    let emails = card.emails.iter().take(3).enumerate();
    let emails = emails.map(|(at, email)| (format!("EmailAddress{}", at + 1), email.value.clone()));
    let mut addresses = BTreeMap::new();
    for address in &card.addresses {
        let home = address.kinds.iter().any(|kind| kind == "home");
        let key = if home { "Home" } else { "Business" };
        addresses
            .entry(key.to_owned())
            .or_insert_with(|| PostalAddress {
                street: address.value.street.clone(),
                city: address.value.city.clone(),
                state: address.value.region.clone(),
                country: address.value.country.clone(),
                postal_code: address.value.postal_code.clone(),
            });
    }
    ContactEdit {
        given_name: text(&card.first),
        middle_name: text(&card.middle),
        surname: text(&card.last),
        display_name: text(&card.name),
        company: text(&card.organization),
        job_title: text(&card.title),
        department: text(&card.units.join(", ")),
        emails: emails.collect(),
        phones,
        addresses,
        birthday: Some(card.birthday),
        notes: text(&card.note).map(|note| Body::plain(&note)),
        ..ContactEdit::default()
    }
}

/// What of a contact two mailboxes must agree on: everything the tables map.
fn mapped(contact: &ContactView) -> BTreeMap<&'static str, String> {
    let entry = |entries: &BTreeMap<String, String>, key: &str| {
        entries.get(key).cloned().unwrap_or_default()
    };
    let address = contact
        .addresses
        .get("Business")
        .cloned()
        .unwrap_or_default();
    [
        ("given name", contact.given_name.clone()),
        ("middle name", contact.middle_name.clone()),
        ("surname", contact.surname.clone()),
        ("job title", contact.job_title.clone()),
        ("department", contact.department.clone()),
        ("email", entry(&contact.emails, "EmailAddress1")),
        ("phone", entry(&contact.phones, "BusinessPhone")),
        ("mobile", entry(&contact.phones, "MobilePhone")),
        ("fax", entry(&contact.phones, "BusinessFax")),
        (
            "street",
            address.street.replace("\r\n", " ").replace('\n', " "),
        ),
        ("city", address.city),
        ("postal code", address.postal_code),
        (
            "birthday",
            contact
                .birthday
                .map(|day| day.to_string())
                .unwrap_or_default(),
        ),
        ("notes", contact.item.text.trim().replace("\r\n", "\n")),
    ]
    .into()
}

/// Every card: up to the CRM from one mailbox, down into another folder from there, nothing lost on the way. Names
/// that had to be taken apart come down in their parts.
#[tokio::test(flavor = "multi_thread")]
async fn every_card_survives_the_way_to_the_crm_and_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vcf");
    let mut cards = Vec::new();
    for file in fs::read_dir(folder).expect("the fixtures") {
        let path = file.expect("a file").path();
        if path.extension().is_some_and(|ext| ext == "vcf") {
            let read = calendar_file::read_contacts(&fs::read(&path).expect("read"));
            cards.extend(read.contacts);
        }
    }
    assert!(cards.len() >= 9, "{}", cards.len());
    let cards = &cards;
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let keys: Vec<u64> = cards
            .iter()
            .map(|card| desk.contact("SAP Contacts", &edit(card)))
            .collect();
        let before: Vec<ContactView> = keys
            .iter()
            .map(|key| desk.outlook().contact(*key).expect("stands"))
            .collect();
        desk.calm().await;
        assert!(desk.issues().await.is_empty(), "{:#?}", desk.issues().await);
        let records = desk.given.sandbox.world().crm().contacts();
        // The item goes, so that the record is read only mode's to bring back: as new from the CRM's values alone.
        desk.node
            .set(|settings| settings.mirror.contacts_read_only = true);
        for key in &keys {
            desk.outlook().delete_for_good(*key).expect("deleted");
        }
        desk.calm().await;
        let after = desk.contacts();
        assert_eq!(after.len(), before.len(), "INV-1, CON-21");
        assert_eq!(
            desk.given.sandbox.world().crm().contacts(),
            records,
            "the CRM was not written"
        );
        for was in &before {
            let same = |now: &&ContactView| now.display_name == was.display_name;
            let twin = after.iter().find(same).or_else(|| {
                let email = was.emails.get("EmailAddress1");
                after
                    .iter()
                    .find(|now| now.emails.get("EmailAddress1") == email)
            });
            let now = mapped(twin.expect("came back"));
            for (field, value) in mapped(was) {
                let taken_apart = was.surname.is_empty() && field.ends_with("name");
                if !taken_apart {
                    assert_eq!(now[field], value, "{field} of {}", was.display_name);
                }
            }
        }
        desk.assert_at_rest().await;
    })
    .await;
}
