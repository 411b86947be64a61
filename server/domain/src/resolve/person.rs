//! The name of a person nobody knows, from the name beside the address, else from the address (RES-03).

use crate::{
    name::{LastName, PersonName, split},
    participant::normalize,
    transform::{Lines, printable, truncate},
};

/// Longest part of a name in C4C, in characters.
const LONGEST: usize = 40;
/// More of a display name is not looked at.
const LONGEST_DISPLAY: usize = 200;

/// The name; the last name is never empty.
pub(super) fn name_of(display: &str, key: &str) -> PersonName {
    let display = clean(display);
    let name = match looks_like_an_address(&display) {
        false => Some(split(&display)).filter(|split| split.last != LastName::Missing),
        true => None,
    };
    let name = name.map_or_else(|| from_address(key), |split| split.name);
    let cut = |text: &str| truncate(text.trim(), LONGEST).trim().to_owned();
    PersonName {
        first: cut(&name.first),
        middle: cut(&name.middle),
        last: cut(&name.last),
    }
}

/// The display name without what mail programs and gateways add: quotes, remarks in brackets, `via` a list.
fn clean(display: &str) -> String {
    let display: String = display.chars().take(LONGEST_DISPLAY).collect();
    let mut text = String::new();
    let mut depth = 0_usize;
    for c in printable(&display, Lines::Join).chars() {
        match c {
            '(' | '[' | '<' | '{' => depth += 1,
            ')' | ']' | '>' | '}' => depth = depth.saturating_sub(1),
            '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' => {}
            _ if depth > 0 => {}
            _ => text.push(c),
        }
    }
    let text = text.split(" via ").next().unwrap_or_default();
    let text = text.split(" | ").next().unwrap_or_default();
    text.trim_matches(|c: char| c.is_whitespace() || "',;:-".contains(c))
        .to_owned()
}

/// A display name that is an address says nothing about the person, and may be another one's on purpose.
fn looks_like_an_address(display: &str) -> bool {
    display.contains('@')
        || normalize(display).is_some()
        || !display.chars().any(char::is_alphabetic)
        || display.to_ascii_lowercase().starts_with("http")
}

/// `ann.lee7@` gives Ann Lee, `alee@` the last name Alee.
fn from_address(key: &str) -> PersonName {
    let local = key.rsplit_once('@').map_or(key, |(local, _)| local);
    let local = local.trim_matches('"');
    let untagged = local.split('+').next().unwrap_or(local);
    let words: Vec<String> = untagged
        .split(['.', '_', ' '])
        .map(|word| word.trim_matches(|c: char| !c.is_alphabetic()))
        .filter(|word| !word.is_empty())
        .map(capital)
        .collect();
    match words.as_slice() {
        [first, last] => PersonName {
            first: first.clone(),
            last: last.clone(),
            ..PersonName::default()
        },
        [] => PersonName {
            last: local.to_owned(),
            ..PersonName::default()
        },
        all => PersonName {
            last: all.join(" "),
            ..PersonName::default()
        },
    }
}

/// Each part of a word that hyphens join starts with a capital.
fn capital(word: &str) -> String {
    let parts: Vec<String> = word
        .split('-')
        .map(|part| {
            let mut letters = part.chars();
            let first = letters.next().map(char::to_uppercase);
            first.into_iter().flatten().chain(letters).collect()
        })
        .collect();
    parts.join("-")
}
