//! Linking, blocking and resolving over addresses nobody should send: a clear outcome, bounded work.

use ssi_domain::{
    Address, Kind, ReasonCode, Record, RecordId, RecordRef, SyncSettings, Value,
    autolink::{candidate_keys, company_domain, link_for_route, rank},
    eligible::Route,
    participant::{Participant, Standing, normalize, participants},
    port::{FoundBy, PartyHit},
    resolve::resolve,
    settings::ResolveAs,
};

const OWN: &str = "ann@corp.example";

fn people(
    list: impl IntoIterator<Item = (String, String)>,
    settings: &SyncSettings,
) -> Vec<Participant> {
    let to = list
        .into_iter()
        .map(|(name, address)| Value::Address(Address { name, address }));
    let record = Record::new().with("to", Value::List(to.collect()));
    participants(&record, settings, OWN)
}

fn resolving() -> SyncSettings {
    let mut settings = SyncSettings::default();
    settings.resolve.people = ResolveAs::Contact;
    settings.resolve.accounts = true;
    settings
}

fn hit(id: usize, address: &str) -> PartyHit {
    let record = RecordRef {
        kind: Kind::Contact,
        id: RecordId::new(format!("{id:06}")),
    };
    PartyHit {
        address: address.into(),
        found_by: FoundBy::Address,
        ..PartyHit::bare(record)
    }
}

/// 10,000 addresses with two parties each: the first one wins, the trace stays short, nobody is made.
#[test]
fn a_crowd_is_ranked_and_left_alone() {
    let mut settings = resolving();
    let blocked = (0..5_000).map(|n| format!("guest{n}@crowd.example"));
    settings.blocklist.user = blocked.collect();
    let list = (0..10_000).map(|n| (format!("Guest {n}"), format!("guest{n}@crowd.example")));
    let people = people(list, &settings);
    assert_eq!(people.len(), 10_000);
    let external = people
        .iter()
        .filter(|one| one.standing == Standing::External);
    assert_eq!(external.count(), 5_000);
    let hits: Vec<PartyHit> = (0..20_000)
        .rev()
        .map(|n| hit(n, &format!("guest{}@crowd.example", n / 2)))
        .collect();
    assert_eq!(rank(&people, &hits).len(), 10_000);
    let (best, trace) = link_for_route(Route::Category, &people, &hits);
    assert_eq!(best.map(|hit| hit.record.id.as_str()), Some("010000"));
    assert!(trace.0.len() < 30, "{}", trace.0.len());
    let (made, trace) = resolve(&people, &[], &settings);
    assert_eq!(made, []);
    assert!(
        trace
            .0
            .iter()
            .any(|step| step.code == ReasonCode::ResolveCrowd)
    );
}

/// Group syntax, X.500 names, quoted local parts, domain literals, control characters: what cannot be compared
/// is nobody, and says so.
#[test]
fn what_is_no_address_is_nobody() {
    let settings = resolving();
    for text in [
        "undisclosed-recipients:;",
        "Friends: bob@shop.example, eve@mill.example;",
        "/O=ORG/OU=EXCHANGE/CN=RECIPIENTS/CN=BOB",
        "IMCEAEX-_O=ORG_CN=bob@corp.example",
        "bob@",
        "@shop.example",
        "bob@shop..example",
        "bob@\u{202e}elpmaxe.pohs",
        "bob\u{0}@shop.example",
        "bob@shop.example\r\nBcc: eve@mill.example",
        "javascript:alert(1)@shop.example",
    ] {
        let people = people([("Bob".to_owned(), text.to_owned())], &settings);
        assert!(
            people.iter().all(|one| one.standing != Standing::External),
            "{text:?}"
        );
        assert_eq!(resolve(&people, &[], &settings).0, [], "{text:?}");
    }
    for (text, company) in [
        ("\"bob smith\"@shop.example", Some("shop.example")),
        ("bob@[192.0.2.7]", None),
        ("bob@[IPv6:2001:db8::1]", None),
        ("bob@localhost", None),
        ("bob@bücher.example", Some("xn--bcher-kva.example")),
    ] {
        let key = normalize(text).expect("comparable");
        assert_eq!(company_domain(&key), company, "{text}");
        assert_eq!(candidate_keys(&key).len(), 1, "{text}");
        let people = people([(String::new(), text.to_owned())], &settings);
        let (made, _) = resolve(&people, &[], &settings);
        assert!(made.iter().all(|one| !one.name.last.is_empty()), "{text}");
    }
}

/// A name that is somebody else's address, a look-alike domain: the address decides, the name never.
#[test]
fn a_borrowed_name_leads_nowhere() {
    let settings = resolving();
    let list = [
        ("carla@customer.example", "thief@evil.example"),
        (
            "Carla Kundin <carla@customer.example>",
            "thief2@evil.example",
        ),
        // Cyrillic letters in a Latin name.
        ("Carla Kundin", "carla@cust\u{43e}mer.example"),
    ];
    let list = list.map(|(name, address)| (name.to_owned(), address.to_owned()));
    let people = people(list, &settings);
    let carla = PartyHit {
        name: "Carla Kundin".into(),
        ..hit(1, "carla@customer.example")
    };
    let (best, _) = link_for_route(Route::Category, &people, std::slice::from_ref(&carla));
    assert_eq!(best, None);
    let (made, _) = resolve(&people, &[carla], &settings);
    for one in &made {
        assert!(!one.name.last.contains('@') && !one.address.contains("customer.example"));
    }
    let mixed = made
        .iter()
        .find(|one| one.address.contains("xn--"))
        .expect("made");
    assert_eq!(
        mixed.company,
        ssi_domain::resolve::Company::None,
        "no account for a look-alike"
    );
}

/// Very long and deeply nested texts.
#[test]
fn bait_is_swallowed() {
    let settings = resolving();
    for (name, address) in [
        ("<".repeat(50_000), "a@shop.example".to_owned()),
        ("a ".repeat(50_000), "b@shop.example".to_owned()),
        (
            String::new(),
            format!("{}@shop.example", "a+".repeat(20_000)),
        ),
        (String::new(), format!("a@{}example", "b.".repeat(20_000))),
        (
            String::new(),
            format!("{}a@shop.example{}", "<".repeat(1_000), ">".repeat(1_000)),
        ),
        ("((((a+)+)+)+)+$".repeat(1_000), "c@shop.example".to_owned()),
    ] {
        let people = people([(name, address)], &settings);
        let (made, trace) = resolve(&people, &[], &settings);
        assert!(made.len() <= 1 && trace.0.len() < 10);
        assert!(made.iter().all(|one| one.name.last.chars().count() <= 40));
    }
}
