//! What the parts of a signature say, one after another.

use super::{
    Field, Place, Prefill, asian,
    block::{Block, Segment},
    person::Sender,
    phones, place,
    text::{fold, has_asian, trimmed, words},
    words::{Phrases, WORDS},
    work,
};

/// Notes everything but the name.
pub(super) fn read(block: &Block, sender: &Sender, found: &mut Prefill) {
    let domain = sender.domain.as_deref();
    let mut pieces: Vec<place::Piece> = Vec::new();
    let mut legal_row = None;
    for segment in &block.segments {
        if legal_row == Some(segment.row) {
            continue;
        }
        if is_legal(&segment.text) {
            legal_row = Some(segment.row);
            continue;
        }
        let at = Place::Line(segment.number);
        let numbers = phones::take(&segment.text);
        for (field, number) in &numbers.found {
            found.add(*field, number, at);
        }
        if let Some(site) = work::web_site(&numbers.rest, domain) {
            found.add(Field::WebSite, &site, at);
        }
        let rest = without_addresses(&numbers.rest);
        if trimmed(&rest).is_empty() || labelled(&rest, segment, found) {
            continue;
        }
        if has_asian(&rest) {
            read_asian(&rest, at, found);
            continue;
        }
        if let Some(whole) = whole(&rest, domain) {
            found.add(whole, trimmed(&rest), at);
            continue;
        }
        for piece in split(&rest) {
            let legal = is_legal(&piece);
            if legal {
                break;
            }
            if let Some(field) = piece_is(&piece, domain, segment.row) {
                found.add(field, &piece, at);
            } else {
                pieces.push(place::Piece {
                    text: piece,
                    number: segment.number,
                    row: segment.row,
                });
            }
        }
    }
    for (field, text, number) in place::read(&pieces) {
        found.add(field, &text, Place::Line(number));
    }
}

/// Whether a part speaks of registers, taxes and boards.
fn is_legal(text: &str) -> bool {
    let found = words(text);
    let Some(length) = WORDS.legal.at_start(&found) else {
        return WORDS.legal.in_asian(&fold(text));
    };
    // "Geschäftsführer" is a function, "Geschäftsführer: A, B" a notice; "HRB 12345" is one in any case.
    let label = text.split([':', '：']).next().unwrap_or_default();
    let noticed = text.contains([':', '：']) && words(label).len() <= length + 3;
    let is_job = WORDS.job.at_start(&found).is_some();
    noticed || (!is_job && (super::text::digits(text) > 0 || length >= 2))
}

/// A whole part that is a company, or a function that no company or department follows.
fn whole(text: &str, domain: Option<&str>) -> Option<Field> {
    let parts = split(text);
    let first = parts.first()?;
    let last = parts.last()?;
    let single = parts.len() == 1;
    if super::text::digits(text) > 3 {
        return None;
    }
    if work::is_company(text, domain)
        && (single || (parts.len() == 2 && !work::is_job(first) && work::is_only_form(last)))
    {
        return Some(Field::Company);
    }
    let others = parts[1..]
        .iter()
        .any(|part| work::is_company(part, domain) || work::is_department(part));
    (work::is_job(first)
        && !others
        && text.chars().count() <= 80
        && !work::is_company(text, domain))
    .then_some(Field::JobTitle)
}

/// What a piece between commas is, apart from an address.
fn piece_is(piece: &str, domain: Option<&str>, row: usize) -> Option<Field> {
    if super::text::digits(piece) > 3 {
        return None;
    }
    if work::is_company(piece, domain) {
        return Some(Field::Company);
    }
    if row > 8 {
        return None;
    }
    if work::is_job(piece) {
        return Some(Field::JobTitle);
    }
    work::is_department(piece).then_some(Field::Department)
}

/// Takes a part that says what it is: `Position: Buyer`, `Company: Muster GmbH`.
fn labelled(text: &str, segment: &Segment, found: &mut Prefill) -> bool {
    let Some((label, value)) = text.split_once([':', '：']) else {
        return false;
    };
    let (normal, folded) = (words(label).join(" "), fold(label));
    let is =
        |phrases: &Phrases| phrases.is(&normal) || phrases.strip_asian(folded.trim()) == Some("");
    let field = if is(&WORDS.job_label) {
        Field::JobTitle
    } else if is(&WORDS.company_label) {
        Field::Company
    } else if is(&WORDS.department_label) {
        Field::Department
    } else {
        return false;
    };
    if value.chars().count() <= 80 {
        found.add(field, trimmed(value), Place::Line(segment.number));
    }
    true
}

/// Pieces between commas and dashes, labels of addresses taken off.
fn split(text: &str) -> Vec<String> {
    let text = match text.split_once([':', '：']) {
        Some((label, rest))
            if WORDS.address.is(&words(label).join(" "))
                || WORDS.city.is(&words(label).join(" ")) =>
        {
            rest
        }
        _ => text,
    };
    text.replace(" - ", ",")
        .replace(" – ", ",")
        .replace(" @ ", ",")
        .replace(" at ", ",")
        .split([',', ';', '，', '、'])
        .map(|piece| trimmed(piece).to_owned())
        .filter(|piece| !piece.is_empty())
        .collect()
}

/// Without mail addresses, web sites and their labels.
fn without_addresses(text: &str) -> String {
    let kept: Vec<&str> = text
        .split(' ')
        .filter(|word| {
            let is_address = word.contains('@');
            let is_site = word.contains("://") || word.to_ascii_lowercase().contains("www.");
            let label = word.trim_end_matches([':', '：']);
            let is_label = label.len() < word.len()
                && (WORDS.email.is(&words(label).join(" "))
                    || WORDS.web.is(&words(label).join(" ")));
            !is_address && !is_site && !is_label
        })
        .collect();
    kept.join(" ")
}

/// Company, department, function and address of a script without spaces.
fn read_asian(text: &str, at: Place, found: &mut Prefill) {
    if let Some(parts) = asian::read(text).filter(|parts| parts.len() > 1) {
        for (field, text) in parts {
            found.add(field, &text, at);
        }
        return;
    }
    let mut departments: Vec<&str> = Vec::new();
    for token in text.split([' ', '\u{3000}', '\t', '/', '／', ',', '，', '、', '|']) {
        let token = trimmed(token);
        if token.is_empty() {
            continue;
        }
        if work::is_company(token, None) {
            found.add(Field::Company, token, at);
        } else if work::is_job(token) {
            match department_and_job(token) {
                Some((department, job)) => {
                    departments.push(department);
                    found.add(Field::JobTitle, job, at);
                }
                None => found.add(Field::JobTitle, token, at),
            }
        } else if work::is_department(token) {
            departments.push(token);
        }
    }
    found.add(Field::Department, &departments.join(" "), at);
}

/// `営業部長` stays whole; `销售部经理` is a department and a function.
fn department_and_job(token: &str) -> Option<(&str, &str)> {
    let at = token.char_indices().skip(2).map(|(at, _)| at).find(|at| {
        work::is_department(&token[..*at])
            && work::is_job(&token[*at..])
            && token[*at..].chars().count() >= 2
    })?;
    Some(token.split_at(at))
}
