//! Invitation and cancellation storms.

use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Kind, Sending, Value},
};
use ssi_tests::{
    given::{ANNA, BERND},
    people::{People, attendee, text},
};

use crate::scene::{APPOINTMENTS, moment, on_both, review};

/// C 35, C 37: cancellations and refusals in the name of somebody who did not organise the meeting.
#[tokio::test(flavor = "multi_thread")]
async fn aluxnimm_354_an_attendees_copy_cancels_nothing() {
    on_both(|scene| async move {
        let bernd = scene.node.mailbox(BERND).await;
        let mut draft = review();
        let invited = Value::Attendees(vec![attendee(BERND)]);
        draft.properties.insert("RequiredAttendees", invited);
        let made = scene.given.make(ANNA, "calendar", draft, Sending::ALL);
        scene.calm().await;
        scene.sync_of(bernd).await;
        let sent = scene.given.notices().len();
        let (copy, _) = scene.given.items(BERND, Kind::CalendarItem).remove(0);
        scene.given.discard(&copy);
        for _ in 0..2 {
            scene.sync_of(bernd).await;
            scene.calm().await;
        }
        let key = scene.given.records(APPOINTMENTS)[0].clone();
        assert_ne!(scene.field(&key, "LifeCycleStatusCode"), "4", "CAL-58");
        assert!(scene.given.see(&made).is_some());
        assert_eq!(scene.given.notices().len(), sent, "INV-12");
    })
    .await;
}

/// C 39: a reminder set in Outlook makes the other side cancel the meeting.
#[tokio::test(flavor = "multi_thread")]
async fn calcom_11778_a_reminder_is_nobody_elses_business() {
    on_both(|scene| async move {
        let made = scene.make(review());
        scene.calm().await;
        scene.given.edit_quietly(&made, |draft| {
            draft.properties.insert("ReminderIsSet", Value::Bool(true));
            draft
                .properties
                .insert("ReminderMinutesBeforeStart", text("30"));
        });
        assert_eq!(scene.sync().await, 0);
    })
    .await;
}

/// C 35, the other half: what somebody edits in the CRM is not written into the copy of an attendee.
#[tokio::test(flavor = "multi_thread")]
async fn aluxnimm_354_an_attendees_copy_is_not_written() {
    on_both(|scene| async move {
        let bernd = scene.node.mailbox(BERND).await;
        let (_, copy) = scene.meeting();
        scene.calm_of(&[bernd]).await;
        let before = scene.given.see(&copy).expect("stands");
        let elsewhere = [("Location", CrmValue::text("Elsewhere"))];
        scene
            .given
            .change(APPOINTMENTS, &scene.appointment(), &elsewhere);
        scene.calm_of(&[bernd]).await;
        let after = scene.given.see(&copy).expect("stands");
        assert_eq!(after.properties, before.properties, "INV-11");
    })
    .await;
}

/// C 36: guests get the invitation and at once its cancellation.
#[tokio::test(flavor = "multi_thread")]
async fn aluxnimm_335_guests_are_told_once() {
    on_both(|scene| async move {
        let (made, _) = scene.meeting();
        let sent = scene.notices();
        let bernd = scene.node.mailbox(BERND).await;
        scene.calm_of(&[scene.anna, bernd]).await;
        let key = scene.appointment();
        scene
            .given
            .change(APPOINTMENTS, &key, &[("Location", CrmValue::text("Hall"))]);
        scene.calm_of(&[bernd, scene.anna]).await;
        assert_eq!(
            scene.given.see(&made).expect("stands").text("Location"),
            "Hall"
        );
        assert_eq!(
            scene.notices(),
            sent,
            "an edit in the CRM invites nobody again"
        );
    })
    .await;
}

/// C 37: the tool declines meetings in the user's name.
#[tokio::test(flavor = "multi_thread")]
async fn aluxnimm_382_nothing_is_answered_in_anybodys_name() {
    on_both(|scene| async move {
        let bernd = scene.node.mailbox(BERND).await;
        let (_, copy) = scene.meeting();
        let sent = scene.notices();
        // Only the attendee's mailbox is known to us.
        scene.calm_of(&[bernd]).await;
        scene.given.erase(APPOINTMENTS, &scene.appointment());
        scene.days_pass(1);
        scene.calm_of(&[bernd]).await;
        assert!(
            scene.given.see(&copy).is_some(),
            "CAL-51: the meeting is not his to delete"
        );
        assert_eq!(scene.notices(), sent);
    })
    .await;
}

/// C 38: a whole department gets a second invitation.
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_197_what_comes_from_the_crm_invites_nobody() {
    on_both(|scene| async move {
        let anna = CrmValue::text(scene.given.employee(ANNA));
        let at = |hour| CrmValue::Instant(moment(2, hour).as_microsecond());
        let key = scene.given.record(
            APPOINTMENTS,
            &[
                ("Subject", CrmValue::text("All hands")),
                ("StartDate", at(8)),
                ("EndDate", at(9)),
                ("OwnerPartyID", anna.clone()),
                ("OrganizerPartyID", anna),
            ],
        );
        let bernd = scene.given.employee(BERND);
        scene.given.invite(&key, &bernd);
        scene.calm().await;
        assert_eq!(scene.events(ANNA).len(), 1);
        scene.days_pass(1);
        scene.calm().await;
        assert!(scene.given.notices().is_empty(), "INV-12");
        assert!(scene.events(BERND).is_empty(), "nobody was invited by us");
    })
    .await;
}

/// C 40: official advice is to archive all events before the first sync, or everybody is mailed.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_803_a_first_sync_of_a_full_calendar_mails_nobody() {
    on_both(|scene| async move {
        for _ in 0..8 {
            let mut draft = review();
            let invited =
                Value::Attendees(vec![attendee(BERND), attendee("carla@customer.example")]);
            draft.properties.insert("RequiredAttendees", invited);
            scene.given.make(ANNA, "calendar", draft, Sending::ALL);
        }
        let sent = scene.notices();
        let bernd = scene.node.mailbox(BERND).await;
        scene.calm_of(&[scene.anna, bernd]).await;
        assert_eq!(scene.appointments().len(), 8);
        assert_eq!(scene.notices(), sent);
    })
    .await;
}
