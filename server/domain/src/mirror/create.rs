//! New pairs: an item without record, a record without item, and the two that find each other.

use super::{
    Asked, Fate, MirrorPlan, Named, Pair, Role, Rules, Scope, Unfit,
    attach::attachments,
    check, complete,
    describe::describe_new,
    is_private,
    mark::{mark_effects, unmark},
    occurrence::PartOf,
    plan::{follow, is_cancelled, outcome},
    redact,
    remind::remind,
};
use crate::{
    Kind, ReasonCode, Record, Trace, Value, Versioned,
    mapping::{
        Flow,
        convert::{note_left, to_crm, to_mail},
    },
    merge::Direction,
    plan::{Effect, StampRecord},
    port::{Item, PartyRole, RecordParty},
    settings::DownFilter,
};

/// An item asks for a record (CAL-03, CON-01, TSK-02).
pub(super) fn record_for(pair: &Pair<'_>, item: &Item, rules: &Rules<'_>) -> MirrorPlan {
    let mut trace = Trace::new();
    let rule = match pair.kind {
        Kind::Task => "TSK-02",
        Kind::Contact | Kind::Account | Kind::IndividualCustomer => "CON-01",
        _ => "CAL-03",
    };
    match pair.asked {
        Asked::No(code) => {
            trace.stop(rule, code);
            return outcome(Fate::None, trace);
        }
        Asked::Mark => trace.pass(rule, ReasonCode::MirrorAsked),
        Asked::Hand => trace.pass("CAL-03", ReasonCode::MirrorByHand),
        Asked::Auto | Asked::AutoIfKnown => trace.pass("CAL-10", ReasonCode::MirrorAuto),
    }
    if pair.read_only(rules.settings) {
        trace.stop("CON-20", ReasonCode::ReadOnlyKind);
        // It may be the user's only copy: it stays where it is and says why (CON-21).
        return MirrorPlan {
            unfit: Some(Unfit {
                code: ReasonCode::ReadOnlyKind,
                detail: ReasonCode::ReadOnlyKind.text().into(),
            }),
            ..outcome(Fate::None, trace)
        };
    }
    if pair.scope == Scope::Past && pair.asked != Asked::Hand {
        trace.stop("CAL-20", ReasonCode::OutOfScope);
        return outcome(Fate::None, trace);
    }
    if item.event.as_ref().is_some_and(|event| event.cancelled) {
        trace.stop("CAL-50", ReasonCode::DeletionFollows);
        return outcome(Fate::None, trace);
    }
    let Some(mut source) = visible(pair, item, rules, &mut trace) else {
        return outcome(Fate::None, trace);
    };
    let series = item.event.as_ref().map(|event| &event.series);
    if let Err(unfit) = check(pair.kind, &source, series) {
        trace.stop("CON-41", unfit.code);
        return MirrorPlan {
            unfit: Some(unfit),
            ..outcome(Fate::None, trace)
        };
    }
    complete(pair.kind, &mut source);
    let mut record = Record::new();
    for row in pair.table.rows() {
        if matches!(row.flow, Flow::ToCrm | Flow::Both)
            && let Some(value) = source
                .get(&row.name)
                .and_then(|value| to_crm(row, value, &mut trace))
        {
            record.set(&row.name, value);
        }
    }
    note_left(pair.table, &source, &mut trace);
    if let Some(event) = &item.event
        && let crate::port::Series::Exception { original_start } = event.series
    {
        record.set("series_key", event.uid.as_str());
        // The day by the series' own clock: the record may be shown in another zone.
        let day = super::occurrence::day_of(&item.record, original_start);
        record.set("original_start", Value::Date(day));
    }
    let parties = if is_private(&item.record) {
        owner_only(pair.parties)
    } else {
        pair.parties.to_vec()
    };
    trace.pass("CAL-03", ReasonCode::RecordPlanned);
    let mut effects = vec![Effect::CreateRecord {
        kind: pair.kind,
        identity_key: pair.identity_key.to_owned(),
        record,
        parties,
        attachments: attachments(pair, item, rules, &mut trace),
        message_copy: None,
    }];
    effects.extend(mark_effects(
        pair,
        item,
        StampRecord::Created,
        rules,
        &mut trace,
    ));
    MirrorPlan {
        effects,
        ..outcome(Fate::Keep, trace)
    }
}

/// What of the item the CRM may hold; `None`: nothing (CAL-70).
pub(super) fn visible(
    pair: &Pair<'_>,
    item: &Item,
    rules: &Rules<'_>,
    trace: &mut Trace,
) -> Option<Record> {
    if !is_private(&item.record) {
        return Some(item.record.clone());
    }
    let placeholder = pair.is_event() && rules.settings.mirror.private_placeholders;
    if !placeholder {
        trace.stop("CAL-70", ReasonCode::PrivateNotStored);
        return None;
    }
    trace.pass("CAL-70", ReasonCode::PrivatePlaceholder);
    Some(redact(pair.table, &item.record))
}

fn owner_only(parties: &[RecordParty]) -> Vec<RecordParty> {
    parties
        .iter()
        .filter(|party| party.role == PartyRole::Owner)
        .cloned()
        .collect()
}

/// A record of the CRM comes down (CAL-38, CON-10), or back if its item was deleted against a read-only switch.
pub(super) fn item_for(pair: &Pair<'_>, crm: &Versioned<Record>, rules: &Rules<'_>) -> MirrorPlan {
    let mut trace = Trace::new();
    let mirror = &rules.settings.mirror;
    // The filter is about what is new (CON-10); what was mirrored is restored (CON-21).
    let restored = pair.known.is_some_and(|known| known.active) && pair.read_only(rules.settings);
    let wanted = restored || mirror.down_filter(pair.kind) != DownFilter::Off;
    let Some(record) = pair.record.filter(|_| wanted) else {
        trace.stop("CON-10", ReasonCode::KindOff);
        return outcome(Fate::None, trace);
    };
    if PartOf::of(&crm.value).is_some() {
        // It stands in its series. Where that is not mirrored, a single event would be there twice when it is.
        trace.stop("CAL-64", ReasonCode::PartOfSeries);
        return outcome(Fate::None, trace);
    }
    let born = !crm.value.text("identity_key").is_empty() && !pair.hold.elsewhere;
    if pair.known.is_none() && born {
        trace.stop("INV-01", ReasonCode::BornInMailbox);
        return outcome(Fate::None, trace);
    }
    let shared = mirror.shared(pair.kind);
    if pair.known.is_none() && pair.hold.named == Named::Another && !shared {
        trace.stop("CAL-38", ReasonCode::NamesAnother);
        return outcome(Fate::None, trace);
    }
    if is_cancelled(pair.kind, &crm.value) {
        trace.stop("CAL-50", ReasonCode::DeletionFollows);
        return outcome(Fate::None, trace);
    }
    if pair.scope == Scope::Past {
        match pair.kind {
            Kind::Task => trace.stop("TSK-09", ReasonCode::TaskOver),
            _ => trace.stop("CAL-20", ReasonCode::OutOfScope),
        }
        return outcome(Fate::None, trace);
    }
    if pair.hold.busy {
        // Its mailbox has not let it go yet: one writer at a time (CAL-37).
        trace.stop("CAL-37", ReasonCode::OtherWriter);
        return outcome(Fate::Wait, trace);
    }
    if !restored && !mirror.down_fits(pair.kind, &crm.value) {
        trace.stop("CON-10", ReasonCode::LeftByFilter);
        return outcome(Fate::None, trace);
    }
    if !restored && !pair.room {
        trace.stop("CON-11", ReasonCode::LeftByLimit);
        return outcome(Fate::None, trace);
    }
    if let Err(unfit) = super::check::pattern(&crm.value) {
        trace.stop("CAL-60", unfit.code);
        return MirrorPlan {
            unfit: Some(unfit),
            ..outcome(Fate::None, trace)
        };
    }
    trace.pass("CAL-38", ReasonCode::MirrorFromCrm);
    MirrorPlan {
        effects: vec![Effect::CreateItem {
            kind: pair.kind,
            to: pair.home(),
            record: down(pair, &crm.value, rules),
            categories: vec![pair.category(rules.settings).to_owned()],
            mirrors: record.clone(),
        }],
        ..outcome(Fate::Keep, trace)
    }
}

/// The item's fields as the CRM has them.
fn down(pair: &Pair<'_>, crm: &Record, rules: &Rules<'_>) -> Record {
    let mut record = Record::new();
    for row in pair.table.rows() {
        if matches!(row.flow, Flow::ToMail | Flow::Both)
            && let Some(value) = crm.get(&row.name).and_then(|value| to_mail(row, value))
        {
            record.set(&row.name, value);
        }
    }
    if pair.kind == Kind::Task {
        remind(&mut record, crm, rules);
    }
    if let Some(minutes) = rules.settings.mirror.reminder_minutes
        && pair.is_event()
    {
        record.set("reminder_minutes", Value::Number(i64::from(minutes)));
    }
    describe_new(pair, crm, &mut record, rules);
    record
}

/// Item and record belong together and no baseline says what was agreed: a first join, or a lost database.
pub(super) fn join(
    pair: &Pair<'_>,
    item: &Item,
    crm: &Versioned<Record>,
    rules: &Rules<'_>,
) -> MirrorPlan {
    let mut trace = Trace::new();
    if item.event.as_ref().is_some_and(|event| event.cancelled) {
        // Nothing is agreed that could say whether the record was edited meanwhile, so it outlives this (INV-6); and
        // what a called-off copy says has no place in it.
        trace.stop("CAL-50", ReasonCode::DeletionFollows);
        return outcome(Fate::None, trace);
    }
    if let Asked::No(code) = pair.asked {
        trace.stop("CAL-07", code);
        // Another mailbox took on what was made of this item: our category would say what is not so (CAL-55).
        let given = code == ReasonCode::OtherWriter
            && pair.hold.named == Named::Another
            && pair.role != Role::Attendee;
        return MirrorPlan {
            effects: unmark(pair, item, rules)
                .filter(|_| given)
                .into_iter()
                .collect(),
            ..outcome(Fate::Release, trace)
        };
    }
    trace.pass("CAL-07", ReasonCode::MirrorAsked);
    let direction = match (pair.role, is_private(&item.record)) {
        (Role::Attendee, _) | (_, true) => Direction::ToCrm,
        _ if pair.read_only(rules.settings) => Direction::ToMail,
        _ => Direction::Both,
    };
    follow(pair, item, crm, direction, rules, trace)
}
