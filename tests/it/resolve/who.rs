//! Who is made, as what, and who is not.

use ssi_domain::{Kind, MailboxId};
use ssi_sandbox::company::PartyKind;
use ssi_store::MadeParty;
use ssi_tests::{calm::rehearsed, db::on_both, desk::Desk, people::People};

use super::{ACCOUNTS, APPOINTMENTS, CONTACTS, LEADS, anna, as_contacts, as_leads, rows};

async fn made(desk: &Desk, mailbox: MailboxId) -> Vec<MadeParty> {
    let store = &desk.node.store;
    store
        .made_parties(mailbox, None, 50)
        .await
        .expect("a report")
}

/// RES-01, RES-02, RES-03, RES-05, RES-06, CAL-40
#[tokio::test(flavor = "multi_thread")]
async fn unknown_attendees_become_contacts_with_their_account() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, as_contacts).await;
        let list = [
            "Neumann, Rosa <Rosa.Neumann@fresh.example>",
            "tim.falk+cal@fresh.example",
        ];
        anna(&desk, "Kick-off", &list);
        desk.calm().await;

        let accounts = rows(&desk, ACCOUNTS, "Name", "Fresh");
        assert_eq!(accounts.len(), 1, "RES-05: one account for both");
        let account = |name: &str| desk.given.field(ACCOUNTS, &accounts[0], name);
        assert_eq!(account("CountryCode").as_deref(), Some("DE"), "RES-06");
        let rosa = rows(&desk, CONTACTS, "Email", "rosa.neumann@fresh.example");
        let tim = rows(&desk, CONTACTS, "Email", "tim.falk+cal@fresh.example");
        assert_eq!((rosa.len(), tim.len()), (1, 1));
        let field = |key: &str, name: &str| desk.given.field(CONTACTS, key, name);
        assert_eq!(field(&rosa[0], "FirstName").as_deref(), Some("Rosa"));
        assert_eq!(field(&rosa[0], "LastName").as_deref(), Some("Neumann"));
        assert_eq!(
            field(&tim[0], "LastName").as_deref(),
            Some("Falk"),
            "RES-03"
        );
        for key in [&rosa[0], &tim[0]] {
            assert_eq!(field(key, "AccountID"), account("AccountID"));
        }

        let appointment = desk.given.records(APPOINTMENTS);
        assert_eq!(appointment.len(), 1);
        let main = desk
            .given
            .field(APPOINTMENTS, &appointment[0], "MainContactPartyID");
        assert_eq!(
            main,
            field(&rosa[0], "ContactID"),
            "the meeting is linked to who was made"
        );

        let report = made(&desk, desk.mailbox).await;
        let mut kinds: Vec<Kind> = report.iter().map(|one| one.record.kind).collect();
        kinds.sort();
        assert_eq!(kinds, [Kind::Contact, Kind::Contact, Kind::Account]);
        assert!(report.iter().all(|one| one.for_kind == Kind::Appointment));
        desk.assert_at_rest().await;
    })
    .await;
}

/// RES-02, CAL-13
#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_of_strangers_is_captured_and_linked_to_leads() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            as_leads(settings);
            settings.mirror.auto_meetings = true;
            settings.mirror.auto_unknown = true;
        })
        .await;
        let made = anna(&desk, "First talk", &["Kim Ost <kim@strangers.example>"]);
        desk.given.edit_quietly(&made, |draft| {
            draft.properties.remove("Categories");
        });
        desk.calm().await;
        let leads = rows(&desk, LEADS, "ContactEMail", "kim@strangers.example");
        assert_eq!(leads.len(), 1);
        let field = |name: &str| desk.given.field(LEADS, &leads[0], name).unwrap_or_default();
        assert_eq!(field("ContactLastName"), "Ost");
        assert_eq!(
            (field("Name").as_str(), field("Company").as_str()),
            ("Kim Ost", "Strangers")
        );
        assert_eq!(
            rows(&desk, ACCOUNTS, "Name", "Strangers"),
            [""; 0],
            "accounts are off"
        );
        let appointment = desk.given.records(APPOINTMENTS);
        assert_eq!(appointment.len(), 1, "CAL-13");
        let linked = desk.given.records("AppointmentBTDReferenceCollection");
        let to: Vec<String> = linked
            .iter()
            .filter_map(|key| {
                desk.given
                    .field("AppointmentBTDReferenceCollection", key, "ID")
            })
            .collect();
        assert_eq!(to, [field("ID")], "the meeting is linked to the lead");
    })
    .await;
}

/// RES-01, RES-04, RES-08, SRCH-05
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_made_of_colleagues_blocked_known_and_faceless_addresses() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            as_contacts(settings);
            settings.blocklist.org = vec!["*.spam.example".into()];
            settings.blocklist.user = vec!["eve@fresh.example".into()];
        })
        .await;
        // An employee with an address outside of the corporate domain: known, though never shown.
        desk.given.party(
            PartyKind::Employee,
            "freelance@elsewhere.example",
            "Fritz Frei",
        );
        desk.given
            .party(PartyKind::Lead, "lead@fresh.example", "Lena Lead");
        let before = (
            desk.given.records(CONTACTS).len(),
            desk.given.records(ACCOUNTS).len(),
        );
        let people = [
            "new.colleague@sandbox.example",
            "x@mail.spam.example",
            "eve+cal@fresh.example",
            "carla@customer.example",
            "carla+meet@customer.example",
            "freelance@elsewhere.example",
            "lead@fresh.example",
            "no-reply@fresh.example",
            "info@fresh.example",
            "users@lists.fresh.example",
            "Meeting Room 4 <mr4@fresh.example>",
        ];
        anna(&desk, "Everybody", &people);
        desk.calm().await;
        let after = (
            desk.given.records(CONTACTS).len(),
            desk.given.records(ACCOUNTS).len(),
        );
        assert_eq!(after, before, "nobody is made");
        assert_eq!(made(&desk, desk.mailbox).await, []);
        assert_eq!(
            desk.given.records(APPOINTMENTS).len(),
            1,
            "the meeting is stored all the same"
        );
    })
    .await;
}

/// RES-05: never after a public mail domain, and an account that differs in its legal form is the one.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_not_made_twice_nor_of_public_domains() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, as_contacts).await;
        desk.given.party(
            PartyKind::Account,
            "office@other.example",
            "Fresh GmbH & Co. KG",
        );
        let before = desk.given.records(ACCOUNTS).len();
        anna(
            &desk,
            "Mixed",
            &["rosa@fresh.example", "otto.normal@gmail.com"],
        );
        desk.calm().await;
        assert_eq!(desk.given.records(ACCOUNTS).len(), before);
        let rosa = rows(&desk, CONTACTS, "Email", "rosa@fresh.example");
        let name = desk.given.field(CONTACTS, &rosa[0], "AccountFormattedName");
        assert!(
            name.is_some_and(|name| name.contains("Fresh GmbH")),
            "the known account"
        );
        let otto = rows(&desk, CONTACTS, "Email", "otto.normal@gmail.com");
        assert_eq!(otto.len(), 1);
        let account = desk
            .given
            .field(CONTACTS, &otto[0], "AccountID")
            .unwrap_or_default();
        assert_eq!(account, "");
    })
    .await;
}

/// RES-01: off by default; the add-in's click makes nobody.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_unasked() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let before = desk.given.records(CONTACTS).len();
        anna(&desk, "Off", &["rosa@fresh.example"]);
        desk.calm().await;
        assert_eq!(desk.given.records(CONTACTS).len(), before);

        desk.node.set(as_contacts);
        let item = anna(&desk, "Clicked", &["tim@fresh.example"]);
        let saved = desk
            .node
            .engine
            .save_event(
                desk.mailbox,
                ssi_engine::SaveEvent {
                    request_id: None,
                    caller: "anna".into(),
                    item: ssi_domain::ItemId::new(desk.given.id_of(&item)),
                    kind: Kind::Appointment,
                    links: None,
                    also: Vec::new(),
                },
            )
            .await;
        assert!(saved.is_ok_and(|saved| !saved.already_saved));
        assert_eq!(
            desk.given.records(CONTACTS).len(),
            before,
            "only sessions make people"
        );
        // A dry run makes nobody either.
        anna(&desk, "Rehearsed", &["kim@fresh.example"]);
        rehearsed(&desk.node, desk.mailbox).await;
        assert_eq!(desk.given.records(CONTACTS).len(), before);
    })
    .await;
}

/// RES-05, LNK-05: an account that the directory knows by the domain of its web site is the company, whatever its name.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_the_domain_is_used_and_no_second_one_made() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, as_contacts).await;
        let company = desk.crm_account(ssi_sandbox::crm::AccountForm {
            name: Some("Obst und Gemüse AG".into()),
            web_site: Some("https://www.fresh.example/".into()),
            ..ssi_sandbox::crm::AccountForm::default()
        });
        let before = desk.given.records(ACCOUNTS).len();
        anna(
            &desk,
            "Kick-off",
            &["Rosa Neumann <rosa@sales.fresh.example>"],
        );
        desk.calm().await;
        let rosa = rows(&desk, CONTACTS, "Email", "rosa@sales.fresh.example");
        assert_eq!(rosa.len(), 1);
        let number = desk.given.field(ACCOUNTS, &company, "AccountID");
        assert_eq!(desk.given.field(CONTACTS, &rosa[0], "AccountID"), number);
        assert_eq!(desk.given.records(ACCOUNTS).len(), before, "none was made");
    })
    .await;
}

/// RES-01: two spellings of one mailbox are one person, also in two meetings.
#[tokio::test(flavor = "multi_thread")]
async fn two_spellings_of_a_mailbox_are_made_once() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, as_contacts).await;
        anna(&desk, "First", &["Ann Ost <ann+cal@fresh.example>"]);
        desk.calm().await;
        anna(&desk, "Second", &["Ann Ost <ann@fresh.example>"]);
        anna(&desk, "Third", &["Ann Ost <ann+x@fresh.example>"]);
        desk.calm().await;
        assert_eq!(rows(&desk, CONTACTS, "LastName", "Ost").len(), 1);
        assert_eq!(desk.given.records(APPOINTMENTS).len(), 3);
    })
    .await;
}
