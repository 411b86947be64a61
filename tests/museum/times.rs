//! Time zones and all-day events.

use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{EventEdit, Value},
};
use ssi_tests::{
    given::{ANNA, CATEGORY},
    people::{People, event, marked},
};

use crate::scene::{APPOINTMENTS, at, now, on_both};

/// C 46 to C 48: all-day events a day early, or at two in the morning.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_8267_an_all_day_event_keeps_its_day() {
    on_both(|scene| async move {
        let mut draft = marked(event("Fair", &at(3, 0), &at(5, 0)), &[CATEGORY]);
        draft.properties.insert("IsAllDayEvent", Value::Bool(true));
        let made = scene.make(draft);
        scene.calm().await;
        let key = scene.given.records(APPOINTMENTS)[0].clone();
        assert_eq!(scene.field(&key, "FullDayIndicator"), "true");
        assert_eq!(scene.field(&key, "StartDate"), at(3, 0));
        scene
            .given
            .change(APPOINTMENTS, &key, &[("Location", CrmValue::text("Hall"))]);
        scene.calm().await;
        let seen = scene.given.see(&made).expect("stands");
        assert_eq!(seen.time("Start").map(|at| at.to_string()), Some(at(3, 0)));
        assert_eq!(seen.time("End").map(|at| at.to_string()), Some(at(5, 0)));
    })
    .await;
}

/// C 45: the wrong hour around a change of clocks, open for ten years.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_9268_the_hour_is_right_on_both_sides_of_a_change_of_clocks() {
    on_both(|scene| async move {
        let world = scene.given.world();
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a zone");
        let year = now().to_zoned(zone.clone()).year() + 1;
        // The nights of the last Sundays of March and October, and the days around.
        for (month, day) in [(3, 24), (3, 31), (10, 22), (10, 31)] {
            let start = jiff::civil::date(year, month, day).at(9, 30, 0, 0);
            let start = start.to_zoned(zone.clone()).expect("a time").timestamp();
            let edit = EventEdit {
                subject: Some(format!("{month} {day}")),
                start: Some(start),
                end: Some(start + jiff::SignedDuration::from_hours(1)),
                zone: Some("W. Europe Standard Time".into()),
                categories: Some(vec![CATEGORY.into()]),
                ..EventEdit::default()
            };
            world
                .person(ANNA)
                .create_event(&edit)
                .expect("Outlook makes it");
        }
        scene.calm().await;
        let keys = scene.appointments();
        assert_eq!(keys.len(), 4);
        for key in &keys {
            scene
                .given
                .change(APPOINTMENTS, key, &[("Location", CrmValue::text("Berlin"))]);
        }
        scene.calm().await;
        for view in world.person(ANNA).events() {
            let wall = view.start.to_zoned(zone.clone()).time();
            assert_eq!(
                wall,
                jiff::civil::time(9, 30, 0, 0),
                "{}",
                view.item.subject
            );
            assert_eq!(view.zone, "W. Europe Standard Time");
            assert_eq!(view.location, "Berlin");
            let key = keys
                .iter()
                .find(|key| scene.field(key, "Subject") == view.item.subject);
            let key = key.expect("its record");
            assert_eq!(scene.field(key, "StartDate"), view.start.to_string());
        }
    })
    .await;
}
