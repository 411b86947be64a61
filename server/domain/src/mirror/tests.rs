//! Decisions that the matrix does not show.

use jiff::civil::date;

use super::*;
use crate::{
    ItemId, Kind, ReasonCode, Record, RecordId, RecordRef, SyncSettings, TenantId, Value, Version,
    Versioned,
    mapping::Table,
    merge::{Baseline, DigestKey},
    plan::Effect,
    port::{EventFacts, EventRole, Item, ItemClass, LinkStamp, Series},
};

/// What every decision of these tests shares.
pub(super) struct World {
    pub(super) settings: SyncSettings,
    pub(super) tenant: TenantId,
    pub(super) key: DigestKey,
    pub(super) record: RecordRef,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            settings: SyncSettings::default(),
            tenant: TenantId::new("t"),
            key: DigestKey::new([1; 32]),
            record: RecordRef {
                kind: Kind::Appointment,
                id: RecordId::new("R1"),
            },
        }
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            settings: &self.settings,
            tenant: &self.tenant,
            key: &self.key,
            owner: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        }
    }
}

/// A marked and stamped item.
pub(super) fn event(kind: Kind, word: &str, role: Role) -> Item {
    let category = match kind {
        Kind::Visit => "Visit",
        Kind::PhoneCall => "Phone Call",
        Kind::Account => "Account",
        Kind::IndividualCustomer => "Individual Customer",
        _ => "SAP Cloud for Customer",
    };
    let at = |text: &str| Value::Instant(text.parse().expect("time"));
    Item {
        id: ItemId::new("I1"),
        version: Version::new("v1"),
        folder: None,
        kind,
        class: ItemClass::Other("IPM.Appointment".into()),
        record: Record::new()
            .with("subject", word)
            .with("surname", word)
            .with("name", word)
            .with("start", at("2026-03-02T08:00:00Z"))
            .with("end", at("2026-03-02T09:00:00Z"))
            .with("all_day", Value::Bool(false)),
        categories: vec![category.into()],
        size_bytes: 0,
        attachments: Vec::new(),
        has_attachments: false,
        link: Some(LinkStamp {
            tenant: "t".into(),
            record: World::new().record,
        }),
        wish: None,
        event: Some(EventFacts {
            uid: "uid".into(),
            role: match role {
                Role::Attendee => EventRole::Attendee,
                _ => EventRole::Organizer,
            },
            meeting: role != Role::Alone,
            cancelled: false,
            series: Series::Single,
        }),
    }
}

/// The record of such an item.
pub(super) fn record(kind: Kind, word: &str) -> Versioned<Record> {
    let mut value = event(kind, word, Role::Alone).record;
    value.set("status", Value::Choice("1".into()));
    Versioned {
        version: Version::new("e1"),
        value,
    }
}

struct Case {
    world: World,
    kind: Kind,
    item: Option<Item>,
    crm: Option<Versioned<Record>>,
    known: bool,
    asked: Asked,
    role: Role,
    scope: Scope,
    origin: Origin,
}

impl Case {
    fn new(kind: Kind) -> Self {
        Self {
            world: World::new(),
            kind,
            item: Some(event(kind, "old", Role::Alone)),
            crm: Some(record(kind, "old")),
            known: true,
            asked: Asked::Mark,
            role: Role::Alone,
            scope: Scope::Inside,
            origin: Origin::Mail,
        }
    }

    fn plan(&self) -> MirrorPlan {
        let table = Table::of(self.kind).expect("mirrored");
        let old = event(self.kind, "old", self.role);
        let stood = record(self.kind, "old");
        let baseline = Baseline::of(&self.world.key, table, &old.record, &stood.value);
        let pair = Pair {
            kind: self.kind,
            table,
            mail: self.item.as_ref().map_or(View::Gone, View::Present),
            crm: self.crm.as_ref().map_or(View::Gone, View::Present),
            record: Some(&self.world.record),
            identity_key: "uid",
            known: self.known.then_some(Known {
                origin: self.origin,
                active: true,
                writer: true,
                baseline: Some(&baseline),
            }),
            folder: None,
            asked: self.asked,
            role: self.role,
            scope: self.scope,
            parties: &[],
            takeover: false,
            hold: Hold::default(),
            room: true,
        };
        plan(&pair, &self.world.rules())
    }

    fn item(&mut self) -> &mut Item {
        self.item.as_mut().expect("item")
    }
}

fn code(plan: &MirrorPlan) -> Option<ReasonCode> {
    plan.trace.decisive()
}

/// CAL-51 to CAL-54 and their last column.
#[test]
fn the_cancellation_table() {
    let deleted_in_crm = |origin, role| {
        let mut case = Case::new(Kind::Visit);
        (case.crm, case.origin, case.role) = (None, origin, role);
        case.item = Some(event(Kind::Visit, "old", role));
        case.plan()
    };
    let kept = deleted_in_crm(Origin::Mail, Role::Alone);
    let Effect::MarkItem { categories, .. } = &kept.effects[0] else {
        panic!("CAL-51: kept, category cleared: {kept:?}");
    };
    assert!(categories.is_empty());
    let gone = deleted_in_crm(Origin::Crm, Role::Alone);
    assert!(
        matches!(gone.effects[..], [Effect::DeleteItem { .. }]),
        "CAL-52"
    );
    for origin in [Origin::Mail, Origin::Crm] {
        for role in [Role::Organizer, Role::Attendee] {
            let plan = deleted_in_crm(origin, role);
            assert!(
                matches!(plan.effects[..], [Effect::MarkItem { .. }]),
                "CAL-53/54"
            );
        }
    }
    let mut case = Case::new(Kind::Visit);
    case.item = None;
    assert!(
        matches!(case.plan().effects[..], [Effect::CancelRecord { .. }]),
        "CAL-56 on"
    );
    case.world.settings.mirror.cancel_instead_of_delete = false;
    assert!(
        matches!(case.plan().effects[..], [Effect::DeleteRecord { .. }]),
        "CAL-56 off"
    );
    let mut case = Case::new(Kind::Appointment);
    case.item().event.as_mut().expect("event").cancelled = true;
    assert!(
        matches!(case.plan().effects[..], [Effect::CancelRecord { .. }]),
        "CAL-50"
    );
    // Where nothing says what was agreed, nobody knows what the record went through meanwhile.
    case.known = false;
    case.crm = Some(record(Kind::Appointment, "theirs"));
    assert_eq!(case.plan().effects, Vec::new(), "INV-6");
}

/// CAL-20 to CAL-22
#[test]
fn leaving_the_mirrored_days() {
    let mut case = Case::new(Kind::Appointment);
    case.scope = Scope::Past;
    assert!(
        matches!(case.plan().effects[..], [Effect::MarkItem { .. }]),
        "CAL-51"
    );
    assert_eq!(case.plan().fate, Fate::HandOver, "it may come back");
    case.origin = Origin::Crm;
    assert!(
        matches!(case.plan().effects[..], [Effect::DeleteItem { .. }]),
        "CAL-52"
    );
    assert_eq!(case.plan().fate, Fate::HandOver, "it may come back");
    case.item().record.set("subject", "edited");
    assert!(
        matches!(case.plan().effects[..], [Effect::MarkItem { .. }]),
        "INV-6"
    );
    case.item().record.set("subject", "old");
    case.role = Role::Organizer;
    assert!(
        matches!(case.plan().effects[..], [Effect::MarkItem { .. }]),
        "CAL-53"
    );
    case.world.settings.mirror.delete_out_of_scope = true;
    assert!(
        matches!(case.plan().effects[..], [Effect::DeleteItem { .. }]),
        "CAL-22"
    );
}

/// CAL-70, INV-13
#[test]
fn a_private_item_shows_its_time_and_nothing_else() {
    let mut case = Case::new(Kind::Appointment);
    (case.crm, case.known) = (None, false);
    case.item()
        .record
        .set("sensitivity", Value::Choice("private".into()));
    case.item().record.set("body", "the secret");
    case.item().record.set("location", "the secret");
    let plan = case.plan();
    let Effect::CreateRecord { record, .. } = &plan.effects[0] else {
        panic!("{plan:?}");
    };
    assert_eq!(record.text("subject"), "Private");
    assert!(!format!("{record:?}").contains("secret"));
    assert!(record.get("start").is_some());

    case.world.settings.mirror.private_placeholders = false;
    let plan = case.plan();
    assert_eq!(
        (plan.effects.len(), code(&plan)),
        (0, Some(ReasonCode::PrivateNotStored))
    );

    // Turned private later: what was made of it goes.
    (case.crm, case.known) = (Some(record_of_secret()), true);
    assert!(matches!(
        case.plan().effects[0],
        Effect::DeleteRecord { .. }
    ));
    case.world.settings.mirror.private_placeholders = true;
    let plan = case.plan();
    let Effect::UpdateRecord { set, .. } = &plan.effects[0] else {
        panic!("{plan:?}");
    };
    assert_eq!(set.text("subject"), "Private");
}

fn record_of_secret() -> Versioned<Record> {
    record(Kind::Appointment, "old")
}

/// Bad input is said, not stored and not lost.
#[test]
fn what_cannot_be_stored_is_said() {
    let unfit = |change: &dyn Fn(&mut Record), kind: Kind| {
        let mut case = Case::new(kind);
        (case.crm, case.known) = (None, false);
        change(&mut case.item().record);
        let plan = case.plan();
        assert!(plan.effects.is_empty(), "{plan:?}");
        plan.unfit.expect("an issue").code
    };
    let at = |text: &str| Value::Instant(text.parse().expect("time"));
    let backwards = unfit(
        &|r| r.set("end", at("2026-03-02T07:00:00Z")),
        Kind::Appointment,
    );
    assert_eq!(backwards, ReasonCode::TimeImpossible);
    let early = unfit(&|r| r.set("start", Value::Date(date(1, 1, 1))), Kind::Visit);
    assert_eq!(early, ReasonCode::TimeImpossible);
    let late = unfit(
        &|r| r.set("end", Value::Date(date(9999, 12, 31))),
        Kind::Visit,
    );
    assert_eq!(late, ReasonCode::TimeImpossible);
    let nameless = |r: &mut Record| {
        r.remove("surname");
    };
    assert_eq!(
        unfit(&nameless, Kind::Contact),
        ReasonCode::FieldMissing,
        "CON-41"
    );
    let series = |r: &mut Record| r.set("recurrence", "FREQ=DAILY");
    assert_eq!(
        unfit(&series, Kind::PhoneCall),
        ReasonCode::RecurrenceNotHeld
    );
}

#[test]
fn a_name_in_one_piece_becomes_a_last_name() {
    let mut case = Case::new(Kind::Contact);
    (case.crm, case.known) = (None, false);
    case.item().record.remove("surname");
    case.item().record.set("display_name", "山田 太郎");
    let plan = case.plan();
    let Effect::CreateRecord { record, .. } = &plan.effects[0] else {
        panic!("{plan:?}");
    };
    assert_eq!(
        (record.text("surname"), record.text("given_name")),
        ("山田", "太郎")
    );
}

/// CON-20, CON-21, TSK-03
#[test]
fn read_only_kinds_are_restored_and_take_nothing_new() {
    let mut case = Case::new(Kind::Contact);
    case.world.settings.mirror.contacts_read_only = true;
    case.item().record.set("surname", "edited");
    let plan = case.plan();
    let Effect::UpdateItem { set, .. } = &plan.effects[0] else {
        panic!("{plan:?}");
    };
    assert_eq!(set.text("surname"), "old");
    case.item = None;
    assert!(
        matches!(case.plan().effects[..], [Effect::CreateItem { .. }]),
        "restored"
    );
    let mut case = Case::new(Kind::Contact);
    case.world.settings.mirror.contacts_read_only = true;
    (case.crm, case.known) = (None, false);
    let plan = case.plan();
    assert_eq!(
        (plan.effects.len(), code(&plan)),
        (0, Some(ReasonCode::ReadOnlyKind))
    );
}

/// CAL-07
#[test]
fn taking_the_category_off_ends_mirroring_and_keeps_the_record() {
    let mut case = Case::new(Kind::Appointment);
    case.asked = Asked::No(ReasonCode::NotAsked);
    let plan = case.plan();
    assert_eq!((plan.effects.len(), plan.fate), (0, Fate::Release));
}

/// A database restored or lost: what belongs together is joined, never imported again (INV-1).
#[test]
fn sides_that_find_each_other_are_joined_in_silence() {
    let mut case = Case::new(Kind::Appointment);
    case.known = false;
    let plan = case.plan();
    assert_eq!((plan.effects.len(), plan.fate), (0, Fate::Keep), "{plan:?}");
}
