//! What waits for a person: held plans and the two values of a conflict, as messages.

use std::collections::HashMap;

use ssi_domain::Kind;
use ssi_engine::{FieldDispute, Settle};
use ssi_proto::v1;
use ssi_store::HeldPlan;

use super::convert;

/// A held plan as a card. What an older version wrote has no list.
pub(super) fn plan(held: HeldPlan) -> v1::HeldPlan {
    let listed = held.summary["effects"].as_array();
    let effects = listed.into_iter().flatten().map(effect);
    let class = held.summary["class"].as_str().unwrap_or_default();
    let wanted = held.summary["wanted"].as_i64().unwrap_or_default();
    v1::HeldPlan {
        counts: HashMap::from([(class.to_owned(), wanted)]),
        allowed_count: held.summary["allowed"].as_i64().unwrap_or_default(),
        effects: effects.collect(),
        create_time: Some(convert::time(held.created_at)),
        digest: held.digest,
    }
}

fn effect(stored: &serde_json::Value) -> v1::PlannedEffect {
    let text = |name: &str| stored[name].as_str().unwrap_or_default().to_owned();
    let kind: Option<Kind> = text("kind").parse().ok();
    let record = kind.filter(|_| !text("record").is_empty()).map(|kind| {
        let id = ssi_domain::RecordId::new(text("record"));
        convert::record(&ssi_domain::RecordRef { kind, id }, None)
    });
    v1::PlannedEffect {
        class: text("class"),
        kind: kind
            .map(|kind| convert::kind(kind).into())
            .unwrap_or_default(),
        item_id: text("item"),
        record,
        fields: Vec::new(),
        trace: None,
    }
}

/// A field with both values.
pub(super) fn conflict(dispute: FieldDispute) -> v1::FieldConflict {
    let FieldDispute {
        field,
        mailbox,
        crm,
        taken,
        at,
    } = dispute;
    let taken = match taken {
        Settle::Mailbox => v1::Side::Mailbox,
        Settle::Crm => v1::Side::Crm,
        Settle::Current => v1::Side::Current,
    };
    v1::FieldConflict {
        field,
        mailbox_value: mailbox,
        crm_value: crm,
        taken: taken.into(),
        create_time: Some(convert::time(at)),
    }
}
