//! Names in any script, both ways.

use ssi_sandbox::crm::ContactForm;
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
};

/// Given names and surnames: Arabic, Hebrew, Thai, Devanagari with joiners, Chinese, Georgian, and a Latin one whose
/// accents stand apart.
const NAMES: [(&str, &str); 7] = [
    ("محمد", "الفاسي"),
    ("שרה", "כהן־לוי"),
    ("สมชาย", "ใจดี"),
    ("प्रिया", "श्रीवास्तव"),
    ("伟", "欧阳"),
    ("ნინო", "ბერიძე"),
    ("Jose\u{301}", "Nun\u{303}ez"),
];

/// CON-01, INV-15: every name arrives letter by letter, up and down, is cut nowhere and comes to rest.
#[tokio::test(flavor = "multi_thread")]
async fn names_in_any_script_travel_both_ways() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        for (given, surname) in NAMES {
            desk.contact("SAP Contacts", &named(given, surname));
        }
        desk.calm().await;
        for (given, surname) in NAMES {
            let up = desk.stored(surname).expect("up");
            assert_eq!(up.first_name, given);
        }
        for (given, surname) in NAMES {
            let form = ContactForm {
                first_name: Some(surname.into()),
                last_name: Some(given.into()),
                ..ContactForm::default()
            };
            desk.crm_contact(form);
        }
        desk.calm().await;
        for (given, surname) in NAMES {
            let down = desk.seen(given).expect("down");
            assert_eq!(down.given_name, surname);
        }
        assert_eq!(desk.contacts().len(), 2 * NAMES.len(), "INV-1");
        assert!(desk.issues().await.is_empty());
        desk.assert_at_rest().await;
    })
    .await;
}
