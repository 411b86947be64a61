use proptest::prelude::*;

use super::*;
use crate::{
    RecordId, Version,
    testing::{address, at, mail},
};

fn with_id(id: &str) -> Record {
    mail("bob@shop.example", &["ann@corp.example"], &[]).with("message_id", id)
}

fn check(header: &str, key: &str) {
    let identity = EmailIdentity::of(&with_id(header), 1);
    assert_eq!(
        (identity.key.as_str(), identity.derived),
        (key, false),
        "{header:?}"
    );
}

/// EM-06
#[test]
fn the_message_id_is_the_key() {
    check("<a.1@mail.example>", "<a.1@mail.example>");
    check("  <a.1@mail.example>\r\n", "<a.1@mail.example>");
    check("a.1@mail.example", "<a.1@mail.example>");
    check("<a.1\r\n @mail.example>", "<a.1@mail.example>");
    check(
        "<a@b.example> (added by postmaster@b.example)",
        "<a@b.example>",
    );
    check("<a@b.example> <c@d.example>", "<a@b.example>");
    check("<a@b.example", "<a@b.example>");
    check("<A@b.example>", "<A@b.example>");
    check("<o'neil%2A@b.example>", "<o'neil%2A@b.example>");
}

/// EM-06
#[test]
fn without_a_message_id_a_digest_is_the_key() {
    for junk in ["", "  ", "<>", "<@>", "< >", "\r\n", "<...>"] {
        let identity = EmailIdentity::of(&with_id(junk), 10);
        assert!(
            identity.derived && identity.key.starts_with("digest:"),
            "{junk:?} {identity:?}"
        );
        assert_eq!(
            identity,
            EmailIdentity::of(&with_id(""), 10),
            "the same everywhere"
        );
    }
    let key = |record: Record, size| EmailIdentity::of(&record, size).key;
    let base = key(with_id(""), 10);
    assert_eq!(
        base,
        key(with_id("").with("from", address("BOB@shop.example")), 10)
    );
    assert_ne!(base, key(with_id(""), 11));
    assert_ne!(base, key(with_id("").with("subject", "Other"), 10));
    assert_ne!(base, key(with_id("").with("sent_at", at(2_000)), 10));
    assert_ne!(
        base,
        key(with_id("").with("from", address("eve@shop.example")), 10)
    );
    let empty = EmailIdentity::of(&Record::new(), 0);
    assert!(empty.derived && !empty.key.is_empty());
}

#[test]
fn keys_are_fit_for_the_crm() {
    for hostile in [
        "<a*b@c.example>".to_owned(),
        format!("<{}@c.example>", "x".repeat(5_000)),
        "<ä@c.example>".into(),
    ] {
        let identity = EmailIdentity::of(&with_id(&hostile), 1);
        assert!(
            identity.key.starts_with("mid-digest:") && !identity.derived,
            "{identity:?}"
        );
        assert!(!identity.key.contains('*') && identity.key.len() <= LONGEST_KEY);
    }
    // An id that looks like our own form stays apart from it.
    check("mid-digest:0123", "<mid-digest:0123>");
}

fn same(subject: &str, other: &str) {
    let print = |text: &str| fingerprint("bob@shop.example", Some(at(1_000)), text);
    assert!(
        same_content(&print(subject), &print(other)),
        "{subject:?} {other:?}"
    );
}

#[test]
fn copies_of_one_mail_have_one_fingerprint() {
    same("Offer", "  offer ");
    same("Offer 2", "RE: Offer 2");
    same("Offer", "AW: Re[2]: Fwd : offer");
    same("Offer", "[sales-list] Re: [sales-list] Offer");
    same("Offer  for\tyou", "Offer for you");
    same("", "anything");
    let long = "w".repeat(1_000);
    same(&long, &long[..765]);
    let print = |from: &str, second| fingerprint(from, second, "Offer");
    let base = print("bob@shop.example", Some(at(1_000)));
    assert!(same_content(
        &base,
        &print("Bob@SHOP.example", Some(at(1_002)))
    ));
    assert!(same_content(
        &base,
        &print("/O=CORP/CN=BOB", Some(at(1_000)))
    ));
    assert!(same_content(&base, &print("bob@shop.example", None)));
    assert!(!same_content(
        &base,
        &print("bob@shop.example", Some(at(1_003)))
    ));
    assert!(!same_content(
        &base,
        &print("eve@shop.example", Some(at(1_000)))
    ));
    assert!(!same_content(
        &base,
        &fingerprint("bob@shop.example", Some(at(1_000)), "Invoice")
    ));
    assert!(!same_content("f1.a", "f1.b") && same_content("f1.a", "f1.a"));
}

#[test]
fn a_subject_of_prefixes_only_is_none() {
    assert_eq!(core_subject("Re: Fwd:"), "");
    assert_eq!(core_subject("[list]"), "[list]");
    assert_eq!(core_subject("Report: done"), "report:done");
}

fn in_crm(subject: &str, from: &str, second: Option<i64>) -> EmailRecord {
    EmailRecord {
        id: RecordId::new("R1"),
        version: Version::new("1"),
        identity_key: "<1@mail.example>".into(),
        subject: subject.into(),
        from: from.into(),
        sent_at: second.map(at),
    }
}

/// EM-11: the subject may have been edited; INV-1: a reused id is another mail.
#[test]
fn what_the_crm_holds_is_recognised() {
    let print = fingerprint_of_record(&with_id("<1@mail.example>"));
    assert!(same_as_crm(
        &print,
        &in_crm("Offer", "bob@shop.example", Some(1_000))
    ));
    assert!(same_as_crm(
        &print,
        &in_crm("Edited by the user", "Bob@shop.example", Some(1_001))
    ));
    assert!(same_as_crm(&print, &in_crm("", "", None)));
    assert!(!same_as_crm(
        &print,
        &in_crm("Offer", "eve@shop.example", Some(1_000))
    ));
    assert!(!same_as_crm(
        &print,
        &in_crm("Offer", "bob@shop.example", Some(9_000))
    ));
    assert!(!same_as_crm(&print, &in_crm("Invoice", "", Some(1_000))));
}

/// INV-1
#[test]
fn a_reused_id_gets_a_key_of_its_own() {
    let print = |subject: &str| fingerprint("bob@shop.example", Some(at(1)), subject);
    let key = reused_key("<1@mail.example>", &print("B"));
    assert_eq!(key, reused_key("<1@mail.example>", &print("B")));
    assert_ne!(key, reused_key("<1@mail.example>", &print("C")));
    assert!(key.starts_with("<1@mail.example>#"));
    let often = (0..4).fold("x".repeat(LONGEST_KEY), |key, _| {
        reused_key(&key, &print("B"))
    });
    assert!(often.len() <= 765, "{}", often.len());
}

proptest! {
    #[test]
    fn every_key_is_short_ascii_without_wildcard(header in "\\PC{0,60}", size: u64) {
        let identity = EmailIdentity::of(&with_id(&header), size);
        prop_assert!(identity.key.len() <= LONGEST_KEY && identity.key.is_ascii());
        prop_assert!(!identity.key.contains('*') && !identity.key.contains(char::is_whitespace));
        prop_assert!(same_content(&identity.fingerprint, &identity.fingerprint));
    }
}
