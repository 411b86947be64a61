//! Folding: texts that people take for the same compare equal. Case, accents and width go; letters of any script
//! stay.

use unicode_normalization::UnicodeNormalization;

/// Longest text that is folded, in characters. Names in C4C have at most 480.
const LONGEST: usize = 1_000;
/// Longest word; what follows is not looked at.
const LONGEST_WORD: usize = 40;
/// Most words of a text.
const MOST_WORDS: usize = 60;

/// The folded form: lower case, without accents and width, ligatures taken apart. What stands inside a word
/// without being one (apostrophes, the Arabic tatweel) is gone. Law: folding twice changes nothing.
///
/// ```
/// use ssi_domain::directory::fold;
/// assert_eq!(fold("Ærø ＫØＢＥＮＨＡＶＮ Straße O’Brien"), "aero kobenhavn strasse obrien");
/// ```
pub fn fold(text: &str) -> String {
    // Most names are of these letters, which have one form only, and a search folds hundreds of them.
    if text.is_ascii() {
        let letters = text.chars().take(LONGEST).filter(|c| !is_silent(*c));
        return letters.map(|c| c.to_ascii_lowercase()).collect();
    }
    let once: String = text
        .chars()
        .take(LONGEST)
        .nfkd()
        .flat_map(char::to_lowercase)
        .filter(|c| !is_accent(*c) && !is_silent(*c))
        .flat_map(plain)
        .collect();
    // Lower case may bring accents with it (`İ`), and what was taken apart comes together again, for instance
    // the syllables of Hangul.
    once.nfkd()
        .filter(|c| !is_accent(*c))
        .collect::<String>()
        .nfc()
        .collect()
}

/// The words of a text in folded form. Chinese, Japanese and Korean names are one word, whether written with
/// spaces or without.
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut words: Vec<String> = Vec::new();
    let parts = folded.split(|c: char| !is_letter(c));
    let mut only_spaces = false;
    for part in parts {
        if part.is_empty() {
            continue;
        }
        let word: String = part.chars().take(LONGEST_WORD).collect();
        match words.last_mut() {
            Some(last)
                if only_spaces
                    && last.chars().all(without_spaces)
                    && word.chars().all(without_spaces)
                    && last.chars().count() + word.chars().count() <= LONGEST_WORD =>
            {
                last.push_str(&word);
            }
            _ => words.push(word),
        }
        only_spaces = true;
        if words.len() == MOST_WORDS {
            break;
        }
    }
    words
}

/// Hands out what [`words`] lists. Words of plain letters are not copied.
pub(super) fn each_word(text: &str, mut take: impl FnMut(&str)) {
    if !text.is_ascii() {
        words(text).iter().for_each(|word| take(word));
        return;
    }
    let folded = fold(text);
    let parts = folded.split(|c: char| !is_letter(c));
    for word in parts.filter(|word| !word.is_empty()).take(MOST_WORDS) {
        take(&word[..word.len().min(LONGEST_WORD)]);
    }
}

/// The terms of a query in folded form: words as typed.
pub(super) fn terms(text: &str, most: usize) -> Vec<String> {
    let folded = fold(text);
    let mut terms: Vec<String> = Vec::new();
    for part in folded.split(|c: char| !is_letter(c)) {
        let term: String = part.chars().take(LONGEST_WORD).collect();
        if !term.is_empty() && !terms.contains(&term) {
            terms.push(term);
        }
        if terms.len() == most {
            break;
        }
    }
    terms
}

/// Scripts that put no spaces between words.
pub(super) fn without_spaces(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '\u{e00}'..='\u{e7f}')
}

/// Letters and digits, and the signs that make syllables in Indic and other scripts.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

/// Marks that people leave out when they type: accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic.
/// Marks of other scripts are letters of theirs.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'
        | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// What stands inside words without being a letter: apostrophes, soft hyphens, joiners, the tatweel.
fn is_silent(c: char) -> bool {
    matches!(
        c,
        '\'' | '`'
            | '\u{b4}'
            | '\u{2018}'
            | '\u{2019}'
            | '\u{2bc}'
            | '\u{2032}'
            | '\u{ad}'
            | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{640}'
    )
}

/// Letters that Unicode does not take apart.
fn plain(c: char) -> impl Iterator<Item = char> {
    let (text, one) = match c {
        'ß' => ("ss", None),
        'æ' => ("ae", None),
        'œ' => ("oe", None),
        'ø' => ("o", None),
        'ł' => ("l", None),
        'đ' | 'ð' => ("d", None),
        'þ' => ("th", None),
        'ı' => ("i", None),
        'ħ' => ("h", None),
        'ŋ' => ("n", None),
        'ŧ' => ("t", None),
        'ς' => ("σ", None),
        // Arabic letters that are written for each other: alef maqsura, teh marbuta.
        'ى' => ("ي", None),
        'ة' => ("ه", None),
        c => ("", Some(c)),
    };
    text.chars().chain(one)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SRCH-11
    #[test]
    fn what_people_take_for_the_same_is_the_same() {
        for (a, b) in [
            ("Müller", "MULLER"),
            ("Łódź", "lodz"),
            ("İSTANBUL", "istanbul"),
            ("ﬁnance", "Finance"),
            ("Ｔｏｋｙｏ", "tokyo"),
            ("ｶﾞｽ", "ガス"),
            ("Ελλάς", "ελλασ"),
            ("Алексей", "Алексеи"),
            ("مُحَمَّد", "محمد"),
            ("שָׁלוֹם", "שלום"),
            ("한국", "한국"),
            ("O'Brien", "OBrien"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} / {b}");
        }
        assert_ne!(fold("ガ"), fold("ヰ"));
        assert_ne!(fold("कि"), fold("की"), "a vowel sign is a letter");
    }

    #[test]
    fn names_of_scripts_without_spaces_are_one_word() {
        assert_eq!(words("山田 太郎"), ["山田太郎"]);
        assert_eq!(words("山田　太郎"), ["山田太郎"]);
        assert_eq!(
            words("Anna-Lena  Müller, GmbH"),
            ["anna", "lena", "muller", "gmbh"]
        );
        assert_eq!(terms("太郎 山田 太郎", 8), ["太郎", "山田"]);
    }

    /// The short way for plain letters gives what the long one gives.
    #[test]
    fn plain_letters_are_folded_as_all_others() {
        let plain: String = (0..128).map(char::from).collect();
        let long = fold(&format!("{plain}é"));
        assert_eq!(Some(fold(&plain).as_str()), long.strip_suffix('e'));
        let many = format!("{} A-b c,,d {}", "x".repeat(50), "e ".repeat(80));
        for text in [many.as_str(), "Łódź GmbH", ""] {
            let mut each = Vec::new();
            each_word(text, |word| each.push(word.to_owned()));
            assert_eq!(each, words(text));
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            prop_assert_eq!(fold(&text.to_lowercase()), once);
        }
    }
}
