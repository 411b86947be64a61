//! Phone numbers: the bare form that callers are found by, and the spaced form of the screen.

use super::value::Value;

/// Country codes of two and three digits that occur; everything in zones 1 and 7 has one digit.
///
/// Zones are those of ITU-T E.164: the first digit says how many digits a code has, with these three-digit
/// groups as exceptions.
const LONG_ZONES: [&str; 19] = [
    "21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42", "50", "59", "67", "68", "69",
    "85", "88", "96",
];

/// Digits and a leading plus sign, the form of the `Normalised...` properties.
pub(super) fn normalised(phone: &str) -> Value {
    let kept = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+');
    Value::text(kept.collect::<String>())
}

/// An international number with blanks between country code, area code and the rest, as in
/// `+49 6227 74747`. What separates the parts decides where they end; a number that does not begin with a
/// plus sign, or holds anything but digits and separators, stays as it is.
pub(super) fn spaced(phone: &str) -> String {
    let Some(rest) = phone.trim().strip_prefix('+') else {
        return phone.to_owned();
    };
    let separates = |c: char| c.is_whitespace() || "-/.()".contains(c);
    if rest.is_empty() || rest.contains(|c: char| !c.is_ascii_digit() && !separates(c)) {
        return phone.to_owned();
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let country = country_digits(&digits).min(digits.len());
    let (code, _) = digits.split_at(country);
    let mut parts = vec![format!("+{code}")];
    let mut seen = 0;
    for run in rest.split(separates).filter(|run| !run.is_empty()) {
        let skip = country.saturating_sub(seen).min(run.len());
        seen += run.len();
        if skip < run.len() {
            parts.push(run[skip..].to_owned());
        }
    }
    parts.join(" ")
}

fn country_digits(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        _ if LONG_ZONES.iter().any(|zone| digits.starts_with(zone)) => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::{normalised, spaced};
    use crate::crm::Value;

    #[test]
    fn international_numbers_get_blanks_between_their_parts() {
        for (typed, shown) in [
            ("+49 6227 74747", "+49 6227 74747"),
            ("+49 (6227) 7-4747", "+49 6227 7 4747"),
            ("+496227/74747", "+49 6227 74747"),
            ("+4962277474", "+49 62277474"),
            ("+1 (651) 733-2220", "+1 651 733 2220"),
            ("+35318345600", "+353 18345600"),
            ("+44", "+44"),
            ("06227 74747", "06227 74747"),
            ("+49 6227 74747 ext. 5", "+49 6227 74747 ext. 5"),
            ("+", "+"),
            ("", ""),
        ] {
            assert_eq!(spaced(typed), shown, "{typed}");
            assert_eq!(spaced(&spaced(typed)), spaced(typed), "{typed} twice");
        }
    }

    #[test]
    fn callers_are_found_by_bare_digits() {
        let bare = Value::text("+16517332220");
        assert_eq!(normalised("+1 (651) 733-2220"), bare);
        assert_eq!(normalised("n/a"), Value::Null);
    }
}
