use proptest::prelude::*;

use super::*;
use crate::testing::blocking;

fn check(own: &str, org: &[&str], user: &[&str], address: &str, standing: Standing) {
    let list = Blocklist::effective(&blocking(org, user), own);
    assert_eq!(list.standing(address), standing, "{address} for {own}");
}

/// BL-03, BL-04
#[test]
fn the_corporate_domain_is_internal_by_itself() {
    check(
        "ann@corp.example",
        &[],
        &[],
        "joe@corp.example",
        Standing::Internal,
    );
    check(
        "Ann@CORP.example",
        &[],
        &[],
        "joe@corp.example",
        Standing::Internal,
    );
    check(
        "ann@corp.example",
        &[],
        &[],
        "joe@sub.corp.example",
        Standing::External,
    );
    check(
        "ann@gmail.com",
        &[],
        &[],
        "joe@gmail.com",
        Standing::External,
    );
    check(
        "not an address",
        &[],
        &[],
        "joe@corp.example",
        Standing::External,
    );
    let settings = SyncSettings {
        corporate_domains: vec!["Group.example".into(), "gmail.com".into()],
        ..SyncSettings::default()
    };
    let list = Blocklist::effective(&settings, "ann@corp.example");
    assert_eq!(list.standing("joe@group.example"), Standing::Internal);
    assert_eq!(
        list.standing("joe@gmail.com"),
        Standing::External,
        "BL-03: never a public domain"
    );
}

/// BL-02, BL-05, BL-06
#[test]
fn both_layers_block_exact_addresses_and_domains() {
    let (org, user) = (
        ["Bad.example", "eve@mixed.example"],
        ["@junk.example", "Bob@Mixed.example"],
    );
    let check = |address, standing| check("ann@corp.example", &org, &user, address, standing);
    check("x@bad.example", Standing::BlockedByOrg);
    check("x@sub.bad.example", Standing::External);
    check("x@notbad.example", Standing::External);
    check("eve@mixed.example", Standing::BlockedByOrg);
    check("bob@mixed.example", Standing::BlockedByUser);
    check("joe@mixed.example", Standing::External);
    check("x@junk.example", Standing::BlockedByUser);
}

/// BL-06
#[test]
fn a_star_takes_the_domain_and_all_below() {
    let check = |address, standing| {
        check(
            "ann@corp.example",
            &["*.bad.example"],
            &[],
            address,
            standing,
        );
    };
    check("x@bad.example", Standing::BlockedByOrg);
    check("x@sub.bad.example", Standing::BlockedByOrg);
    check("x@a.b.c.bad.example", Standing::BlockedByOrg);
    check("x@notbad.example", Standing::External);
    let settings = SyncSettings {
        corporate_domains: vec!["*.corp.example".into()],
        ..SyncSettings::default()
    };
    settings.validate().expect("a subtree may be corporate");
    let list = Blocklist::effective(&settings, "ann@group.example");
    assert_eq!(list.standing("joe@emea.corp.example"), Standing::Internal);
}

/// BL-06: who blocks a person means the person.
#[test]
fn an_address_stands_for_its_other_spellings() {
    let check = |address, standing| {
        let list = ["bob@mixed.example", "annlee@gmail.com"];
        check("ann@corp.example", &[], &list, address, standing);
    };
    check("bob+offers@mixed.example", Standing::BlockedByUser);
    check("ann.lee+x@googlemail.com", Standing::BlockedByUser);
    check("bobby@mixed.example", Standing::External);
    check("b.ob@mixed.example", Standing::External);
}

#[test]
fn entries_are_read_as_people_write_them() {
    let address = |key: &str| Some(Entry::Address(key.into()));
    let domain = |key: &str| Some(Entry::Domain(key.into()));
    assert_eq!(
        Entry::parse(" Ann@Shop.Example "),
        address("ann@shop.example")
    );
    assert_eq!(Entry::parse("@Shop.example"), domain("shop.example"));
    assert_eq!(
        Entry::parse("bücher.example"),
        domain("xn--bcher-kva.example")
    );
    assert_eq!(
        Entry::parse("*.Shop.example").map(|entry| entry.key()),
        Some("*.shop.example".into())
    );
    assert_eq!(Entry::parse("*@Shop.example"), domain("shop.example"));
    for junk in [
        "",
        "@",
        "shop",
        "*",
        "*.example",
        "*.co.uk",
        "*.*.shop.example",
        "a.*.example",
        "a b.example",
        "a@b@",
        "*@",
        "*.a@shop.example",
    ] {
        assert_eq!(Entry::parse(junk), None, "{junk:?}");
    }
}

proptest! {
    /// INV-22: a longer list never turns anybody external.
    #[test]
    fn more_entries_never_block_less(
        org in prop::collection::vec("[a-c]@[ab]\\.example|([*]\\.)?[ab]\\.example", 0..4),
        more in prop::collection::vec("[a-c]@[ab]\\.example|[ab]\\.example", 0..4),
        address in "[a-c]@[ab]\\.example",
    ) {
        let mut settings = SyncSettings::default();
        settings.blocklist.org = org;
        let before = Blocklist::effective(&settings, "ann@corp.example").standing(&address);
        settings.blocklist.user = more;
        let after = Blocklist::effective(&settings, "ann@corp.example").standing(&address);
        prop_assert!(before == Standing::External || before == after);
    }
}
