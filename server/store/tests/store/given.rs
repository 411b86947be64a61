//! What tests start from.

use jiff::{SignedDuration, Timestamp};
use ssi_domain::{
    IssueId, ItemId, Kind, LinkId, MailboxId, RecordId, RecordRef, SessionId, TenantId, Trace,
    Version,
};
use ssi_store::{
    Action, Completed, CopyRow, FeedLease, FollowUp, LinkTarget, MailboxRow, MirrorOrigin,
    MirrorRow, MirrorState, NewFiled, NewIssue, NewMailbox, NewSession, Origin, Reserve, Reserved,
    SessionFinish, SessionState, Store, TraceRow,
};
use uuid::Uuid;

/// Seconds after the moment at which every test starts.
pub fn at(seconds: i64) -> Timestamp {
    "2026-11-22T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

pub fn tenant() -> TenantId {
    TenantId::new("main")
}

pub async fn mailbox(store: &Store, name: &str) -> MailboxRow {
    let new = NewMailbox {
        id: MailboxId(Uuid::new_v4()),
        tenant: tenant(),
        address: format!("{name}@example.com"),
        now: at(0),
    };
    store.ensure_mailbox(&new).await.unwrap()
}

/// A claimed mailbox, the lease lasting until `at(120)`.
pub async fn leased(store: &Store, name: &str) -> MailboxRow {
    let row = mailbox(store, name).await;
    store
        .claim_mailbox(row.id, "node-1", at(0), at(120))
        .await
        .unwrap()
        .expect("nobody holds it")
}

pub fn wanted(key: &str, holder: &str, mailbox: MailboxId, now: i64) -> Reserve {
    Reserve {
        link: LinkId(Uuid::new_v4()),
        identity_key: key.into(),
        fingerprint: "f1.a.b.c".into(),
        holder: holder.into(),
        held_until: at(now + 60),
        mailbox,
        now: at(now),
    }
}

pub async fn reserve(store: &Store, wanted: &Reserve) -> Reserved {
    let mut answers = store
        .reserve(&tenant(), Kind::Email, std::slice::from_ref(wanted))
        .await
        .unwrap();
    assert_eq!(answers.len(), 1, "one answer per question");
    answers.remove(0)
}

pub fn record(id: &str) -> RecordRef {
    RecordRef {
        kind: Kind::Email,
        id: RecordId::new(id),
    }
}

pub fn target(id: &str, origin: Origin) -> LinkTarget {
    LinkTarget {
        record: RecordRef {
            kind: Kind::Account,
            id: RecordId::new(id),
        },
        origin,
    }
}

pub fn completed(link: LinkId, holder: &str, id: &str, now: i64) -> Completed {
    Completed {
        link,
        holder: holder.into(),
        record: record(id),
        version: Some(Version::new("v1")),
        targets: vec![target("A1", Origin::Auto)],
        now: at(now),
    }
}

/// A linked key.
pub async fn linked(store: &Store, mailbox: MailboxId, key: &str, id: &str) -> LinkId {
    let reserved = reserve(store, &wanted(key, "node-1:seed", mailbox, 0)).await;
    store
        .complete(&[completed(reserved.row.id, "node-1:seed", id, 0)])
        .await
        .unwrap();
    reserved.row.id
}

pub fn copy(link: LinkId, mailbox: MailboxId, item: &str) -> CopyRow {
    CopyRow {
        link,
        mailbox,
        item_id: ItemId::new(item),
        version: Version::new("c1"),
        marked: false,
    }
}

pub fn trace(mailbox: MailboxId, item: &str, now: i64) -> TraceRow {
    let mut steps = Trace::new();
    steps.pass("EM-03", ssi_domain::ReasonCode::InFolders);
    TraceRow {
        mailbox,
        item_id: ItemId::new(item),
        identity_key: Some(format!("<{item}@example.com>")),
        decision: "saved".into(),
        reason: "in_folders".into(),
        steps,
        session: Some(SessionId(Uuid::new_v4())),
        at: at(now),
    }
}

pub fn follow_up(mailbox: MailboxId, item: &str, action: Action, not_before: i64) -> FollowUp {
    FollowUp {
        id: Uuid::new_v4(),
        mailbox,
        item_id: ItemId::new(item),
        action,
        wish: None,
        not_before: at(not_before),
        attempts: 0,
    }
}

pub fn issue(mailbox: MailboxId, item: &str, code: &str) -> NewIssue {
    NewIssue {
        id: IssueId(Uuid::new_v4()),
        tenant: tenant(),
        mailbox,
        kind: Kind::Email,
        item_id: ItemId::new(item),
        identity_key: Some("<key@example.com>".into()),
        code: code.into(),
        message: "what to do".into(),
    }
}

pub fn session(mailbox: &MailboxRow, started: i64) -> NewSession {
    NewSession {
        id: SessionId(Uuid::new_v4()),
        mailbox: mailbox.id,
        node: "node-1".into(),
        lease_no: mailbox.lease_no,
        cause: "due".into(),
        started_at: at(started),
    }
}

pub fn finish(session: SessionId, mailbox: &MailboxRow, now: i64, next: i64) -> SessionFinish {
    SessionFinish {
        session,
        mailbox: mailbox.id,
        lease_no: mailbox.lease_no,
        now: at(now),
        state: SessionState::Done,
        counts: serde_json::json!({"saved": 3}),
        error_code: None,
        error_detail: None,
        failures: 0,
        next_due: at(next),
        pulse: Some("pulse".into()),
        setup: None,
    }
}

pub fn appointment(id: &str) -> RecordRef {
    RecordRef {
        kind: Kind::Appointment,
        id: RecordId::new(id),
    }
}

/// A pair in step.
pub fn mirror(link: LinkId, mailbox: MailboxId, item: &str, record: &str) -> MirrorRow {
    MirrorRow {
        link,
        mailbox,
        kind: Kind::Appointment,
        identity_key: format!("uid-{record}"),
        item: ItemId::new(item),
        record: appointment(record),
        origin: MirrorOrigin::Mail,
        state: MirrorState::Active,
        writer: true,
        item_version: Version::new("i1"),
        record_version: Version::new("r1"),
        baseline: serde_json::json!({"mail": {"subject": "0f"}, "crm": {"subject": "f0"}}),
        updated_at: at(1),
    }
}

pub fn change(mailbox: MailboxId, record: &str, version: &str) -> NewFiled {
    NewFiled {
        mailbox,
        record: appointment(record),
        version: Version::new(version),
        identity_key: format!("uid-{record}"),
        gone: false,
    }
}

/// What a sweep files: it knows no version.
pub fn missed(mailbox: MailboxId, record: &str) -> NewFiled {
    NewFiled {
        gone: true,
        identity_key: String::new(),
        ..change(mailbox, record, "")
    }
}

/// The claimed feed of the tenant, the lease lasting until `at(120)`.
pub async fn fed(store: &Store) -> FeedLease {
    store
        .claim_feed(&tenant(), "node-1", at(0), at(120))
        .await
        .unwrap()
        .expect("nobody holds it")
}
