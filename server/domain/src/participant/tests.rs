use proptest::prelude::*;

use super::*;
use crate::testing::{OWN, address, addresses, blocking, mail};

fn check(text: &str, key: Option<&str>) {
    assert_eq!(normalize(text).as_deref(), key, "{text:?}");
}

/// BL-06
#[test]
fn addresses_are_compared_in_one_form() {
    check("Ann@Shop.Example", Some("ann@shop.example"));
    check("  <ann@shop.example>\r\n", Some("ann@shop.example"));
    check("SMTP:ann@shop.example", Some("ann@shop.example"));
    check("smtp: mailto:ann@shop.example", Some("ann@shop.example"));
    check("Ann Lee <ann@shop.example>", Some("ann@shop.example"));
    check("\"Lee, Ann\" <ann@shop.example>", Some("ann@shop.example"));
    check("ann@shop.example.", Some("ann@shop.example"));
    check("ann@BÜCHER.example", Some("ann@xn--bcher-kva.example"));
    check(
        "ann@xn--bcher-kva.example",
        Some("ann@xn--bcher-kva.example"),
    );
    check("JÜRGEN@shop.example", Some("jürgen@shop.example"));
    check(
        "a.b+tag=1/2!#$%&'*-^_`{|}~@shop.example",
        Some("a.b+tag=1/2!#$%&'*-^_`{|}~@shop.example"),
    );
    check(
        "\"John Doe\"@shop.example",
        Some("\"john doe\"@shop.example"),
    );
    check("\"a@b\"@shop.example", Some("\"a@b\"@shop.example"));
    check("ann@[192.0.2.1]", Some("ann@[192.0.2.1]"));
    check("ann@localhost", Some("ann@localhost"));
    check(
        "o'neil@under_score.example",
        Some("o'neil@under_score.example"),
    );
}

#[test]
fn what_is_no_address_has_no_form() {
    for junk in [
        "",
        " ",
        "@",
        "ann",
        "ann@",
        "@shop.example",
        "ann@shop..example",
        "ann@.example",
        "/O=ORG/OU=GROUP/CN=RECIPIENTS/CN=ANN",
        "EX:/o=Org/cn=ann",
        "IMCEAEX-_O=ORG_CN=ann@corp.example",
        "a@b.example; c@d.example",
        "a b@shop.example",
        "a@b@shop.example,",
        "ann@sh op.example",
        "a@b@shop.example",
        "undisclosed-recipients:;",
        "ann\u{0}@shop.example",
        "ann@[]",
        "ann@shop.example/path",
    ] {
        check(junk, None);
    }
    check(&format!("{}@shop.example", "a".repeat(600)), None);
    check(&"<".repeat(1_000_000), None);
}

#[test]
fn domains_are_cut_to_what_can_be_registered() {
    assert_eq!(registrable("mail.shop.co.uk"), Some("shop.co.uk"));
    assert_eq!(registrable("shop.de"), Some("shop.de"));
    assert_eq!(registrable("co.uk"), None);
    assert_eq!(domain_of("ann@shop.example"), "shop.example");
    assert_eq!(domain_of("no address"), "");
}

fn order(people: &[Participant]) -> Vec<(Field, &str, Standing)> {
    people
        .iter()
        .map(|p| (p.field, p.address.address.as_str(), p.standing))
        .collect()
}

/// LNK-05, EM-31
#[test]
fn people_stand_in_the_order_from_to_cc_each_once() {
    let record = mail(
        "Bob@shop.example",
        &["ann@corp.example", "eve@bad.example"],
        &[
            "bob@SHOP.example",
            "joe@corp.example",
            "/O=CORP/CN=JIM",
            "junk",
            "",
        ],
    )
    .with("bcc", addresses(&["hidden@shop.example"]))
    .with("sender", address("assistant@shop.example"));
    let people = participants(&record, &blocking(&["bad.example"], &[]), OWN);
    assert_eq!(
        order(&people),
        [
            (Field::From, "Bob@shop.example", Standing::External),
            (Field::To, "ann@corp.example", Standing::Own),
            (Field::To, "eve@bad.example", Standing::BlockedByOrg),
            (Field::Cc, "joe@corp.example", Standing::Internal),
            (Field::Cc, "/O=CORP/CN=JIM", Standing::Internal),
            (Field::Cc, "junk", Standing::Unusable),
        ]
    );
}

/// SRCH-02
#[test]
fn hidden_recipients_count_while_composing_only() {
    let record = Record::new().with("bcc", addresses(&["bob@shop.example"]));
    let settings = SyncSettings::default();
    assert!(participants(&record, &settings, OWN).is_empty());
    assert_eq!(
        participants_composing(&record, &settings, OWN)[0].field,
        Field::Bcc
    );
}

#[test]
fn a_sender_stands_in_for_a_missing_author() {
    let record = Record::new().with("sender", address("bob@shop.example"));
    assert_eq!(
        participants(&record, &SyncSettings::default(), OWN)[0].field,
        Field::Sender
    );
}

#[test]
fn ten_thousand_recipients_are_all_there() {
    let many: Vec<String> = (0..10_000)
        .map(|n| format!("p{n}@shop{}.example", n % 7))
        .collect();
    let record = mail("bob@shop.example", &many, &many);
    assert_eq!(
        participants(&record, &SyncSettings::default(), OWN).len(),
        10_001
    );
}

proptest! {
    #[test]
    fn normalising_twice_changes_nothing(text in "\\PC{0,40}", domain in "[a-zA-ZäöüßÉ.-]{0,20}") {
        for text in [text.clone(), format!("{text}@{domain}"), format!("x <{text}@{domain}>")] {
            if let Some(key) = normalize(&text) {
                let again = normalize(&key);
                prop_assert_eq!(again.as_deref(), Some(key.as_str()));
            }
        }
    }

    #[test]
    fn case_and_wrapping_never_matter(local in "[a-z0-9.]{1,12}", domain in "[a-z0-9]{1,8}\\.example") {
        let plain = format!("{local}@{domain}");
        let wrapped = format!(" Name <SMTP:{}> ", plain.to_uppercase());
        prop_assert_eq!(normalize(&wrapped), normalize(&plain));
    }
}
