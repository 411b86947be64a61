//! Telephone numbers of one part of a signature, told apart by what stands before them.

use super::{
    Field,
    text::{fold, words},
    words::{Phrases, WORDS},
};

/// Fewer digits are no telephone number.
const FEWEST: usize = 6;
/// More digits are not either (ITU-T E.164 allows 15; an extension is counted apart).
const MOST: usize = 15;
/// A number without a label and without `+` needs so many digits.
const FEWEST_BARE: usize = 9;

/// The numbers of a part, and what is left of it without them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Kind and number as written.
    pub(super) found: Vec<(Field, String)>,
    /// The text without numbers and labels.
    pub(super) rest: String,
}

/// Takes the numbers out of a part of a line.
pub(super) fn take(text: &str) -> Numbers {
    let runs = runs(text);
    let mut numbers = Numbers::default();
    let mut from = 0;
    for (at, run) in runs.iter().enumerate() {
        let before = &text[from..run.start];
        let next = runs.get(at + 1).map_or(text.len(), |next| next.start);
        let after = &text[run.end..next];
        let number = text[run.start..run.end].trim();
        match kind(before, after, number, text) {
            Some(field) => {
                numbers.found.push((field, with_extension(number, after)));
                numbers.rest.push_str(&unlabelled(before));
                numbers.rest.push_str(" , ");
                from = run.end + consumed(after);
            }
            None => {
                numbers.rest.push_str(&text[from..run.end]);
                from = run.end;
            }
        }
    }
    numbers.rest.push_str(&text[from..]);
    numbers
}

struct Run {
    start: usize,
    end: usize,
}

/// Stretches of digits with what people write between them.
fn runs(text: &str) -> Vec<Run> {
    let mut found = Vec::new();
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut at = 0;
    while at < chars.len() {
        let (start, c) = chars[at];
        let opens =
            is_digit(c) || is_plus(c) || (matches!(c, '(' | '（') && near_digit(&chars, at));
        let in_word =
            at > 0 && chars[at - 1].1.is_alphanumeric() && !super::text::is_asian(chars[at - 1].1);
        if !opens || (in_word && is_digit(c)) {
            at += 1;
            continue;
        }
        let (mut end, mut count, mut next) = (start, 0, at);
        while let Some(&(offset, c)) = chars.get(next) {
            let stop = match c {
                c if is_digit(c) => {
                    count += 1;
                    end = offset + c.len_utf8();
                    false
                }
                ')' | '）' => {
                    end = offset + c.len_utf8();
                    false
                }
                c if is_plus(c) => count > 0,
                '(' | '（' => !near_digit(&chars, next),
                '/' => count >= FEWEST_BARE,
                ' ' => chars.get(next + 1).is_some_and(|(_, c)| *c == ' ') && count > 0,
                '-' | '.' | '–' | '‑' | '−' | '‐' | 'ー' | '－' => false,
                _ => true,
            };
            if stop {
                break;
            }
            next += 1;
        }
        if (FEWEST..=MOST).contains(&count) {
            found.push(Run { start, end });
        }
        at = next.max(at + 1);
    }
    found
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '\u{ff10}'..='\u{ff19}')
}

fn is_plus(c: char) -> bool {
    matches!(c, '+' | '\u{ff0b}')
}

fn near_digit(chars: &[(usize, char)], at: usize) -> bool {
    chars[at + 1..].iter().take(3).any(|(_, c)| is_digit(*c))
}

/// What a number is by the label before it, or the one behind it where there is none before.
fn kind(before: &str, after: &str, number: &str, whole: &str) -> Option<Field> {
    let label = before
        .rsplit([',', ';', '，', '、'])
        .next()
        .unwrap_or(before);
    let found = words(label);
    if let Some(field) = labelled(&found, label) {
        return Some(field);
    }
    let has_plus = number.starts_with(is_plus) || number.starts_with("(+");
    if !found.is_empty() {
        let colon = label.trim_end().ends_with([':', '：']);
        let legal = WORDS.legal.within(&found);
        return (colon && has_plus && !legal && found.len() <= 2).then_some(Field::Phone);
    }
    let behind: Vec<String> = words(after).into_iter().take(2).collect();
    if behind.len() == 1
        && let Some(field) = labelled(&behind, after)
    {
        return Some(field);
    }
    let digits = number.chars().filter(|c| is_digit(*c)).count();
    let alone = words(&whole.replace(number, "")).is_empty();
    let grouped = number.contains([' ', '-', '(', '/', '.']);
    let plausible = has_plus
        || (alone && grouped && digits >= FEWEST_BARE && number.starts_with(['0', '(', '1']));
    plausible.then(|| {
        let plain = crate::phone::normal(number);
        let mobile = WORDS
            .mobile_start
            .iter()
            .any(|start| plain.starts_with(start.as_str()));
        if mobile { Field::Mobile } else { Field::Phone }
    })
}

/// The kind whose label these words end with, or have within.
fn labelled(found: &[String], text: &str) -> Option<Field> {
    let folded = fold(text);
    let has = |phrases: &Phrases| {
        let long = (0..found.len()).any(|at| {
            phrases.at_start(&found[at..]).is_some_and(|length| {
                found[at..at + length].concat().chars().count() >= 2 && length < 4
            })
        });
        long || phrases.at_end(found).is_some() || phrases.in_asian(&folded)
    };
    // A sentence is no label.
    if found.len() > 5
        || WORDS
            .legal
            .at_start(found)
            .is_some_and(|length| length == found.len())
    {
        return None;
    }
    let (phone, mobile, fax) = (has(&WORDS.phone), has(&WORDS.mobile), has(&WORDS.fax));
    match (phone, mobile, fax) {
        (_, true, false) => Some(Field::Mobile),
        (true, _, _) => Some(Field::Phone),
        (false, _, true) => Some(Field::Fax),
        (false, false, false) => None,
    }
}

/// The number with its extension, if one follows: `ext. 12`, `доб. 12`, `内線 12`.
fn with_extension(number: &str, after: &str) -> String {
    match extension(after) {
        0 => number.to_owned(),
        length => format!(
            "{number} {}",
            after[..length]
                .trim()
                .trim_start_matches([',', '(', '（'])
                .trim_end_matches([')', '）'])
                .trim()
        ),
    }
}

/// Bytes of an extension that follows a number; 0 when none does.
fn extension(after: &str) -> usize {
    let start = after.trim_start_matches([' ', ',', '(', '（']);
    let skipped = after.len() - start.len();
    let letters = start.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let label = &start[..letters];
    if letters == 0 || letters > 24 {
        return 0;
    }
    let known = WORDS.extension.is(&words(label).join(" "))
        || WORDS
            .extension
            .strip_asian(&fold(label.trim()))
            .is_some_and(|rest| words(rest).is_empty());
    let digits = start[letters..]
        .chars()
        .take_while(char::is_ascii_digit)
        .count();
    if !known || !(1..=6).contains(&digits) {
        return 0;
    }
    skipped + letters + digits
}

/// How much behind a number belongs to it: its extension, or a label in brackets.
fn consumed(after: &str) -> usize {
    match extension(after) {
        0 => {
            let start = after.trim_start();
            match start
                .starts_with(['(', '（'])
                .then(|| start.find([')', '）']))
                .flatten()
            {
                Some(end) if words(&start[..end]).len() <= 2 => {
                    let close = start[end..].chars().next().map_or(1, char::len_utf8);
                    after.len() - start.len() + end + close
                }
                _ => 0,
            }
        }
        length => length,
    }
}

/// What stands before a number without its label.
fn unlabelled(before: &str) -> String {
    match before.rfind([',', ';', '，', '、']) {
        Some(at) => before[..at].to_owned(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_numbers_apart() {
        use Field::{Fax, Mobile, Phone};
        for (text, found) in [
            (
                "Tel.: +49 (0)6227 7-4747",
                vec![(Phone, "+49 (0)6227 7-4747")],
            ),
            ("T +49 6, F +49 6227 123456", vec![(Fax, "+49 6227 123456")]),
            (
                "Tel. 06227 123456 Fax 06227 123457",
                vec![(Phone, "06227 123456"), (Fax, "06227 123457")],
            ),
            ("M: 0171/5550123", vec![(Mobile, "0171/5550123")]),
            (
                "+1 555 010 0100 (mobile)",
                vec![(Mobile, "+1 555 010 0100")],
            ),
            (
                "Phone: 555-010-0100 ext. 12",
                vec![(Phone, "555-010-0100 ext. 12")],
            ),
            (
                "тел. +7 495 123-45-67 доб. 123",
                vec![(Phone, "+7 495 123-45-67 доб. 123")],
            ),
            (
                "電話：03-1234-5678（内線 12）",
                vec![(Phone, "03-1234-5678 内線 12")],
            ),
            ("手机/微信：138 0013 8000", vec![(Mobile, "138 0013 8000")]),
            ("HRB 1234567", vec![]),
            ("USt-IdNr.: DE123456789", vec![]),
            ("NIP 123-456-78-90", vec![]),
            ("CNPJ: 12.345.678/0001-90", vec![]),
            ("IBAN DE02 1203 0000 0000 2020 51", vec![]),
            ("01310-100 São Paulo", vec![]),
            ("2026-01-05", vec![]),
        ] {
            let got = take(text).found;
            let got: Vec<(Field, &str)> = got
                .iter()
                .map(|(field, text)| (*field, text.as_str()))
                .collect();
            assert_eq!(got, found, "{text}");
        }
    }
}
