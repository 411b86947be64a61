//! Countries as people write them, and their codes (ISO 3166-1 alpha-2, as C4C keeps them).

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use crate::Value;

/// Code, shown name, other names; see the head of the file.
const LIST: &str = include_str!("../../data/countries.tsv");

struct Countries {
    /// Code to the name people read.
    shown: BTreeMap<&'static str, &'static str>,
    /// Name in small letters to code.
    by_name: HashMap<String, &'static str>,
}

static COUNTRIES: LazyLock<Countries> = LazyLock::new(|| {
    let mut all = Countries {
        shown: BTreeMap::new(),
        by_name: HashMap::new(),
    };
    for line in LIST.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('\t');
        let (Some(code), Some(shown)) = (parts.next(), parts.next()) else {
            continue;
        };
        all.shown.insert(code, shown);
        for name in std::iter::once(shown).chain(parts) {
            all.by_name.entry(name.to_lowercase()).or_insert(code);
        }
    }
    all
});

/// A country by its name in one of the languages of SB-08 or in its own, or by its code; `None` for a name nobody
/// knows, which then stays where it is.
pub(super) fn to_code(value: &Value) -> Option<Value> {
    let text = value.as_text()?.trim();
    if text.is_empty() {
        return Some(Value::Choice(String::new()));
    }
    if let Some(code) = COUNTRIES.by_name.get(&text.to_lowercase()) {
        return Some(Value::Choice((*code).to_owned()));
    }
    // The CRM's own list may know a code of two letters that the standard does not.
    let is_code = text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic());
    is_code.then(|| Value::Choice(text.to_ascii_uppercase()))
}

/// A country's code as the name people read.
pub(super) fn to_name(value: &Value) -> Option<Value> {
    let code = value.as_text()?.trim();
    let known = COUNTRIES.shown.get(code.to_ascii_uppercase().as_str());
    Some(Value::Choice((*known.unwrap_or(&code)).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str) -> Option<String> {
        let value = to_code(&Value::Choice(name.into()))?;
        value.as_text().map(str::to_owned)
    }

    /// 6.2, SB-08
    #[test]
    fn countries_are_known_in_the_twelve_languages_and_in_their_own() {
        for (name, wanted) in [
            ("Ukraine", "UA"),
            ("Россия", "RU"),
            ("Luxemburg", "LU"),
            ("Německo", "DE"),
            ("Alemanha", "DE"),
            ("德国", "DE"),
            ("ドイツ", "DE"),
            ("Tsjechië", "CZ"),
            ("Holland", "NL"),
            ("UK", "GB"),
            ("uk", "GB"),
            ("de", "DE"),
            ("USA", "US"),
            ("Côte d'Ivoire", "CI"),
            ("XK", "XK"),
        ] {
            assert_eq!(code(name).as_deref(), Some(wanted), "{name}");
        }
        assert_eq!(code("Atlantis"), None);
        assert_eq!(code(" ").as_deref(), Some(""));
    }

    /// INV-3: what comes down goes up as the same code.
    #[test]
    fn every_shown_name_leads_back_to_its_code() {
        assert_eq!(COUNTRIES.shown.len(), 249);
        for one in COUNTRIES.shown.keys() {
            let name = to_name(&Value::Choice((*one).to_owned())).expect("named");
            assert_eq!(to_code(&name), Some(Value::Choice((*one).to_owned())));
        }
    }
}
