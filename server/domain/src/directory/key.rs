//! The keys a party is indexed under: pieces of three letters of its words, the beginnings and ends of words, its kind.
//! A key is a number that holds the letters themselves, so that no two pieces share one.

use std::collections::BTreeSet;

use super::{
    Party,
    fold::{without_spaces, words},
};
use crate::{Kind, PARTY_KINDS};

/// Stands before the first letter of a word.
const START: char = '\u{1}';
/// Stands after the last letter of a word.
const END: char = '\u{3}';
/// Stands before the number of a kind.
const KIND: char = '\u{2}';

/// The keys of a party. Law: every key of a term ([`term_keys`]) that a word of the party contains is among them.
pub fn party_keys(party: &Party) -> BTreeSet<i64> {
    let mut keys: BTreeSet<i64> = BTreeSet::from([kind_key(party.record.kind)]);
    for word in party.texts().flat_map(words) {
        let letters: Vec<char> = word.chars().collect();
        keys.extend(inner(&letters));
        keys.insert(pack(&[START, letters[0]]));
        if let [first, second, ..] = letters[..] {
            keys.insert(pack(&[START, first, second]));
        }
        keys.insert(end_key(&letters));
        for (at, letter) in letters.iter().enumerate() {
            if without_spaces(*letter) {
                keys.insert(pack(&[*letter]));
                keys.extend(letters.get(at + 1).map(|next| pack(&[*letter, *next])));
            }
        }
    }
    keys
}

/// The key of all parties of a kind.
pub fn kind_key(kind: Kind) -> i64 {
    let at = PARTY_KINDS
        .iter()
        .position(|one| *one == kind)
        .unwrap_or(PARTY_KINDS.len());
    let number = u32::try_from(at)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(KIND);
    pack(&[KIND, number])
}

/// The keys a word must have that contains the term anywhere; none when it is too short to tell.
pub(super) fn inside_keys(term: &str) -> Vec<i64> {
    let letters: Vec<char> = term.chars().collect();
    match letters[..] {
        [one] if without_spaces(one) => vec![pack(&[one])],
        [one, two] if without_spaces(one) => vec![pack(&[one, two])],
        _ => inner(&letters).collect(),
    }
}

/// The keys a word must have that begins with the term.
pub(super) fn start_keys(term: &str) -> Vec<i64> {
    let letters: Vec<char> = term.chars().collect();
    let start = match letters[..] {
        [] => return Vec::new(),
        [one] => pack(&[START, one]),
        [one, two, ..] => pack(&[START, one, two]),
    };
    std::iter::once(start).chain(inner(&letters)).collect()
}

/// The keys a word must have that is the term itself.
pub(super) fn whole_keys(term: &str) -> Vec<i64> {
    let letters: Vec<char> = term.chars().collect();
    // The end first: it tells more than what lies between.
    let end = (!letters.is_empty()).then(|| end_key(&letters));
    end.into_iter().chain(start_keys(term)).collect()
}

fn end_key(letters: &[char]) -> i64 {
    match letters {
        [.., before, last] => pack(&[*before, *last, END]),
        [last] => pack(&[*last, END]),
        [] => 0,
    }
}

fn inner(letters: &[char]) -> impl Iterator<Item = i64> + '_ {
    letters.windows(3).map(pack)
}

/// Up to three characters of 21 bits each.
fn pack(letters: &[char]) -> i64 {
    letters
        .iter()
        .fold(0, |key, letter| key << 21 | i64::from(u32::from(*letter)))
}
