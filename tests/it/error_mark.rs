//! The category of errors on calendar items, tasks and contacts (MBX-03).

use jiff::SignedDuration;
use ssi_sandbox::{
    Fault, FaultRule,
    crm::Kind,
    exchange::{ContactEdit, EventEdit, Pattern, Range, Recurrence},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named, titled},
    given::{BERND, CATEGORY},
    scene::{Scene, at, event, inviting, marked},
};

const ERROR: &str = "Sync Error";

fn pattern(pattern: Pattern) -> Option<Option<Recurrence>> {
    let start = at(2, 9).to_zoned(jiff::tz::TimeZone::UTC).date();
    let range = Range::Numbered { start, count: 5 };
    Some(Some(Recurrence { pattern, range }))
}

/// The last weekday of each month, which the CRM has no pattern for.
fn unheld() -> Option<Option<Recurrence>> {
    pattern(Pattern::RelativeMonthly {
        interval: 1,
        days: ssi_sandbox::exchange::Days::Weekday,
        index: ssi_sandbox::exchange::Index::Last,
    })
}

fn series(subject: &str) -> EventEdit {
    EventEdit {
        zone: Some("UTC".into()),
        recurrence: unheld(),
        ..marked(subject, 2)
    }
}

/// MBX-03, INV-4, INV-12: an event that cannot be stored carries the category until it can, beside the user's own.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_stored_is_marked_until_it_can() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let mut closing = series("Closing");
        closing.categories = Some(vec!["Mine".into(), CATEGORY.into()]);
        let key = scene.event(&closing);
        scene.calm(scene.anna).await;
        let categories = || scene.seen(key).expect("stands").item.categories;
        assert_eq!(categories(), ["Mine", CATEGORY, ERROR]);
        assert_eq!(scene.issues(scene.anna).await.len(), 1);
        for _ in 0..2 {
            scene.node.advance(SignedDuration::from_hours(25));
            scene.feed().await;
            assert_eq!(scene.session(scene.anna).await.0, 0, "INV-4");
        }
        let held = EventEdit {
            recurrence: pattern(Pattern::Daily { interval: 1 }),
            ..EventEdit::default()
        };
        scene.edit(key, &held);
        scene.calm(scene.anna).await;
        assert_eq!(scene.records(Kind::Series).len(), 1);
        assert_eq!(categories(), ["Mine", CATEGORY]);
        assert!(scene.issues(scene.anna).await.is_empty());
        scene.assert_only_people_sent();
    })
    .await;
}

/// MBX-03: a mirrored event that turns into one the CRM cannot hold is marked, and the mark goes with the reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_mirrored_event_that_turns_unfit_is_marked() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&EventEdit {
            recurrence: pattern(Pattern::Daily { interval: 1 }),
            ..series("Closing")
        });
        scene.calm(scene.anna).await;
        let categories = || scene.seen(key).expect("stands").item.categories;
        assert_eq!(categories(), [CATEGORY]);
        for (recurrence, wanted) in [
            (unheld(), vec![CATEGORY, ERROR]),
            (pattern(Pattern::Daily { interval: 2 }), vec![CATEGORY]),
        ] {
            let edit = EventEdit {
                recurrence,
                ..EventEdit::default()
            };
            scene.edit(key, &edit);
            scene.calm(scene.anna).await;
            assert_eq!(categories(), wanted);
            scene.node.advance(SignedDuration::from_hours(25));
            scene.feed().await;
            let before = scene.given.sandbox.world().effects().len();
            scene.session(scene.anna).await;
            let effects = scene.given.sandbox.world().effects();
            assert!(effects[before..].is_empty(), "INV-4");
        }
    })
    .await;
}

/// INV-11: the copy of an attendee is not marked.
#[tokio::test(flavor = "multi_thread")]
async fn the_copy_of_an_attendee_is_not_marked() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let meeting = EventEdit {
            zone: Some("UTC".into()),
            recurrence: unheld(),
            ..inviting(event("Closing", 2), &[BERND])
        };
        scene.event(&meeting);
        let world = scene.given.sandbox.world();
        let bernd = world.person(BERND);
        let his = bernd.events()[0].item.place;
        bernd.set_categories(his, &[CATEGORY]).expect("set");
        scene.calm(scene.bernd).await;
        let copy = world.person(BERND).event(his).expect("stands");
        assert_eq!(copy.item.categories, [CATEGORY]);
        assert_eq!(scene.issues(scene.bernd).await.len(), 1);
    })
    .await;
}

/// MBX-03, CON-41, TSK-02: contacts and tasks are marked as well.
#[tokio::test(flavor = "multi_thread")]
async fn contacts_and_tasks_are_marked_as_well() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let nobody = desk.contact("SAP Contacts", &named("", ""));
        let task = desk.task("SAP Tasks", &titled(""));
        desk.calm().await;
        let contact = || {
            desk.outlook()
                .contact(nobody)
                .expect("stands")
                .item
                .categories
        };
        let todo = || desk.outlook().task(task).expect("stands").item.categories;
        assert_eq!(
            (contact(), todo()),
            (vec![ERROR.into()], vec![ERROR.into()])
        );
        desk.assert_at_rest().await;
        let outlook = desk.outlook();
        outlook
            .edit_contact(nobody, &named("Rosa", "Neu"))
            .expect("edited");
        outlook.edit_task(task, &titled("Call")).expect("edited");
        desk.calm().await;
        let of = |name: &str| desk.seen(name).expect("stands").item.categories;
        assert_eq!(of("Neu"), [CATEGORY]);
        assert_eq!(desk.tasks()[0].item.categories, [CATEGORY]);
        assert!(desk.issues().await.is_empty());
    })
    .await;
}

/// MBX-03: what the CRM refuses is marked until it takes it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_crm_refuses_is_marked() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let key = desk.contact("SAP Contacts", &named("Rosa", "Neu"));
        let faults = desk.given.sandbox.world().faults();
        let refused = Fault::Refused400 {
            message: "no".into(),
        };
        faults.add(FaultRule {
            times: 0,
            ..FaultRule::once("odata", "POST ContactCollection", refused)
        });
        desk.calm().await;
        assert_eq!(desk.seen("Neu").expect("stands").item.categories, [ERROR]);
        desk.assert_at_rest().await;
        faults.clear();
        let edit = ContactEdit {
            job_title: Some("Buyer".into()),
            ..ContactEdit::default()
        };
        desk.outlook().edit_contact(key, &edit).expect("edited");
        desk.calm().await;
        assert_eq!(
            desk.seen("Neu").expect("stands").item.categories,
            [CATEGORY]
        );
        assert!(desk.stored("Neu").is_some());
    })
    .await;
}
