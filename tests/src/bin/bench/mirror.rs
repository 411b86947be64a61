//! The mirror: a first sync of ten thousand events and contacts, the session right after it, an idle one, the
//! decision about one pair, memory of sessions that run at once.

use std::{
    hint::black_box,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use ssi_domain::{
    ItemId, Kind, Record, RecordId, RecordRef, SyncSettings, TenantId, Value as Field, Version,
    Versioned,
    mapping::Table,
    merge::{Baseline, DigestKey},
    mirror::{Asked, Hold, Known, Origin, Pair, Role, Rules, Scope, View, plan},
    port::{EventFacts, EventRole, Item, ItemClass, LinkStamp, Series},
};
use ssi_sandbox::{
    Sandbox, User, WorldConfig,
    company::PartyKind,
    exchange::{Body, ContactEdit, EventEdit},
};
use ssi_tests::{
    db::Database,
    given::{ANNA, CATEGORY, Given},
    process::{configure, program},
};
use tokio::process::Command;

use crate::{Reach, line, read_by_exchangelib};

/// Of each kind.
const FIRST: usize = 5_000;
/// Linked items of the idle mailbox, of each kind.
const LINKED: usize = 500;
/// Mailboxes whose sessions run at once.
const ACTIVE: usize = 20;
/// Events of each of them.
const EACH: usize = 200;
const DECISIONS: u32 = 20_000;

pub(super) async fn run() -> anyhow::Result<()> {
    decisions();
    for database in crate::databases().await {
        first_sync(&database).await?;
    }
    for database in crate::databases().await {
        idle(&database).await?;
    }
    memory().await?;
    simulation().await
}

/// Events and contacts that ask for being mirrored, the same ones every time.
fn fill(given: &Given, address: &str, each: usize) -> anyhow::Result<()> {
    let world = given.sandbox.world();
    let person = world.person(address);
    let start = world.now() + SignedDuration::from_hours(24);
    let failed = |failure| anyhow::anyhow!("{failure:?}");
    for number in 0..each {
        let at: Timestamp = start + SignedDuration::from_mins(45 * number as i64);
        let event = EventEdit {
            subject: Some(format!("Meeting {number} about the frame contract")),
            body: Some(Body::rich(&format!(
                "<p>Agenda of meeting <b>{number}</b>: prices, delivery, quality.</p>"
            ))),
            location: Some(format!("Room {}", number % 40)),
            start: Some(at),
            end: Some(at + SignedDuration::from_mins(30)),
            categories: Some(vec![CATEGORY.into()]),
            ..EventEdit::default()
        };
        person.create_event(&event).map_err(failed)?;
        let contact = ContactEdit {
            given_name: Some("Carla".into()),
            surname: Some(format!("Kundin {number}")),
            job_title: Some("Buyer".into()),
            emails: [(
                "EmailAddress1".into(),
                format!("carla{number}@made.example"),
            )]
            .into(),
            phones: [("BusinessPhone".into(), format!("+49 89 {number:06}"))].into(),
            categories: Some(vec![CATEGORY.into()]),
            ..ContactEdit::default()
        };
        person.create_contact(&contact).map_err(failed)?;
    }
    Ok(())
}

/// Runs `ssi sync --once`; answers the totals.
async fn session(mailbox: &str, config: &Path) -> anyhow::Result<Value> {
    let output = Command::new(program("ssi"))
        .args(["sync", mailbox, "--once", "--json", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(1_200), output).await??;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let totals: Value = serde_json::from_str(last)?;
    anyhow::ensure!(totals.get("error").is_none(), "{totals}");
    Ok(totals)
}

fn writes(totals: &Value) -> f64 {
    totals["writes"].as_f64().unwrap_or(f64::NAN)
}

async fn first_sync(database: &Database) -> anyhow::Result<()> {
    let engine = database.engine;
    let given = Given::world().await;
    fill(&given, ANNA, FIRST)?;
    let reading = match engine {
        "sqlite" => read_by_exchangelib(&given, "groupware").await,
        _ => None,
    };
    let config = configure(database, &given, &[ANNA], "");
    given.sandbox.world().reset_calls();
    let started = Instant::now();
    session(ANNA, &config).await?;
    let seconds = started.elapsed().as_secs_f64();
    let calls = given.sandbox.world().total_calls() as f64;
    let mirrored = {
        let crm = given.sandbox.world().crm();
        crm.rows("AppointmentCollection").len() + crm.rows("ContactCollection").len() - 1
    };
    anyhow::ensure!(mirrored == 2 * FIRST, "only {mirrored} were mirrored");
    let items = mirrored as f64;
    let name = format!("first sync, events and contacts per second, {engine}");
    line(&name, items / seconds, "items/s", None);
    let name = format!("first sync, remote calls per item, {engine}");
    line(&name, calls / items, "calls", Some(Reach::AtMost(0.6)));
    if let Some(reading) = reading {
        line(
            "exchangelib reading the same events and contacts",
            reading,
            "items/s",
            None,
        );
        let ratio = items / seconds / reading;
        line("first sync beside exchangelib reading", ratio, "x", None);
    }
    let second = session(ANNA, &config).await?;
    let name = format!("second session right after, writes, {engine}");
    line(&name, writes(&second), "writes", Some(Reach::AtMost(0.0)));
    Ok(())
}

/// A session in a mailbox of linked items where nothing happened. Exchange tells whole seconds, so the folders must
/// have been quiet for a while.
async fn idle(database: &Database) -> anyhow::Result<()> {
    let given = Given::world().await;
    fill(&given, ANNA, LINKED)?;
    let config = configure(database, &given, &[ANNA], "");
    for _ in 0..3 {
        session(ANNA, &config).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    given.sandbox.world().reset_calls();
    let started = Instant::now();
    let totals = session(ANNA, &config).await?;
    let engine = database.engine;
    let name = format!("idle session with 1,000 linked items, {engine}");
    line(&name, started.elapsed().as_secs_f64() * 1_000.0, "ms", None);
    let calls = given.sandbox.world().calls();
    let ews: u64 = calls
        .iter()
        .filter(|((face, _), _)| face == "ews")
        .map(|(_, count)| *count)
        .sum();
    let name = format!("idle session with 1,000 linked items, calls on the mail side, {engine}");
    line(&name, ews as f64, "calls", Some(Reach::AtMost(1.0)));
    let name = format!("idle session with 1,000 linked items, writes, {engine}");
    line(&name, writes(&totals), "writes", Some(Reach::AtMost(0.0)));
    Ok(())
}

/// What the process takes above its idle size while sessions of many mailboxes run at once, by mailbox.
async fn memory() -> anyhow::Result<()> {
    let database = Database::sqlite().await;
    let users: Vec<User> = (0..ACTIVE).map(user).collect();
    let config = WorldConfig {
        users: users.clone(),
        ..WorldConfig::default()
    };
    let sandbox = Sandbox::start(config).await?;
    let given = Given { sandbox };
    for user in &users {
        given.party(PartyKind::Employee, &user.address, &user.name);
        fill(&given, &user.address, EACH / 2)?;
    }
    let quiet = peak_of_a_server(&database, &given, &[]).await?;
    let busy_database = Database::sqlite().await;
    let names: Vec<&str> = users.iter().map(|user| user.address.as_str()).collect();
    let busy = peak_of_a_server(&busy_database, &given, &names).await?;
    let extra = busy.saturating_sub(quiet) as f64 / ACTIVE as f64 / 1e6;
    line(
        "memory per active session",
        extra,
        "MB",
        Some(Reach::AtMost(8.0)),
    );
    Ok(())
}

fn user(number: usize) -> User {
    User {
        login: format!("user{number}"),
        password: format!("user{number}-secret"),
        address: format!("user{number}@sandbox.example"),
        name: format!("User {number}"),
    }
}

/// Peak memory of a server in bytes until everything of these mailboxes is in the CRM.
async fn peak_of_a_server(
    database: &Database,
    given: &Given,
    mailboxes: &[&str],
) -> anyhow::Result<u64> {
    let config = configure(database, given, mailboxes, "");
    let ready: PathBuf = database.folder().join("ready");
    let mut server = Command::new(program("ssi"))
        .args(["serve", "--config"])
        .arg(&config)
        .arg("--ready-file")
        .arg(&ready)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let wanted = mailboxes.len() * EACH / 2;
    let started = Instant::now();
    loop {
        let done = given
            .sandbox
            .world()
            .crm()
            .rows("AppointmentCollection")
            .len();
        if ready.exists() && done >= wanted {
            break;
        }
        anyhow::ensure!(
            started.elapsed() < Duration::from_secs(300),
            "{done} of {wanted} mirrored"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let peak = crate::memory_of(&server.id().unwrap_or(0).to_string(), "VmHWM:")?;
    server.kill().await?;
    Ok(peak)
}

/// The decision about a pair in step, and about one that both sides changed.
fn decisions() {
    let table = Table::of(Kind::Appointment).expect("appointments are mirrored");
    let settings = SyncSettings::default();
    let tenant = TenantId::new("t");
    let key = DigestKey::new([7; 32]);
    let stood = event("Agenda");
    let crm = Versioned {
        version: Version::new("e1"),
        value: stood.record.clone(),
    };
    let baseline = Baseline::of(&key, table, &stood.record, &crm.value);
    let mut moved = stood.clone();
    moved.record.set("location", Field::Text("Room 7".into()));
    let mut edited = crm.clone();
    edited
        .value
        .set("subject", Field::Text("Agenda, second draft".into()));
    let record = RecordRef {
        kind: Kind::Appointment,
        id: RecordId::new("R1"),
    };
    let rules = Rules {
        settings: &settings,
        tenant: &tenant,
        key: &key,
        owner: None,
        now: Timestamp::UNIX_EPOCH,
    };
    let decide = |item: &Item, crm: &Versioned<Record>| {
        let pair = Pair {
            kind: Kind::Appointment,
            table,
            mail: View::Present(item),
            crm: View::Present(crm),
            record: Some(&record),
            identity_key: "uid",
            known: Some(Known {
                origin: Origin::Mail,
                active: true,
                writer: true,
                baseline: Some(&baseline),
            }),
            folder: None,
            asked: Asked::Mark,
            role: Role::Alone,
            scope: Scope::Inside,
            parties: &[],
            takeover: false,
            hold: Hold::default(),
            room: true,
        };
        plan(black_box(&pair), black_box(&rules))
    };
    assert!(decide(&stood, &crm).effects.is_empty(), "in step");
    assert!(!decide(&moved, &edited).effects.is_empty(), "both moved");
    for (name, item, crm) in [
        ("plan() of a pair in step", &stood, &crm),
        ("plan() of a pair both sides changed", &moved, &edited),
    ] {
        let started = Instant::now();
        for _ in 0..DECISIONS {
            black_box(decide(item, crm));
        }
        let each = started.elapsed().as_secs_f64() * 1e6 / f64::from(DECISIONS);
        line(name, each, "us", Some(Reach::AtMost(20.0)));
    }
}

fn event(text: &str) -> Item {
    let at = |text: &str| Field::Instant(text.parse().expect("a time"));
    Item {
        id: ItemId::new("I1"),
        version: Version::new("v1"),
        folder: None,
        kind: Kind::Appointment,
        class: ItemClass::Other("IPM.Appointment".into()),
        record: Record::new()
            .with("subject", text)
            .with("location", "Room 1")
            .with("body", "Prices, delivery, quality. ".repeat(40).as_str())
            .with("start", at("2026-03-02T08:00:00Z"))
            .with("end", at("2026-03-02T09:00:00Z"))
            .with("zone", Field::Zone("Europe/Berlin".into()))
            .with("all_day", Field::Bool(false)),
        categories: vec![CATEGORY.into()],
        size_bytes: 0,
        attachments: Vec::new(),
        has_attachments: false,
        link: Some(LinkStamp {
            tenant: "t".into(),
            record: RecordRef {
                kind: Kind::Appointment,
                id: RecordId::new("R1"),
            },
        }),
        wish: None,
        event: Some(EventFacts {
            uid: "uid".into(),
            role: EventRole::Organizer,
            meeting: false,
            cancelled: false,
            series: Series::Single,
        }),
    }
}

/// Histories of the simulation in a minute, on all cores.
async fn simulation() -> anyhow::Result<()> {
    let output = Command::new(program("simulate"))
        .args(["--histories", "1000000", "--seed", "1", "--seconds", "30"])
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    anyhow::ensure!(output.status.success(), "{text}");
    let rate = text
        .lines()
        .find_map(|line| line.strip_prefix("histories per minute "))
        .and_then(|rate| rate.trim().parse().ok());
    line(
        "simulation, histories per minute",
        rate.unwrap_or(f64::NAN),
        "histories",
        None,
    );
    Ok(())
}
