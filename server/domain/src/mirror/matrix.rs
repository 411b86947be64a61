//! The decision matrix, printed: every state of both sides, for every kind, role and origin.

use std::{collections::BTreeMap, path::Path};

use super::{
    Asked, Hold, Known, MirrorPlan, Named, Origin, Pair, Role, Rules, Scope, View, plan,
    tests::{World, event, record},
};
use crate::{
    EVENT_KINDS, Kind, MIRRORED_KINDS, ReasonCode, Record, SyncSettings, Value, Versioned,
    merge::Baseline,
    port::{Item, Series},
};

/// Relative to what was agreed: unchanged, changed, confirmed gone, not readable.
const STATES: [&str; 4] = ["=", "Δ", "✝", "?"];

/// A pattern that the CRM can hold.
const WEEKLY: &str = "FREQ=WEEKLY;BYDAY=MO;COUNT=5";

/// Tables by rank and cells, with what they are about.
type Groups = BTreeMap<(u8, Vec<String>), Vec<String>>;

/// One state of a pair, and what it depends on besides both sides.
#[derive(Clone, Copy)]
struct Case {
    kind: Kind,
    role: Role,
    origin: Origin,
    named: Named,
    asked: Asked,
    scope: Scope,
    form: Form,
    past: Past,
    /// Whether the item is private, and whether placeholders are stored.
    private: Option<bool>,
    read_only: bool,
}

/// How an event repeats.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Single,
    Master,
    Exception,
}

/// What earlier sessions left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Past {
    /// Nothing: the pair was never seen.
    Nothing,
    /// The pair, but not what was agreed.
    LostBase,
    /// The pair, which another mailbox writes for.
    OtherWriter,
    /// The pair, which was let go.
    Released,
    Whole,
}

impl Case {
    fn new(kind: Kind, role: Role, origin: Origin) -> Self {
        Self {
            kind,
            role,
            origin,
            named: Named::Nobody,
            asked: Asked::Mark,
            scope: Scope::Inside,
            form: Form::Single,
            past: Past::Whole,
            private: None,
            read_only: false,
        }
    }

    /// The item as it was agreed on (0) or edited (1).
    fn item(&self, edited: usize) -> Item {
        let mut item = event(self.kind, ["old", "mine"][edited], self.role);
        if let Some(facts) = &mut item.event {
            facts.series = match self.form {
                Form::Single => Series::Single,
                Form::Master => Series::Master {
                    exceptions: Vec::new(),
                    deleted: Vec::new(),
                    not_representable: None,
                },
                Form::Exception => Series::Exception {
                    original_start: jiff::Timestamp::UNIX_EPOCH,
                },
            };
        }
        if self.form == Form::Master {
            item.record.set("recurrence", WEEKLY);
        }
        if self.private.is_some() {
            item.record
                .set("sensitivity", Value::Choice("private".into()));
        }
        if matches!(self.asked, Asked::No(_)) {
            item.categories.clear();
        }
        item
    }

    /// The record likewise.
    fn record(&self, edited: usize) -> Versioned<Record> {
        let mut record = record(self.kind, ["old", "theirs"][edited]);
        match self.form {
            Form::Single => {}
            Form::Master => record.value.set("recurrence", WEEKLY),
            Form::Exception => record.value.set("identity_key", "uid"),
        }
        record
    }

    fn settings(&self) -> SyncSettings {
        let mut settings = SyncSettings::default();
        let mirror = &mut settings.mirror;
        mirror.private_placeholders = self.private != Some(false);
        mirror.tasks_read_only = self.read_only;
        mirror.contacts_read_only = self.read_only;
        mirror.accounts_read_only = self.read_only;
        mirror.individual_customers_read_only = self.read_only;
        settings
    }

    /// What is done when the sides stand like this.
    fn cell(&self, world: &World, (m, c): (usize, usize)) -> String {
        let settings = self.settings();
        let (old, new) = (self.item(0), self.item(1));
        let (stood, edited) = (self.record(0), self.record(1));
        let table = crate::mapping::Table::of(self.kind).expect("mirrored");
        // What was agreed is what stood before the item became private.
        let agreed = Self {
            private: None,
            ..*self
        }
        .item(0);
        let baseline = Baseline::of(&world.key, table, &agreed.record, &stood.value);
        let baseline = baseline.naming(Some(true));
        let known = Known {
            origin: self.origin,
            active: self.past != Past::Released,
            writer: self.past != Past::OtherWriter,
            baseline: (self.past != Past::LostBase).then_some(&baseline),
        };
        let pair = Pair {
            kind: self.kind,
            table,
            mail: [
                View::Present(&old),
                View::Present(&new),
                View::Gone,
                View::Unread,
            ][m],
            crm: [
                View::Present(&stood),
                View::Present(&edited),
                View::Gone,
                View::Unread,
            ][c],
            record: Some(&world.record),
            identity_key: "uid",
            known: (self.past != Past::Nothing).then_some(known),
            folder: None,
            asked: self.asked,
            role: self.role,
            scope: self.scope,
            parties: &[],
            takeover: false,
            hold: Hold {
                named: self.named,
                ..Hold::default()
            },
            room: true,
        };
        let rules = Rules {
            settings: &settings,
            tenant: &world.tenant,
            key: &world.key,
            owner: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        told(&plan(&pair, &rules))
    }
}

/// A decision in words.
fn told(plan: &MirrorPlan) -> String {
    let mut words: Vec<String> = plan
        .effects
        .iter()
        .map(|effect| match effect {
            crate::plan::Effect::CancelRecord { .. } => "CancelRecord".to_owned(),
            effect => format!("{:?}", effect.class()),
        })
        .collect();
    let told = [
        ReasonCode::EditBeatsDelete,
        ReasonCode::OccurrenceKept,
        ReasonCode::PrivateLeft,
    ];
    let kept = plan
        .trace
        .decisive()
        .is_some_and(|code| told.contains(&code));
    if !plan.conflicts.is_empty() || plan.unfit.is_some() || kept {
        words.push("card".into());
    }
    let code = plan.trace.decisive().map_or("", |code| code.as_str());
    let done = if words.is_empty() {
        "nothing".to_owned()
    } else {
        words.join(" + ")
    };
    format!("{done}; {:?} ({code})", plan.fate).to_lowercase()
}

const OTHERS: [Kind; 4] = [
    Kind::Task,
    Kind::Contact,
    Kind::Account,
    Kind::IndividualCustomer,
];
/// Kinds of which there are series.
const REPEATING: [Kind; 2] = [Kind::Appointment, Kind::Visit];

/// Every case of these kinds, changed like this.
fn cases(kinds: &[Kind], change: impl Fn(&mut Case)) -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in kinds {
        let roles: &[Role] = match kind.is_event() {
            true => &[Role::Alone, Role::Organizer, Role::Attendee],
            false => &[Role::Alone],
        };
        for role in roles {
            for origin in [Origin::Mail, Origin::Crm] {
                let mut case = Case::new(*kind, *role, origin);
                change(&mut case);
                cases.push(case);
            }
        }
    }
    cases
}

/// The sections after the first: title, what it is about, the cases.
fn sections() -> Vec<(&'static str, &'static str, Vec<Case>)> {
    vec![
        (
            "Series",
            "The same for the master of a series. Appointments and visits only; other kinds have none.",
            cases(&REPEATING, |case| case.form = Form::Master),
        ),
        (
            "Changed occurrences",
            "The same for a changed occurrence of a series, a pair of its own (CAL-64).",
            cases(&REPEATING, |case| case.form = Form::Exception),
        ),
        (
            "Given to somebody else",
            "The same where the record named this mailbox's owner and names another one now (CAL-55).",
            cases(&MIRRORED_KINDS, |case| case.named = Named::Another),
        ),
        (
            "Never seen",
            "Nothing is known of the pair; `=` and `Δ` are two contents, so that only the cells `=`/`=` have equal sides. \
             Which record and item belong together was found by key or mark (INV-1). The newest never wins.",
            cases(&MIRRORED_KINDS, |case| case.past = Past::Nothing),
        ),
        (
            "Lost base",
            "The pair is known, and what was agreed is not.",
            cases(&MIRRORED_KINDS, |case| case.past = Past::LostBase),
        ),
        (
            "Another mailbox writes",
            "This mailbox does not write for the record any more (CAL-35, CAL-37).",
            cases(&MIRRORED_KINDS, |case| case.past = Past::OtherWriter),
        ),
        (
            "Let go before",
            "The pair was released; the item carries the category, or lies in our folder, again or still (CAL-07).",
            cases(&MIRRORED_KINDS, |case| case.past = Past::Released),
        ),
        (
            "Left the mirrored days",
            "An event is over for longer than events stay mirrored (CAL-20 to CAL-22), a task is done for longer than tasks \
             do (TSK-09).",
            cases(
                &[Kind::Appointment, Kind::Visit, Kind::PhoneCall, Kind::Task],
                |case| {
                    case.scope = Scope::Past;
                },
            ),
        ),
        (
            "Category taken off",
            "The user took the category off, or moved the item out of our folder (CAL-07, CON-01).",
            cases(&MIRRORED_KINDS, |case| {
                case.asked = Asked::No(ReasonCode::NotAsked)
            }),
        ),
        (
            "Turned private, placeholders stored",
            "The item turned private since both sides agreed: the record keeps its time and nothing else (CAL-70, INV-13).",
            cases(&MIRRORED_KINDS, |case| case.private = Some(true)),
        ),
        (
            "Turned private, nothing stored",
            "The same where private items are not stored.",
            cases(&EVENT_KINDS, |case| case.private = Some(false)),
        ),
        (
            "Read only",
            "The switches that keep tasks and parties read only in the mailbox are on (CON-20, CON-21, TSK-03).",
            cases(&OTHERS, |case| case.read_only = true),
        ),
        (
            "Read only, category taken off",
            "The same where the user took the category off or moved the item out of our folder.",
            cases(&OTHERS, |case| {
                case.read_only = true;
                case.asked = Asked::No(ReasonCode::NotAsked);
            }),
        ),
    ]
}

/// Equal tables are written once, with all names.
fn group(world: &World, cases: &[Case], rank: impl Fn(Kind) -> u8) -> Groups {
    let mut groups = Groups::new();
    for case in cases {
        let cells = (0..16).map(|n| case.cell(world, (n / 4, n % 4)));
        let (kind, role, origin) = (case.kind, case.role, case.origin);
        let name = match case.past {
            // Nothing was born anywhere yet.
            Past::Nothing if origin == Origin::Crm => continue,
            Past::Nothing => format!("{kind}, {role:?}"),
            _ => format!("{kind}, {role:?}, born in {origin:?}"),
        };
        let key = (rank(kind), cells.collect());
        groups.entry(key).or_default().push(name.to_lowercase());
    }
    groups
}

fn document() -> String {
    let mut text = String::from(
        "# Decision matrix\n\n\
         Printed from the planner (`ssi_domain::mirror::plan`); after a change run \
         `UPDATE_DOCS=1 cargo test -p ssi-domain matrix`, and review every line that moved.\n\n\
         M is the item in the mailbox, C the record in the CRM, each relative to what both last agreed on: \
         `=` unchanged, `Δ` changed, `✝` gone by an answer about its id, `?` not readable. A cell says what is \
         written, what becomes of the pair (keep, wait, release, end) and why. Both sides are in the mirrored days, \
         the item carries its category, the settings are the defaults. Equal columns are written once.\n",
    );
    let world = World::new();
    let rank = |kind: Kind| match kind {
        Kind::Task => 1,
        kind if kind.is_event() => 0,
        _ => 2,
    };
    print(
        &mut text,
        group(&world, &cases(&MIRRORED_KINDS, |_| ()), rank),
    );
    for (title, about, cases) in sections() {
        text.push_str(&format!("\n# {title}\n\n{about}\n"));
        print(&mut text, group(&world, &cases, |_| 0));
    }
    text
}

fn print(text: &mut String, groups: Groups) {
    for ((_, cells), names) in groups {
        text.push_str(&format!("\n## {}\n\n| M \\ C | ", names.join("; ")));
        text.push_str(&STATES.join(" | "));
        text.push_str(" |\n|---|---|---|---|---|\n");
        for (m, row) in cells.chunks(4).enumerate() {
            text.push_str(&format!("| **{}** | {} |\n", STATES[m], row.join(" | ")));
        }
    }
}

#[test]
fn the_printed_matrix_is_what_the_planner_decides() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/decision-matrix.md");
    let wanted = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).expect("docs can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        found, wanted,
        "run UPDATE_DOCS=1 cargo test -p ssi-domain matrix"
    );
}

/// The laws of the matrix, for every cell at once (INV-5, INV-6, INV-11).
#[test]
fn no_cell_breaks_a_law() {
    let world = World::new();
    for case in cases(&MIRRORED_KINDS, |_| ()) {
        for n in 0..16 {
            let (m, c) = (n / 4, n % 4);
            let text = case.cell(&world, (m, c));
            let at = format!(
                "{} {:?} {:?} {}{}: {text}",
                case.kind, case.role, case.origin, STATES[m], STATES[c]
            );
            assert!(!(deletes(&text) && (m == 1 || c == 1)), "INV-6: {at}");
            assert!(
                !(deletes(&text) && m != 2 && c != 2),
                "nothing was deleted: {at}"
            );
            let named = Named::Another;
            let given = Case { named, ..case }.cell(&world, (m, c));
            let writes = ["record", "createitem", "updateitem"];
            let done = given.split(';').next().unwrap_or_default();
            let written = writes.iter().any(|word| done.contains(word));
            assert!(!(c < 2 && written), "CAL-55: {at}: {given}");
            assert!(
                !(given.contains("deleteitem") && m == 1),
                "INV-6: {at}: {given}"
            );
            if (m, c) == (0, 0) {
                assert!(text.starts_with("nothing"), "INV-4: {at}");
            }
        }
    }
}

/// The laws that hold however the pair stands besides (INV-5, INV-6, INV-11, INV-18).
#[test]
fn no_section_breaks_a_law() {
    let world = World::new();
    for (title, _, cases) in sections() {
        for case in cases {
            for n in 0..16 {
                let (m, c) = (n / 4, n % 4);
                let text = case.cell(&world, (m, c));
                let at = format!(
                    "{title}: {} {:?} {:?} {}{}: {text}",
                    case.kind, case.role, case.origin, STATES[m], STATES[c]
                );
                let done = text.split(';').next().unwrap_or_default();
                if m == 3 || c == 3 {
                    assert_eq!(done, "nothing", "INV-5: {at}");
                }
                assert!(!(done.contains("deleteitem") && m == 1), "INV-6: {at}");
                let edits = done.contains("updateitem");
                assert!(!(edits && case.role == Role::Attendee), "INV-11: {at}");
                let up = [
                    "createrecord",
                    "updaterecord",
                    "deleterecord",
                    "cancelrecord",
                ];
                let up = up.iter().any(|word| done.contains(word));
                assert!(!(up && case.read_only), "CON-20: {at}");
                assert!(!(up && case.past == Past::OtherWriter), "CAL-37: {at}");
            }
        }
    }
}

fn deletes(text: &str) -> bool {
    let words = ["deleterecord", "deleteitem", "cancelrecord"];
    words.iter().any(|word| text.contains(word))
}
