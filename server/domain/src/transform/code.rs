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
