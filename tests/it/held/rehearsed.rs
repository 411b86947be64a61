//! E-mails and people in a dry run: what it tells is what the next session does (design: the dry run streams the
//! plan of the next session).

use ssi_domain::{Address, Kind, MailboxId, plan::EffectClass, settings::ResolveAs};
use ssi_engine::{PlannedEffect, QueueSave, SaveChoice};
use ssi_sandbox::exchange::Sending;
use ssi_tests::{
    calm::{calm, rehearsed, session, tomorrow},
    db::on_both,
    desk::{Desk, named},
    given::{ANNA, CATEGORY, FOLDER, Given, eml},
    node::Node,
    people::{People, attendee, event, marked},
};

use super::plan::rows;

const CARLA: &str = "Carla Kundin <carla@customer.example>";

/// Class and kind of each effect, in order.
fn told(effects: &[PlannedEffect]) -> Vec<(EffectClass, Kind)> {
    let mut told: Vec<_> = effects.iter().map(|one| (one.class, one.kind)).collect();
    told.sort();
    told
}

async fn silent(database: &ssi_tests::db::Database, node: &Node, mailbox: MailboxId) {
    let before = rows(database).await;
    let (effects, totals) = rehearsed(node, mailbox).await;
    assert!(effects.is_empty(), "{effects:?}");
    assert!(totals.not_rehearsed.is_empty());
    assert_eq!(rows(database).await, before);
}

/// EM-20, EM-21, EM-01, MBX-03, INV-4: mails by category, by folder and twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_the_mails_that_the_next_session_saves() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        calm(&node, mailbox).await;
        given.marked_mail(eml("a@x", CARLA, ANNA, "Offer"));
        given.mail_in(ANNA, FOLDER, &[], eml("f@x", CARLA, ANNA, "Folder"));
        given.mail_in(ANNA, FOLDER, &[], eml("a@x", CARLA, ANNA, "Offer"));
        given.mail(eml("n@x", CARLA, ANNA, "Nothing"));
        let (before, writes) = (rows(&database).await, given.writes());

        let (effects, totals) = rehearsed(&node, mailbox).await;

        assert_eq!(rows(&database).await, before, "nothing in the database");
        assert_eq!(given.writes(), writes, "nothing outside");
        assert!(totals.not_rehearsed.is_empty());
        let email = |class| (class, Kind::Email);
        let expected = [
            email(EffectClass::CreateRecord),
            email(EffectClass::CreateRecord),
            email(EffectClass::MarkItem),
            email(EffectClass::MarkItem),
            email(EffectClass::MarkItem),
            email(EffectClass::MoveItem),
            email(EffectClass::MoveItem),
        ];
        assert_eq!(told(&effects), expected);
        let create = effects
            .iter()
            .find(|one| one.class == EffectClass::CreateRecord);
        let create = create.expect("a record");
        assert!(create.item.is_some() && create.record.is_none());
        for field in ["subject", "body"] {
            assert!(create.fields.iter().any(|name| name == field), "{field}");
        }
        let linked = create.trace.0.iter().any(|step| step.rule == "LNK-02");
        assert!(linked, "with whom it is linked: {:?}", create.trace);

        let effects = effects.len() as u64;
        assert_eq!(session(&node, mailbox).await, effects, "as told");
        assert_eq!(given.emails().len(), 2);
        silent(&database, &node, mailbox).await;
    })
    .await;
}

/// EM-01, EM-06: a mail that the CRM has already is marked and not stored again.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_knows_mails_that_are_saved_already() {
    on_both(|database| async move {
        let given = Given::world().await;
        let first = Node::start(&database, &given, "one").await;
        let mailbox = first.mailbox(ANNA).await;
        given.marked_mail(eml("a@x", CARLA, ANNA, "Offer"));
        calm(&first, mailbox).await;
        // Another copy of it, in another mailbox.
        let bernd = first.mailbox(ssi_tests::given::BERND).await;
        calm(&first, bernd).await;
        let copy = eml("a@x", CARLA, ANNA, "Offer");
        given.mail_in(ssi_tests::given::BERND, "inbox", &[CATEGORY], copy);
        let (effects, _) = rehearsed(&first, bernd).await;
        assert_eq!(told(&effects), [(EffectClass::MarkItem, Kind::Email)]);

        // The database is lost: the CRM knows it by its key.
        let lost = match database.engine {
            "sqlite" => ssi_tests::db::Database::sqlite().await,
            _ => ssi_tests::db::Database::postgres().await.expect("answers"),
        };
        let other = Node::start(&lost, &given, "two").await;
        let bernd = other.mailbox(ssi_tests::given::BERND).await;
        let (effects, _) = rehearsed(&other, bernd).await;
        assert_eq!(told(&effects), [(EffectClass::MarkItem, Kind::Email)]);
    })
    .await;
}

/// EM-11: a click that waits for its mail is told once, though two mails look like it.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_fulfils_a_wish_once() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        calm(&node, mailbox).await;
        let wish = QueueSave {
            request_id: None,
            caller: "anna".into(),
            client_key: None,
            subject: "Our offer".into(),
            recipients: vec![Address {
                name: "Carla".into(),
                address: "carla@customer.example".into(),
            }],
            choice: SaveChoice::default(),
        };
        node.engine.queue_save(mailbox, wish).await.expect("noted");
        let now = jiff::Timestamp::from_second(given.sandbox.world().now().as_second());
        let now = now.expect("now").to_zoned(jiff::tz::TimeZone::UTC);
        let date = jiff::fmt::rfc2822::to_string(&now).expect("a date");
        for id in ["w1@x", "w2@x"] {
            let mail = eml(id, ANNA, CARLA, "Our offer");
            let mail = mail.replace("Mon, 16 Nov 2026 09:30:00 +0000", &date);
            given.mail_in(ANNA, "sentitems", &[], mail);
        }
        let (effects, _) = rehearsed(&node, mailbox).await;
        let expected = [
            (EffectClass::CreateRecord, Kind::Email),
            (EffectClass::MarkItem, Kind::Email),
        ];
        assert_eq!(told(&effects), expected);
        assert_eq!(session(&node, mailbox).await, 2, "as told");
        assert_eq!(given.emails().len(), 1);
    })
    .await;
}

/// RES-01, RES-05: people and their account, each once, though two meetings name them.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_who_would_be_made() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.resolve.people = ResolveAs::Contact;
            settings.resolve.accounts = true;
        })
        .await;
        for subject in ["First", "Second"] {
            let mut draft = event(subject, &tomorrow(9), &tomorrow(10));
            let people = ["rosa.neumann@fresh.example", "tim.falk@fresh.example"];
            let people = people.map(attendee).to_vec();
            draft.properties.insert(
                "RequiredAttendees",
                ssi_sandbox::exchange::Value::Attendees(people),
            );
            let draft = marked(draft, &[CATEGORY]);
            desk.given.make(ANNA, "calendar", draft, Sending::ALL);
        }
        let (before, writes) = (rows(&database).await, desk.given.writes());

        let (effects, totals) = rehearsed(&desk.node, desk.mailbox).await;

        assert_eq!(rows(&database).await, before, "nothing in the database");
        assert_eq!(desk.given.writes(), writes, "nothing outside");
        assert!(totals.not_rehearsed.is_empty());
        let mut made = told(&effects);
        made.retain(|(class, _)| *class == EffectClass::CreateRecord);
        let made: Vec<Kind> = made.into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(
            made,
            [
                Kind::Appointment,
                Kind::Appointment,
                Kind::Contact,
                Kind::Contact,
                Kind::Account
            ]
        );

        desk.calm().await;
        let report = desk.node.store.made_parties(desk.mailbox, None, 50).await;
        assert_eq!(report.expect("a report").len(), 3, "as told");
        silent(&database, &desk.node, desk.mailbox).await;
    })
    .await;
}

/// CON-31 to CON-33: the account of a contact's company.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_the_account_that_a_company_becomes() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        for (surname, company) in [
            ("Neumann", "Fresh Goods"),
            ("Falk", "Fresh Goods"),
            ("Ost", "Customer Ltd"),
        ] {
            let mut contact = named("Rosa", surname);
            contact.company = Some(company.into());
            desk.contact("SAP Contacts", &contact);
        }
        let before = rows(&database).await;
        let (effects, _) = rehearsed(&desk.node, desk.mailbox).await;
        assert_eq!(rows(&database).await, before, "nothing in the database");
        let accounts = effects
            .iter()
            .filter(|one| one.class == EffectClass::CreateRecord && one.kind == Kind::Account);
        assert_eq!(accounts.count(), 1, "{effects:?}");
        desk.calm().await;
        assert!(desk.stored_account("Fresh Goods").is_some());
    })
    .await;
}
