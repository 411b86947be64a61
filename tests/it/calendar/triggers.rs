//! What makes an event a record, within which days, and what ends it (rules 3.1 to 3.3).

use jiff::SignedDuration;
use ssi_domain::{SyncSettings, plan::EffectClass};
use ssi_engine::PlannedEffect;
use ssi_sandbox::{
    crm::{AppointmentForm, Kind},
    exchange::{EventEdit, Pattern, Range, Recurrence},
};
use ssi_tests::{
    calm::rehearsed,
    db::on_both,
    given::{ANNA, BERND, CATEGORY},
    people::People,
    scene::{Scene, at, event, inviting, marked, with_category},
};

const CARLA: &str = "carla@customer.example";

/// CAL-01: the category decides what an event becomes, and it stays that whatever comes later.
#[tokio::test(flavor = "multi_thread")]
async fn the_category_decides_what_an_event_becomes() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let review = scene.event(&marked("Review", 2));
        scene.event(&with_category(event("Tour", 2), "Visit"));
        scene.event(&with_category(event("Ring up", 2), "phone call"));
        scene.event(&with_category(event("Dentist", 2), "Private life"));
        scene.calm(scene.anna).await;
        assert_eq!(scene.record(Kind::Appointment).title, "Review");
        assert_eq!(scene.record(Kind::Visit).title, "Tour");
        assert_eq!(scene.record(Kind::PhoneCall).title, "Ring up");

        scene
            .outlook()
            .set_categories(review, &[CATEGORY, "Visit"])
            .expect("set");
        scene.calm(scene.anna).await;
        assert_eq!(scene.record(Kind::Appointment).title, "Review");
        assert_eq!(
            scene.records(Kind::Visit).len(),
            1,
            "CAL-01: it stays what it became"
        );
    })
    .await;
}

/// CAL-05: whole days of any length.
#[tokio::test(flavor = "multi_thread")]
async fn a_fair_of_five_days_is_five_days_in_the_crm() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let fair = EventEdit {
            start: Some(at(3, 0)),
            end: Some(at(8, 0)),
            zone: Some("UTC".into()),
            all_day: Some(true),
            ..marked("Fair", 3)
        };
        let key = scene.event(&fair);
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        assert!(record.is("FullDayIndicator"));
        let days = |name: &str| record.time(name).expect("a day").to_string();
        assert_eq!(days("StartDate"), at(3, 0).to_string());
        assert!(
            days("EndDate").starts_with(&at(7, 0).to_string()[..10]),
            "{}",
            days("EndDate")
        );
        let seen = scene.seen(key).expect("stands");
        assert_eq!(
            (seen.start, seen.end, seen.all_day),
            (at(3, 0), at(8, 0), true)
        );
    })
    .await;
}

/// CAL-07: taking the category off ends the mirror and changes nothing in the CRM; putting it on again goes on.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_category_an_event_is_left_alone_on_both_sides() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&marked("Review", 2));
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        scene.outlook().set_categories(key, &[]).expect("set");
        scene.calm(scene.anna).await;
        assert_eq!(
            scene
                .stands(&record)
                .expect("stands")
                .field("LifeCycleStatusCode"),
            "1"
        );

        scene.edit(
            key,
            &EventEdit {
                location: Some("Cellar".into()),
                ..EventEdit::default()
            },
        );
        let form = AppointmentForm {
            subject: Some("Changed there".into()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&record.object_id, &form));
        scene.calm(scene.anna).await;
        assert_eq!(scene.stands(&record).expect("stands").field("Location"), "");
        assert_eq!(scene.seen(key).expect("stands").item.subject, "Review");

        scene
            .outlook()
            .set_categories(key, &[CATEGORY])
            .expect("set");
        scene.calm(scene.anna).await;
        assert_eq!(scene.records(Kind::Appointment).len(), 1, "the same record");
        assert_eq!(
            scene.stands(&record).expect("stands").field("Location"),
            "Cellar"
        );
        assert_eq!(
            scene.seen(key).expect("stands").item.subject,
            "Changed there"
        );
    })
    .await;
}

/// CAL-10, CAL-11: each switch captures its own sort of event, 14 days back to 60 ahead; both are off by default.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_captured_by_two_switches_within_their_days() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        for (subject, days) in [
            ("Now", 1),
            ("Late", 59),
            ("Too late", 62),
            ("Past", -13),
            ("Too old", -16),
        ] {
            scene.event(&event(subject, days));
            scene.event(&inviting(
                event(&format!("{subject} with Carla"), days),
                &[CARLA],
            ));
        }
        scene.calm(scene.anna).await;
        assert!(
            scene.records(Kind::Appointment).is_empty(),
            "CAL-10: off by default"
        );
        let titles = || {
            let mut titles: Vec<_> = scene
                .records(Kind::Appointment)
                .into_iter()
                .map(|one| one.title)
                .collect();
            titles.sort();
            titles
        };
        scene
            .node
            .set(|settings| settings.mirror.auto_appointments = true);
        scene.calm(scene.anna).await;
        assert_eq!(titles(), ["Late", "Now", "Past"]);
        scene
            .node
            .set(|settings| settings.mirror.auto_meetings = true);
        scene.calm(scene.anna).await;
        assert_eq!(
            titles(),
            [
                "Late",
                "Late with Carla",
                "Now",
                "Now with Carla",
                "Past",
                "Past with Carla"
            ]
        );
        scene.assert_only_people_sent();
    })
    .await;
}

/// CAL-10: switched on later, capturing takes events that lie there untouched, once; switched off, it takes none away.
#[tokio::test(flavor = "multi_thread")]
async fn capturing_that_is_switched_on_later_takes_events_that_lie_there() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene.event(&event("Lay there", 3));
        scene.calm(scene.anna).await;
        let stored = || scene.records(Kind::Appointment).len();
        assert_eq!(stored(), 0);
        let switch = |on| {
            let set = move |settings: &mut SyncSettings| settings.mirror.auto_appointments = on;
            scene.node.set(set);
        };
        switch(true);
        let told = rehearsed(&scene.node, scene.anna).await.0;
        let made = |one: &&PlannedEffect| one.class == EffectClass::CreateRecord;
        assert_eq!(told.iter().filter(made).count(), 1, "a dry run knows");
        scene.session(scene.anna).await;
        assert_eq!(stored(), 1, "the next session, though nothing moved");
        scene.calm(scene.anna).await;
        switch(false);
        scene.calm(scene.anna).await;
        assert_eq!(stored(), 1);
        let (writes, said) = scene.session(scene.anna).await;
        assert_eq!((writes, said.len()), (0, 0), "listed anew once only");
    })
    .await;
}

/// CAL-11: an event that time brings into the captured days is taken though nothing happens to it.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_drifts_into_the_captured_days_is_taken_by_itself() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene
            .node
            .set(|settings| settings.mirror.auto_appointments = true);
        scene.event(&event("Soon enough", 62));
        scene.event(&event("Far away", 90));
        scene.calm(scene.anna).await;
        let titles = || -> Vec<String> {
            let records = scene.records(Kind::Appointment).into_iter();
            records.map(|one| one.title).collect()
        };
        assert!(titles().is_empty(), "beyond 60 days");
        scene.node.advance(SignedDuration::from_hours(24));
        scene.session(scene.anna).await;
        assert!(titles().is_empty(), "a day later still");
        scene.node.advance(SignedDuration::from_hours(36));
        scene.session(scene.anna).await;
        assert_eq!(titles(), ["Soon enough"]);
        scene.assert_only_people_sent();
    })
    .await;
}

/// Something about every event changes that nobody minds, so that sessions look at it.
fn touch(scene: &Scene) {
    for seen in scene.outlook().events() {
        let busy = if seen.busy == "Tentative" {
            "Busy"
        } else {
            "Tentative"
        };
        scene.edit(
            seen.item.place,
            &EventEdit {
                busy: Some(busy.into()),
                ..EventEdit::default()
            },
        );
    }
}

/// CAL-12, CAL-13, CAL-14: meetings are captured for customers that are known; by a switch for unknown ones; never for
/// colleagues and blocked people alone.
#[tokio::test(flavor = "multi_thread")]
async fn meetings_are_captured_for_the_people_in_them() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene.node.set(|settings| {
            settings.mirror.auto_meetings = true;
            settings.blocklist.org.push("blocked.example".into());
        });
        for (subject, who) in [
            ("Known", vec![CARLA]),
            ("Known and colleague", vec![BERND, CARLA]),
            ("Unknown", vec!["nobody@else.example"]),
            ("Colleagues", vec![BERND]),
            ("Blocked", vec!["x@blocked.example", BERND]),
            ("Blocked and known", vec!["x@blocked.example", CARLA]),
        ] {
            scene.event(&inviting(event(subject, 2), &who));
        }
        let titles = || {
            let mut titles: Vec<_> = scene
                .records(Kind::Appointment)
                .into_iter()
                .map(|one| one.title)
                .collect();
            titles.sort();
            titles
        };
        let said = scene.calm(scene.anna).await;
        assert_eq!(
            titles(),
            ["Blocked and known", "Known", "Known and colleague"],
            "{said:?}"
        );
        scene
            .node
            .set(|settings| settings.mirror.auto_unknown = true);
        touch(&scene);
        scene.calm(scene.anna).await;
        assert_eq!(
            titles(),
            [
                "Blocked and known",
                "Known",
                "Known and colleague",
                "Unknown"
            ],
            "CAL-13"
        );
    })
    .await;
}

/// CAL-20, CAL-21: what is over for thirty days is not taken, and what was taken loses its category then; series stay.
#[tokio::test(flavor = "multi_thread")]
async fn events_leave_the_mirrored_days_and_series_never_do() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let old = scene.event(&marked("Long ago", -32));
        let now = scene.event(&marked("Now", 1));
        let start = at(1, 9).to_zoned(jiff::tz::TimeZone::UTC).date();
        let series = scene.event(&EventEdit {
            recurrence: Some(Some(Recurrence {
                pattern: Pattern::Daily { interval: 2 },
                range: Range::Numbered { start, count: 3 },
            })),
            ..marked("Series", 1)
        });
        scene.calm(scene.anna).await;
        assert_eq!(scene.record(Kind::Appointment).title, "Now", "CAL-20");
        assert!(
            !scene.seen(old).expect("stands").item.categories.is_empty(),
            "it is the user's"
        );
        scene.node.advance(SignedDuration::from_hours(24 * 40));
        scene.calm(scene.anna).await;
        assert!(
            scene
                .seen(now)
                .expect("CAL-21: kept")
                .item
                .categories
                .is_empty(),
            "CAL-21"
        );
        assert_eq!(
            scene.record(Kind::Appointment).field("LifeCycleStatusCode"),
            "1",
            "nothing in the CRM"
        );
        assert_eq!(
            scene.seen(series).expect("stands").item.categories,
            [CATEGORY]
        );
    })
    .await;
}

/// CAL-20, CAL-21: postponed in the CRM, what had left comes back, and what was about to leave stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_moved_back_into_the_mirrored_days_in_the_crm_comes_back() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let made = scene.event(&marked("Here", 1));
        scene.calm(scene.anna).await;
        let key = scene.given.records("AppointmentCollection").remove(0);
        let postpone = |days: i64| {
            let moment = |hour| ssi_sandbox::crm::Value::Instant(at(days, hour).as_microsecond());
            let fields = [("StartDate", moment(9)), ("EndDate", moment(10))];
            scene.given.change("AppointmentCollection", &key, &fields);
        };
        let marks = || scene.seen(made).expect("kept").item.categories;
        scene.node.advance(SignedDuration::from_hours(24 * 40));
        postpone(50);
        scene.calm(scene.anna).await;
        assert_eq!(marks(), [CATEGORY], "its item still said the old day");
        scene.node.advance(SignedDuration::from_hours(24 * 60));
        scene.calm(scene.anna).await;
        assert!(marks().is_empty(), "CAL-21");
        postpone(110);
        scene.calm(scene.anna).await;
        assert_eq!(marks(), [CATEGORY]);
        let start = scene.seen(made).expect("stands").start;
        assert_eq!(start, at(110, 9));
    })
    .await;
}

/// CAL-22: what came from the CRM leaves the mailbox with its days; with attendees only where that is switched on.
async fn leaving(switched_on: bool) {
    on_both(move |database| async move {
        let scene = Scene::new(&database).await;
        scene
            .node
            .set(|settings| settings.mirror.delete_out_of_scope = switched_on);
        scene.calm(scene.anna).await;
        let anna = scene.given.employee(ANNA);
        for subject in ["Alone", "Together"] {
            let form = AppointmentForm {
                subject: Some(subject.into()),
                start: Some(at(1, 9)),
                end: Some(at(1, 10)),
                owner: Some(anna.clone()),
                organizer: Some(anna.clone()),
                ..AppointmentForm::default()
            };
            scene.screen(|person| person.create(&form));
        }
        scene.calm(scene.anna).await;
        let find = |subject: &str| {
            let mut events = scene.outlook().events().into_iter();
            events.find(|event| event.item.subject == subject && !event.item.deleted)
        };
        let together = find("Together").expect("came down").item.place;
        scene.edit(together, &inviting(EventEdit::default(), &[CARLA]));
        scene.calm(scene.anna).await;
        scene.node.advance(SignedDuration::from_hours(24 * 40));
        scene.calm(scene.anna).await;
        assert!(find("Alone").is_none(), "CAL-22");
        match find("Together") {
            Some(kept) => assert!(!switched_on && kept.item.categories.is_empty(), "CAL-21"),
            None => assert!(switched_on, "CAL-22"),
        }
        let open = scene.records(Kind::Appointment);
        assert_eq!(open.len(), 2);
        assert!(
            open.iter()
                .all(|record| record.field("LifeCycleStatusCode") == "1"),
            "nothing in the CRM"
        );
        scene.assert_only_people_sent();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_from_the_crm_goes_with_its_days_unless_it_has_attendees() {
    leaving(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_from_the_crm_goes_with_its_days_by_the_switch_with_attendees_too() {
    leaving(true).await;
}
