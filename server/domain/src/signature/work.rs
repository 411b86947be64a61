//! Company, function, department and web site.

use super::{
    text::{bare, digits, fold, has_asian, is_capitalised, trimmed, words},
    words::WORDS,
};

/// Longest name of a company, function or department, in characters.
const LONGEST: usize = 80;

/// Whether a text is the name of a company: it has a legal form, or reads like the sender's own domain.
pub(super) fn is_company(text: &str, domain: Option<&str>) -> bool {
    let text = trimmed(text);
    let count = text.chars().count();
    if !(2..=LONGEST).contains(&count) || text.contains(['@', '?']) || digits(text) > 6 {
        return false;
    }
    has_form(text) || domain.is_some_and(|domain| reads_like(text, domain))
}

/// Whether a text is a legal form and nothing else: the second half of `Contoso, Inc.`.
pub(super) fn is_only_form(text: &str) -> bool {
    WORDS.company_form.is(&words(text).join(" ")) || WORDS.company_form.is_capitals(trimmed(text))
}

/// Whether a legal form stands at one end of the text.
fn has_form(text: &str) -> bool {
    if has_asian(text) {
        let folded = fold(text);
        return WORDS.company_form.in_asian(&folded) && !text.contains(['，', '。', '：', ':']);
    }
    let found = words(text);
    let ends = WORDS
        .company_form
        .at_end(&found)
        .is_some_and(|length| length < found.len())
        && text
            .split_whitespace()
            .last()
            .is_some_and(|word| is_capitalised(word) || word.contains('.'));
    let starts = WORDS
        .company_form
        .at_start(&found)
        .is_some_and(|length| length < found.len() && length >= 2);
    let all: Vec<&str> = text.split_whitespace().collect();
    let shouted = all.len() > 1
        && (WORDS.company_form.is_capitals(all[all.len() - 1])
            || WORDS.company_form.is_capitals(all[0]));
    (ends || starts || shouted)
        && text
            .chars()
            .find(|c| c.is_alphabetic())
            .is_some_and(|c| !c.is_lowercase())
}

/// Whether a name reads like the label of a domain: `Contoso Tools` and `contoso-tools.example`.
fn reads_like(text: &str, domain: &str) -> bool {
    let label = domain.split('.').next().unwrap_or_default();
    let label: String = label.chars().filter(|c| c.is_alphanumeric()).collect();
    if label.len() < 3 || !text.split_whitespace().next().is_some_and(is_capitalised) {
        return false;
    }
    let umlauts = text
        .to_lowercase()
        .replace('ä', "ae")
        .replace('ö', "oe")
        .replace('ü', "ue");
    bare(text) == label || bare(&umlauts) == label
}

/// Whether a text is a function: it has a word that is one.
pub(super) fn is_job(text: &str) -> bool {
    let text = trimmed(text);
    if !(2..=LONGEST).contains(&text.chars().count()) || digits(text) > 2 || text.contains('@') {
        return false;
    }
    let found = words(text);
    if has_asian(text) {
        let folded = fold(text);
        let end = folded.trim_end_matches(|c: char| !c.is_alphanumeric());
        return WORDS.job.in_asian(end) && WORDS.job.ends_asian(end)
            || WORDS
                .job_suffixes
                .iter()
                .any(|suffix| has_asian(suffix) && end.ends_with(suffix.as_str()));
    }
    let small = found.len() > 9 || !starts_as_title(text);
    if small {
        return false;
    }
    WORDS.job.within(&found)
        || found.iter().any(|word| {
            WORDS.job_suffixes.iter().any(|suffix| {
                !has_asian(suffix)
                    && word.len() > suffix.len() + 1
                    && word.ends_with(suffix.as_str())
            })
        })
}

fn starts_as_title(text: &str) -> bool {
    // Romance and Slavic functions are often written small.
    text.chars().next().is_some_and(char::is_alphabetic) && !text.ends_with(['.', '!', '?'])
        || text.ends_with("Sr.")
}

/// Whether a text is a department.
pub(super) fn is_department(text: &str) -> bool {
    let text = trimmed(text);
    if !(2..=LONGEST).contains(&text.chars().count()) || digits(text) > 1 || text.contains('@') {
        return false;
    }
    if has_asian(text) {
        return is_asian_department(text);
    }
    let found = words(text);
    if found.is_empty() || found.len() > 7 || !text.chars().next().is_some_and(is_title_start) {
        return false;
    }
    let begins = WORDS.department.at_start(&found).is_some_and(|length| {
        length == found.len()
            || WORDS.department_label.is(&found[0])
            || length >= 2
            || found.len() <= 4
    });
    let ends = WORDS.department.at_end(&found).is_some();
    let suffix = found.iter().any(|word| {
        WORDS.department_suffixes.iter().any(|suffix| {
            !has_asian(suffix) && word.len() > suffix.len() && word.ends_with(suffix.as_str())
        })
    });
    begins || ends || suffix
}

fn is_title_start(c: char) -> bool {
    c.is_alphabetic() && !c.is_lowercase()
}

fn is_asian_department(text: &str) -> bool {
    let folded = fold(text);
    let end = folded.trim_end_matches(|c: char| !c.is_alphanumeric());
    end.chars().count() >= 2
        && !has_form(text)
        && WORDS.department_suffixes.iter().any(|suffix| {
            has_asian(suffix) && end.ends_with(suffix.as_str()) && end.len() > suffix.len()
        })
}

/// Whether a text in a script without spaces is anything of an office rather than a name.
pub(super) fn is_asian_work(text: &str) -> bool {
    has_asian(text)
        && (has_form(text)
            || is_job(text)
            || is_asian_department(text)
            || WORDS.company_word.in_asian(&fold(text)))
}

/// The web site in a text: an address of a site that is not a social network's. The sender's own domain needs no
/// `www.` or label before it.
pub(super) fn web_site(text: &str, domain: Option<&str>) -> Option<String> {
    let labelled = text.split_once([':', '：']).is_some_and(|(label, _)| {
        WORDS.web.is(&words(label).join(" ")) || WORDS.web.in_asian(&fold(label))
    });
    text.split(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                ',' | ';' | '<' | '>' | '(' | ')' | '[' | ']' | '"' | '（' | '）' | '，' | '：'
            )
    })
    .filter(|word| word.contains('.') && !word.contains('@') && word.len() <= 200)
    .find_map(|word| site(word, labelled, domain))
}

fn site(word: &str, labelled: bool, domain: Option<&str>) -> Option<String> {
    let lower = word.to_ascii_lowercase();
    let start = ["http://", "https://", "www."]
        .iter()
        .filter_map(|mark| lower.find(mark))
        .min();
    let labelled = labelled || start.is_some();
    let word = &word[start.unwrap_or(0)..];
    let word = if start.is_none() {
        word.rsplit(':').next().unwrap_or(word)
    } else {
        word
    };
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let bare = word.split_once("://").map_or(word, |(_, rest)| rest);
    let host = bare.split(['/', '?', '#']).next().unwrap_or_default();
    let host = crate::participant::normalize_domain(host)?;
    let own = crate::participant::registrable(&host)?;
    let known_suffix = host.contains('.') && own.len() > 3;
    let excluded = WORDS
        .not_a_site
        .iter()
        .any(|site| host == *site || host.ends_with(&format!(".{site}")));
    if excluded || !known_suffix {
        return None;
    }
    (domain == Some(own) || labelled).then(|| word.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_functions_and_departments_are_told_apart() {
        for company in [
            "Muster GmbH",
            "Muster GmbH & Co. KG",
            "Contoso, Inc.",
            "Rossi S.r.l.",
            "Dvořák s.r.o.",
            "Kowalski Sp. z o.o.",
            "ООО «Ромашка»",
            "株式会社山田製作所",
            "上海某某科技有限公司",
            "Silva Ltda.",
            "De Vries B.V.",
            "Muster AG",
            "García S.A.",
            "Dupont SAS",
        ] {
            assert!(is_company(company, None), "{company}");
        }
        for other in [
            "Ag",
            "Beauty Spa",
            "Anna Schmidt",
            "Head of Sales",
            "GmbH",
            "we sell it to sa",
            "Berlin",
        ] {
            assert!(!is_company(other, None), "{other}");
        }
        assert!(is_company("Contoso Tools", Some("contoso-tools.com")));
        for job in [
            "Vertriebsleiter",
            "Head of Sales",
            "Responsable commercial",
            "営業部長",
            "销售经理",
            "Генеральный директор",
            "obchodní ředitel",
        ] {
            assert!(is_job(job), "{job}");
        }
        for department in [
            "Abteilung Einkauf",
            "Sales Department",
            "Ufficio Acquisti",
            "営業部",
            "销售部",
            "Отдел продаж",
        ] {
            assert!(
                is_department(department) && !is_job(department),
                "{department}"
            );
        }
    }

    #[test]
    fn social_networks_are_no_web_site() {
        assert_eq!(
            web_site("www.contoso.com", None).as_deref(),
            Some("www.contoso.com")
        );
        assert_eq!(
            web_site("Web: https://contoso.com/", None).as_deref(),
            Some("https://contoso.com")
        );
        assert_eq!(
            web_site("contoso.com", Some("contoso.com")).as_deref(),
            Some("contoso.com")
        );
        for none in [
            "contoso.com",
            "https://www.linkedin.com/in/anna",
            "file.txt",
            "a@contoso.com",
            "z.B. etc.",
        ] {
            assert_eq!(web_site(none, None), None, "{none}");
        }
    }
}
