//! Fields of a tenant's own: overrides of the mapping reach the merge, both connectors and the Smart Description, over
//! HTTP, on both databases (SD-01, INV-4).

use std::sync::Arc;

use ssi_connectors::{
    c4c::{C4c, Codes, LocalGate},
    http::CallMeter,
};
use ssi_domain::{
    Kind as Ours,
    mapping::{Row, Table, Tables},
};
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Body, Draft, ExtendedKey, ExtendedValue, Kind, Sending},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, CATEGORY, Given},
    node::{Node, tenant_config},
    people::{Made, People, event, marked, text},
    scene::at,
};

const APPOINTMENTS: &str = "AppointmentCollection";
const CONTACTS: &str = "ContactCollection";
/// The set in which Outlook keeps the fields of its users.
const PUBLIC_STRINGS: &str = "00020329-0000-0000-c000-000000000046";

const APPOINTMENT: &str = r#"
    kind = "appointment"
    [[field]]
    name = "project"
    type = "text"
    flow = "both"
    wins = "mail"
    max_chars = 120
    ews = "extended:PublicStrings:Project"
    c4c = "dataloader1_KUT"
"#;

const CONTACT: &str = r#"
    kind = "contact"
    [[field]]
    name = "tier"
    type = "text"
    flow = "both"
    wins = "crm"
    max_chars = 120
    ews = "extended:PublicStrings:Tier"
    c4c = "Tier_KUT"
"#;

fn tables() -> Tables {
    let built_in = Tables::built_in();
    let laid = built_in.with_overrides(APPOINTMENT).expect("well formed");
    laid.with_overrides(CONTACT).expect("well formed")
}

fn named(name: &str) -> ExtendedKey {
    ExtendedKey::named(PUBLIC_STRINGS, name, "String")
}

fn fill(draft: &mut Draft, name: &str, value: &str) {
    let value = ExtendedValue::One(value.into());
    draft.extended.insert(named(name), value);
}

fn shown(given: &Given, made: &Made, name: &str) -> Option<String> {
    match given.see(made)?.extended.get(&named(name))? {
        ExtendedValue::One(text) => Some(text.clone()),
        ExtendedValue::Many(_) => None,
    }
}

fn words(body: &Body) -> String {
    match (&body.html, &body.text) {
        (Some(html), _) => ssi_domain::transform::html_to_text(html),
        (None, Some(text)) => text.to_string(),
        (None, None) => String::new(),
    }
}

/// SD-01 (custom fields included), INV-4
#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_the_tenants_own_on_appointments_travels_both_ways_and_is_described() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start_mapped(&database, &given, tables()).await;
        node.set(|settings| {
            let chosen = &mut settings.mirror.smart_description;
            chosen.insert(Ours::Appointment, vec!["project".to_owned()]);
        });
        let mailbox = node.mailbox(ANNA).await;
        let (start, end) = (at(2, 9), at(2, 10));
        let mut draft = event("Review", &start.to_string(), &end.to_string());
        fill(&mut draft, "Project", "Apollo");
        let draft = marked(draft, &[CATEGORY]);
        let made = given.make(ANNA, "calendar", draft, Sending::NONE);
        node.calm(mailbox).await;
        let key = given.records(APPOINTMENTS)[0].clone();
        let stored = || given.field(APPOINTMENTS, &key, "dataloader1_KUT");
        assert_eq!(stored().as_deref(), Some("Apollo"));
        let body = given.see(&made).expect("stands").body;
        assert!(words(&body).contains("Project: Apollo"), "{}", words(&body));

        given.edit_quietly(&made, |draft| fill(draft, "Project", "Borealis"));
        node.calm(mailbox).await;
        assert_eq!(stored().as_deref(), Some("Borealis"));

        let value = CrmValue::text("Ceres");
        given.change(APPOINTMENTS, &key, &[("dataloader1_KUT", value)]);
        node.calm(mailbox).await;
        assert_eq!(shown(&given, &made, "Project").as_deref(), Some("Ceres"));
        let body = given.see(&made).expect("stands").body;
        assert!(words(&body).contains("Project: Ceres"), "{}", words(&body));

        // Emptied on one side, it is gone on the other.
        given.edit_quietly(&made, |draft| {
            draft.extended.remove(&named("Project"));
        });
        node.calm(mailbox).await;
        assert_eq!(stored().as_deref(), Some(""));
    })
    .await;
}

/// SD-01, INV-4
#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_the_tenants_own_on_contacts_travels_both_ways() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start_mapped(&database, &given, tables()).await;
        node.set(|settings| {
            let chosen = &mut settings.mirror.smart_description;
            chosen.insert(Ours::Contact, vec!["tier".to_owned()]);
        });
        let mailbox = node.mailbox(ANNA).await;
        node.calm(mailbox).await;
        let mut draft = Draft::new(Kind::Contact);
        draft.properties.insert("GivenName", text("Rosa"));
        draft.properties.insert("Surname", text("Neumann"));
        fill(&mut draft, "Tier", "Gold");
        let made = given.make(ANNA, "SAP Contacts", draft, Sending::NONE);
        node.calm(mailbox).await;
        let key = given
            .records(CONTACTS)
            .into_iter()
            .find(|key| given.field(CONTACTS, key, "LastName").as_deref() == Some("Neumann"))
            .expect("up");
        let stored = || given.field(CONTACTS, &key, "Tier_KUT");
        assert_eq!(stored().as_deref(), Some("Gold"));
        given.change(CONTACTS, &key, &[("Tier_KUT", CrmValue::text("Silver"))]);
        node.calm(mailbox).await;
        assert_eq!(shown(&given, &made, "Tier").as_deref(), Some("Silver"));
        let body = given.see(&made).expect("stands").body;
        assert!(words(&body).contains("Tier: Silver"), "{}", words(&body));
        assert_eq!(node.step(mailbox).await, 0, "INV-4");
    })
    .await;
}

/// What a configuration names and the tenant does not have is said with its row or key.
#[tokio::test(flavor = "multi_thread")]
async fn fields_and_codes_that_the_tenant_does_not_have_are_named() {
    let given = Given::world().await;
    let wrong = CONTACT.replace("Tier_KUT", "Level_KUT");
    let wrong = Tables::built_in().with_overrides(&wrong).expect("sound");
    let rows = |tables: &Tables| -> Vec<(Ours, Row)> {
        let own = tables.iter().flat_map(|table| {
            let known = Table::of(table.kind()).expect("built in");
            let rows = table.rows().iter();
            rows.filter(|row| known.row(&row.name).is_none())
                .map(|row| (table.kind(), row.clone()))
        });
        own.collect()
    };
    let ask = async |own: &[(Ours, Row)], codes: Codes| {
        let mut config = tenant_config(&given.sandbox.c4c_url(), &Tables::built_in());
        config.codes = codes;
        let gate = Arc::new(LocalGate::new(6));
        let tenant = C4c::new(config, CallMeter::new(), gate).expect("a client");
        tenant.check_configuration(own).await.expect("answers")
    };
    let found = ask(&rows(&tables()), Codes::default()).await;
    assert_eq!(found, Vec::<String>::new());
    let codes = Codes {
        task_type: "9999".into(),
        ..Codes::default()
    };
    let found = ask(&rows(&wrong), codes).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("\"tier\" of contact") && found[0].contains("Level_KUT"),
        "{found:?}"
    );
    assert!(
        found[1].contains("codes.task_type") && found[1].contains("0006"),
        "{found:?}"
    );
}
