//! Contacts that hurt: they stay where they are, whole, and say what to do.

use ssi_sandbox::{
    crm::{ContactForm, Schema, Value},
    exchange::{Body, ContactEdit, PostalAddress},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
};

/// CON-41: a name in one piece, a company or an address stands in for a last name; a card without anything stays and
/// says so; and what stands in is never written into the mailbox nor taken for an edit.
#[tokio::test(flavor = "multi_thread")]
async fn contacts_without_a_last_name_get_one_or_say_so() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let shown = |name: &str| ContactEdit {
            display_name: Some(name.into()),
            ..ContactEdit::default()
        };
        let key = desk.contact("SAP Contacts", &shown("Rosa Maria von der Heide"));
        desk.contact("SAP Contacts", &shown("山田 太郎"));
        desk.contact("SAP Contacts", &named("Cher", ""));
        let company = ContactEdit {
            company: Some("Nur Firma".into()),
            display_name: Some(String::new()),
            ..ContactEdit::default()
        };
        desk.contact("SAP Contacts", &company);
        let address = ContactEdit {
            emails: [(
                "EmailAddress1".to_owned(),
                "office@firma.example".to_owned(),
            )]
            .into(),
            ..ContactEdit::default()
        };
        desk.contact("SAP Contacts", &address);
        let nobody = desk.contact(
            "SAP Contacts",
            &ContactEdit {
                notes: Some(Body::plain("who was this?")),
                ..ContactEdit::default()
            },
        );
        desk.calm().await;
        let rosa = desk.stored("von der Heide").expect("taken apart");
        assert_eq!(
            (rosa.first_name.as_str(), rosa.middle_name.as_str()),
            ("Rosa", "Maria")
        );
        assert_eq!(
            desk.stored("山田").expect("family first").first_name,
            "太郎"
        );
        assert_eq!(desk.stored("Cher").expect("the only name").first_name, "");
        assert!(desk.stored("Nur Firma").is_some() && desk.stored("office").is_some());
        let issues = desk.issues().await;
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0].code, "field_missing");
        assert!(
            issues[0].message.contains("last name"),
            "{}",
            issues[0].message
        );
        assert!(desk.outlook().contact(nobody).is_ok());
        desk.assert_at_rest().await;

        // Another field is edited: the parts of the name are no edit (INV-2), in both directions.
        let edit = ContactEdit {
            job_title: Some("Buyer".into()),
            ..ContactEdit::default()
        };
        desk.outlook().edit_contact(key, &edit).expect("edited");
        desk.screen(|person| {
            person.edit(
                &rosa.record.object_id,
                &ContactForm {
                    last_name: Some("von der Aue".into()),
                    ..ContactForm::default()
                },
            )
        });
        desk.calm().await;
        let rosa = desk.stored("von der Aue").expect("the CRM's edit stands");
        assert_eq!(
            (rosa.first_name.as_str(), rosa.job_title.as_str()),
            ("Rosa", "Buyer")
        );
        assert_eq!(
            desk.outlook().contact(key).expect("stands").surname,
            "von der Aue"
        );
        desk.assert_at_rest().await;
        // The missing name is filled in: the issue is settled.
        desk.outlook()
            .edit_contact(nobody, &named("", "Jemand"))
            .expect("edited");
        desk.calm().await;
        assert!(desk.stored("Jemand").is_some() && desk.issues().await.is_empty());
    })
    .await;
}

/// CON-41: a last name that is cleared in the mailbox leaves the CRM with the names that are left.
#[tokio::test(flavor = "multi_thread")]
async fn a_cleared_last_name_is_not_cleared_in_the_crm() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let key = desk.contact("SAP Contacts", &named("Rosa", "Neumann"));
        desk.calm().await;
        let cleared = ContactEdit {
            surname: Some(String::new()),
            ..ContactEdit::default()
        };
        desk.outlook().edit_contact(key, &cleared).expect("edited");
        desk.calm().await;
        assert!(desk.stored("Rosa").is_some(), "{:?}", desk.issues().await);
        desk.assert_at_rest().await;
    })
    .await;
}

/// INV-15: what the CRM cannot hold stays in the mailbox, whole, and an issue names the fields.
#[tokio::test(flavor = "multi_thread")]
async fn values_the_crm_cannot_hold_stay_in_the_mailbox_and_are_named() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let notes = "0123456789 áéíóú\n".repeat(70_000);
        let key = desk.contact(
            "SAP Contacts",
            &ContactEdit {
                job_title: Some("Very long title ".repeat(10)),
                phones: [("BusinessPhone".to_owned(), "1".repeat(60))].into(),
                addresses: [(
                    "Business".to_owned(),
                    PostalAddress {
                        city: "Atlantis City".into(),
                        country: "Atlantis".into(),
                        ..PostalAddress::default()
                    },
                )]
                .into(),
                birthday: Some(Some("1700-01-01".parse().expect("a day"))),
                notes: Some(Body::plain(&notes)),
                ..named("Rosa", "Lang")
            },
        );
        let before = desk.outlook().contact(key).expect("stands");
        desk.calm().await;
        let stored = desk.stored("Lang").expect("stored in spite of them");
        assert_eq!(stored.job_title.chars().count(), 40);
        assert_eq!(stored.phone, "", "half a number is another number");
        assert_eq!(stored.business_address.country, "");
        assert_eq!(stored.business_address.city, "Atlantis City");
        assert_eq!(stored.record.field("BirthDate"), "");
        assert_eq!(stored.record.notes[0].text.chars().count(), 1_000_000);
        let issues = desk.issues().await;
        assert_eq!(issues.len(), 1, "{issues:#?}");
        assert_eq!(issues[0].code, "value_kept");
        for field in ["job_title", "phone", "country", "birthday", "notes"] {
            assert!(
                issues[0].message.contains(field),
                "{field} in {}",
                issues[0].message
            );
        }
        desk.assert_at_rest().await;
        let mut after = desk.outlook().contact(key).expect("stands");
        assert_eq!(after.item.text, before.item.text, "the notes are whole");
        after.item = before.item.clone();
        assert_eq!(after, before, "nothing was changed here");

        // Mended: the issue goes.
        desk.outlook()
            .edit_contact(
                key,
                &ContactEdit {
                    job_title: Some("Short".into()),
                    phones: [("BusinessPhone".to_owned(), "+49 1".to_owned())].into(),
                    addresses: [("Business".to_owned(), PostalAddress::default())].into(),
                    birthday: Some(None),
                    notes: Some(Body::plain("short")),
                    ..ContactEdit::default()
                },
            )
            .expect("edited");
        desk.calm().await;
        assert_eq!(desk.stored("Lang").expect("stands").phone, "+49 1");
        assert!(desk.issues().await.is_empty());
    })
    .await;
}

/// INV-15: days no calendar of Outlook shows, coming from the CRM, leave the rest of the contact alone.
#[tokio::test(flavor = "multi_thread")]
async fn days_outlook_cannot_show_stay_in_the_crm() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        // Microseconds since 1970: the first of January 1 and the last of December 9999.
        for (name, at) in [
            ("Eins", -62_135_596_800_000_000),
            ("Ewig", 253_402_214_400_000_000),
        ] {
            desk.crm_contact(ContactForm {
                last_name: Some(name.into()),
                more: vec![("BirthDate", Value::Instant(at))],
                ..ContactForm::default()
            });
        }
        desk.calm().await;
        let set = Schema::standard()
            .set("ContactCollection")
            .expect("contacts");
        let birth = set.position("BirthDate").expect("a property");
        for name in ["Eins", "Ewig"] {
            let id = desk.stored(name).expect("stands").record.object_id;
            let kept = desk
                .given
                .sandbox
                .world()
                .crm()
                .row(set, &id)
                .map(|row| row.values[birth].clone());
            assert_ne!(kept, Some(Value::Null));
            assert_eq!(desk.seen(name).expect("down").birthday, None);
        }
        desk.assert_at_rest().await;
    })
    .await;
}

/// Notes with HTML that closes nothing go up as the text people read.
#[tokio::test(flavor = "multi_thread")]
async fn broken_html_is_read_as_text() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let html = format!(
            "<div><b>Likes <i>tea<table><tr><td>{}and &amp; cake",
            "<div>".repeat(500)
        );
        let key = desk.contact(
            "SAP Contacts",
            &ContactEdit {
                notes: Some(Body::rich(&html)),
                ..named("Rosa", "Html")
            },
        );
        desk.calm().await;
        let note = desk.stored("Html").expect("up").record.notes[0]
            .text
            .clone();
        assert!(
            note.contains("Likes tea") && note.contains("and & cake"),
            "{note}"
        );
        let seen = desk.outlook().contact(key).expect("stands");
        assert!(
            seen.item.html.is_some_and(|html| html.contains("cake")),
            "still HTML here"
        );
        desk.assert_at_rest().await;
    })
    .await;
}
