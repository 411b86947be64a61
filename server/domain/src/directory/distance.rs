//! How many typing errors lie between what was typed and a word.

/// The fewest insertions, deletions, replacements and swaps of neighbours that make `typed` the beginning of
/// `word`; `None` when it takes more than `most`. Work is bounded by the product of the lengths.
///
/// ```
/// use ssi_domain::directory::prefix_distance;
/// assert_eq!(prefix_distance("shcmi", "schmidt", 1), Some(1));
/// assert_eq!(prefix_distance("schmidt", "schulz", 1), None);
/// ```
pub fn prefix_distance(typed: &str, word: &str, most: usize) -> Option<usize> {
    let typed: Vec<char> = typed.chars().collect();
    // Further letters of the word can only be left out at the end, which costs nothing.
    let word: Vec<char> = word.chars().take(typed.len() + most).collect();
    if typed.len() > word.len() + most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=word.len()).collect();
    for (row, letter) in typed.iter().enumerate() {
        let mut next = vec![row + 1; word.len() + 1];
        for (at, other) in word.iter().enumerate() {
            let replaced = last[at] + usize::from(letter != other);
            let mut best = replaced.min(last[at + 1] + 1).min(next[at] + 1);
            if row > 0 && at > 0 && *letter == word[at - 1] && typed[row - 1] == *other {
                best = best.min(before[at - 1] + 1);
            }
            next[at + 1] = best;
        }
        before = std::mem::replace(&mut last, next);
        // A row takes its errors from the two before it: none can become fewer.
        if before.iter().chain(&last).all(|errors| *errors > most) {
            return None;
        }
    }
    last.into_iter().min().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_error_is_one_error() {
        for (typed, word, distance) in [
            ("schmidt", "schmidt", Some(0)),
            ("schm", "schmidt", Some(0)),
            ("schmitd", "schmidt", Some(1)),
            ("scmidt", "schmidt", Some(1)),
            ("schhmidt", "schmidt", Some(1)),
            ("xchmidt", "schmidt", Some(1)),
            ("mueller", "muller", Some(1)),
            ("schulz", "schmidt", None),
            ("", "x", Some(0)),
        ] {
            assert_eq!(prefix_distance(typed, word, 1), distance, "{typed} {word}");
        }
    }

    proptest! {
        #[test]
        fn a_beginning_with_one_letter_replaced_is_one_error_away(
            word in "[a-z]{6,20}", length in 6usize..20, at in 0usize..20, letter in "[A-Z]"
        ) {
            let length = length.min(word.len());
            let mut typed = word[..length].to_owned();
            let at = at % length;
            typed.replace_range(at..=at, &letter);
            prop_assert_eq!(prefix_distance(&typed, &word, 2), Some(1));
            prop_assert_eq!(prefix_distance(&typed, &word, 0), None);
        }

        #[test]
        fn every_beginning_is_no_error_away(word in "\\PC{0,20}", length in 0usize..20) {
            let typed: String = word.chars().take(length).collect();
            prop_assert_eq!(prefix_distance(&typed, &word, 1), Some(0));
        }
    }
}
