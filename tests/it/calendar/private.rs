//! Private events, reminders and the two places of a visit (rules 3.7): CAL-70 to CAL-74.

use ssi_sandbox::{
    crm::{AppointmentForm, Kind, VisitForm},
    exchange::{Body, EventEdit, Pattern, Range, Recurrence},
};
use ssi_tests::{
    db::on_both,
    given::ANNA,
    people::People,
    scene::{Scene, at, event, inviting, marked, with_category},
};

fn secret(subject: &str) -> EventEdit {
    EventEdit {
        location: Some("Clinic".into()),
        body: Some(Body::plain("bring the papers")),
        sensitivity: Some("Private".into()),
        ..inviting(marked(subject, 2), &["doctor@clinic.example"])
    }
}

/// No word of these stands anywhere in the CRM.
fn assert_untold(scene: &Scene, words: &[&str]) {
    for kind in [Kind::Appointment, Kind::Series] {
        for record in scene.records(kind) {
            let all = format!("{record:?}");
            for word in words {
                assert!(!all.contains(word), "INV-13: {word} in {all}");
            }
        }
    }
}

const WORDS: [&str; 4] = ["Operation", "Clinic", "papers", "doctor"];

/// CAL-70, CAL-72: a placeholder says when and nothing else, of single events and of series.
#[tokio::test(flavor = "multi_thread")]
async fn a_private_event_is_a_placeholder_without_a_word() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene.event(&secret("Operation"));
        let start = at(2, 9).to_zoned(jiff::tz::TimeZone::UTC).date();
        scene.event(&EventEdit {
            recurrence: Some(Some(Recurrence {
                pattern: Pattern::Daily { interval: 7 },
                range: Range::Numbered { start, count: 4 },
            })),
            ..secret("Operations")
        });
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        assert_eq!(record.time("StartDate"), Some(at(2, 9)));
        assert_eq!(record.title, "Private");
        assert_eq!(scene.record(Kind::Series).title, "Private", "CAL-72");
        assert_untold(&scene, &WORDS);
    })
    .await;
}

/// CAL-70: with placeholders off nothing is stored, and what turns private later goes.
#[tokio::test(flavor = "multi_thread")]
async fn what_turns_private_is_emptied_or_goes() {
    on_both(|database| async move {
        for placeholders in [true, false] {
            let scene = Scene::on_another(&database).await;
            scene.node.set(|settings| {
                settings.mirror.private_placeholders = placeholders;
                settings.mirror.cancel_instead_of_delete = false;
            });
            let open = EventEdit {
                sensitivity: Some("Normal".into()),
                ..secret("Operation")
            };
            let key = scene.event(&open);
            scene.calm(scene.anna).await;
            assert_eq!(scene.record(Kind::Appointment).title, "Operation");
            scene.edit(
                key,
                &EventEdit {
                    sensitivity: Some("Private".into()),
                    ..EventEdit::default()
                },
            );
            scene.calm(scene.anna).await;
            if placeholders {
                assert_eq!(scene.record(Kind::Appointment).title, "Private");
            } else {
                assert!(
                    scene.records(Kind::Appointment).is_empty(),
                    "CAL-70: removed"
                );
            }
            let words = [&WORDS[..3], &[]].concat();
            assert_untold(&scene, &words);
            assert!(scene.seen(key).is_some());
        }
        let scene = Scene::new(&database).await;
        scene
            .node
            .set(|settings| settings.mirror.private_placeholders = false);
        scene.event(&secret("Operation"));
        scene.calm(scene.anna).await;
        assert!(
            scene.records(Kind::Appointment).is_empty(),
            "CAL-70: nothing"
        );
    })
    .await;
}

/// CAL-71: capturing takes private events only where both switches allow it.
#[tokio::test(flavor = "multi_thread")]
async fn private_events_are_captured_only_by_their_own_switch() {
    on_both(|database| async move {
        let mut without = ssi_domain::SyncSettings::default();
        without.mirror.auto_private = true;
        without.mirror.private_placeholders = false;
        assert!(
            without.validate().is_err(),
            "CAL-71: refused when it is set"
        );
        for (auto_private, placeholders, stored) in [(false, true, 0), (true, true, 1)] {
            let scene = Scene::on_another(&database).await;
            scene.node.set(|settings| {
                settings.mirror.auto_appointments = true;
                settings.mirror.auto_private = auto_private;
                settings.mirror.private_placeholders = placeholders;
            });
            let mut private = event("Operation", 2);
            private.sensitivity = Some("Private".into());
            scene.event(&private);
            scene.calm(scene.anna).await;
            assert_eq!(
                scene.records(Kind::Appointment).len(),
                stored,
                "CAL-71: {auto_private} {placeholders}"
            );
            assert_untold(&scene, &WORDS);
        }
    })
    .await;
}

/// CAL-73: what comes down reminds as the settings say; what the user made keeps the user's reminder.
#[tokio::test(flavor = "multi_thread")]
async fn reminders_are_set_on_what_comes_from_the_crm() {
    on_both(|database| async move {
        for minutes in [None, Some(25)] {
            let scene = Scene::on_another(&database).await;
            scene
                .node
                .set(|settings| settings.mirror.reminder_minutes = minutes);
            let own = scene.event(&EventEdit {
                reminder: Some(Some(5)),
                ..marked("Own", 2)
            });
            scene.calm(scene.anna).await;
            let anna = scene.given.employee(ANNA);
            let form = AppointmentForm {
                subject: Some("Theirs".into()),
                start: Some(at(3, 9)),
                end: Some(at(3, 10)),
                owner: Some(anna.clone()),
                organizer: Some(anna),
                ..AppointmentForm::default()
            };
            scene.screen(|person| person.create(&form));
            scene.calm(scene.anna).await;
            let mut events = scene.outlook().events().into_iter();
            let theirs = events
                .find(|event| event.item.subject == "Theirs")
                .expect("came down");
            assert_eq!(theirs.item.reminds, minutes.is_some(), "CAL-73");
            if let Some(minutes) = minutes {
                assert_eq!(theirs.reminder_minutes, minutes);
            }
            let own = scene.seen(own).expect("stands");
            assert!(
                own.item.reminds && own.reminder_minutes == 5,
                "the user's own stays"
            );
        }
    })
    .await;
}

/// CAL-74: two places there, one here.
#[tokio::test(flavor = "multi_thread")]
async fn the_two_places_of_a_visit_are_one_in_the_mailbox() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&with_category(event("Tour", 2), "Visit"));
        scene.calm(scene.anna).await;
        let visit = scene.record(Kind::Visit);
        let form = VisitForm {
            location: Some("Plant 1".into()),
            additional_location: Some("Gate 2".into()),
            ..VisitForm::default()
        };
        scene.screen(|person| person.edit(&visit.object_id, &form));
        scene.calm(scene.anna).await;
        assert_eq!(
            scene.seen(key).expect("stands").location,
            "Plant 1/-/-/Gate 2"
        );

        scene.edit(
            key,
            &EventEdit {
                location: Some("Plant 1/-/-/Gate 7".into()),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.anna).await;
        let visit = scene.stands(&visit).expect("stands");
        assert_eq!(
            (
                visit.field("Location"),
                visit.field("AdditionalLocationName")
            ),
            ("Plant 1", "Gate 7")
        );

        scene.edit(
            key,
            &EventEdit {
                location: Some("Somewhere".into()),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.anna).await;
        let visit = scene.stands(&visit).expect("stands");
        assert_eq!(
            (
                visit.field("Location"),
                visit.field("AdditionalLocationName")
            ),
            ("Somewhere", "")
        );
    })
    .await;
}
