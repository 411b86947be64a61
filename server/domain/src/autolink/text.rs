//! Addresses that stand in a text: what a task says about whom it is for (TSK-08).

use crate::participant::normalize;

/// Longer texts are read so far, bytes.
const LONGEST_TEXT: usize = 200_000;
/// Addresses taken of one text.
pub const MOST_IN_TEXT: usize = 50;
/// Signs that could be an address and are looked at.
const MOST_SIGNS: usize = 2_000;
/// Longest local part and domain (RFC 5321).
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// The normalised addresses in a text, in their order, each once, at most [`MOST_IN_TEXT`]. Reads every byte a bounded
/// number of times, whatever stands there.
///
/// ```
/// use ssi_domain::autolink::addresses_in;
/// let text = "Call Ann (mailto:Ann@Shop.example), cc <bo@mill.example>.";
/// assert_eq!(addresses_in(text), ["ann@shop.example", "bo@mill.example"]);
/// ```
pub fn addresses_in(text: &str) -> Vec<String> {
    let text = &text[..text.floor_char_boundary(LONGEST_TEXT)];
    let mut found: Vec<String> = Vec::new();
    for (at, _) in text.match_indices('@').take(MOST_SIGNS) {
        let local = tail(&text[..at], LONGEST_LOCAL, in_local);
        let domain = head(&text[at + 1..], LONGEST_DOMAIN, in_domain);
        let local = local.trim_start_matches('.');
        let domain = domain.trim_end_matches(['.', '-']);
        if local.is_empty() || !domain.contains('.') {
            continue;
        }
        let Some(address) = normalize(&format!("{local}@{domain}")) else {
            continue;
        };
        if !found.contains(&address) {
            found.push(address);
        }
        if found.len() == MOST_IN_TEXT {
            break;
        }
    }
    found
}

/// What a local part is made of without quotes (RFC 5322 atext and the dot); other scripts' letters are written too.
/// Marks that stand around addresses in running text are left out: `'`, `*`, `=`, `/`, `{`, `|`, `}`, `` ` ``.
fn in_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&+-.^_~?".contains(c)
}

fn in_domain(c: char) -> bool {
    c.is_alphanumeric() || c == '.' || c == '-'
}

/// The longest end of a text of these signs; empty when it is longer than it may be.
fn tail(text: &str, most: usize, fits: fn(char) -> bool) -> &str {
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        if !fits(c) {
            return &text[start..];
        }
        if text.len() - at > most {
            return "";
        }
        start = at;
    }
    &text[start..]
}

/// The longest beginning of a text of these signs; empty when it is longer than it may be.
fn head(text: &str, most: usize, fits: fn(char) -> bool) -> &str {
    for (at, c) in text.char_indices() {
        if !fits(c) {
            return &text[..at];
        }
        if at > most {
            return "";
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// TSK-08
    #[test]
    fn addresses_are_found_as_people_write_them() {
        for (text, expected) in [
            ("Call ann@shop.example.", vec!["ann@shop.example"]),
            (
                "\"Ann\" <Ann@Shop.example>;bo@x.example",
                vec!["ann@shop.example", "bo@x.example"],
            ),
            ("https://u:p@shop.example/x", vec!["p@shop.example"]),
            ("ann@bücher.example", vec!["ann@xn--bcher-kva.example"]),
            ("ann@@shop.example @shop.example ann@ ann@shop", vec![]),
            (
                "ann@shop.example ANN@SHOP.EXAMPLE",
                vec!["ann@shop.example"],
            ),
            ("(ann+x@shop.example)", vec!["ann+x@shop.example"]),
            ("", vec![]),
        ] {
            assert_eq!(addresses_in(text), expected, "{text}");
        }
        let bait = "a@".repeat(100_000) + &"a.".repeat(100_000);
        assert_eq!(addresses_in(&bait), Vec::<String>::new());
        let crowd: String = (0..500).map(|n| format!("p{n}@x.example ")).collect();
        assert_eq!(addresses_in(&crowd).len(), MOST_IN_TEXT);
    }

    proptest! {
        /// Whatever stands around it, an address between spaces is found, and what is found is normalised.
        #[test]
        fn an_address_between_spaces_is_found(before in "\\PC{0,40}", after in "\\PC{0,40}") {
            let text = format!("{before} ann@shop.example {after}");
            let found = addresses_in(&text);
            prop_assert!(found.contains(&"ann@shop.example".to_owned()));
            for address in &found {
                prop_assert_eq!(normalize(address), Some(address.clone()));
            }
        }

        #[test]
        fn no_text_breaks_it(text in "[a@. <>é\\n-]{0,300}") {
            prop_assert!(addresses_in(&text).len() <= MOST_IN_TEXT);
        }
    }
}
