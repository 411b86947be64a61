//! From a contact's company to its account (5.5).

use ssi_sandbox::{
    crm::{AccountForm, Settings},
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
