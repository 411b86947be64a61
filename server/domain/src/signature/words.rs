//! The word lists of `data/signature`, one file per language, made ready for looking up.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::Deserialize;

use super::text::{fold, has_asian, normal};

/// Phrases that are looked up word by word; those of scripts without spaces are looked for inside a text.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    whole: HashSet<String>,
    most_words: usize,
    asian: Vec<String>,
    /// Phrases that are recognised in capitals only, with the case they are written in.
    capitals: HashSet<String>,
}

impl Phrases {
    fn add(&mut self, phrase: &str) {
        let normal = normal(phrase);
        self.most_words = self.most_words.max(normal.split(' ').count());
        if has_asian(phrase) {
            self.asian.push(fold(phrase));
        }
        let shouted = phrase.chars().any(char::is_uppercase) && !phrase.contains(' ');
        if shouted && !has_asian(phrase) {
            let letters = phrase.chars().filter(|c| c.is_alphanumeric());
            self.capitals.insert(letters.collect());
        } else {
            self.whole.insert(normal);
        }
    }

    /// Whether this is one of the phrases, whole.
    pub(super) fn is(&self, normal: &str) -> bool {
        self.whole.contains(normal)
    }

    /// How many of the first words are a phrase; the longest counts.
    pub(super) fn at_start(&self, words: &[String]) -> Option<usize> {
        let most = self.most_words.min(words.len());
        (1..=most)
            .rev()
            .find(|n| self.whole.contains(&words[..*n].join(" ")))
    }

    /// How many of the last words are a phrase; the longest counts.
    pub(super) fn at_end(&self, words: &[String]) -> Option<usize> {
        let most = self.most_words.min(words.len());
        (1..=most)
            .rev()
            .find(|n| self.whole.contains(&words[words.len() - n..].join(" ")))
    }

    /// Whether a phrase stands anywhere among the words.
    pub(super) fn within(&self, words: &[String]) -> bool {
        (0..words.len()).any(|at| self.at_start(&words[at..]).is_some())
    }

    /// Whether a word written exactly so is a phrase that is recognised in capitals only.
    pub(super) fn is_capitals(&self, word: &str) -> bool {
        let letters: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        self.capitals.contains(&letters)
    }

    /// Whether a phrase of a script without spaces stands at the end of the folded text.
    pub(super) fn ends_asian(&self, folded: &str) -> bool {
        self.asian
            .iter()
            .any(|phrase| folded.ends_with(phrase.as_str()))
    }

    /// Whether a phrase of a script without spaces stands in the folded text.
    pub(super) fn in_asian(&self, folded: &str) -> bool {
        self.asian
            .iter()
            .any(|phrase| folded.contains(phrase.as_str()))
    }

    /// Whether a phrase of a script without spaces begins the folded text; answers the rest.
    pub(super) fn strip_asian<'a>(&self, folded: &'a str) -> Option<&'a str> {
        self.asian
            .iter()
            .filter_map(|phrase| folded.strip_prefix(phrase.as_str()))
            .min_by_key(|rest| rest.len())
    }
}

/// Everything that is known about words.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) closing: Phrases,
    pub(super) sent_from: Phrases,
    pub(super) wrote: Phrases,
    pub(super) original: Phrases,
    pub(super) header_from: Phrases,
    pub(super) header_other: Phrases,
    pub(super) phone: Phrases,
    pub(super) mobile: Phrases,
    pub(super) fax: Phrases,
    pub(super) extension: Phrases,
    pub(super) email: Phrases,
    pub(super) web: Phrases,
    pub(super) address: Phrases,
    pub(super) postal: Phrases,
    pub(super) job_label: Phrases,
    pub(super) company_label: Phrases,
    pub(super) department_label: Phrases,
    pub(super) legal: Phrases,
    pub(super) disclaimer: Phrases,
    pub(super) postscript: Phrases,
    pub(super) company_form: Phrases,
    pub(super) company_word: Phrases,
    pub(super) job: Phrases,
    pub(super) job_suffix: Phrases,
    pub(super) department: Phrases,
    pub(super) department_suffix: Phrases,
    pub(super) street: Phrases,
    pub(super) street_suffix: Vec<String>,
    pub(super) not_street: Phrases,
    pub(super) city: Phrases,
    pub(super) region: Phrases,
    pub(super) house: Phrases,
    pub(super) academic: Phrases,
    pub(super) salutation: Phrases,
    pub(super) role: Phrases,
    /// Chinese family names.
    pub(super) surname: Vec<String>,
    pub(super) job_suffixes: Vec<String>,
    pub(super) department_suffixes: Vec<String>,
    pub(super) not_a_site: HashSet<String>,
    pub(super) mobile_start: Vec<String>,
    pub(super) states: HashSet<String>,
    /// Country code by its name, words folded.
    pub(super) countries: HashMap<String, String>,
    /// Country code by what stands before a postal code with a dash.
    pub(super) country_prefix: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Countries {
    names: HashMap<String, Vec<String>>,
    prefix: HashMap<String, String>,
}

const FILES: [&str; 13] = [
    include_str!("../../data/signature/common.toml"),
    include_str!("../../data/signature/cs.toml"),
    include_str!("../../data/signature/de.toml"),
    include_str!("../../data/signature/en.toml"),
    include_str!("../../data/signature/es.toml"),
    include_str!("../../data/signature/fr.toml"),
    include_str!("../../data/signature/it.toml"),
    include_str!("../../data/signature/ja.toml"),
    include_str!("../../data/signature/nl.toml"),
    include_str!("../../data/signature/pl.toml"),
    include_str!("../../data/signature/pt.toml"),
    include_str!("../../data/signature/ru.toml"),
    include_str!("../../data/signature/zh.toml"),
];

/// The word lists of all languages together: a mail does not say which one it is in.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words::default();
    for text in FILES {
        let lists: HashMap<String, Vec<String>> =
            toml::from_str(text).expect("a test reads every word list");
        for (name, list) in &lists {
            assert!(words.take(name, list), "a test reads every list: {name}");
        }
    }
    let countries: Countries = toml::from_str(include_str!("../../data/signature/countries.toml"))
        .expect("a test reads the countries");
    for (code, names) in countries.names {
        for name in names {
            words.countries.insert(normal(&name), code.clone());
        }
    }
    words.country_prefix = countries.prefix;
    words
});

impl Words {
    /// Takes a list in; says whether its name is known.
    fn take(&mut self, name: &str, list: &[String]) -> bool {
        let plain = |to: &mut Vec<String>| to.extend(list.iter().map(|text| fold(text)));
        match name {
            "street_suffix" => plain(&mut self.street_suffix),
            "surname" => self.surname.extend(list.iter().cloned()),
            "not_a_site" => self.not_a_site.extend(list.iter().cloned()),
            "mobile_start" => self.mobile_start.extend(list.iter().cloned()),
            "state" => self.states.extend(list.iter().cloned()),
            _ => {}
        }
        match name {
            "job_suffix" => plain(&mut self.job_suffixes),
            "department_suffix" => plain(&mut self.department_suffixes),
            _ => {}
        }
        let phrases = match name {
            "closing" => &mut self.closing,
            "sent_from" => &mut self.sent_from,
            "wrote" => &mut self.wrote,
            "original" => &mut self.original,
            "header_from" => &mut self.header_from,
            "header_other" => &mut self.header_other,
            "phone" => &mut self.phone,
            "mobile" => &mut self.mobile,
            "fax" => &mut self.fax,
            "extension" => &mut self.extension,
            "email" => &mut self.email,
            "web" => &mut self.web,
            "address" => &mut self.address,
            "postal" => &mut self.postal,
            "job_label" => &mut self.job_label,
            "company_label" => &mut self.company_label,
            "department_label" => &mut self.department_label,
            "legal" => &mut self.legal,
            "disclaimer" => &mut self.disclaimer,
            "postscript" => &mut self.postscript,
            "company_form" => &mut self.company_form,
            "company_word" => &mut self.company_word,
            "job" => &mut self.job,
            "job_suffix" => &mut self.job_suffix,
            "department" => &mut self.department,
            "department_suffix" => &mut self.department_suffix,
            "street" => &mut self.street,
            "not_street" => &mut self.not_street,
            "city" => &mut self.city,
            "region" => &mut self.region,
            "house" => &mut self.house,
            "academic" => &mut self.academic,
            "salutation" => &mut self.salutation,
            "role" => &mut self.role,
            "street_suffix" | "surname" | "not_a_site" | "mobile_start" | "state" => return true,
            _ => return false,
        };
        for phrase in list {
            phrases.add(phrase);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_read_and_none_is_empty() {
        assert!(WORDS.closing.is("mit freundlichen grussen"));
        assert!(WORDS.company_form.is_capitals("AG") && !WORDS.company_form.is_capitals("Ag"));
        assert!(WORDS.company_form.is("s r l"));
        assert_eq!(WORDS.countries["deutschland"], "DE");
        assert!(WORDS.countries.len() > 200 && WORDS.surname.len() > 100);
    }
}
