//! The decision matrix, printed: every state of both sides, for every kind, role and origin.

use std::{collections::BTreeMap, path::Path};

use super::{
    Asked, Hold, Known, Named, Origin, Pair, Role, Rules, Scope, View, plan,
    tests::{World, event, record},
};
use crate::{Kind, ReasonCode, merge::Baseline};

/// Relative to what was agreed: unchanged, changed, confirmed gone, not readable.
const STATES: [&str; 4] = ["=", "Δ", "✝", "?"];

fn cell(world: &World, kind: Kind, role: Role, origin: Origin, m: usize, c: usize) -> String {
    cell_of(world, kind, role, origin, (m, c), Named::Nobody)
}

fn cell_of(
    world: &World,
    kind: Kind,
    role: Role,
    origin: Origin,
    (m, c): (usize, usize),
    named: Named,
) -> String {
    let old = event(kind, "old", role);
    let new = event(kind, "mine", role);
    let (stood, edited) = (record(kind, "old"), record(kind, "theirs"));
    let table = crate::mapping::Table::of(kind).expect("mirrored");
    let baseline = Baseline::of(&world.key, table, &old.record, &stood.value).naming(Some(true));
    let mail = [
        View::Present(&old),
        View::Present(&new),
        View::Gone,
        View::Unread,
    ][m];
    let crm = [
        View::Present(&stood),
        View::Present(&edited),
        View::Gone,
        View::Unread,
    ][c];
    let pair = Pair {
        kind,
        table,
        mail,
        crm,
        record: Some(&world.record),
        identity_key: "uid",
        known: Some(Known {
            origin,
            active: true,
            writer: true,
            baseline: Some(&baseline),
        }),
        folder: None,
        asked: Asked::Mark,
        role,
        scope: Scope::Inside,
        parties: &[],
        takeover: false,
        hold: Hold {
            named,
            ..Hold::default()
        },
        room: true,
    };
    let rules = Rules {
        settings: &world.settings,
        tenant: &world.tenant,
        key: &world.key,
        owner: None,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let plan = plan(&pair, &rules);
    let mut words: Vec<String> = plan
        .effects
        .iter()
        .map(|effect| match effect {
            crate::plan::Effect::CancelRecord { .. } => "CancelRecord".to_owned(),
            effect => format!("{:?}", effect.class()),
        })
        .collect();
    let kept = plan.trace.decisive() == Some(ReasonCode::EditBeatsDelete);
    if !plan.conflicts.is_empty() || kept {
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
    let mut groups: BTreeMap<(u8, Vec<String>), Vec<String>> = BTreeMap::new();
    let kinds = [
        (
            Kind::Appointment,
            vec![Role::Alone, Role::Organizer, Role::Attendee],
        ),
        (
            Kind::Visit,
            vec![Role::Alone, Role::Organizer, Role::Attendee],
        ),
        (
            Kind::PhoneCall,
            vec![Role::Alone, Role::Organizer, Role::Attendee],
        ),
        (Kind::Task, vec![Role::Alone]),
        (Kind::Contact, vec![Role::Alone]),
        (Kind::Account, vec![Role::Alone]),
        (Kind::IndividualCustomer, vec![Role::Alone]),
    ];
    for (at, (kind, roles)) in kinds.clone().into_iter().enumerate() {
        for role in roles {
            for origin in [Origin::Mail, Origin::Crm] {
                let cells: Vec<String> = (0..16)
                    .map(|n| cell(&world, kind, role, origin, n / 4, n % 4))
                    .collect();
                let name = format!("{kind}, {role:?}, born in {origin:?}").to_lowercase();
                let group = u8::from(at > 2) * if at == 3 { 1 } else { 2 };
                groups.entry((group, cells)).or_default().push(name);
            }
        }
    }
    print(&mut text, groups);
    text.push_str(
        "\n# Given to somebody else\n\nThe same where the record named this mailbox's owner and names another one now \
         (CAL-55).\n",
    );
    let mut groups: BTreeMap<(u8, Vec<String>), Vec<String>> = BTreeMap::new();
    for (kind, roles) in kinds {
        for role in roles {
            for origin in [Origin::Mail, Origin::Crm] {
                let cells = (0..16)
                    .map(|n| cell_of(&world, kind, role, origin, (n / 4, n % 4), Named::Another));
                let name = format!("{kind}, {role:?}, born in {origin:?}").to_lowercase();
                groups.entry((0, cells.collect())).or_default().push(name);
            }
        }
    }
    print(&mut text, groups);
    text
}

fn print(text: &mut String, groups: BTreeMap<(u8, Vec<String>), Vec<String>>) {
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
    for kind in [
        Kind::Appointment,
        Kind::Visit,
        Kind::Task,
        Kind::Contact,
        Kind::Account,
    ] {
        for role in [Role::Alone, Role::Organizer, Role::Attendee] {
            for origin in [Origin::Mail, Origin::Crm] {
                for n in 0..16 {
                    let (m, c) = (n / 4, n % 4);
                    let text = cell(&world, kind, role, origin, m, c);
                    let deletes = ["deleterecord", "deleteitem", "cancelrecord"];
                    let deletes = deletes.iter().any(|word| text.contains(word));
                    let at = format!(
                        "{kind} {role:?} {origin:?} {}{}: {text}",
                        STATES[m], STATES[c]
                    );
                    assert!(!(deletes && (m == 3 || c == 3)), "INV-5: {at}");
                    assert!(!(deletes && (m == 1 || c == 1)), "INV-6: {at}");
                    assert!(!(deletes && m != 2 && c != 2), "nothing was deleted: {at}");
                    let given = cell_of(&world, kind, role, origin, (m, c), Named::Another);
                    let writes = ["record", "createitem", "updateitem"];
                    let stands = c == 0 || c == 1;
                    assert!(
                        !(stands
                            && writes.iter().any(|word| given
                                .split(';')
                                .next()
                                .is_some_and(|done| done.contains(word)))),
                        "CAL-55: {at}: {given}"
                    );
                    assert!(
                        !(given.contains("deleteitem") && m == 1),
                        "INV-6: {at}: {given}"
                    );
                    let edits = text.contains("updateitem");
                    assert!(!(edits && role == Role::Attendee), "INV-11: {at}");
                    if (m, c) == (0, 0) {
                        assert!(text.starts_with("nothing"), "INV-4: {at}");
                    }
                }
            }
        }
    }
}
