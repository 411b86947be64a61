//! Event notifications of the CRM: what they say arrives at once, and nothing but a read is believed.

use ssi_connectors::c4c;
use ssi_domain::{Kind as DomainKind, RecordId, TenantId, port::Notice};
use ssi_sandbox::{
    crm::{AppointmentForm, Kind, Person, Refusal, Switch},
    exchange,
    notify::{self, Consumer},
};
use ssi_tests::{
    db::{Database, on_both},
    given::{ANNA, BERND, Given},
    node::TENANT,
    people::People,
    process::{Process, configure, until},
    scene::{Scene, at},
};

const SECRET: &str = "a long password of C4C";

fn talks(given: &Given) -> AppointmentForm {
    let anna = given.employee(ANNA);
    AppointmentForm {
        subject: Some("Talks".into()),
        start: Some(at(2, 9)),
        end: Some(at(2, 10)),
        owner: Some(anna.clone()),
        organizer: Some(anna),
        ..AppointmentForm::default()
    }
}

/// A scene whose tenant sends events, with an appointment of the CRM's in Anna's calendar.
async fn with_talks(database: &Database) -> (Scene, String) {
    let scene = Scene::new(database).await;
    notifies(&scene.given);
    let form = talks(&scene.given);
    let made = scene.screen(|person| person.create(&form));
    scene.calm(scene.anna).await;
    assert_eq!(events(&scene.given), 1);
    scene.given.sandbox.world().crm().take_events();
    (scene, made)
}

fn notifies(given: &Given) {
    let mut crm = given.sandbox.world().crm();
    crm.settings.event_notifications = Switch::On;
}

fn events(given: &Given) -> usize {
    given.items(ANNA, exchange::Kind::CalendarItem).len()
}

/// The events that wait, as they would arrive.
fn told(scene: &Scene) -> Vec<Notice> {
    let waiting = scene.given.sandbox.world().crm().take_events();
    let read = waiting.iter().map(|event| {
        let body = notify::envelope(event).to_string();
        c4c::notices(body.as_bytes()).expect("a sound event")
    });
    read.flatten().collect()
}

async fn hear(scene: &Scene, notices: &[Notice]) {
    let tenant = TenantId::new(TENANT);
    let heard = scene.node.engine.notices(&tenant, notices).await;
    heard.expect("taken in");
}

fn gone(id: &str) -> Notice {
    let record = ssi_domain::RecordRef {
        kind: DomainKind::Appointment,
        id: RecordId::new(id),
    };
    Notice {
        records: vec![record],
        gone: true,
    }
}

/// INV-5, INV-21: a deletion is confirmed and carried out before any sweep; the same notice again, and late ones of
/// before, change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_in_the_crm_arrives_before_the_sweep_and_once() {
    on_both(|database| async move {
        let (scene, made) = with_talks(&database).await;
        let edit = AppointmentForm {
            location: Some("Room 5".into()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&made, &edit));
        scene.screen(|person| person.delete(Kind::Appointment, &made));
        let notices = told(&scene);
        assert!(notices.iter().any(|notice| notice.gone));
        hear(&scene, &notices).await;
        let (writes, _) = scene.session(scene.anna).await;
        assert_eq!((writes, events(&scene.given)), (1, 0), "no feed was read");

        let again: Vec<Notice> = notices.iter().rev().cloned().collect();
        hear(&scene, &again).await;
        assert_eq!(scene.session(scene.anna).await.0, 0);
        scene.calm(scene.anna).await;
        assert_eq!(events(&scene.given), 0, "nothing comes back");
        scene.assert_only_people_sent();
    })
    .await;
}

/// INV-5, INV-21: somebody claims that a record is gone which stands, and that one is which nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_about_a_record_that_stands_deletes_nothing() {
    on_both(|database| async move {
        let (scene, made) = with_talks(&database).await;
        for _ in 0..2 {
            hear(&scene, &[gone(&made), gone("NOBODY")]).await;
            assert_eq!(scene.session(scene.anna).await.0, 0);
            assert_eq!(events(&scene.given), 1);
        }
        let left = scene.node.store.filed(scene.anna, jiff::Timestamp::MAX, 9);
        assert!(left.await.expect("read").is_empty(), "looked into");
        scene.screen(|person| person.delete(Kind::Appointment, &made));
        hear(&scene, &told(&scene)).await;
        scene.session(scene.anna).await;
        assert_eq!(events(&scene.given), 0, "a false alarm hides no true one");
    })
    .await;
}

/// INV-21: a notice makes the feed due at once, and a swarm of them makes it due once.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_brings_the_next_reading_of_the_feed_forward() {
    on_both(|database| async move {
        let (scene, made) = with_talks(&database).await;
        let tenant = TenantId::new(TENANT);
        let due = async || {
            let state = scene.node.store.feed_state(&tenant).await;
            state.expect("read").next_due.expect("known")
        };
        let planned = due().await;
        let edit = AppointmentForm {
            location: Some("Room 5".into()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&made, &edit));
        let notices = told(&scene);
        assert!(notices.iter().all(|notice| !notice.gone));
        hear(&scene, &notices).await;
        let soon = due().await;
        assert!(
            soon + jiff::SignedDuration::from_mins(4) < planned,
            "{soon} {planned}"
        );
        hear(&scene, &notices).await;
        assert_eq!(due().await, soon);
    })
    .await;
}

fn act<T>(given: &Given, act: impl FnOnce(&mut Person<'_>) -> Result<T, Refusal>) -> T {
    let world = given.sandbox.world();
    let now = world.now();
    let mut crm = world.crm();
    act(&mut crm.person("anna", now).expect("Anna signs in")).expect("the CRM takes it")
}

/// INV-5: the whole way: the tenant posts its events to the program, which takes only those with the secret.
#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_posts_a_deletion_and_the_item_goes() {
    on_both(|database| async move {
        let given = Given::world().await;
        notifies(&given);
        let form = talks(&given);
        let made = act(&given, |person| person.create(&form));
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("an address").to_string();
        drop(free);
        let config = configure(&database, &given, &[ANNA, BERND], "");
        let text = std::fs::read_to_string(&config).expect("the configuration");
        let secret = format!("events_secret = \"{SECRET}\"\n[tenants.credentials]");
        let text = text
            .replace("127.0.0.1:0", &address)
            .replace("[tenants.credentials]", &secret);
        std::fs::write(&config, text).expect("written");
        let process = Process::start(&["serve"], &config);
        let store = database.open().await;
        until("the appointment came down and is known", async || {
            let anna = store.mailbox_by_address(ANNA).await.ok().flatten();
            let Some(anna) = anna else { return false };
            store.count_mirrors(anna.id).await.unwrap_or_default() == 1
        })
        .await;

        let consumer = |password: &str| Consumer {
            url: format!("http://{address}/c4c/events/{TENANT}"),
            user: "c4c".into(),
            password: password.into(),
        };
        given.sandbox.world().crm().take_events();
        act(&given, |person| person.delete(Kind::Appointment, &made));
        let event = "{\"event-type\":\"Visit.Root.Deleted\",\"data\":{\"entity-id\":\"AB\"}}";
        let refused = notify::post(&consumer("a guess"), event.into()).await;
        assert_eq!(refused.expect("it listens"), 401);
        let sent = notify::deliver(given.sandbox.world(), &consumer(SECRET)).await;
        let sent = sent.expect("it listens");
        assert!(
            !sent.is_empty() && sent.iter().all(|status| *status == 204),
            "{sent:?}"
        );
        until("the item went", async || events(&given) == 0).await;
        store.close().await;
        process.kill().await;
    })
    .await;
}
