//! From a contact's company to its account (5.5).

use std::collections::HashMap;

use jiff::SignedDuration;
use ssi_engine::{Settle, SettleIssue};
use ssi_sandbox::{
    crm::{AccountForm, ContactForm, Settings},
    exchange::ContactEdit,
};
use ssi_tests::{
    db::on_both,
    desk::{Desk, named},
};

fn at(company: &str, surname: &str) -> ContactEdit {
    ContactEdit {
        company: Some(company.into()),
        ..named("Rosa", surname)
    }
}

/// The number of the account with this ObjectID.
fn number(desk: &Desk, id: &str) -> String {
    let crm = desk.given.sandbox.world().crm();
    crm.account(id).expect("stands").record.number
}

fn account(desk: &Desk, name: &str) -> String {
    let form = AccountForm {
        name: Some(name.into()),
        role: Some("CRM000".into()),
        ..AccountForm::default()
    };
    let id = desk.screen(|person| person.create(&form));
    number(desk, &id)
}

/// CON-30, CON-31, CON-32, CON-35, CON-36
#[tokio::test(flavor = "multi_thread")]
async fn the_company_finds_its_account() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.accounts_read_only = true;
        })
        .await;
        let first = account(&desk, "Silverstar");
        account(&desk, "Silverstar");
        let wholesale = account(&desk, "Goldberg Wholesale");
        account(&desk, "Bronze One");
        account(&desk, "Bronze Two");
        for (company, surname) in [
            ("Silverstar", "Exact"),
            ("Goldberg", "Partial"),
            ("Bronze", "Several"),
            ("Nobody Ltd", "Unknown"),
            ("", "Without"),
        ] {
            desk.contact("SAP Contacts", &at(company, surname));
        }
        desk.calm().await;
        let of = |surname: &str| desk.stored(surname).expect("up").account;
        assert_eq!(of("Exact"), first, "CON-31: the earliest created");
        assert_eq!(of("Partial"), wholesale, "CON-32");
        assert_eq!(of("Several"), "", "CON-36");
        assert_eq!(
            of("Unknown"),
            "",
            "CON-23: none is made while accounts are read only"
        );
        assert_eq!(of("Without"), "", "CON-35");
        assert_eq!(
            desk.given.sandbox.world().crm().accounts().len(),
            6,
            "five made here and the world's one"
        );
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-33, CON-34: an account is made, once for all contacts of a company, with the default country.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_for_an_unknown_company() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.default_country = Some("DE".into());
        })
        .await;
        desk.contact("SAP Contacts", &at("Nordwerk", "Eins"));
        desk.contact("SAP Contacts", &at("Nordwerk", "Zwei"));
        desk.calm().await;
        let made = desk.stored_account("Nordwerk").expect("CON-33");
        assert_eq!(made.postal_address.country, "DE", "CON-34");
        for surname in ["Eins", "Zwei"] {
            assert_eq!(
                desk.stored(surname).expect("up").account,
                made.record.number
            );
        }
        let all = desk.given.sandbox.world().crm().accounts();
        assert_eq!(all.iter().filter(|one| one.name == "Nordwerk").count(), 1);
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-33: a refusal of the account leaves the contact without one.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_account_leaves_the_contact_without() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.default_country = Some("ZZ".into());
        })
        .await;
        let checks = Settings::default();
        assert_eq!(
            checks.checks_codes,
            ssi_sandbox::crm::Switch::On,
            "so ZZ is refused"
        );
        desk.contact("SAP Contacts", &at("Nordwerk", "Allein"));
        desk.calm().await;
        assert_eq!(desk.stored("Allein").expect("stored without").account, "");
        assert!(desk.stored_account("Nordwerk").is_none());
        desk.assert_at_rest().await;
    })
    .await;
}

fn at_account(number: &str) -> ContactForm {
    ContactForm {
        account: Some(number.into()),
        ..ContactForm::default()
    }
}

fn works_at(desk: &Desk, key: u64, company: &str) {
    let edit = ContactEdit {
        company: Some(company.into()),
        ..ContactEdit::default()
    };
    desk.outlook().edit_contact(key, &edit).expect("edited");
}

fn rename(desk: &Desk, number: &str, name: &str) {
    let all = desk.given.sandbox.world().crm().accounts().into_iter();
    let account = all.into_iter().find(|one| one.record.number == number);
    let id = account.expect("stands").record.object_id;
    let form = AccountForm {
        name: Some(name.into()),
        ..AccountForm::default()
    };
    desk.screen(|person| person.edit(&id, &form));
}

/// CON-30 to CON-33: a company edited in Outlook changes the account, found or made; another spelling and an emptied
/// field change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_edited_in_outlook_changes_the_account() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let (silver, gold) = (account(&desk, "Silverstar"), account(&desk, "Goldberg"));
        let key = desk.contact("SAP Contacts", &at("Silverstar", "Wechsel"));
        desk.calm().await;
        let of = || desk.stored("Wechsel").expect("up");
        assert_eq!(of().account, silver);
        for (company, number) in [
            ("goldberg", Some(&gold)),
            ("GOLDBERG ", Some(&gold)),
            ("Nordwerk", None),
            ("Silverstar", Some(&silver)),
            ("", Some(&silver)),
        ] {
            works_at(&desk, key, company);
            desk.calm().await;
            let made = || {
                desk.stored_account("Nordwerk")
                    .expect("CON-33")
                    .record
                    .number
            };
            assert_eq!(
                of().account,
                number.cloned().unwrap_or_else(made),
                "{company}"
            );
            let seen = desk.seen("Wechsel").expect("stands").company;
            assert_eq!(seen, company, "nobody's wording is replaced");
            desk.assert_at_rest().await;
        }
        assert_eq!(desk.issues().await.len(), 0);
    })
    .await;
}

/// 5.3: another account in the CRM, a renamed one and none change the company in Outlook.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_changed_in_the_crm_changes_the_company() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        account(&desk, "Silverstar");
        let gold = account(&desk, "Goldberg");
        desk.contact("SAP Contacts", &at("Silverstar", "Wechsel"));
        desk.calm().await;
        let id = desk.stored("Wechsel").expect("up").record.object_id;
        desk.screen(|person| person.edit(&id, &at_account(&gold)));
        desk.calm().await;
        let company = || desk.seen("Wechsel").expect("stands").company;
        assert_eq!(company(), "Goldberg");
        desk.assert_at_rest().await;
        rename(&desk, &gold, "Goldberg International");
        desk.node.advance(SignedDuration::from_hours(25));
        desk.calm().await;
        assert_eq!(
            company(),
            "Goldberg International",
            "a name as the CRM has it follows it"
        );
        desk.assert_at_rest().await;
        assert_eq!(desk.stored("Wechsel").expect("stands").account, gold);
        assert_eq!(desk.issues().await.len(), 0);
    })
    .await;
}

/// CON-32, INV-4: an account found because its name contains the company leaves the company as somebody wrote it,
/// also when it is renamed and still does; another one is another company.
#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_is_part_of_the_name_is_left_as_written() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let gold = account(&desk, "Goldberg Wholesale");
        let key = desk.contact("SAP Contacts", &at("Goldberg", "Kurz"));
        desk.calm().await;
        let company = || desk.seen("Kurz").expect("stands").company;
        assert_eq!(desk.stored("Kurz").expect("up").account, gold);
        desk.assert_at_rest().await;
        let edit = ContactEdit {
            job_title: Some("Buyer".into()),
            ..ContactEdit::default()
        };
        desk.outlook().edit_contact(key, &edit).expect("edited");
        desk.calm().await;
        assert_eq!(company(), "Goldberg");
        rename(&desk, &gold, "Goldberg Retail");
        desk.node.advance(SignedDuration::from_hours(25));
        desk.calm().await;
        desk.assert_at_rest().await;
        assert_eq!(company(), "Goldberg");
        rename(&desk, &gold, "Silver Retail");
        desk.node.advance(SignedDuration::from_hours(25));
        desk.calm().await;
        desk.assert_at_rest().await;
        assert_eq!(company(), "Silver Retail");
        assert_eq!(desk.stored("Kurz").expect("stands").account, gold);
    })
    .await;
}

/// INV-2: both sides moved to another company; the CRM's stands, the mailbox's is kept until somebody settles it.
#[tokio::test(flavor = "multi_thread")]
async fn both_sides_name_another_company() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        account(&desk, "Silverstar");
        let (gold, bronze) = (account(&desk, "Goldberg"), account(&desk, "Bronze"));
        let key = desk.contact("SAP Contacts", &at("Silverstar", "Streit"));
        desk.calm().await;
        let id = desk.stored("Streit").expect("up").record.object_id;
        desk.screen(|person| person.edit(&id, &at_account(&gold)));
        works_at(&desk, key, "Bronze");
        desk.calm().await;
        assert_eq!(desk.seen("Streit").expect("stands").company, "Goldberg");
        assert_eq!(desk.stored("Streit").expect("stands").account, gold);
        let issue = desk.issues().await.remove(0);
        assert_eq!(issue.code, "both_changed");
        let settle = SettleIssue {
            request_id: None,
            caller: "test".into(),
            side: Settle::Mailbox,
            choices: HashMap::new(),
        };
        let settled = desk
            .node
            .engine
            .settle_issue(desk.mailbox, issue.id, settle);
        settled.await.expect("settled");
        desk.calm().await;
        assert_eq!(desk.seen("Streit").expect("stands").company, "Bronze");
        assert_eq!(desk.stored("Streit").expect("stands").account, bronze);
        desk.assert_at_rest().await;
    })
    .await;
}

/// CON-23: a company nobody knows, while none may be made, leaves the account that stands, and says so until both
/// agree again.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_company_leaves_the_account_that_stands() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.accounts_read_only = true;
        })
        .await;
        let silver = account(&desk, "Silverstar");
        let key = desk.contact("SAP Contacts", &at("Silverstar", "Bleibt"));
        desk.calm().await;
        works_at(&desk, key, "Nobody Ltd");
        desk.calm().await;
        assert_eq!(desk.stored("Bleibt").expect("stands").account, silver);
        desk.assert_at_rest().await;
        let issues = desk.issues().await;
        assert_eq!(issues.len(), 1, "{issues:?}");
        assert_eq!(issues[0].code, "account_missing");
        assert_eq!(desk.seen("Bleibt").expect("stands").company, "Nobody Ltd");
        works_at(&desk, key, "Silverstar");
        desk.calm().await;
        assert_eq!(desk.issues().await.len(), 0);
    })
    .await;
}
