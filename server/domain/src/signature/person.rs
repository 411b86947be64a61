//! Who the sender is: the display name first, the signature where that says more, the address last.

use super::{
    Field, Place, Prefill,
    block::{Block, Start},
    company_domain,
    text::{bare, fold, has_asian, is_asian, is_capitalised, other_script, trimmed, words},
    words::WORDS,
    work,
};
use crate::name::{self, LastName, PersonName};

/// More words than these are not a person's name.
const MOST_WORDS: usize = 5;
/// Longest name, in characters.
const LONGEST_NAME: usize = 60;

/// A name of a person with the titles taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The name as written, without titles.
    pub(super) text: String,
    /// Academic titles, as written.
    pub(super) titles: String,
}

/// What is known of the sender without the body.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    /// The address in lower case.
    pub(super) address: String,
    /// The company's registrable domain, unless it is a public one.
    pub(super) domain: Option<String>,
    /// The name, if the display name is a person's.
    pub(super) person: Option<Name>,
    /// Words of what stands before the `@`, if they may be a person's.
    local: Vec<String>,
}

impl Sender {
    /// Reads display name and address.
    pub(super) fn of(display: &str, address: &str) -> Sender {
        let address = address.trim().to_lowercase();
        let domain = company_domain(&address);
        let local = address.split('@').next().unwrap_or_default();
        let local: Vec<String> = local
            .split(['.', '_', '-', '+'])
            .map(fold)
            .filter(|word| !word.is_empty() && word.chars().all(char::is_alphabetic))
            .collect();
        let is_role = local.iter().any(|word| WORDS.role.is(word));
        let person = of_display(display, domain.as_deref());
        Sender {
            address,
            domain,
            person,
            local: if is_role { Vec::new() } else { local },
        }
    }

    /// Whether the address may belong to somebody of this name: `anna.schmidt@`, `aschmidt@`.
    fn address_fits(&self, name: &str) -> bool {
        let all = self.local.concat();
        words(name).iter().any(|word| {
            self.local.contains(word) || (word.len() >= 4 && all.contains(word.as_str()))
        })
    }

    /// First and last name out of `anna.schmidt@`.
    fn by_address(&self) -> Option<PersonName> {
        let [first, last] = &self.local[..] else {
            return None;
        };
        if first.len() < 2 || last.len() < 2 {
            return None;
        }
        let capital = |word: &str| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string());
            first.unwrap_or_default() + chars.as_str()
        };
        Some(PersonName {
            first: capital(first),
            middle: String::new(),
            last: capital(last),
        })
    }
}

impl Name {
    /// Whether a text has a word of this name.
    pub(super) fn shares_a_word(&self, text: &str) -> bool {
        if has_asian(&self.text) {
            let (own, other) = (bare(&self.text), bare(text));
            return other.contains(&own) || own.contains(&other) && !other.is_empty();
        }
        let other = words(text);
        words(&self.text)
            .iter()
            .any(|word| word.len() > 1 && other.contains(word))
    }

    /// Whether a line says this name and little else.
    pub(super) fn is_alone_in(&self, line: &str) -> bool {
        if has_asian(&self.text) {
            return bare(line).contains(&bare(&self.text)) && line.chars().count() <= 40;
        }
        let (own, found) = (words(&self.text), words(line));
        own.len() >= 2
            && own.iter().all(|word| found.contains(word))
            && found.len() <= own.len() + 4
            && line.split_whitespace().next().is_some_and(is_capitalised)
            && !line.trim_end().ends_with([',', '.', '!', '?', ':'])
    }

    fn words(&self) -> usize {
        words(&self.text).len()
    }
}

/// Whether a text is the name of a person who is not this one.
pub(super) fn looks_like_other(text: &str, name: &Name) -> bool {
    of_signature(text, None).is_some_and(|other| {
        other.words() >= 2
            && !other_script(&other.text, &name.text)
            && !name.shares_a_word(&other.text)
    })
}

/// Notes name and titles.
pub(super) fn read(sender: &Sender, block: Option<&Block>, found: &mut Prefill) {
    let signed = block
        .filter(|block| !block.is_somebody_elses(sender))
        .and_then(|block| {
            block
                .segments
                .iter()
                .enumerate()
                .filter(|(_, segment)| segment.row <= 4)
                .find_map(|(at, segment)| {
                    let name = of_signature(&segment.text, sender.domain.as_deref())?;
                    let leads = at == 0 && block.start != Start::Name;
                    fits(sender, &name, leads).then_some((name, segment.number))
                })
        });
    let (name, place) = match (&sender.person, signed) {
        (Some(known), Some((signed, number))) if says_more(&signed, known) => {
            (signed, Place::Line(number))
        }
        (Some(known), signed) => {
            let mut known = known.clone();
            if let Some((signed, number)) =
                signed.filter(|(signed, _)| known.titles.is_empty() && !signed.titles.is_empty())
            {
                found.add(Field::AcademicTitle, &signed.titles, Place::Line(number));
                known.titles.clear();
            }
            (known, Place::DisplayName)
        }
        (None, Some((signed, number))) => (signed, Place::Line(number)),
        (None, None) => {
            if let Some(name) = sender.by_address() {
                add(&name, Place::Address, found);
            }
            return;
        }
    };
    found.add(Field::AcademicTitle, &name.titles, place);
    let chinese = block.is_some_and(|block| {
        block.segments.iter().any(|segment| {
            WORDS.phone.in_asian(&segment.text) && segment.text.contains(['话', '机', '传', '总'])
                || segment.text.contains("公司")
                || segment.text.contains(['网', '邮'])
        })
    }) || sender.address.ends_with(".cn");
    add(&parts(&name.text, chinese), place, found);
}

fn add(name: &PersonName, place: Place, found: &mut Prefill) {
    found.add(Field::FirstName, &name.first, place);
    found.add(Field::MiddleName, &name.middle, place);
    found.add(Field::LastName, &name.last, place);
}

/// Whether a name in the signature may be the sender's.
fn fits(sender: &Sender, name: &Name, leads: bool) -> bool {
    match &sender.person {
        Some(known) => known.shares_a_word(&name.text),
        None => {
            sender.address_fits(&name.text)
                || (leads && (name.words() >= 2 || has_asian(&name.text)))
        }
    }
}

/// Whether the signature has the whole name where the display name has a part of it.
fn says_more(signed: &Name, known: &Name) -> bool {
    let full = |name: &Name| {
        words(&name.text)
            .iter()
            .filter(|word| word.chars().count() > 1)
            .count()
    };
    (full(signed) > full(known) && full(known) < 2 && !has_asian(&known.text))
        || (has_asian(&signed.text)
            && !known.text.contains([' ', '\u{3000}'])
            && signed.text.contains([' ', '\u{3000}'])
            && has_asian(&known.text))
}

/// The person in a display name; `None` for roles, companies, addresses.
fn of_display(display: &str, domain: Option<&str>) -> Option<Name> {
    let display = display.trim().trim_matches(['"', '\'', '“', '”']).trim();
    if display.len() > 4 * LONGEST_NAME || display.contains('@') {
        return None;
    }
    let end = display
        .find(['(', '|', '/', '[', '（', '<'])
        .into_iter()
        .chain(display.find(" via "))
        .chain(display.find(" - "))
        .chain(display.find(" – "))
        .min()
        .unwrap_or(display.len());
    name_of(&display[..end], domain)
}

/// The person whose name a part of a signature is.
fn of_signature(text: &str, domain: Option<&str>) -> Option<Name> {
    let end = text.find(['(', '（', '/', '<']).unwrap_or(text.len());
    let text = &text[..end];
    if has_asian(text) {
        return asian_name(text);
    }
    let name = name_of(text, domain)?;
    let comma = name.text.contains(',');
    (!comma && name.words() >= 2).then_some(name)
}

fn name_of(text: &str, domain: Option<&str>) -> Option<Name> {
    let name = without_titles(text);
    let found = words(&name.text);
    let is_brand = domain
        .and_then(|domain| domain.split('.').next())
        .is_some_and(|label| bare(label) == found.concat());
    let sound = !found.is_empty()
        && found.len() <= MOST_WORDS + 1
        && name.text.split_whitespace().count() <= MOST_WORDS
        && name.text.chars().count() <= LONGEST_NAME
        && !name
            .text
            .contains([':', '：', '&', '+', '!', '?', ';', '='])
        && !name.text.chars().any(|c| c.is_numeric())
        && !name.text.chars().any(char::is_control)
        && capitals(&name.text)
        && !is_brand
        && !found
            .iter()
            .any(|word| WORDS.role.is(word) || WORDS.company_word.is(word))
        && !WORDS.role.is(&found.join(" "))
        && !WORDS.job.within(&found)
        && !WORDS.department.is(&found.join(" "))
        && !WORDS.countries.contains_key(&found.join(" "))
        && !WORDS.closing.is(&found.join(" "))
        && !work::is_company(&name.text, None);
    let asian_sound = !has_asian(&name.text)
        || (name.text.chars().all(|c| is_asian(c) || c.is_whitespace())
            && name.text.chars().count() <= 8
            && !work::is_asian_work(&name.text));
    (sound && asian_sound).then_some(name)
}

/// Whether every word starts as names do; particles may be small.
fn capitals(text: &str) -> bool {
    const SMALL: [&str; 28] = [
        "von", "van", "der", "den", "de", "del", "della", "di", "da", "dos", "das", "do", "la",
        "le", "du", "zu", "zum", "zur", "ten", "ter", "bin", "ibn", "al", "el", "af", "av", "y",
        "e",
    ];
    let all: Vec<&str> = text.split_whitespace().collect();
    all.iter().any(|word| is_capitalised(word))
        && all
            .iter()
            .all(|word| is_capitalised(word) || SMALL.contains(word) || word.starts_with("d'"))
}

/// A Chinese or Japanese name: what is left of a line without company, department and function.
fn asian_name(text: &str) -> Option<Name> {
    let left: Vec<&str> = text
        .split([' ', '\u{3000}', '\t'])
        .filter(|token| !token.is_empty() && !work::is_asian_work(token))
        .collect();
    let joined = left.join(" ");
    let name = trimmed(&joined);
    let name = name
        .strip_suffix("先生")
        .or_else(|| name.strip_suffix("女士"))
        .unwrap_or(name)
        .trim();
    let length = name.chars().filter(|c| is_asian(*c)).count();
    let sound = (2..=7).contains(&length)
        && left.len() <= 2
        && name.chars().all(|c| is_asian(c) || c == ' ')
        && !WORDS.role.in_asian(&fold(name))
        && !WORDS.closing.in_asian(&fold(name))
        && !WORDS.countries.contains_key(&fold(name));
    sound.then(|| Name {
        text: name.to_owned(),
        titles: String::new(),
    })
}

/// Takes titles and forms of address off both ends.
fn without_titles(text: &str) -> Name {
    let text = trimmed(text);
    let mut titles = Vec::new();
    let mut rest: Vec<&str> = text.split_whitespace().collect();
    while rest.len() > 1 {
        let found = words(rest[0]).join(" ");
        let dotted = rest[0].ends_with('.')
            || rest[0].chars().count() >= 3
            || found == "dr"
            || found == "pr";
        if WORDS.academic.is(&found) && dotted {
            titles.push(rest.remove(0));
        } else if WORDS.salutation.is(&found) && (dotted || found.len() == 2) {
            rest.remove(0);
        } else {
            break;
        }
    }
    while rest.len() > 1 {
        let last = rest[rest.len() - 1];
        let after_comma = rest[rest.len() - 2].ends_with(',');
        let is_title = WORDS.academic.is(&words(last).join(" "));
        if is_title
            && (after_comma
                || last.trim_end_matches(',').contains('.')
                || last.chars().filter(|c| c.is_uppercase()).count() >= 2)
        {
            titles.push(last.trim_end_matches(','));
            rest.pop();
            let end = rest.len() - 1;
            rest[end] = rest[end].trim_end_matches(',');
        } else {
            break;
        }
    }
    Name {
        text: trimmed(&rest.join(" ")).to_owned(),
        titles: titles.join(" "),
    }
}

/// Takes a name apart in the order of its language.
fn parts(text: &str, chinese: bool) -> PersonName {
    let all: Vec<&str> = text.split_whitespace().collect();
    // 王小明, 欧阳娜娜: no space between, the family name is one of a known few.
    if let [only] = all[..]
        && chinese
        && only.chars().all(is_asian)
        && (2..=4).contains(&only.chars().count())
        && let Some(family) = WORDS
            .surname
            .iter()
            .filter(|family| only.starts_with(family.as_str()) && only.len() > family.len())
            .max_by_key(|family| family.len())
    {
        return PersonName {
            first: only[family.len()..].to_owned(),
            middle: String::new(),
            last: family.clone(),
        };
    }
    // Иванов Иван Иванович: the patronymic comes last where the family name comes first.
    if let [family, first, patronymic] = all[..]
        && ["вич", "ич", "вна", "чна", "кызы", "оглы"]
            .iter()
            .any(|end| patronymic.to_lowercase().ends_with(end))
        && !["вич", "вна", "чна"]
            .iter()
            .any(|end| first.to_lowercase().ends_with(end))
    {
        return PersonName {
            first: first.to_owned(),
            middle: patronymic.to_owned(),
            last: family.to_owned(),
        };
    }
    // DUPONT Jean, Jean DUPONT: capitals mark the family name.
    let shouted: Vec<bool> = all
        .iter()
        .map(|word| {
            word.chars().filter(|c| c.is_alphabetic()).count() > 1
                && !word.chars().any(char::is_lowercase)
                && !has_asian(word)
        })
        .collect();
    let count = shouted.iter().filter(|is| **is).count();
    let contiguous = shouted.windows(2).filter(|pair| pair[0] != pair[1]).count() == 1;
    if count > 0 && count < all.len() && contiguous && !text.contains(',') {
        let pick = |want: bool| {
            let of: Vec<&str> = all
                .iter()
                .zip(&shouted)
                .filter(|(_, is)| **is == want)
                .map(|(word, _)| *word)
                .collect();
            of.join(" ")
        };
        return PersonName {
            first: pick(false),
            middle: String::new(),
            last: pick(true),
        };
    }
    let split = name::split(text);
    match split.last {
        // One name alone: whether it is the first or the last cannot be known where an address has both.
        LastName::Missing => PersonName::default(),
        _ => split.name,
    }
}
