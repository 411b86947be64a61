//! What a mail says about the people on it (SRCH-03).

use ssi_domain::{ItemId, Kind};
use ssi_engine::{Error, ItemKey};
use ssi_tests::{
    db::Database,
    given::{ANNA, Given},
    node::Node,
};

const MAIL: &str = "From: Max Muster <max.muster@muster-bau.example>\r\n\
    To: anna@sandbox.example, Dora Dritte <dora@third.example>\r\n\
    Subject: Angebot\r\nMessage-ID: <sig@x>\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
    Hallo,\r\n\r\nanbei.\r\n\r\nMit freundlichen Grüßen\r\nMax Muster\r\nBauleiter\r\n\
    Muster Bau GmbH\r\nHauptstr. 5\r\n69190 Walldorf\r\nTel.: +49 6227 555010\r\n";

/// SRCH-03, SB-08: the sender's signature fills in a contact and its account; of others the name alone.
#[tokio::test]
async fn a_new_contact_is_filled_in_from_the_signature() {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    let key = ItemKey::Item(ItemId::new(given.mail(MAIL)));
    node.session(mailbox).await;
    let before = given.writes();

    let sender = node
        .engine
        .prefill_record(mailbox, &key, Kind::Contact, "")
        .await
        .expect("prefilled");

    let text = |name: &str| {
        sender
            .fields
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    };
    assert_eq!((text("given_name"), text("surname")), ("Max", "Muster"));
    assert_eq!(
        (text("job_title"), text("phone")),
        ("Bauleiter", "+49 6227 555010")
    );
    assert_eq!(
        (text("street"), text("postal_code"), text("city")),
        ("Hauptstr. 5", "69190", "Walldorf")
    );
    assert_eq!(text("email"), "max.muster@muster-bau.example");
    let account = sender.account.expect("a company is named");
    assert_eq!(account.fields["name"], "Muster Bau GmbH");

    let other = node
        .engine
        .prefill_record(mailbox, &key, Kind::Contact, "DORA@third.example")
        .await
        .expect("prefilled");
    assert_eq!(other.fields["surname"], "Dritte");
    assert!(!other.fields.contains_key("phone") && other.account.is_none());

    let nobody = node
        .engine
        .prefill_record(mailbox, &key, Kind::Contact, "x@nobody.example")
        .await;
    assert!(matches!(
        nobody,
        Err(Error::NotFound {
            what: "participant"
        })
    ));
    assert_eq!(given.writes(), before);
}
