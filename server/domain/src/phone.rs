//! Telephone numbers: compared as numbers, kept as written.
//!
//! C4C gives `+49 6227 74747` for what somebody wrote as `+49 (6227) 7-4747`; neither side has changed then.

/// The number as it is compared: digits with a leading `+` where it is international (`+` or `00` in front), without
/// the `(0)` that is not dialled from abroad, and `x` before an extension. Letters count as the keys they are on.
/// Empty for a text without a digit. What was written is never changed by this: keep it.
pub fn normal(text: &str) -> String {
    let text = text.trim();
    let text = match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest,
        _ => text,
    };
    let (number, extension) = split_extension(text);
    // `+49 (0)6227`: the zero is for callers at home. In Italy it stays, and nobody puts it in brackets there.
    let abroad = number.replace("(0)", "");
    let plain: String = number.chars().filter_map(digit).collect();
    let international = number
        .trim_start_matches(|c: char| !is_plus(c) && digit(c).is_none())
        .starts_with(is_plus);
    let mut normal = if international {
        format!("+{}", abroad.chars().filter_map(digit).collect::<String>())
    } else if let Some(rest) = plain.strip_prefix("00").filter(|rest| rest.len() > 4) {
        let rest = if number.contains("(0)") {
            abroad.chars().filter_map(digit).skip(2).collect()
        } else {
            rest.to_owned()
        };
        format!("+{rest}")
    } else {
        plain
    };
    if normal.len() <= 1 && !normal.bytes().any(|b| b.is_ascii_digit()) {
        return String::new();
    }
    if !extension.is_empty() {
        normal.push('x');
        normal.push_str(&extension);
    }
    normal
}

/// Whether two texts are the same number, however they are formatted. Texts without a digit are the same if they
/// read the same. A national number is not compared with an international one: which country it is from cannot be
/// known.
pub fn same(a: &str, b: &str) -> bool {
    let (one, other) = (normal(a), normal(b));
    if one.is_empty() && other.is_empty() {
        return a.trim() == b.trim();
    }
    one == other
}

/// The number and the digits of its extension: `ext. 12`, `x12`, `#12`, `;ext=12`, `Durchwahl 12`.
fn split_extension(text: &str) -> (&str, String) {
    let lower = text.to_ascii_lowercase();
    let at = [";ext=", "ext", "x", "#", "durchwahl"]
        .iter()
        .filter_map(|mark| lower.find(mark))
        .min();
    // Only after some digits: `x` may be part of a word before the number.
    let Some((number, rest)) = at
        .filter(|at| text[..*at].chars().filter_map(digit_only).count() > 2)
        .and_then(|at| text.split_at_checked(at))
    else {
        return (text, String::new());
    };
    let extension: String = rest.chars().filter_map(digit_only).collect();
    if extension.is_empty() {
        return (text, extension);
    }
    (number, extension)
}

fn is_plus(c: char) -> bool {
    matches!(c, '+' | '\u{ff0b}')
}

/// The digit a character stands for, in any script that people write numbers in.
fn digit_only(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => return Some(c),
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{966}'..='\u{96f}' => 0x966,
        '\u{ff10}'..='\u{ff19}' => 0xff10,
        _ => return None,
    };
    char::from_digit(u32::from(c) - zero, 10)
}

/// A digit, or the key of a telephone that a letter is on (ITU-T E.161): 1-800-FLOWERS.
fn digit(c: char) -> Option<char> {
    digit_only(c).or(match c {
        'A'..='C' => Some('2'),
        'D'..='F' => Some('3'),
        'G'..='I' => Some('4'),
        'J'..='L' => Some('5'),
        'M'..='O' => Some('6'),
        'P'..='S' => Some('7'),
        'T'..='V' => Some('8'),
        'W'..='Z' => Some('9'),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formatting_does_not_make_another_number() {
        for (a, b) in [
            ("+49 6227 74747", "+49 (6227) 7-4747"),
            ("+49 6227 74747", "0049622774747"),
            ("+49 (0)6227 74747", "+49 6227 74747"),
            ("0049 (0) 6227 74747", "0049 (0) 6227-74747"),
            ("tel:+49-6227-74747", "+49 6227/74747"),
            ("0171 / 555 01 23", "01715550123"),
            ("+1 (555) 010-0100 ext. 12", "+15550100100x12"),
            ("tel:+1-555-010-0100;ext=12", "+1 555 010 0100 #12"),
            ("1-800-FLOWERS", "1 800 3569377"),
            ("+٩٧١ ٤ ٥٥٥ ٠١٠٠", "+971 4 555 0100"),
            ("＋８１ ３ １２３４", "+81 3 1234"),
            ("", "  "),
            ("n/a", " n/a "),
        ] {
            assert!(same(a, b), "{a} {} / {b} {}", normal(a), normal(b));
        }
    }

    #[test]
    fn other_numbers_stay_other_numbers() {
        for (a, b) in [
            ("+49 6227 74747", "+49 6227 74748"),
            ("+49 6227 74747", "06227 74747"),
            ("+1 555 0100 x1", "+1 555 0100 x2"),
            ("+1 555 0100 x1", "+1 555 0100"),
            ("n/a", "none"),
            ("", "0"),
            ("112", "1120"),
        ] {
            assert!(!same(a, b), "{a} / {b}");
        }
        assert_eq!(normal("+"), "");
        assert_eq!(normal("call me"), "");
    }

    proptest! {
        #[test]
        fn a_normal_number_is_normal(text in ".{0,40}") {
            let once = normal(&text);
            prop_assert_eq!(normal(&once), once.clone());
            prop_assert!(same(&text, &text));
            if !once.is_empty() {
                prop_assert!(same(&text, &once));
            }
        }
    }
}
