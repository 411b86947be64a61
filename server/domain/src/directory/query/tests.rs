use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{Kind, RecordId, RecordRef, directory::party_keys};

fn party(name: &str, company: &str, address: &str, number: &str) -> Party {
    Party {
        record: RecordRef {
            kind: Kind::Contact,
            id: RecordId::new("1"),
        },
        number: number.into(),
        name: name.into(),
        addresses: vec![address.into()],
        phones: Vec::new(),
        company: company.into(),
        account: None,
        domains: Vec::new(),
        created_at: None,
        changed_at: None,
        obsolete: false,
        hidden: false,
    }
}

/// SRCH-11
#[test]
fn a_party_is_found_as_people_type() {
    let anna = party(
        "Anna Maria Schmidt",
        "Gießerei Köln GmbH",
        "a.schmidt@giesserei.example",
        "1001710",
    );
    let yamada = party("山田 太郎", "", "t.yamada@example.jp", "7");
    let check = |party: &Party, text: &str, fit| {
        let query = Query::parse(text).expect("something to search for");
        assert_eq!(query.fit(party), fit, "{text}");
    };
    check(&anna, "anna schmidt", Some(Fit::Whole));
    check(&anna, "SCHM ann", Some(Fit::Start));
    check(&anna, "midt", Some(Fit::Part));
    check(&anna, "giesserei koln", Some(Fit::Whole));
    check(&anna, "Schmitd", Some(Fit::Errors));
    check(&anna, "anna scmidt", Some(Fit::Errors));
    check(&anna, "a.schmidt@giesserei.example", Some(Fit::Whole));
    check(&anna, "1001710", Some(Fit::Whole));
    check(&anna, "10017", Some(Fit::Start));
    check(&anna, "1001711", None);
    check(&anna, "schulz", None);
    check(&anna, "anna schulz", None);
    check(&yamada, "山田", Some(Fit::Start));
    check(&yamada, "太郎 山田", Some(Fit::Part));
    check(&yamada, "山田太郎", Some(Fit::Whole));
    check(&yamada, "郎", Some(Fit::Part));
    assert_eq!(Query::parse(" *?% _'- "), None);
}

#[test]
fn a_hostile_text_stays_bounded() {
    let long: String = ('a'..='z').cycle().take(200_000).collect();
    let many = "ab cd ".repeat(100_000);
    for text in [long.as_str(), many.as_str()] {
        let query = Query::parse(text).expect("something to search for");
        assert!(query.start_keys().len() <= MOST_TERMS * MOST_KEYS);
        assert!(query.loose().is_none_or(|loose| loose.len() <= MOST_TERMS));
    }
}

proptest! {
    /// What answers is found by its keys: nobody is lost before it is looked at.
    #[test]
    fn who_answers_has_the_keys(
        name in "[a-zäöüßéž]{2,9} [a-z]{2,12}", word in 0usize..2, from in 0usize..8, length in 1usize..8
    ) {
        let party = party(&name, "", "x@y.example", "12345");
        let keys: BTreeSet<i64> = party_keys(&party);
        let text: Vec<char> = name.split(' ').nth(word).unwrap().chars().collect();
        let from = from.min(text.len() - 1);
        let typed: String = text[from..].iter().take(length).collect();
        let query = Query::parse(&typed).unwrap();
        if query.fit(&party) == Some(Fit::Whole) {
            prop_assert!(query.whole_keys().iter().all(|key| keys.contains(key)));
        }
        match query.fit(&party) {
            Some(Fit::Whole | Fit::Start) => {
                prop_assert!(query.start_keys().iter().all(|key| keys.contains(key)));
            }
            // Two letters inside a word are found at its beginning only.
            Some(Fit::Part) if crate::directory::fold(&typed).chars().count() >= 3 => {
                prop_assert!(query.inside_keys().iter().all(|key| keys.contains(key)));
            }
            Some(_) => {}
            None => prop_assert!(false, "part of a word is found: {typed} in {name}"),
        }
    }

    /// One letter in six.
    #[test]
    fn a_word_with_one_error_has_enough_keys(
        name in "[a-z]{6,20}", at in 0usize..20, letter in "[a-z]", swap: bool
    ) {
        let party = party(&name, "", "x@y.example", "12345");
        let keys: BTreeSet<i64> = party_keys(&party);
        let mut typed: Vec<char> = name.chars().collect();
        let at = at % (typed.len() - 1);
        if swap { typed.swap(at, at + 1) } else { typed[at] = letter.chars().next().unwrap() }
        let typed: String = typed.into_iter().collect();
        let query = Query::parse(&typed).unwrap();
        prop_assert!(query.fit(&party).is_some(), "{typed} for {name}");
        let loose = query.loose().unwrap().remove(0);
        let shared = loose.keys.iter().filter(|key| keys.contains(key)).count();
        // Four pieces of a short word may all be touched; its beginning is the first of them.
        prop_assert!(shared >= loose.least || name.len() < 7, "{typed} for {name}");
    }
}
