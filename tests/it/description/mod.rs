//! The Smart Description, over HTTP, on both databases (SD-01 to SD-05, CAL-75, TSK-06).

mod dispute;
mod kinds;

use std::sync::Arc;

use ssi_domain::Kind as Ours;
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Body, Kind, Sending},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, CATEGORY, Given},
    node::Node,
    people::{People, event, marked},
};

const APPOINTMENTS: &str = "AppointmentCollection";
const LINE: &str = "++++++++++++++++++++++++++++++++++";

fn soon(hours: i64) -> String {
    let at = jiff::Zoned::now().timestamp() + jiff::SignedDuration::from_hours(hours);
    at.to_string()
}

/// The text of an item as people read it.
fn text_of(body: &Body) -> String {
    match (&body.html, &body.text) {
        (Some(html), _) => ssi_domain::transform::html_to_text(html),
        (None, Some(text)) => text.to_string(),
        (None, None) => String::new(),
    }
}

/// SD-01, SD-02, SD-03, SD-05, CAL-75, INV-4
#[tokio::test(flavor = "multi_thread")]
async fn chosen_fields_stand_below_the_users_text_and_never_travel_up() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        node.set(|settings| {
            let fields = vec!["location".to_owned(), "importance".to_owned()];
            let chosen = &mut settings.mirror.smart_description;
            chosen.insert(Ours::Appointment, fields);
        });
        let mailbox = node.mailbox(ANNA).await;
        let mut draft = marked(event("Review", &soon(20), &soon(21)), &[CATEGORY]);
        draft.body.html = Some(Arc::from(
            "<html><body><p>Bring the <b>offer</b>.</p></body></html>",
        ));
        let made = given.make(ANNA, "calendar", draft, Sending::NONE);
        node.calm(mailbox).await;
        let key = given.records(APPOINTMENTS)[0].clone();
        let place = CrmValue::text("Room 7 & <8>");
        given.change(APPOINTMENTS, &key, &[("Location", place)]);
        node.calm(mailbox).await;
        let seen = given.see(&made).expect("stands");
        let html = seen.body.html.clone().expect("formatted");
        assert!(html.contains("<b>offer</b>"), "formatting stays: {html}");
        let text = text_of(&seen.body);
        assert!(text.contains(LINE), "{text}");
        assert!(text.contains("Location: Room 7 & <8>"), "{text}");
        let notes = |key: &str| {
            let record = given
                .world()
                .crm()
                .record(ssi_sandbox::crm::Kind::Appointment, key);
            let notes = record.expect("stands").notes;
            notes.into_iter().map(|note| note.text).collect::<Vec<_>>()
        };
        assert_eq!(notes(&key), vec!["Bring the offer.".to_owned()], "SD-02");

        // Edits below the line are overwritten; those above it travel.
        given.edit_quietly(&made, |draft| {
            let html = draft.body.html.clone().expect("formatted");
            let edited = html.replace("Room 7", "Elsewhere").replace("Bring", "Send");
            draft.body.html = Some(Arc::from(edited));
        });
        node.calm(mailbox).await;
        let text = text_of(&given.see(&made).expect("stands").body);
        assert!(text.contains("Location: Room 7 & <8>"), "{text}");
        assert_eq!(text.matches(LINE).count(), 1, "one block: {text}");
        assert_eq!(notes(&key), vec!["Send the offer.".to_owned()]);
        assert!(given.notices().is_empty(), "INV-12");
    })
    .await;
}

/// SD-01, SD-02
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_down_shows_its_fields() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        node.set(|settings| {
            let chosen = &mut settings.mirror.smart_description;
            chosen.insert(Ours::Appointment, vec!["location".to_owned()]);
        });
        let mailbox = node.mailbox(ANNA).await;
        node.calm(mailbox).await;
        let at = |hours| {
            let at: jiff::Timestamp = soon(hours).parse().expect("a time");
            CrmValue::Instant(at.as_microsecond())
        };
        let anna = CrmValue::text(given.employee(ANNA));
        let key = given.record(
            APPOINTMENTS,
            &[
                ("Subject", CrmValue::text("Lunch")),
                ("Location", CrmValue::text("Canteen")),
                ("StartDate", at(20)),
                ("EndDate", at(21)),
                ("OwnerPartyID", anna.clone()),
                ("OrganizerPartyID", anna),
            ],
        );
        node.calm(mailbox).await;
        let text = || {
            let items = given.items(ANNA, Kind::CalendarItem);
            assert_eq!(items.len(), 1);
            text_of(&items[0].1.body)
        };
        assert!(text().contains(LINE) && text().contains("Location: Canteen"));
        // Switched off, it leaves with the next change.
        node.set(|settings| settings.mirror.smart_description.clear());
        let title = CrmValue::text("Late lunch");
        given.change(APPOINTMENTS, &key, &[("Subject", title)]);
        node.calm(mailbox).await;
        assert!(!text().contains(LINE), "{}", text());
    })
    .await;
}
