//! Records inside records, and what counts as the same (SB-05).

use ssi_domain::{Kind, RecordId, RecordRef};
use ssi_engine::{Creation, Error};
use ssi_sandbox::company::PartyKind;
use ssi_tests::{
    db::on_both,
    desk::Desk,
    given::{ANNA, Given},
    node::Node,
};

use super::{click, draft, field, made, rows};

/// SB-05: an account inside a contact inside an opportunity: each is made once, the contact belongs to the account,
/// the opportunity is linked with both.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_a_contact_in_an_opportunity() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        for kind in [Kind::Opportunity, Kind::Ticket] {
            let (company, surname) = (format!("{kind} Works Ltd"), format!("Deep {kind}"));
            let mut contact = draft(Kind::Contact, &[("surname", &surname)]);
            contact.account = Some(Box::new(draft(Kind::Account, &[("name", &company)])));
            let mut wanted = draft(kind, &[("subject", "Big one")]);
            wanted.contact = Some(Box::new(contact));
            let wanted = click(wanted);

            let done = made(&node, mailbox, wanted.clone()).await;
            let again = made(&node, mailbox, wanted).await;

            assert_eq!(done, again);
            let account = done.account.expect("an account").id;
            let contact = done.contact.expect("a contact").id;
            assert_eq!(
                rows(&given, "CorporateAccountCollection", "Name", &company),
                [account.as_str()]
            );
            assert_eq!(
                rows(&given, "ContactCollection", "LastName", &surname),
                [contact.as_str()]
            );
            let number = field(
                &given,
                "CorporateAccountCollection",
                account.as_str(),
                "AccountID",
            );
            assert_eq!(
                field(&given, "ContactCollection", contact.as_str(), "AccountID"),
                number
            );
            assert_eq!(done.record.kind, kind);
        }
    })
    .await;
}

/// SB-05: a field missing at the innermost level stops everything before anything is written; so does a kind that is
/// switched off.
#[tokio::test(flavor = "multi_thread")]
async fn all_levels_are_checked_before_anything_is_written() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        node.session(mailbox).await;
        let before = given.writes();
        let mut contact = draft(Kind::Contact, &[("email", "x")]);
        contact.account = Some(Box::new(draft(Kind::Account, &[])));
        let mut wanted = draft(Kind::Opportunity, &[("subject", "Deal")]);
        wanted.contact = Some(Box::new(contact));

        let answer = node
            .engine
            .create_record(mailbox, click(wanted.clone()))
            .await;

        let Err(Error::InvalidFields(wrong)) = answer else {
            panic!("{answer:?}")
        };
        let names: Vec<&str> = wrong.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(
            names,
            ["contact.email", "contact.surname", "contact.account.name"]
        );
        node.set(|settings| {
            settings
                .sidebar
                .create
                .retain(|kind| *kind != Kind::Account)
        });
        let answer = node.engine.create_record(mailbox, click(wanted)).await;
        assert!(matches!(
            answer,
            Err(Error::NotOffered {
                kind: Kind::Account
            })
        ));
        assert_eq!(given.writes(), before);
    })
    .await;
}

/// SB-05: another spelling of the mailbox, accents, case and width make nobody new; the same name in another company
/// does.
#[tokio::test(flavor = "multi_thread")]
async fn another_spelling_is_the_same_person() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        desk.node
            .set(|settings| settings.sidebar.create.push(Kind::Lead));
        let given = &desk.given;
        let mill = given.party(PartyKind::Account, "hq@mill.example", "Mühle GmbH");
        let other = given.party(PartyKind::Account, "hq@other.example", "Other GmbH");
        let account = Some(field(
            given,
            "CorporateAccountCollection",
            &mill,
            "AccountID",
        ));
        given.party(
            PartyKind::Contact { account },
            "zoe.muller@googlemail.com",
            "Zoë Müller",
        );
        given.party(PartyKind::Lead, "l@lead.example", "Groß & Klein");
        desk.feed().await;
        let engine = &desk.node.engine;
        let zoe = [("given_name", "ZOE"), ("surname", "Muller")];
        let address = [("surname", "Any"), ("email", "zoemuller+fair@gmail.com")];
        let account = |id: &str| {
            vec![RecordRef {
                kind: Kind::Account,
                id: RecordId::new(id),
            }]
        };
        for (kind, fields, links, twin) in [
            (Kind::Contact, &zoe[..], vec![], Some("Zoë Müller")),
            (Kind::Contact, &zoe[..], account(&mill), Some("Zoë Müller")),
            (Kind::Contact, &address[..], vec![], Some("Zoë Müller")),
            (
                Kind::Account,
                &[("name", "ＭUHLE  gmbh")],
                vec![],
                Some("Mühle GmbH"),
            ),
            (
                Kind::Lead,
                &[("subject", "inquiry of GROSS & klein")],
                vec![],
                Some("Inquiry of Groß & Klein"),
            ),
            (Kind::Contact, &zoe[..], account(&other), None),
        ] {
            let mut wanted = click(draft(kind, fields));
            wanted.links = links;
            let answer = engine.create_record(desk.mailbox, wanted).await;
            let names: Vec<String> = match answer.expect("answered") {
                Creation::Duplicates(found) => found.into_iter().map(|(hit, _)| hit.name).collect(),
                Creation::Made(_) => Vec::new(),
            };
            assert_eq!(names, Vec::from_iter(twin.map(str::to_owned)), "{fields:?}");
        }
    })
    .await;
}
