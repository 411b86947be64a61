//! Postal addresses of scripts with spaces, in the order of many countries.

use super::{
    Field, russian,
    text::{digits, is_capitalised, normal, trimmed, words},
    words::WORDS,
};

/// A piece of the block's lines between commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The text, trimmed.
    pub(super) text: String,
    /// Number of its line in the readable text.
    pub(super) number: usize,
    /// Which of the block's lines it stands in.
    pub(super) row: usize,
}

/// The parts of a postal address with their line; nothing unless there is a postal code or a marked city.
pub(super) fn read(pieces: &[Piece]) -> Vec<(Field, String, usize)> {
    let mut found = russian::read(pieces)
        .or_else(|| western(pieces))
        .unwrap_or_default();
    if !found.is_empty() {
        let country = pieces
            .iter()
            .find_map(|piece| Some((WORDS.countries.get(&normal(&piece.text))?, piece.number)));
        if let Some((country, number)) = country
            && !found.iter().any(|(field, ..)| *field == Field::Country)
        {
            found.push((Field::Country, country.clone(), number));
        }
    }
    found
}

/// A postal code with what stands around it in its piece.
#[derive(Debug, Default)]
struct Postal {
    code: String,
    city: String,
    region: String,
    country: String,
    /// What stands before: the street, or the city where that comes first.
    before: String,
}

fn western(pieces: &[Piece]) -> Option<Vec<(Field, String, usize)>> {
    let (at, mut postal) = pieces
        .iter()
        .enumerate()
        .find_map(|(at, piece)| Some((at, postal(&piece.text, pieces.get(at.wrapping_sub(1)))?)))?;
    let number = pieces[at].number;
    let mut street_end = at;
    if postal.city.is_empty() {
        // The city stands before: "San Francisco, CA 94105", "São Paulo - SP, 01310-100", "London / SW1A 2AA".
        if !postal.before.is_empty() && street_of(&postal.before).is_none() {
            postal.city = std::mem::take(&mut postal.before);
        } else {
            let mut back = at;
            while back > 0 && at - back < 3 {
                back -= 1;
                let text = &pieces[back].text;
                if postal.region.is_empty() && WORDS.states.contains(text.as_str()) {
                    postal.region = text.clone();
                    continue;
                }
                let (city, region) = with_state(text);
                if is_city(&city) {
                    postal.city = city;
                    if postal.region.is_empty() {
                        postal.region = region;
                    }
                    street_end = back;
                }
                break;
            }
        }
        if postal.city.is_empty() {
            return None;
        }
    }
    let (city, state) = with_state(&postal.city);
    if postal.region.is_empty() && !state.is_empty() {
        postal.city = city;
        postal.region = state;
    }
    if postal.region.is_empty()
        && let Some(next) = pieces.get(at + 1)
        && WORDS.states.contains(next.text.as_str())
    {
        postal.region = next.text.clone();
    }
    let mut found = Vec::new();
    let street = match street_of(&postal.before) {
        Some(street) => Some((street, number)),
        None => street_before(pieces, street_end, at),
    };
    if let Some(((street, house), number)) = street {
        found.push((Field::Street, street, number));
        found.push((Field::HouseNumber, house, number));
    }
    for (field, text) in [
        (Field::PostalCode, postal.code),
        (Field::City, postal.city),
        (Field::Region, postal.region),
        (Field::Country, postal.country),
    ] {
        found.push((field, text, number));
    }
    found.retain(|(_, text, _)| !text.is_empty());
    Some(found)
}

/// The street in one of the pieces before the city.
fn street_before(pieces: &[Piece], end: usize, postal: usize) -> Option<((String, String), usize)> {
    let near = pieces[..end]
        .iter()
        .enumerate()
        .rev()
        .take(5)
        .filter(|(_, piece)| pieces[postal].row - piece.row <= 3);
    let mut house = String::new();
    for (back, (_, piece)) in near.enumerate() {
        if is_house(&piece.text) {
            house.clone_from(&piece.text);
            continue;
        }
        let named = has_street_word(&piece.text);
        if WORDS.not_street.at_start(&words(&piece.text)).is_some() && !named {
            continue;
        }
        let Some((street, own)) = street_of(&piece.text) else {
            if named && !house.is_empty() {
                return Some(((piece.text.clone(), house), piece.number));
            }
            continue;
        };
        // Without a word for street only the piece right before is believed.
        if named || back <= 1 {
            // "12 bis, rue de la Paix": the number stands in a piece of its own before.
            let before = || {
                let at = end.checked_sub(back + 2)?;
                Some(pieces[at].text.clone()).filter(|text| is_house(text))
            };
            let house = match (own.is_empty(), house.is_empty()) {
                (false, _) => own,
                (true, false) => house,
                (true, true) => before().unwrap_or_default(),
            };
            return Some(((street, house), piece.number));
        }
    }
    None
}

/// Finds a postal code in a piece.
fn postal(text: &str, before: Option<&Piece>) -> Option<Postal> {
    if text.len() > 120 {
        return None;
    }
    let mut tokens: Vec<&str> = text.split_whitespace().collect();
    if tokens.len() > 1 && WORDS.postal.is(&normal(tokens[0])) {
        tokens.remove(0);
    }
    (0..tokens.len()).find_map(|at| postal_at(&tokens, at, before))
}

fn postal_at(tokens: &[&str], at: usize, before: Option<&Piece>) -> Option<Postal> {
    let token = trimmed(tokens[at]);
    let next = tokens.get(at + 1).copied().unwrap_or_default();
    let (country, code) = match token.split_once(['-', '–']) {
        Some((prefix, code)) if WORDS.country_prefix.contains_key(prefix) => {
            (WORDS.country_prefix[prefix].clone(), code)
        }
        _ => (String::new(), token),
    };
    let shape = shape(code);
    let all_before = tokens[..at].join(" ");
    let mut found = Postal {
        country,
        before: trimmed(&all_before).to_owned(),
        ..Postal::default()
    };
    let mut used = 1;
    found.code = match shape.as_str() {
        "9999" if is_letters(next, 2) && shape_of_next(tokens, at + 2) => {
            used = 2;
            format!("{code} {next}")
        }
        "9999AA" | "99-999" | "99999-999" | "9999-999" | "99999" | "999999" | "99999-9999" => {
            code.to_owned()
        }
        "9999" => code.to_owned(),
        "999" if self::shape(trimmed(next)) == "99" => {
            used = 2;
            format!("{code} {}", trimmed(next))
        }
        "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A"
            if self::shape(trimmed(next)) == "9AA" || self::shape(trimmed(next)) == "9A9" =>
        {
            used = 2;
            format!("{code} {}", trimmed(next))
        }
        _ => return None,
    };
    let state_before = at > 0 && WORDS.states.contains(trimmed(tokens[at - 1]));
    if state_before {
        found.region = trimmed(tokens[at - 1]).to_owned();
        found.before = trimmed(&tokens[..at - 1].join(" ")).to_owned();
    }
    let british = found.code.chars().next().is_some_and(char::is_alphabetic);
    let rest: Vec<&str> = tokens[at + used..].to_vec();
    let (city, region) = city_of(&rest);
    if !city.is_empty() {
        let plausible = is_city(&city)
            && !british
            && !state_before
            && (shape != "9999"
                || used == 2
                || !is_year(code)
                || before.is_some_and(|piece| street_of(&piece.text).is_some()))
            && (found.before.is_empty()
                || street_of(&found.before).is_some()
                || !found.country.is_empty());
        if let Some(country) = WORDS
            .countries
            .get(&normal(&city))
            .filter(|_| state_before || british)
        {
            found.country.clone_from(country);
            return Some(found);
        }
        if !plausible {
            return None;
        }
        found.city = city;
        if !region.is_empty() {
            found.region = region;
        }
        return Some(found);
    }
    // Nothing behind the code: the city stands before it, and something must show that this is an address.
    let certain = british || state_before || shape == "99999-999";
    let address_before = before.is_some_and(|piece| street_of(&piece.text).is_some());
    (certain || (shape == "99999" && is_city(&found.before) && address_before)).then_some(found)
}

fn shape_of_next(tokens: &[&str], at: usize) -> bool {
    tokens
        .get(at)
        .is_some_and(|word| is_capitalised(word) || word.starts_with('\''))
}

/// Digits as `9`, capitals as `A`, a dash as itself; empty for anything else.
pub(super) fn shape(text: &str) -> String {
    if text.len() > 10 {
        return String::new();
    }
    let shape: Option<String> = text
        .chars()
        .map(|c| match c {
            '0'..='9' => Some('9'),
            'A'..='Z' => Some('A'),
            '-' => Some('-'),
            _ => None,
        })
        .collect();
    shape.unwrap_or_default()
}

fn is_letters(text: &str, count: usize) -> bool {
    text.len() == count && text.chars().all(|c| c.is_ascii_uppercase())
}

fn is_year(code: &str) -> bool {
    code.starts_with("19") || code.starts_with("20")
}

/// City and province of the words behind a postal code: `Milano (MI)`, `Boulogne Cedex`, `Praha 1`.
fn city_of(tokens: &[&str]) -> (String, String) {
    let mut city = Vec::new();
    let mut region = String::new();
    for token in tokens {
        let bare = trimmed(token);
        if token.starts_with('(') {
            region = token.trim_matches(['(', ')']).to_owned();
            break;
        }
        if bare.eq_ignore_ascii_case("cedex") {
            break;
        }
        city.push(bare);
    }
    if city.len() > 1
        && is_letters(city[city.len() - 1], 2)
        && city[0].chars().any(char::is_lowercase)
    {
        region = city.pop().unwrap_or_default().to_owned();
    }
    (city.join(" "), region)
}

/// `Sydney NSW`, `São Paulo/SP`: a city with its state behind.
fn with_state(text: &str) -> (String, String) {
    let split = text.rsplit_once(['/', ' ']);
    match split {
        Some((city, state)) if WORDS.states.contains(state.trim()) && is_city(city.trim()) => {
            (trimmed(city).to_owned(), state.trim().to_owned())
        }
        _ => (text.to_owned(), String::new()),
    }
}

/// Whether a text may be the name of a city.
pub(super) fn is_city(text: &str) -> bool {
    let count = text.chars().count();
    (2..=40).contains(&count)
        && text.split_whitespace().count() <= 5
        && text
            .split_whitespace()
            .next()
            .is_some_and(|word| is_capitalised(word) || word.starts_with('\''))
        && text
            .chars()
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '\'')
        && digits(text) <= 2
        && !text.contains([':', '@', '&', '?', '!', '='])
        && !WORDS.states.contains(text)
        && !WORDS.countries.contains_key(&normal(text))
        && !WORDS.legal.within(&words(text))
        && !WORDS
            .company_form
            .is_capitals(text.split_whitespace().last().unwrap_or_default())
}

/// Street and house number of a text, if it looks like them.
pub(super) fn street_of(text: &str) -> Option<(String, String)> {
    let text = trimmed(text);
    if text.is_empty() || text.chars().count() > 60 || text.contains(['@', ':', '%', '=']) {
        return None;
    }
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let (first, last) = (tokens.first()?, tokens.last()?);
    if tokens.len() > 8 {
        return None;
    }
    let parts = if tokens.len() > 1 && is_house(last) {
        // "Hauptstr. 12 a": the letter belongs to the number.
        (tokens[..tokens.len() - 1].join(" "), (*last).to_owned())
    } else if tokens.len() > 2 && last.chars().count() == 1 && is_house(tokens[tokens.len() - 2]) {
        (
            tokens[..tokens.len() - 2].join(" "),
            tokens[tokens.len() - 2..].join(" "),
        )
    } else if tokens.len() > 1 && is_house(first) {
        let from = if tokens.len() > 2 && ["bis", "ter"].contains(&tokens[1]) {
            2
        } else {
            1
        };
        (tokens[from..].join(" "), tokens[..from].join(" "))
    } else {
        return has_street_word(text)
            .then(|| (text.to_owned(), String::new()))
            .filter(|_| tokens.len() > 1 || suffix_only(text));
    };
    let street = trimmed(&parts.0)
        .trim_end_matches([',', 'º', '°'])
        .to_owned();
    let street = street
        .strip_suffix(" nº")
        .or_else(|| street.strip_suffix(" n°"))
        .or_else(|| street.strip_suffix(" nr"))
        .unwrap_or(&street)
        .to_owned();
    let letters = street.chars().filter(|c| c.is_alphabetic()).count();
    let starts = street
        .chars()
        .find(|c| c.is_alphabetic())
        .is_some_and(|c| !c.is_lowercase())
        || has_street_word(&street);
    let excluded = WORDS.not_street.is(&normal(&street))
        || WORDS.legal.within(&words(&street))
        || WORDS.phone.is(&normal(&street))
        || WORDS.fax.is(&normal(&street));
    (letters >= 3 && starts && !excluded)
        .then(|| (street, parts.1.trim_end_matches(',').to_owned()))
}

fn suffix_only(text: &str) -> bool {
    WORDS.street_suffix.iter().any(|suffix| {
        let word = super::text::fold(text);
        word.len() > suffix.len() + 2 && word.ends_with(suffix.as_str())
    })
}

/// Whether a text has a word for street.
pub(super) fn has_street_word(text: &str) -> bool {
    let found = words(text);
    WORDS
        .street
        .at_start(&found)
        .is_some_and(|length| length < found.len())
        || found
            .iter()
            .skip(1)
            .any(|word| word.len() > 1 && WORDS.street.is(word))
        || found.iter().any(|word| {
            WORDS
                .street_suffix
                .iter()
                .any(|suffix| word.len() > suffix.len() + 1 && word.ends_with(suffix.as_str()))
        })
}

/// `12`, `12a`, `12-14`, `12/3`, `12/14A`.
pub(super) fn is_house(text: &str) -> bool {
    let text = match text.split_once(' ') {
        Some((number, "bis" | "ter" | "quater")) => number,
        _ => text,
    };
    let text = text.trim_end_matches([',', '.']);
    let count = text.chars().count();
    (1..=9).contains(&count)
        && text.starts_with(|c: char| c.is_ascii_digit())
        && (1..=5).contains(&digits(text))
        && text.chars().filter(|c| c.is_alphabetic()).count() <= 2
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '/' | '–'))
}
