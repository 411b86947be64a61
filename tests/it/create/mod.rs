//! Records made from the sidebar (SB-05, SB-07): checked first, made once, linked, prefilled from the mail.

mod nested;
mod prefill;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use ssi_domain::{ItemId, Kind, MailboxId, RecordId, RecordRef, create::Draft};
use ssi_engine::{CreateRecord, Creation, Error, ItemKey, Made, SaveChoice};
use ssi_sandbox::{Fault, FaultRule, company::PartyKind, crm::Schema};
use ssi_tests::{
    db::{Database, on_both},
    given::{ANNA, Given, eml},
    node::Node,
};

const CARLA: &str = "Carla Kundin <carla@customer.example>";

/// A draft of a kind with these fields.
pub fn draft(kind: Kind, fields: &[(&str, &str)]) -> Draft {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Draft {
        kind,
        fields: fields.iter().map(text).collect::<BTreeMap<_, _>>(),
        account: None,
        contact: None,
    }
}

fn click(draft: Draft) -> CreateRecord {
    CreateRecord {
        request_id: Some(uuid::Uuid::new_v4().to_string()),
        caller: "test".into(),
        draft,
        links: Vec::new(),
        allow_duplicates: false,
        item: None,
    }
}

async fn made(node: &Node, mailbox: MailboxId, click: CreateRecord) -> Made {
    match node.engine.create_record(mailbox, click).await {
        Ok(Creation::Made(made)) => made,
        other => panic!("not made: {other:?}"),
    }
}

/// The rows of a set whose property has this value.
fn rows(given: &Given, set: &str, property: &str, value: &str) -> Vec<String> {
    let crm = given.sandbox.world().crm();
    let set = Schema::standard().set(set).expect("a set");
    let all = crm.rows(set.name).into_iter();
    all.filter(|row| crm.text(set, row, property) == value)
        .map(|row| row.key.clone())
        .collect()
}

fn field(given: &Given, set: &str, key: &str, property: &str) -> String {
    let crm = given.sandbox.world().crm();
    let set = Schema::standard().set(set).expect("a set");
    let row = crm.rows(set.name).into_iter().find(|row| row.key == key);
    row.map(|row| crm.text(set, row, property).to_string())
        .unwrap_or_default()
}

/// SB-05: every kind is made once however often the click is repeated, and carries what was filled in.
#[tokio::test]
async fn every_kind_is_created_once_per_click() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let account = given.party(PartyKind::Account, "hq@known.example", "Known Ltd");
        let account = RecordRef {
            kind: Kind::Account,
            id: RecordId::new(account),
        };
        node.set(|settings| settings.sidebar.create.push(Kind::Lead));
        let times = [
            ("start", "2026-12-01T09:00:00Z"),
            ("end", "2026-12-01T10:00:00Z"),
        ];
        for (kind, set, property, field) in [
            (Kind::Contact, "ContactCollection", "LastName", "surname"),
            (
                Kind::IndividualCustomer,
                "IndividualCustomerCollection",
                "LastName",
                "surname",
            ),
            (Kind::Account, "CorporateAccountCollection", "Name", "name"),
            (Kind::Lead, "LeadCollection", "Name", "subject"),
            (Kind::Task, "TasksCollection", "Subject", "subject"),
            (Kind::PhoneCall, "PhoneCallCollection", "Subject", "subject"),
            (
                Kind::Appointment,
                "AppointmentCollection",
                "Subject",
                "subject",
            ),
            (
                Kind::Opportunity,
                "OpportunityCollection",
                "Name",
                "subject",
            ),
            (Kind::Ticket, "ServiceRequestCollection", "Name", "subject"),
        ] {
            let title = format!("New {kind}");
            let mut fields = vec![(field, title.as_str())];
            if matches!(kind, Kind::PhoneCall | Kind::Appointment) {
                fields.extend(times);
            }
            let mut wanted = click(draft(kind, &fields));
            if matches!(kind, Kind::Opportunity | Kind::Ticket | Kind::Task) {
                wanted.links = vec![account.clone()];
            }

            let first = made(&node, mailbox, wanted.clone()).await;
            let again = made(&node, mailbox, wanted).await;

            assert_eq!(again, first, "{kind}");
            assert_eq!(
                rows(&given, set, property, &title),
                [first.record.id.as_str()],
                "{kind}"
            );
        }
    })
    .await;
}

/// SB-05: the account inside the contact is made first, and the contact belongs to it.
#[tokio::test]
async fn a_contact_comes_with_its_account() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let mut wanted = draft(
        Kind::Contact,
        &[
            ("surname", "Nest"),
            ("email", "nest@nested.example"),
            ("street", "Nestweg 7a"),
        ],
    );
    wanted.account = Some(Box::new(draft(Kind::Account, &[("name", "Nested Ltd")])));

    let done = made(&node, mailbox, click(wanted)).await;

    let account = done.account.expect("an account");
    assert_eq!(
        rows(&given, "CorporateAccountCollection", "Name", "Nested Ltd"),
        [account.id.as_str()]
    );
    let contact = done.record.id.as_str();
    let number = field(
        &given,
        "CorporateAccountCollection",
        account.id.as_str(),
        "AccountID",
    );
    assert_eq!(
        field(&given, "ContactCollection", contact, "AccountID"),
        number
    );
    for (property, value) in [
        ("Email", "nest@nested.example"),
        ("BusinessAddressStreet", "Nestweg"),
        ("BusinessAddressHouseNumber", "7a"),
    ] {
        assert_eq!(field(&given, "ContactCollection", contact, property), value);
    }
}

/// SB-06: a call begun on a contact's card names the contact and the account that its card stands beside.
#[tokio::test]
async fn a_call_from_a_contacts_card_names_its_account() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    node.feed().await;
    let item = given.mail(eml("call@x", CARLA, ANNA, "Call me"));
    let key = ItemKey::Item(ItemId::new(item));
    let cards = node.engine.initial_search(mailbox, &key).await;
    let cards = cards.expect("cards").into_iter();
    let found = cards.filter_map(|card| match card {
        ssi_engine::Card::Found { party, .. } => Some(party.record),
        _ => None,
    });
    let links: Vec<RecordRef> = found.collect();
    let kinds: Vec<Kind> = links.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::Contact, Kind::Account]);
    let times = ("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z");
    let fields = [("subject", "Call"), ("start", times.0), ("end", times.1)];
    let mut wanted = click(draft(Kind::PhoneCall, &fields));
    wanted.links = links.clone();

    let call = made(&node, mailbox, wanted).await.record;

    for (set, number, kept, link) in [
        (
            "ContactCollection",
            "ContactID",
            "MainContactPartyID",
            &links[0],
        ),
        (
            "CorporateAccountCollection",
            "AccountID",
            "MainAccountPartyID",
            &links[1],
        ),
    ] {
        let number = field(&given, set, link.id.as_str(), number);
        assert!(!number.is_empty());
        let kept = field(&given, "PhoneCallCollection", call.id.as_str(), kept);
        assert_eq!(kept, number);
    }
}

/// SB-05, SB-07: what is missing is said field by field, and nothing is written.
#[tokio::test]
async fn a_ticket_without_a_subject_is_refused_before_anything_is_written() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    // The first session makes folders and categories; from then on every write is counted.
    node.session(mailbox).await;
    let before = given.writes();
    for (wanted, fields) in [
        (draft(Kind::Ticket, &[("subject", " ")]), "subject"),
        (draft(Kind::Contact, &[("email", "none")]), "email,surname"),
        (
            draft(Kind::Opportunity, &[("subject", "Deal")]),
            "linked_records",
        ),
    ] {
        let error = node.engine.create_record(mailbox, click(wanted)).await;
        let Err(Error::InvalidFields(wrong)) = error else {
            panic!("{error:?}")
        };
        let names: Vec<&str> = wrong.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(names.join(","), fields);
    }
    assert_eq!(given.writes(), before);
}

/// SB-05: only kinds that are enabled; leads are not, by default.
#[tokio::test]
async fn a_kind_that_is_switched_off_is_not_created() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    // The first session makes folders and categories; from then on every write is counted.
    node.session(mailbox).await;
    let before = given.writes();

    let lead = click(draft(Kind::Lead, &[("subject", "Somebody")]));
    let answer = node.engine.create_record(mailbox, lead).await;

    assert!(
        matches!(answer, Err(Error::NotOffered { kind: Kind::Lead })),
        "{answer:?}"
    );
    assert_eq!(given.writes(), before);
}

/// SB-05: the same address, or the same name, is shown first; a person may insist.
#[tokio::test]
async fn what_looks_the_same_is_shown_before_another_one_is_made() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        // The first session makes folders and categories; from then on every write is counted.
        node.session(mailbox).await;
        let before = given.writes();
        for fields in [
            vec![("surname", "Other"), ("email", "Carla@Customer.example")],
            vec![("given_name", "Carla"), ("surname", "Kundin")],
        ] {
            let mut wanted = click(draft(Kind::Contact, &fields));
            let answer = node.engine.create_record(mailbox, wanted.clone()).await;
            let Ok(Creation::Duplicates(found)) = answer else {
                panic!("{answer:?}")
            };
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].0.name, "Carla Kundin");
            assert_eq!(given.writes(), before, "nothing was written");
            if fields.len() == 2 && fields[0].0 == "given_name" {
                // The same click, after the person has seen it.
                wanted.allow_duplicates = true;
                made(&node, mailbox, wanted).await;
                assert_eq!(
                    rows(&given, "ContactCollection", "LastName", "Kundin").len(),
                    2
                );
            }
        }
    })
    .await;
}

/// SB-05, INV-9: the answer to the create is lost; the repeated click finds what was made.
#[tokio::test]
async fn a_lost_answer_makes_no_second_record() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let warm = click(draft(Kind::Ticket, &[("subject", "Warm")]));
        made(&node, mailbox, warm).await;
        let times = [
            ("subject", "Lost"),
            ("start", "2026-12-01T09:00:00Z"),
            ("end", "2026-12-01T10:00:00Z"),
        ];
        for (wanted, set, property, value) in [
            (
                draft(Kind::Ticket, &[("subject", "Lost")]),
                "ServiceRequestCollection",
                "Name",
                "Lost",
            ),
            (
                draft(Kind::Task, &[("subject", "Lost")]),
                "TasksCollection",
                "Subject",
                "Lost",
            ),
            (
                draft(Kind::PhoneCall, &times),
                "PhoneCallCollection",
                "Subject",
                "Lost",
            ),
            (
                draft(Kind::Account, &[("name", "Lost")]),
                "CorporateAccountCollection",
                "Name",
                "Lost",
            ),
        ] {
            let wanted = click(wanted);
            let lost = Fault::TimeoutAfterSuccess { close: true };
            let rule = FaultRule::once("odata", &format!("POST {set}"), lost);
            given.sandbox.world().faults().add(rule);
            let first = node.engine.create_record(mailbox, wanted.clone()).await;
            assert!(first.is_err(), "{first:?}");
            given.sandbox.world().faults().clear();
            assert_eq!(rows(&given, set, property, value).len(), 1, "it was made");
            node.advance(SignedDuration::from_mins(6));

            let again = made(&node, mailbox, wanted).await;

            assert_eq!(
                rows(&given, set, property, value),
                [again.record.id.as_str()],
                "{set}"
            );
        }
    })
    .await;
}

/// SB-05: the open mail is linked with the new record when it is saved already.
#[tokio::test]
async fn the_open_mail_is_linked_with_the_new_record() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    node.session(mailbox).await;
    let item = given.mail(eml("open@x", CARLA, ANNA, "Open"));
    let key = ItemKey::Item(ItemId::new(item.clone()));
    let mut wanted = click(draft(Kind::Ticket, &[("subject", "First")]));
    wanted.item = Some(key.clone());
    assert!(!made(&node, mailbox, wanted).await.linked, "not saved yet");
    node.click(mailbox, &item, SaveChoice::default())
        .await
        .expect("saved");

    let mut wanted = click(draft(Kind::Ticket, &[("subject", "Second")]));
    wanted.item = Some(key);
    let done = made(&node, mailbox, wanted).await;

    assert!(done.linked);
    assert_eq!(given.emails().len(), 1, "no second mail record");
}
