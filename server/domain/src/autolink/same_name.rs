//! Whether two spellings of a name can be one person's.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longer names say nothing; no name is that long.
const LONGEST: usize = 400;

/// Whether the name beside an address and a record's name can be the same person's: all words of the shorter
/// one are among the other's, without regard to order, case, accents and punctuation. `None`: one of them
/// says nothing, being empty, an address, or longer than names are.
///
/// ```
/// use ssi_domain::autolink::same_person_name;
/// assert_eq!(same_person_name("Huber, María", "Dr. Maria Huber"), Some(true));
/// assert_eq!(same_person_name("Josef Huber", "Maria Huber"), Some(false));
/// assert_eq!(same_person_name("maria@home.example", "Maria Huber"), None);
/// ```
pub fn same_person_name(written: &str, known: &str) -> Option<bool> {
    let (written, known) = (words(written)?, words(known)?);
    let (few, many) = match written.len() <= known.len() {
        true => (&written, &known),
        false => (&known, &written),
    };
    Some(few.is_subset(many))
}

fn words(name: &str) -> Option<BTreeSet<String>> {
    if name.len() > LONGEST || name.contains('@') {
        return None;
    }
    let folded: String = name
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let words: BTreeSet<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    (!words.is_empty()).then_some(words)
}
