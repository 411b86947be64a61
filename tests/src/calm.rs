//! Feed and sessions until both sides agree.

use jiff::{Zoned, tz::TimeZone};
use ssi_domain::{MailboxId, TenantId};
use ssi_engine::{PlannedEffect, Rehearsal, SessionEnd};

use crate::node::{Node, TENANT};

/// A time of tomorrow (RFC 3339), so that events lie in the mirrored days.
pub fn tomorrow(hour: i8) -> String {
    let day = Zoned::now().date().tomorrow().expect("a day");
    let at = TimeZone::UTC.to_timestamp(day.at(hour, 0, 0, 0));
    at.expect("a time").to_string()
}

/// Reads the tenant's changes, deletions too.
pub async fn feed(node: &Node) {
    let tenant = TenantId::new(TENANT);
    node.engine
        .feed(&tenant, true)
        .await
        .expect("the feed is read");
}

/// A session that ends well; answers its outward writes.
pub async fn session(node: &Node, mailbox: MailboxId) -> u64 {
    let (report, events) = node.session(mailbox).await;
    if std::env::var_os("TELL").is_some() {
        println!("{report:?} {events:#?}");
    }
    assert_eq!(report.end, SessionEnd::Done);
    report.counts.writes
}

/// Feed and session until nothing is written any more (INV-3, INV-4).
pub async fn calm(node: &Node, mailbox: MailboxId) {
    for _ in 0..5 {
        feed(node).await;
        if session(node, mailbox).await == 0 {
            return;
        }
    }
    panic!("the sides never came to rest (INV-3, INV-4)");
}

/// Everything a dry run tells, and its totals.
pub async fn rehearsed(node: &Node, mailbox: MailboxId) -> (Vec<PlannedEffect>, Rehearsal) {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let listen = async {
        let mut effects = Vec::new();
        while let Some(effect) = told.recv().await {
            effects.push(effect);
        }
        effects
    };
    let (shown, effects) = tokio::join!(node.engine.dry_run(mailbox, tell), listen);
    (effects, shown.expect("a rehearsal"))
}
