//! Names of people: taken apart for the CRM, which wants a last name, and put together for people to read. No
//! character is lost in any script.

/// A name in its parts. Empty where a person has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonName {
    /// Given names.
    pub first: String,
    /// Names between the first and the last.
    pub middle: String,
    /// Family names. C4C takes no contact without.
    pub last: String,
}

/// A name that was taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Its parts.
    pub name: PersonName,
    /// Where the last name is from.
    pub last: LastName,
}

/// Where a last name is from. All but [`LastName::Written`] are worth a note to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastName {
    /// It was written as such: in a field of its own, or before a comma.
    Written,
    /// It is the last word of the display name, or the first of one written in Chinese, Japanese or Korean.
    Guessed,
    /// There is only one name: it became the last name.
    OnlyName,
    /// There is no name: what stands before the `@` of the address, or the company, became the last name.
    StandIn,
    /// There is nothing at all.
    Missing,
}

/// Words that belong to the last name they stand before.
const PARTICLES: [&str; 30] = [
    "von", "van", "der", "den", "de", "del", "della", "di", "da", "dos", "das", "do", "la", "le",
    "du", "zu", "zum", "zur", "ten", "ter", "bin", "ibn", "al", "el", "af", "av", "san", "st.",
    "mc", "y",
];

/// Takes a display name apart: `Last, First Middle`, `First Middle Last`, names of one word, names in scripts that
/// put the family first.
///
/// Law: the parts hold every character of the name but white space and the comma.
pub fn split(display: &str) -> Split {
    let display = display.trim();
    if let Some((last, rest)) = display.split_once([',', '\u{ff0c}', '\u{60c}'])
        && !last.trim().is_empty()
        && !rest.trim().is_empty()
    {
        let (first, middle) = first_word(rest);
        return found(&first, &middle, &spaced(last), LastName::Written);
    }
    let words: Vec<&str> = display
        .split([' ', '\t', '\n', '\r', '\u{3000}', '\u{a0}'])
        .filter(|word| !word.is_empty())
        .collect();
    match words[..] {
        [] => found("", "", "", LastName::Missing),
        [only] => found("", "", only, LastName::OnlyName),
        [family, ref given @ ..] if words.iter().all(|word| family_first(word)) => {
            found(&given.join(" "), "", family, LastName::Guessed)
        }
        [first, ref rest @ ..] => {
            let from = rest
                .iter()
                .take(rest.len() - 1)
                .position(|word| PARTICLES.contains(&word.to_lowercase().as_str()))
                .unwrap_or(rest.len() - 1);
            let (middle, last) = rest.split_at(from);
            found(first, &middle.join(" "), &last.join(" "), LastName::Guessed)
        }
    }
}

/// The name to send where a last name is required: the fields as they are if there is one; else the display name
/// taken apart, else the only name there is, else the company, else what stands before the `@`.
pub fn with_last_name(name: &PersonName, display: &str, company: &str, address: &str) -> Split {
    let whole = |text: &str| text.trim().to_owned();
    if !name.last.trim().is_empty() {
        return Split {
            name: name.clone(),
            last: LastName::Written,
        };
    }
    let has_parts = !name.first.trim().is_empty() || !name.middle.trim().is_empty();
    if !has_parts {
        let split = split(display);
        if split.last != LastName::Missing {
            return split;
        }
    } else if !name.middle.trim().is_empty() {
        return found(
            &whole(&name.first),
            "",
            &whole(&name.middle),
            LastName::Guessed,
        );
    } else {
        return found("", "", &whole(&name.first), LastName::OnlyName);
    }
    let local = address.split('@').next().unwrap_or_default();
    match [company, local].iter().find(|text| !text.trim().is_empty()) {
        Some(stand_in) => found("", "", &whole(stand_in), LastName::StandIn),
        None => found("", "", "", LastName::Missing),
    }
}

/// The name as people read it: first, middle, last with spaces between, the family first and together where the
/// script does so.
pub fn join(name: &PersonName) -> String {
    let parts = [&name.first, &name.middle, &name.last];
    let parts: Vec<&str> = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() > 1 && parts.iter().all(|part| family_first(part)) {
        let given: Vec<&str> = parts[..parts.len() - 1].to_vec();
        return format!("{} {}", parts[parts.len() - 1], given.join(" "));
    }
    parts.join(" ")
}

fn found(first: &str, middle: &str, last: &str, from: LastName) -> Split {
    let name = PersonName {
        first: first.to_owned(),
        middle: middle.to_owned(),
        last: last.to_owned(),
    };
    Split { name, last: from }
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn first_word(text: &str) -> (String, String) {
    let text = spaced(text);
    match text.split_once(' ') {
        Some((first, rest)) => (first.to_owned(), rest.to_owned()),
        None => (text, String::new()),
    }
}

/// Whether a word is written in Han, Kana or Hangul only, where the family stands first.
fn family_first(word: &str) -> bool {
    !word.is_empty()
        && word.chars().all(|c| {
            c.is_whitespace()
                || matches!(c,
                    '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
                    | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
                    | '\u{20000}'..='\u{323af}')
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_taken_apart_as_people_would() {
        use LastName::*;
        for (display, first, middle, last, from) in [
            ("Anna Schmidt", "Anna", "", "Schmidt", Guessed),
            ("Anna Maria Schmidt", "Anna", "Maria", "Schmidt", Guessed),
            ("Schmidt, Anna Maria", "Anna", "Maria", "Schmidt", Written),
            (
                "Ludwig van Beethoven",
                "Ludwig",
                "",
                "van Beethoven",
                Guessed,
            ),
            (
                "Juan Carlos de la Cruz",
                "Juan",
                "Carlos",
                "de la Cruz",
                Guessed,
            ),
            ("Prince", "", "", "Prince", OnlyName),
            ("山田 太郎", "太郎", "", "山田", Guessed),
            ("山田　太郎", "太郎", "", "山田", Guessed),
            ("김 민수", "민수", "", "김", Guessed),
            ("山田太郎", "", "", "山田太郎", OnlyName),
            ("Оксана Ковальчук", "Оксана", "", "Ковальчук", Guessed),
            ("محمد بن عبد", "محمد", "بن", "عبد", Guessed),
            ("  Bo   Ek ", "Bo", "", "Ek", Guessed),
            ("Jr,", "", "", "Jr,", OnlyName),
            ("", "", "", "", Missing),
        ] {
            assert_eq!(
                split(display),
                found(first, middle, last, from),
                "{display}"
            );
        }
    }

    #[test]
    fn a_missing_last_name_has_a_rule() {
        let name = |first: &str, middle: &str, last: &str| {
            found(first, middle, last, LastName::Written).name
        };
        let check = |name: PersonName, display, company, address, last: &str, from| {
            let got = with_last_name(&name, display, company, address);
            assert_eq!((got.name.last.as_str(), got.last), (last, from));
        };
        check(name("A", "", "B"), "X Y", "", "", "B", LastName::Written);
        check(
            name("", "", ""),
            "Anna Schmidt",
            "",
            "",
            "Schmidt",
            LastName::Guessed,
        );
        check(
            name("Anna", "", ""),
            "Anna",
            "Firma",
            "",
            "Anna",
            LastName::OnlyName,
        );
        check(
            name("Anna", "Lee", ""),
            "",
            "",
            "",
            "Lee",
            LastName::Guessed,
        );
        check(
            name("", "", ""),
            "",
            "Firma",
            "a@b.c",
            "Firma",
            LastName::StandIn,
        );
        check(
            name("", "", ""),
            " ",
            "",
            "info@b.c",
            "info",
            LastName::StandIn,
        );
        check(name("", "", ""), "", "", "", "", LastName::Missing);
    }

    proptest! {
        #[test]
        fn no_character_is_lost(display in "\\PC{0,40}") {
            let Split { name, .. } = split(&display);
            let bare = |text: &str| {
                let mut found: Vec<char> = text
                    .chars()
                    .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '\u{ff0c}' | '\u{60c}'))
                    .collect();
                found.sort_unstable();
                found
            };
            let parts = format!("{}{}{}", name.first, name.middle, name.last);
            prop_assert_eq!(bare(&parts), bare(&display));
        }

        #[test]
        fn a_name_of_two_words_comes_back(first in "[A-Z][a-z]{2,9}x", last in "[A-Z][a-z]{2,9}") {
            let display = format!("{first} {last}");
            prop_assert_eq!(join(&split(&display).name), display);
        }
    }
}
