//! Text as it is compared: case, accents and width folded, split into words.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The folded text: compatibility forms resolved, lower case, accents taken off, `ß` as `ss`.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'ß' | 'ẞ' => folded.push_str("ss"),
            'ł' | 'Ł' => folded.push('l'),
            'ø' | 'Ø' => folded.push('o'),
            '’' => folded.push('\''),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// The words of the folded text: runs of letters and digits.
pub(super) fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words with one space between.
pub(super) fn normal(text: &str) -> String {
    words(text).join(" ")
}

/// The letters and digits of the folded text without anything between.
pub(super) fn bare(text: &str) -> String {
    words(text).concat()
}

/// Whether a character is Han, Kana or Hangul.
pub(super) fn is_asian(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

/// Whether a text is written without spaces between words.
pub(super) fn has_asian(text: &str) -> bool {
    text.chars().any(is_asian)
}

/// Whether the letters of two texts are of different scripts, as far as we tell scripts apart.
pub(super) fn other_script(a: &str, b: &str) -> bool {
    script(a) != script(b)
}

fn script(text: &str) -> u8 {
    match text.chars().find(|c| c.is_alphabetic()) {
        Some(c) if is_asian(c) => 1,
        Some('\u{400}'..='\u{52f}') => 2,
        Some('\u{370}'..='\u{3ff}') => 3,
        _ => 0,
    }
}

/// Whether a word starts with a capital, or has no case at all.
pub(super) fn is_capitalised(word: &str) -> bool {
    word.chars()
        .find(|c| c.is_alphabetic())
        .is_some_and(|c| !c.is_lowercase())
}

/// Number of digits.
pub(super) fn digits(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

/// Without what people put around a value: white space, list marks, dashes, commas, brackets left over.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                ',' | ';'
                    | '|'
                    | '-'
                    | '–'
                    | '—'
                    | '*'
                    | '_'
                    | ':'
                    | '：'
                    | '，'
                    | '、'
                    | '•'
                    | '·'
                    | '/'
                    | '<'
                    | '>'
                    | '"'
                    | '“'
                    | '”'
                    | '['
                    | ']'
                    | '~'
                    | '='
                    | '#'
                    | '｜'
            )
            || (!c.is_alphanumeric()
                && !c.is_ascii()
                && !matches!(
                    c,
                    '«' | '»' | '（' | '）' | '㈱' | '㈲' | '〒' | '・' | '。'
                ))
    })
}
