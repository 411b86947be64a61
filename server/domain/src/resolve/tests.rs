use proptest::prelude::*;

use super::*;
use crate::{
    Address, Record, Value,
    participant::participants,
    port::FoundBy,
    testing::{OWN, blocking, hit},
};

/// Settings that make contacts and accounts.
fn contacts() -> SyncSettings {
    let mut settings = SyncSettings::default();
    settings.resolve.people = ResolveAs::Contact;
    settings.resolve.accounts = true;
    settings.mirror.default_country = Some("DE".into());
    settings
}

/// The people of an event; each as `address` or `Name <address>`.
fn people(list: &[&str], settings: &SyncSettings) -> Vec<Participant> {
    let to = list.iter().map(|text| {
        let (name, address) = match text.rsplit_once(" <") {
            Some((name, rest)) => (name, rest.trim_end_matches('>')),
            None => ("", *text),
        };
        Value::Address(Address {
            name: name.into(),
            address: address.into(),
        })
    });
    let record = Record::new().with("to", Value::List(to.collect()));
    participants(&record, settings, OWN)
}

fn made(list: &[&str], hits: &[PartyHit], settings: &SyncSettings) -> Vec<Creation> {
    resolve(&people(list, settings), hits, settings).0
}

fn addresses(creations: &[Creation]) -> Vec<&str> {
    creations.iter().map(|one| one.address.as_str()).collect()
}

fn codes(list: &[&str], hits: &[PartyHit], settings: &SyncSettings) -> Vec<ReasonCode> {
    let (_, trace) = resolve(&people(list, settings), hits, settings);
    trace.0.iter().map(|step| step.code).collect()
}

/// RES-01, RES-02, RES-03, RES-05, RES-06
#[test]
fn an_unknown_attendee_becomes_what_the_organization_chose() {
    let list = ["Lee, Ann <ann@shop.example>"];
    let one = &made(&list, &[], &contacts())[0];
    assert_eq!(
        (one.kind, one.address.as_str()),
        (Kind::Contact, "ann@shop.example")
    );
    assert_eq!(
        (one.name.first.as_str(), one.name.last.as_str()),
        ("Ann", "Lee")
    );
    assert_eq!(one.country.as_deref(), Some("DE"));
    let new = Company::New {
        name: "Shop".into(),
        domain: "shop.example".into(),
    };
    assert_eq!(one.company, new);

    let mut leads = contacts();
    leads.resolve.people = ResolveAs::Lead;
    leads.resolve.accounts = false;
    let one = &made(&list, &[], &leads)[0];
    assert_eq!((one.kind, &one.company), (Kind::Lead, &Company::None));

    assert_eq!(made(&list, &[], &SyncSettings::default()), []);
    assert_eq!(codes(&list, &[], &SyncSettings::default()), []);
}

/// RES-04, RES-08
#[test]
fn colleagues_blocked_and_known_people_are_left() {
    let mut settings = blocking(&["mill.example"], &["eve@shop.example"]);
    settings.resolve.people = ResolveAs::Contact;
    let list = [
        "joe@corp.example",
        OWN,
        "x@mill.example",
        "eve@shop.example",
        "eve+cal@shop.example",
        "kim@shop.example",
        "old@shop.example",
        "emp@shop.example",
        "tag+cal@shop.example",
        "/O=ORG/CN=ANN",
        "new@shop.example",
    ];
    let mut old = hit(Kind::Contact, "old", "old@shop.example");
    old.obsolete = true;
    let mut tagged = hit(Kind::Contact, "tag", "tag+cal@shop.example");
    tagged.found_by = FoundBy::PlusAddress;
    let hits = [
        hit(Kind::Lead, "kim", "kim@shop.example"),
        old,
        hit(Kind::Employee, "emp", "emp@shop.example"),
        tagged,
    ];
    assert_eq!(
        addresses(&made(&list, &hits, &settings)),
        ["new@shop.example"]
    );
    let codes = codes(&list, &hits, &settings);
    for code in [
        ReasonCode::InternalOnly,
        ReasonCode::BlockedByOrg,
        ReasonCode::BlockedByUser,
        ReasonCode::ResolveKnown,
        ReasonCode::ResolvePlanned,
    ] {
        assert!(codes.contains(&code), "{code:?} in {codes:?}");
    }
}

/// RES-05
#[test]
fn the_account_is_the_known_one_or_named_after_the_domain() {
    let account = |id: &str, found_by| PartyHit {
        found_by,
        ..hit(Kind::Account, id, "ann@shop.example")
    };
    let company = |hits: &[PartyHit], settings: &SyncSettings| {
        made(&["ann@shop.example"], hits, settings)[0]
            .company
            .clone()
    };
    let one = account("a", FoundBy::Domain);
    assert_eq!(
        company(std::slice::from_ref(&one), &contacts()),
        Company::Known(Box::new(one.clone()))
    );
    let two = [one, account("b", FoundBy::Domain)];
    assert_eq!(
        company(&two, &contacts()),
        Company::None,
        "nobody careful guesses"
    );
    let mut none = contacts();
    none.resolve.accounts = false;
    assert_eq!(company(&[], &none), Company::None);
    let mut read_only = contacts();
    read_only.mirror.accounts_read_only = true;
    assert_eq!(company(&[], &read_only), Company::None, "CON-23");
    for public in [
        "ann@gmail.com",
        "ann@mail.gmx.net",
        "ann@[192.0.2.1]",
        "ann@localhost",
    ] {
        let made = made(&[public], &[], &contacts());
        assert_eq!(made[0].company, Company::None, "{public}");
    }
}

/// RES-05
#[test]
fn a_domain_names_its_company() {
    for (domain, name) in [
        ("shop.example", Some("Shop")),
        ("acme-tools.co.uk", Some("Acme-tools")),
        ("xn--bcher-kva.example", Some("Bücher")),
        ("xn--80ak6aa92e.example", Some("Аррӏе")),
        ("3m.example", Some("3m")),
        // Cyrillic letters among Latin ones.
        ("xn--pple-43d.example", None),
        ("---.example", None),
        ("xn--.example", None),
    ] {
        assert_eq!(account_name(domain).as_deref(), name, "{domain}");
    }
    for (account, label, same) in [
        ("Shop GmbH & Co. KG", "shop", true),
        ("SHOP S.p.A.", "Shop", true),
        ("Acme Tools, Inc.", "Acme-tools", true),
        ("Bücher Oy", "Bücher", true),
        ("Workshop Ltd", "shop", false),
        ("Shop Berlin", "shop", false),
        ("AG", "ag", true),
        ("", "", false),
    ] {
        assert_eq!(is_account_of(account, label), same, "{account} {label}");
    }
}

/// RES-01
#[test]
fn nobody_is_made_of_an_address_without_a_person() {
    use Impersonal::{List, NoReply, Nobody, Resource, Role};
    for (address, name, expected) in [
        ("noreply@shop.example", "", Some(NoReply)),
        ("no_reply+42@shop.example", "", Some(NoReply)),
        ("Do-Not-Reply", "", Some(NoReply)),
        ("noreply-prod-7@shop.example", "", Some(NoReply)),
        ("nicht-antworten@shop.example", "", Some(NoReply)),
        ("bounce+ann=shop.example@mailer.example", "", Some(NoReply)),
        ("mailer-daemon@shop.example", "", Some(NoReply)),
        ("info@shop.example", "Ann Lee", Some(Role)),
        ("sales-uk@shop.example", "", Some(Role)),
        ("office2@shop.example", "", Some(Role)),
        ("buchhaltung@shop.example", "", Some(Role)),
        ("users@lists.shop.example", "", Some(List)),
        ("owner-users@shop.example", "", Some(List)),
        ("dev-request@shop.example", "", Some(List)),
        ("rustaceans@googlegroups.com", "", Some(List)),
        (
            "c_12ab@resource.calendar.google.com",
            "Room",
            Some(Resource),
        ),
        ("room-4@shop.example", "", Some(Resource)),
        ("konferenzraum@shop.example", "", Some(Resource)),
        ("bk401@shop.example", "Meeting Room 4.01", Some(Resource)),
        ("bk402@shop.example", "Raum 402", Some(Resource)),
        ("12345@shop.example", "", Some(Nobody)),
        ("ann.lee@shop.example", "Ann Lee", None),
        ("reply@shop.example", "", None),
        ("info.lee@shop.example", "", Some(Role)),
        ("sales.smith@shop.example", "", None),
        ("marie.salle@shop.example", "Marie Salle", None),
        ("p.raum@shop.example", "Peter Raum", None),
        ("boss@list.example", "", None),
        ("李@shop.example", "", None),
    ] {
        let key = address.to_lowercase();
        assert_eq!(impersonal(&key, name), expected, "{address} {name}");
    }
}

/// RES-03
#[test]
fn names_come_from_the_name_else_from_the_address() {
    for (display, key, first, last) in [
        ("Ann Lee", "x@shop.example", "Ann", "Lee"),
        ("Lee, Ann (Shop GmbH)", "x@shop.example", "Ann", "Lee"),
        ("'Ann Lee'", "x@shop.example", "Ann", "Lee"),
        ("\"Ann Lee\" [EXT]", "x@shop.example", "Ann", "Lee"),
        ("Ann Lee via Users", "x@shop.example", "Ann", "Lee"),
        (
            "ann.lee7@shop.example",
            "ann.lee7@shop.example",
            "Ann",
            "Lee",
        ),
        ("boss@corp.example", "ann_lee@shop.example", "Ann", "Lee"),
        ("", "jean-luc.picard+cal@shop.example", "Jean-Luc", "Picard"),
        ("", "alee@shop.example", "", "Alee"),
        ("", "a.b.lee@shop.example", "", "A B Lee"),
        ("", "\"ann lee\"@shop.example", "Ann", "Lee"),
        ("123", "alee@shop.example", "", "Alee"),
        ("()", "alee@shop.example", "", "Alee"),
        ("Madonna", "m@shop.example", "", "Madonna"),
        (
            "Ludwig van Beethoven",
            "l@shop.example",
            "Ludwig",
            "van Beethoven",
        ),
        ("李小龙", "l@shop.example", "", "李小龙"),
    ] {
        let name = person::name_of(display, key);
        assert_eq!(
            (name.first.as_str(), name.last.as_str()),
            (first, last),
            "{display} {key}"
        );
    }
    let long = person::name_of(&"Ann ".repeat(10_000), "ann@shop.example");
    assert!(long.last.chars().count() <= 40 && long.middle.chars().count() <= 40);
}

#[test]
fn an_audience_is_left_alone() {
    let list: Vec<String> = (0..21).map(|n| format!("guest{n}x@shop.example")).collect();
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    assert_eq!(made(&list, &[], &contacts()), []);
    assert_eq!(codes(&list, &[], &contacts()), [ReasonCode::ResolveCrowd]);
    assert_eq!(made(&list[..20], &[], &contacts()).len(), 20);
}

#[test]
fn two_spellings_of_one_mailbox_are_one_person() {
    let list = [
        "a.nn@gmail.com",
        "ann+x@googlemail.com",
        "ann@gmail.com",
        "ANN@gmail.com",
    ];
    assert_eq!(made(&list, &[], &contacts()).len(), 1);
}

/// Hostile names and addresses end in bounded time with a sound answer.
#[test]
fn bait_is_answered_soon() {
    let names = [
        "(".repeat(100_000),
        "a".repeat(100_000),
        "\u{202e}gnp.exe ".repeat(5_000),
        "via ".repeat(30_000),
        "\u{0}\u{1}\r\n".repeat(1_000),
    ];
    for name in names {
        let made = made(&[&format!("{name} <ann@shop.example>")], &[], &contacts());
        assert_eq!(made.len(), 1);
        assert!(!made[0].name.last.is_empty());
        assert!(!made[0].name.last.chars().any(char::is_control));
    }
    let dots = format!(
        "{}@{}example",
        "a.".repeat(30) + "b",
        "a-".repeat(20) + "b."
    );
    assert_eq!(made(&[&dots], &[], &contacts()).len(), 1);
}

proptest! {
    /// INV-22: a longer blocklist never makes more.
    #[test]
    fn a_longer_blocklist_never_makes_more(
        list in prop::collection::vec("[a-c](@shop.example|@mill.example|@gmail.com|[+]x@shop.example)", 0..8),
        more in prop::collection::vec(
            prop::sample::select(vec!["a@shop.example", "mill.example", "*.shop.example", "b@gmail.com"]), 0..4),
    ) {
        let list: Vec<&str> = list.iter().map(String::as_str).collect();
        let open = contacts();
        let mut blocked = contacts();
        blocked.blocklist.user = more.iter().map(|&entry| entry.to_owned()).collect();
        let all: Vec<String> = addresses(&made(&list, &[], &open)).iter().map(|&a| a.to_owned()).collect();
        let few = made(&list, &[], &blocked);
        prop_assert!(few.len() <= all.len());
    }

    /// Names never lose a last name, whatever stands there.
    #[test]
    fn there_is_always_a_last_name(display in "\\PC{0,60}", local in "[a-zA-Z0-9.+_-]{1,20}") {
        let list = [format!("{display} <{local}@shop.example>")];
        for one in made(&[&list[0]], &[], &contacts()) {
            prop_assert!(!one.name.last.is_empty());
        }
    }
}
