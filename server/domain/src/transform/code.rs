//! Codes of the CRM and the words of the mailbox. Mailbox words are in snake case (`not_started`).

use crate::Value;

fn word(value: &Value) -> Option<String> {
    Some(value.as_text()?.trim().to_ascii_lowercase())
}

fn choice(code: &str) -> Option<Value> {
    Some(Value::Choice(code.into()))
}

/// The importance of an item (RFC 2156 `low`, `normal`, `high`; X-Priority numbers too) as C4C's priority:
/// 1 immediate, 2 urgent, 3 normal, 7 low. A mailbox knows nothing above high, so nothing becomes immediate
/// unless it says so.
pub(super) fn importance_to_priority(value: &Value) -> Option<Value> {
    choice(match word(value)?.as_str() {
        "immediate" => "1",
        "high" | "urgent" | "1" | "2" => "2",
        "low" | "non-urgent" | "4" | "5" => "7",
        _ => "3",
    })
}

/// C4C's priority as importance.
pub(super) fn priority_to_importance(value: &Value) -> Option<Value> {
    choice(match word(value)?.as_str() {
        "1" | "2" => "high",
        "7" => "low",
        _ => "normal",
    })
}

/// `inbound` and `outbound` as C4C's direction: 2 and 1.
pub(super) fn direction_to_code(value: &Value) -> Option<Value> {
    match value.as_text()? {
        "inbound" => choice("2"),
        "outbound" => choice("1"),
        _ => None,
    }
}

/// Sensitivity as C4C's InformationSensitivityCode.
pub(super) fn sensitivity_to_code(value: &Value) -> Option<Value> {
    choice(match word(value)?.as_str() {
        "personal" => "2",
        "private" => "3",
        "confidential" => "4",
        _ => "1",
    })
}

/// C4C's InformationSensitivityCode as sensitivity; a code we do not know stays as private as can be.
pub(super) fn code_to_sensitivity(value: &Value) -> Option<Value> {
    choice(match word(value)?.as_str() {
        "" | "1" => "normal",
        "2" => "personal",
        "4" => "confidential",
        _ => "private",
    })
}

/// The status of a task as C4C's life cycle: 1 open, 2 in process, 3 completed, 4 cancelled.
pub(super) fn task_status_to_code(value: &Value) -> Option<Value> {
    choice(match word(value)?.as_str() {
        "in_progress" | "waiting_on_others" => "2",
        "completed" => "3",
        "deferred" => "4",
        _ => "1",
    })
}

/// C4C's life cycle as the status of a task. Mailboxes cannot cancel a task; put off is the nearest.
pub(super) fn code_to_task_status(value: &Value) -> Option<Value> {
    choice(match word(value)?.as_str() {
        "2" => "in_progress",
        "3" => "completed",
        "4" => "deferred",
        _ => "not_started",
    })
}

/// A country as people write it, as the code C4C keeps (ISO 3166-1 alpha-2). Names in English and in the
/// country's own language; `None` for a name nobody knows, which then stays where it is.
pub(super) fn country_to_code(value: &Value) -> Option<Value> {
    let text = value.as_text()?.trim();
    if text.is_empty() {
        return choice("");
    }
    if text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic()) {
        return choice(&text.to_ascii_uppercase());
    }
    let wanted = text.to_lowercase();
    COUNTRIES
        .iter()
        .find(|(_, names)| names.iter().any(|name| name.to_lowercase() == wanted))
        .and_then(|(code, _)| choice(code))
}

/// A country's code as the name people read.
pub(super) fn code_to_country(value: &Value) -> Option<Value> {
    let code = value.as_text()?.trim();
    let name = COUNTRIES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(code))
        .and_then(|(_, names)| names.first());
    Some(Value::Choice((*name.unwrap_or(&code)).to_owned()))
}

/// Names by ISO 3166-1 code, the English one first. What is not listed travels as its code.
const COUNTRIES: [(&str, &[&str]); 40] = [
    ("AE", &["United Arab Emirates", "UAE"]),
    ("AR", &["Argentina"]),
    ("AT", &["Austria", "Österreich"]),
    ("AU", &["Australia"]),
    ("BE", &["Belgium", "België", "Belgique"]),
    ("BR", &["Brazil", "Brasil"]),
    ("CA", &["Canada"]),
    ("CH", &["Switzerland", "Schweiz", "Suisse", "Svizzera"]),
    ("CL", &["Chile"]),
    ("CN", &["China", "中国"]),
    ("CO", &["Colombia"]),
    ("CZ", &["Czechia", "Czech Republic", "Česko"]),
    ("DE", &["Germany", "Deutschland"]),
    ("DK", &["Denmark", "Danmark"]),
    ("ES", &["Spain", "España"]),
    ("FI", &["Finland", "Suomi"]),
    ("FR", &["France"]),
    ("GB", &["United Kingdom", "Great Britain", "UK", "England"]),
    ("GR", &["Greece", "Ελλάδα"]),
    ("HU", &["Hungary", "Magyarország"]),
    ("IE", &["Ireland", "Éire"]),
    ("IL", &["Israel"]),
    ("IN", &["India"]),
    ("IT", &["Italy", "Italia"]),
    ("JP", &["Japan", "日本"]),
    ("KR", &["South Korea", "Korea", "대한민국"]),
    ("LU", &["Luxembourg"]),
    ("MX", &["Mexico", "México"]),
    ("NL", &["Netherlands", "Nederland", "Holland"]),
    ("NO", &["Norway", "Norge"]),
    ("NZ", &["New Zealand"]),
    ("PL", &["Poland", "Polska"]),
    ("PT", &["Portugal"]),
    ("RO", &["Romania", "România"]),
    ("SE", &["Sweden", "Sverige"]),
    ("SG", &["Singapore"]),
    ("SK", &["Slovakia", "Slovensko"]),
    ("TR", &["Türkiye", "Turkey"]),
    ("US", &["United States", "USA", "United States of America"]),
    ("ZA", &["South Africa"]),
];
