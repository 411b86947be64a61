//! The name of a company from its domain, and whether an account is that company (RES-05).

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Legal forms and other words that are no part of what a company is called.
const FORMS: &[&str] = &[
    "ab",
    "ag",
    "aps",
    "as",
    "asa",
    "bv",
    "bvba",
    "co",
    "company",
    "corp",
    "corporation",
    "doo",
    "ek",
    "ev",
    "gesmbh",
    "gmbh",
    "group",
    "gruppe",
    "holding",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "kgaa",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "mbh",
    "nv",
    "ohg",
    "oy",
    "oyj",
    "plc",
    "pte",
    "pty",
    "pvt",
    "sa",
    "sarl",
    "sas",
    "se",
    "sia",
    "sl",
    "slu",
    "spa",
    "spolka",
    "sp",
    "srl",
    "sro",
    "the",
    "ug",
    "und",
    "and",
    "zoo",
    "z",
    "o",
];

/// Longest name of an account in C4C, in characters.
const LONGEST: usize = 80;

/// The name of the account of a registrable domain: its label, the first letter in upper case. Domains in
/// punycode are shown as people read them. `None` when no name can be made: the label mixes scripts, which is
/// how one name is passed off as another, or has no letter or digit.
///
/// ```
/// use ssi_domain::resolve::account_name;
/// assert_eq!(account_name("shop.co.uk").as_deref(), Some("Shop"));
/// assert_eq!(account_name("xn--bcher-kva.example").as_deref(), Some("Bücher"));
/// ```
pub fn account_name(domain: &str) -> Option<String> {
    let label = domain.split('.').next()?;
    let (readable, sound) = idna::domain_to_unicode(label);
    let label = if sound.is_ok() { readable } else { return None };
    if !label.chars().any(char::is_alphanumeric) || mixes_scripts(&label) {
        return None;
    }
    let mut letters = label.chars();
    let first = letters.next()?;
    let name: String = first.to_uppercase().chain(letters).take(LONGEST).collect();
    Some(name)
}

/// Whether a label mixes alphabets whose letters look alike: no language writes a word in two of Latin, Greek
/// and Cyrillic.
fn mixes_scripts(label: &str) -> bool {
    let alphabets: BTreeSet<char> = label
        .chars()
        .filter_map(|c| match c {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some('l'),
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some('g'),
            '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' => Some('c'),
            _ => None,
        })
        .collect();
    alphabets.len() > 1
}

/// Whether an account of this name is the company a domain's label stands for: the same words without legal
/// forms, case, accents, spaces and hyphens. `Shop GmbH & Co. KG` is `shop`; `Workshop Ltd` is not.
pub fn is_account_of(account: &str, label: &str) -> bool {
    let named = essence(account);
    !named.is_empty() && named == essence(label)
}

fn essence(name: &str) -> String {
    let folded: String = name
        .chars()
        .take(400)
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        // `S.p.A.` and `s.r.o.` are one word.
        .filter(|c| *c != '.')
        .collect();
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let own: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !FORMS.contains(word))
        .collect();
    if own.is_empty() {
        words.concat()
    } else {
        own.concat()
    }
}
