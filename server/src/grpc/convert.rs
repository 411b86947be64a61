//! Domain and engine types as messages, field by field.

use jiff::Timestamp;
use ssi_domain::{Kind, Outcome, ReasonCode, RecordRef, Trace, port::PartyHit};
use ssi_engine::{Counts, Decision, Down, ItemEvent, Note, PlannedEffect, Rehearsal};
use ssi_proto::{
    name::{self, Collection},
    v1,
};
use ssi_store::{Fill, IssueRow, IssueState, LinkTarget, Origin, SessionRow, SessionState};

/// A point in time.
pub fn time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    }
}

/// A kind.
pub fn kind(kind: Kind) -> v1::RecordKind {
    match kind {
        Kind::Email => v1::RecordKind::Email,
        Kind::Appointment => v1::RecordKind::Appointment,
        Kind::Visit => v1::RecordKind::Visit,
        Kind::PhoneCall => v1::RecordKind::PhoneCall,
        Kind::Task => v1::RecordKind::Task,
        Kind::Contact => v1::RecordKind::Contact,
        Kind::Account => v1::RecordKind::Account,
        Kind::IndividualCustomer => v1::RecordKind::IndividualCustomer,
        Kind::Lead => v1::RecordKind::Lead,
        Kind::Opportunity => v1::RecordKind::Opportunity,
        Kind::Ticket => v1::RecordKind::Ticket,
        Kind::Employee => v1::RecordKind::Employee,
    }
}

/// A kind from the wire; `None` for "unspecified".
pub fn kind_from_proto(kind: v1::RecordKind) -> Option<Kind> {
    Some(match kind {
        v1::RecordKind::Unspecified => return None,
        v1::RecordKind::Email => Kind::Email,
        v1::RecordKind::Appointment => Kind::Appointment,
        v1::RecordKind::Visit => Kind::Visit,
        v1::RecordKind::PhoneCall => Kind::PhoneCall,
        v1::RecordKind::Task => Kind::Task,
        v1::RecordKind::Contact => Kind::Contact,
        v1::RecordKind::Account => Kind::Account,
        v1::RecordKind::IndividualCustomer => Kind::IndividualCustomer,
        v1::RecordKind::Lead => Kind::Lead,
        v1::RecordKind::Opportunity => Kind::Opportunity,
        v1::RecordKind::Ticket => Kind::Ticket,
        v1::RecordKind::Employee => Kind::Employee,
    })
}

/// A record of which only the key is known.
pub fn record(record: &RecordRef, url: Option<String>) -> v1::Record {
    let kind = kind(record.kind);
    v1::Record {
        name: name::record(kind, record.id.as_str()),
        kind: kind.into(),
        id: record.id.as_str().to_owned(),
        url: url.unwrap_or_default(),
        ..Default::default()
    }
}

/// A party or document.
pub fn party(hit: PartyHit, url: Option<String>) -> v1::Record {
    let PartyHit {
        record: key,
        number,
        name,
        address,
        found_by,
        account: _,
        created_at: _,
        changed_at: _,
        obsolete: _,
        pinned,
    } = hit;
    v1::Record {
        display_name: name,
        number,
        // A company that was found by somebody's address or domain does not have that address.
        email_addresses: Some(address)
            .filter(|address| found_by.is_own() && !address.is_empty())
            .into_iter()
            .collect(),
        pinned,
        ..record(&key, url)
    }
}

/// The links of a record.
pub fn links(targets: Vec<LinkTarget>) -> Vec<v1::Link> {
    targets.into_iter().map(link).collect()
}

fn link(target: LinkTarget) -> v1::Link {
    let LinkTarget {
        record: key,
        origin,
    } = target;
    let origin = match origin {
        Origin::Auto => v1::LinkOrigin::Automatic,
        Origin::Hand => v1::LinkOrigin::Chosen,
    };
    v1::Link {
        record: Some(record(&key, None)),
        origin: origin.into(),
    }
}

/// A trace; `at` is when it was stored.
pub fn trace(trace: Trace, at: Option<Timestamp>) -> v1::Trace {
    let step = |step: ssi_domain::Step| v1::TraceStep {
        rule: step.rule.into_owned(),
        code: step.code.as_str().to_owned(),
        outcome: match step.outcome {
            Outcome::Pass => v1::TraceOutcome::Passed,
            Outcome::Stop => v1::TraceOutcome::Stopped,
            Outcome::Note => v1::TraceOutcome::Noted,
        }
        .into(),
        detail: step.detail.unwrap_or_default(),
    };
    v1::Trace {
        steps: trace.0.into_iter().map(step).collect(),
        decide_time: at.map(time),
    }
}

/// One effect of a dry run.
pub fn planned(effect: PlannedEffect) -> v1::DryRunResponse {
    let PlannedEffect {
        class,
        kind: of,
        item,
        record: key,
        fields,
        trace: steps,
    } = effect;
    let effect = v1::PlannedEffect {
        class: class.name().to_owned(),
        kind: kind(of).into(),
        item_id: item.map(|id| id.as_str().to_owned()).unwrap_or_default(),
        record: key.map(|key| record(&key, None)),
        fields,
        trace: Some(trace(steps, None)),
    };
    v1::DryRunResponse {
        event: Some(v1::dry_run_response::Event::Effect(Box::new(effect))),
    }
}

/// The totals of a dry run.
pub fn totals(shown: Rehearsal) -> v1::DryRunResponse {
    let Rehearsal {
        counts,
        cut,
        held_digest,
        not_rehearsed,
    } = shown;
    let counts = counts.into_iter().map(|(class, count)| {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        (class.name().to_owned(), count)
    });
    let summary = v1::PlanSummary {
        counts: counts.collect(),
        held_digest: held_digest.unwrap_or_default(),
        cut,
        not_rehearsed: not_rehearsed.into_iter().map(str::to_owned).collect(),
    };
    v1::DryRunResponse {
        event: Some(v1::dry_run_response::Event::Summary(summary)),
    }
}

/// Numbers of a session.
pub fn progress(phase: v1::SessionPhase, counts: Counts) -> v1::SessionProgress {
    let Counts {
        seen,
        saved,
        updated,
        removed,
        skipped,
        failed,
        duplicates,
        deferred,
        remote_calls,
        writes,
    } = counts;
    v1::SessionProgress {
        phase: phase.into(),
        expected_count: number(seen),
        examined_count: number(
            saved + updated + removed + skipped + failed + duplicates + deferred,
        ),
        saved_count: number(saved),
        already_saved_count: number(duplicates),
        updated_count: number(updated),
        removed_count: number(removed),
        skipped_count: number(skipped),
        failed_count: number(failed),
        deferred_count: number(deferred),
        remote_call_count: number(remote_calls),
        write_count: number(writes),
    }
}

/// The engine's word for a phase.
pub fn phase(phase: &str) -> v1::SessionPhase {
    match phase {
        "prepare" => v1::SessionPhase::Preparing,
        "follow_ups" => v1::SessionPhase::FollowUps,
        "mail" | "mirror" => v1::SessionPhase::Items,
        "crm" => v1::SessionPhase::CrmChanges,
        "deletions" => v1::SessionPhase::Deletions,
        "finish" => v1::SessionPhase::Finishing,
        _ => v1::SessionPhase::Unspecified,
    }
}

/// What became of one item.
pub fn item_event(event: ItemEvent, at: Timestamp) -> v1::ItemEvent {
    let ItemEvent {
        item,
        kind: of,
        message_id,
        decision,
        reason,
        record: key,
        links: targets,
        trace: steps,
    } = event;
    let decision = match decision {
        Decision::Saved => v1::ItemDecision::Saved,
        Decision::Duplicate => v1::ItemDecision::AlreadySaved,
        Decision::Updated => v1::ItemDecision::Updated,
        Decision::Removed => v1::ItemDecision::Removed,
        Decision::Skipped => v1::ItemDecision::Skipped,
        Decision::Failed => v1::ItemDecision::Failed,
        Decision::Deferred => v1::ItemDecision::Deferred,
    };
    v1::ItemEvent {
        item_id: item.as_str().to_owned(),
        internet_message_id: message_id.unwrap_or_default(),
        kind: kind(of).into(),
        decision: decision.into(),
        reason_codes: vec![reason],
        record: key.map(|key| record(&key, None)),
        links: links(targets),
        event_time: Some(time(at)),
        trace: Some(trace(steps, Some(at))),
    }
}

/// How far a kind of the directory is.
pub fn fill(fill: Fill) -> v1::DirectoryFill {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    v1::DirectoryFill {
        kind: kind(fill.kind).into(),
        seen_count: number(fill.seen),
        total_count: fill.total.map(number),
        fill_time: fill.filled_at.map(time),
    }
}

/// What comes down of a kind and what does not.
pub fn down(down: Down) -> v1::DownCount {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    v1::DownCount {
        kind: kind(down.kind).into(),
        in_crm_count: down.in_crm.map(number),
        mirrored_count: number(down.mirrored),
        left_by_filter_count: number(down.by_filter),
        left_by_limit_count: number(down.by_limit),
        kept_count: number(down.kept),
        waiting_count: number(down.waiting),
    }
}

/// Something a mailbox's owner should know.
pub fn note(note: Note) -> v1::MailboxNote {
    v1::MailboxNote {
        code: note.code.as_str().to_owned(),
        message: note.message,
    }
}

/// A stored session.
pub fn session(address: &str, row: SessionRow) -> v1::SyncSession {
    let SessionRow {
        id,
        mailbox: _,
        node: _,
        cause,
        state,
        started_at,
        ended_at,
        counts,
        error_code,
        error_detail,
    } = row;
    let counts: Counts = serde_json::from_value(counts).unwrap_or_default();
    let held = error_code.as_deref() == Some(ReasonCode::BudgetExceeded.as_str());
    let (state, phase) = match state {
        SessionState::Running => (v1::sync_session::State::Running, v1::SessionPhase::Items),
        SessionState::Done => (v1::sync_session::State::Succeeded, v1::SessionPhase::Ended),
        SessionState::Failed if held => (v1::sync_session::State::Held, v1::SessionPhase::Ended),
        SessionState::Failed => (v1::sync_session::State::Failed, v1::SessionPhase::Ended),
        SessionState::Interrupted => (v1::sync_session::State::Abandoned, v1::SessionPhase::Ended),
    };
    let trigger = match cause.as_str() {
        "due" => v1::sync_session::Trigger::Schedule,
        "forced" => v1::sync_session::Trigger::Forced,
        "once" => v1::sync_session::Trigger::CommandLine,
        _ => v1::sync_session::Trigger::Unspecified,
    };
    v1::SyncSession {
        name: name::child(address, Collection::Sessions, &id.to_string()),
        state: state.into(),
        trigger: trigger.into(),
        start_time: Some(time(started_at)),
        end_time: ended_at.map(time),
        progress: Some(progress(phase, counts)),
        code: error_code.unwrap_or_default(),
        message: error_detail.unwrap_or_default(),
    }
}

/// A stored issue.
pub fn issue(address: &str, row: IssueRow) -> v1::Issue {
    let IssueRow {
        id,
        tenant: _,
        mailbox: _,
        kind: of,
        item_id,
        identity_key,
        code,
        message,
        attempts,
        state,
        first_at,
        last_at,
    } = row;
    let state = match state {
        IssueState::Open => v1::issue::State::Open,
        IssueState::Settled => v1::issue::State::Settled,
    };
    v1::Issue {
        name: name::child(address, Collection::Issues, &id.to_string()),
        item_id: item_id.as_str().to_owned(),
        // An identity key is the Message-ID where the mail has a usable one.
        internet_message_id: identity_key
            .filter(|key| key.starts_with('<'))
            .unwrap_or_default(),
        kind: kind(of).into(),
        code,
        message,
        source: v1::issue::Source::Unspecified.into(),
        field: String::new(),
        state: state.into(),
        attempt_count: i32::try_from(attempts).unwrap_or(i32::MAX),
        create_time: Some(time(first_at)),
        last_attempt_time: Some(time(last_at)),
        record: None,
        conflicts: Vec::new(),
    }
}

fn number(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
