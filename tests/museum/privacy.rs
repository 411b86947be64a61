//! Privacy, over-capture, ownership.

use ssi_sandbox::exchange::{Draft, Kind, Sending};
use ssi_tests::{
    given::{ANNA, BERND, eml},
    people::{People, event, text},
};

use crate::scene::{APPOINTMENTS, CARLA, CONTACTS, at, on_both};

/// C 57: all or nothing is captured. What nobody asked for stays where it is.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_10264_nothing_is_captured_that_nobody_asked_for() {
    on_both(|scene| async move {
        let before = scene.given.records(CONTACTS).len();
        let mut contact = Draft::new(Kind::Contact);
        contact.properties.insert("Surname", text("Doctor"));
        scene.given.make(ANNA, "contacts", contact, Sending::NONE);
        scene.make(event("Therapy", &at(1, 9), &at(1, 10)));
        scene.given.mail(eml("own@x", CARLA, ANNA, "Salary"));
        assert_eq!(scene.sync().await, 0);
        scene.days_pass(1);
        scene.calm().await;
        assert_eq!(scene.given.records(CONTACTS).len(), before);
        assert!(scene.given.records(APPOINTMENTS).is_empty());
        assert!(scene.given.emails().is_empty());
    })
    .await;
}

/// C 60: newsletters become leads. RES-07: a mail makes nobody.
#[tokio::test(flavor = "multi_thread")]
async fn frappe_crm_2799_a_newsletter_makes_nobody() {
    on_both(|scene| async move {
        scene.node.set(|settings| {
            settings.auto_save = true;
            settings.lookback_days = 3650;
        });
        let parties = || -> usize {
            let sets = [
                CONTACTS,
                "LeadCollection",
                "IndividualCustomerCollection",
                "CorporateAccountCollection",
            ];
            sets.iter().map(|set| scene.given.records(set).len()).sum()
        };
        let before = parties();
        let from = "Deals <news@shop.example>";
        let news = eml("news@x", from, ANNA, "Only today").replace(
            "MIME-Version",
            "List-Unsubscribe: <mailto:off@shop.example>\r\nPrecedence: bulk\r\nMIME-Version",
        );
        scene.given.mail(news);
        scene.calm().await;
        assert_eq!(parties(), before);
        assert!(scene.given.emails().is_empty());
    })
    .await;
}

/// C 61: whoever happens to synchronise becomes the owner of other people's meetings.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_169888_the_organizer_owns_the_meeting() {
    on_both(|scene| async move {
        let bernd = scene.node.mailbox(BERND).await;
        scene.meeting();
        scene.calm_of(&[bernd]).await;
        let key = scene.appointment();
        scene.calm_of(&[bernd, scene.anna]).await;
        scene.days_pass(1);
        scene.calm_of(&[bernd, scene.anna]).await;
        assert_eq!(scene.appointment(), key);
        let anna = scene.given.employee(ANNA);
        assert_eq!(scene.field(&key, "OwnerPartyID"), anna, "CAL-35");
        assert_eq!(scene.field(&key, "OrganizerPartyID"), anna, "CAL-30");
    })
    .await;
}
