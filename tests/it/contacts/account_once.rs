//! One account per company, however many are called alike and whoever meets it at the same moment (CON-31 to CON-36).

use jiff::SignedDuration;
use ssi_engine::{Cause, SessionEnd};
use ssi_sandbox::{
    crm::AccountForm,
    exchange::ContactEdit,
    faults::{Fault, FaultRule},
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
    given::{ANNA, BERND},
    node::Node,
};

const ACCOUNTS: &str = "POST CorporateAccountCollection";

fn at(company: &str, surname: &str) -> ContactEdit {
    ContactEdit {
        company: Some(company.into()),
        ..named("Rosa", surname)
    }
}

fn account(desk: &Desk, name: &str) -> String {
    let form = AccountForm {
        name: Some(name.into()),
        role: Some("CRM000".into()),
        ..AccountForm::default()
    };
    let id = desk.screen(|person| person.create(&form));
    let crm = desk.given.sandbox.world().crm();
    crm.account(&id).expect("stands").record.number
}

fn called(desk: &Desk, name: &str) -> Vec<String> {
    let all = desk.given.sandbox.world().crm().accounts().into_iter();
    let named = all.filter(|account| account.name == name);
    named.map(|account| account.record.number).collect()
}

/// CON-31, CON-36: the exact name is found among sixty that contain it, whichever stand before it; a name that sixty
/// contain and none has is made once.
#[tokio::test(flavor = "multi_thread")]
async fn an_exact_name_is_found_among_sixty_alike() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        for number in 0..60 {
            account(&desk, &format!("Silverstar Branch {number}"));
        }
        let exact = account(&desk, "Silverstar");
        desk.contact("SAP Contacts", &at("silverstar", "Exact"));
        desk.contact("SAP Contacts", &at("Silverstar Branch", "Prefix"));
        desk.contact("SAP Contacts", &at("SILVERSTAR BRANCH", "Loud"));
        desk.calm().await;
        let of = |surname: &str| desk.stored(surname).expect("up").account;
        assert_eq!(of("Exact"), exact, "CON-31");
        assert_eq!(called(&desk, "Silverstar"), [exact]);
        let made = called(&desk, "Silverstar Branch");
        assert_eq!(made, [of("Prefix")], "CON-36, CON-33");
        assert_eq!(
            of("Loud"),
            of("Prefix"),
            "one company however it is written"
        );
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-31, CON-33: names of one and two letters have accounts too; they are not looked for inside of others.
#[tokio::test(flavor = "multi_thread")]
async fn short_names_have_accounts_too() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let known = account(&desk, "HP");
        account(&desk, "3M Healthcare");
        desk.contact("SAP Contacts", &at("HP", "Known"));
        desk.contact("SAP Contacts", &at("3M", "Made"));
        desk.contact("SAP Contacts", &at("3M", "Second"));
        desk.calm().await;
        let of = |surname: &str| desk.stored(surname).expect("up").account;
        assert_eq!(of("Known"), known);
        assert_eq!(called(&desk, "3M"), [of("Made")]);
        assert_eq!(of("Second"), of("Made"));
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-33: a company longer than an account's name is one account for all its contacts, of the length that fits.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_longer_than_a_name_is_one_account() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let company = "Vereinigte Nordwestdeutsche Spezialpapierfabriken Aktiengesellschaft";
        desk.contact("SAP Contacts", &at(company, "First"));
        desk.calm().await;
        // Another session remembers nothing of the first.
        desk.contact("SAP Contacts", &at(company, "Second"));
        desk.calm().await;
        let of = |surname: &str| desk.stored(surname).expect("up").account;
        assert!(!of("First").is_empty());
        assert_eq!(of("Second"), of("First"));
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-33, INV-1: two mailboxes on two nodes meet a company at the same moment; one account is made
/// and is listed among what was created.
#[tokio::test(flavor = "multi_thread")]
async fn two_mailboxes_at_once_make_one_account() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let other = Node::start(&database, &desk.given, "two").await;
        let bernd = other.mailbox(BERND).await;
        other.session(bernd).await;
        let world = desk.given.sandbox.world();
        for (who, surname) in [(ANNA, "Hers"), (BERND, "His")] {
            let person = world.person(who);
            let contact = at("Nordwerk", surname);
            person
                .create_contact_in("SAP Contacts", &contact)
                .expect("made");
        }
        for _ in 0..4 {
            let (hers, his) = tokio::join!(
                desk.node.engine.run_once(desk.mailbox, Cause::Once),
                other.engine.run_once(bernd, Cause::Once)
            );
            hers.expect("runs");
            his.expect("runs");
            desk.node.advance(SignedDuration::from_hours(1));
            other.advance(SignedDuration::from_hours(1));
        }
        let made = called(&desk, "Nordwerk");
        assert_eq!(made.len(), 1, "INV-1");
        for surname in ["Hers", "His"] {
            assert_eq!(desk.stored(surname).expect("up").account, made[0]);
        }
        let store = &desk.node.store;
        let mut listed = Vec::new();
        for mailbox in [desk.mailbox, bernd] {
            listed.extend(store.made_parties(mailbox, None, 10).await.expect("read"));
        }
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].for_kind, ssi_domain::Kind::Contact);
    })
    .await;
}

/// CON-33: a refused account leaves the contact without, says so with what to do, and the issue goes when somebody
/// chooses an account in the CRM.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_account_is_told() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.default_country = Some("ZZ".into());
        })
        .await;
        desk.contact("SAP Contacts", &at("Nordwerk", "Allein"));
        desk.calm().await;
        assert_eq!(desk.stored("Allein").expect("stored without").account, "");
        let issues = desk.issues().await;
        assert_eq!(issues.len(), 1, "{issues:?}");
        assert_eq!(issues[0].code, "account_missing");
        assert!(issues[0].message.contains("choose it in the contact"));
        desk.assert_at_rest().await;
    })
    .await;
}

/// INV-19, CON-33: a CRM that asks for a pause gets one, and the contact waits for its account.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_makes_the_contact_wait_for_its_account() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.contact("SAP Contacts", &at("Nordwerk", "Wartend"));
        let faults = desk.given.sandbox.world().faults();
        let busy = Fault::Unavailable503 {
            retry_after: Some(30),
        };
        let rule = FaultRule {
            times: 0,
            ..FaultRule::once("odata", ACCOUNTS, busy)
        };
        faults.add(rule);
        let (report, _) = desk.node.session(desk.mailbox).await;
        assert_ne!(report.end, SessionEnd::Done);
        assert!(desk.stored("Wartend").is_none(), "not stored without");
        faults.clear();
        desk.node.advance(SignedDuration::from_hours(1));
        desk.calm().await;
        let made = called(&desk, "Nordwerk");
        assert_eq!(made, [desk.stored("Wartend").expect("up").account]);
        desk.assert_at_rest().await;
    })
    .await;
}

/// INV-9: an answer that was lost makes no second account.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_second_account() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.contact("SAP Contacts", &at("Nordwerk", "Verloren"));
        let faults = desk.given.sandbox.world().faults();
        let lost = Fault::TimeoutAfterSuccess { close: true };
        faults.add(FaultRule::once("odata", ACCOUNTS, lost));
        for _ in 0..3 {
            desk.node.session(desk.mailbox).await;
            desk.node.advance(SignedDuration::from_hours(1));
        }
        faults.clear();
        desk.calm().await;
        let made = called(&desk, "Nordwerk");
        assert_eq!(made, [desk.stored("Verloren").expect("up").account]);
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-31, CON-33: the account made for a company stays its account when somebody corrects its name, and is not made
/// again when somebody deletes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_made_account_is_made_once() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.contact("SAP Contacts", &at("Nordwrek", "Eins"));
        desk.calm().await;
        let made = desk.stored_account("Nordwrek").expect("made").record;
        let renamed = AccountForm {
            name: Some("Nordwerk".into()),
            ..AccountForm::default()
        };
        desk.screen(|person| person.edit(&made.object_id, &renamed));
        desk.contact("SAP Contacts", &at("Nordwrek", "Zwei"));
        desk.calm().await;
        assert_eq!(desk.stored("Zwei").expect("up").account, made.number);
        assert_eq!(called(&desk, "Nordwrek"), [""; 0]);
    })
    .await;
}
