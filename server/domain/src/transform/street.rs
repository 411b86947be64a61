//! Street and house number: one line in a mailbox, two properties in the CRM.
//!
//! The line is split only where joining gives the same line again, so nothing is lost on the way there and back; a line
//! that cannot be told apart stays whole in the street.

use crate::Value;

/// Longest house number the CRM takes, in characters.
const LONGEST: usize = 10;

/// Words that end a street's name where the number comes first (English), in small letters.
const AFTER_NUMBER: [&str; 30] = [
    "street",
    "st",
    "st.",
    "avenue",
    "ave",
    "ave.",
    "road",
    "rd",
    "rd.",
    "lane",
    "ln",
    "drive",
    "dr",
    "dr.",
    "court",
    "ct",
    "place",
    "pl",
    "square",
    "sq",
    "boulevard",
    "blvd",
    "blvd.",
    "terrace",
    "way",
    "close",
    "crescent",
    "parkway",
    "highway",
    "row",
];

/// Words that begin a street's name where the number comes first (French), in small letters.
const OPENING: [&str; 12] = [
    "rue",
    "avenue",
    "av.",
    "boulevard",
    "bd",
    "place",
    "chemin",
    "allée",
    "quai",
    "impasse",
    "cours",
    "route",
];

/// Words before a number that is no house number.
const OTHER_NUMBERS: [&str; 14] = [
    "box",
    "postfach",
    "bp",
    "apt",
    "apt.",
    "apartment",
    "suite",
    "floor",
    "flat",
    "unit",
    "room",
    "km",
    "zimmer",
    "etage",
];

/// The line of a mailbox as street and number.
pub(super) fn split(value: &Value) -> Option<Value> {
    let line = value.as_text()?;
    let (street, number) = parts(line);
    let text = |part: &str| Value::Text(part.to_owned());
    Some(Value::List(vec![text(street), text(number)]))
}

/// Street and number as the line of a mailbox.
pub(super) fn join(value: &Value) -> Option<Value> {
    match value {
        Value::List(parts) => {
            let part = |at: usize| parts.get(at).and_then(Value::as_text).unwrap_or_default();
            Some(Value::Text(line(part(0), part(1))))
        }
        other => other.as_text().map(|text| Value::Text(text.to_owned())),
    }
}

fn line(street: &str, number: &str) -> String {
    match (street.trim(), number.trim()) {
        (street, "") => street.to_owned(),
        ("", number) => number.to_owned(),
        (street, number) if number_comes_first(street) => format!("{number} {street}"),
        (street, number) => format!("{street} {number}"),
    }
}

/// Whether people write the number before this street: 12 High Street, 5 rue de la Paix.
fn number_comes_first(street: &str) -> bool {
    let small = street.to_lowercase();
    let words: Vec<&str> = small.split_whitespace().collect();
    let opens = words.len() > 1 && OPENING.contains(&words[0]);
    // A direction may follow: 1600 Pennsylvania Avenue NW.
    let ends = words.iter().skip(1).rev().take(2);
    opens || ends.into_iter().any(|word| AFTER_NUMBER.contains(word))
}

/// Street and number of a line; no number where it cannot be told apart.
fn parts(whole: &str) -> (&str, &str) {
    let text = whole.trim();
    let candidates = [leading(text), trailing(text)];
    let told = candidates.into_iter().flatten().find(|(street, number)| {
        is_number(number) && !street.is_empty() && line(street, number) == text
    });
    told.unwrap_or((text, ""))
}

fn leading(text: &str) -> Option<(&str, &str)> {
    let (number, street) = text.split_once(' ')?;
    Some((street, number))
}

fn trailing(text: &str) -> Option<(&str, &str)> {
    let (street, last) = text.rsplit_once(' ')?;
    // The letter may stand by itself: Hauptstraße 12 a.
    let letter = last.len() == 1 && last.chars().all(|c| c.is_ascii_alphabetic());
    let at = match letter {
        true => street.rfind(' ')?,
        false => street.len(),
    };
    let (street, number) = (&text[..at], &text[at + 1..]);
    let before = street.rsplit(' ').next().unwrap_or_default();
    let other = OTHER_NUMBERS.contains(&before.to_lowercase().as_str());
    (!other).then_some((street, number))
}

/// `1`, `12a`, `12 a`, `3-5`, `7/2`: digits, each with one letter at most.
fn is_number(text: &str) -> bool {
    let one = |part: &str| {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let letters = part.len() - digits.len();
        let digits = digits.trim_end_matches(' ');
        (1..=5).contains(&digits.len())
            && letters <= 1
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    text.len() <= LONGEST && text.split(['-', '/']).all(one)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 6.2
    #[test]
    fn the_number_is_told_from_the_street() {
        for (line, street, number) in [
            ("Hauptstraße 1", "Hauptstraße", "1"),
            ("Hauptstr. 12 a", "Hauptstr.", "12 a"),
            ("Am Ring 3-5", "Am Ring", "3-5"),
            ("12 High Street", "High Street", "12"),
            ("221B Baker Street", "Baker Street", "221B"),
            (
                "1600 Pennsylvania Avenue NW",
                "Pennsylvania Avenue NW",
                "1600",
            ),
            ("5 rue de la Paix", "rue de la Paix", "5"),
            ("Straße des 17. Juni 135", "Straße des 17. Juni", "135"),
            // Not to be told apart: the line stays whole.
            ("Straße des 17. Juni", "Straße des 17. Juni", ""),
            ("42nd Street", "42nd Street", ""),
            ("PO Box 12", "PO Box 12", ""),
            ("Postfach 1234", "Postfach 1234", ""),
            ("12 Hauptstraße", "12 Hauptstraße", ""),
            ("High Street 12", "High Street 12", ""),
            ("Hof 3\nRing 5", "Hof 3\nRing", "5"),
            ("7", "7", ""),
            ("", "", ""),
        ] {
            assert_eq!(parts(line), (street, number), "{line}");
        }
    }

    proptest! {
        /// INV-3
        #[test]
        fn a_line_comes_back_as_it_was(text in "[0-9A-Za-zß./ -]{0,40}") {
            let there = split(&Value::Text(text.clone())).expect("split");
            let back = join(&there).expect("joined");
            prop_assert_eq!(back.as_text(), Some(text.trim()));
            prop_assert_eq!(split(&back), Some(there));
        }
    }
}
