//! The directory with a million parties: what an item's addresses and a search cost, how large it is, how fast it is
//! first filled, and how often opening an item asks the other sides (issue of the directory, design 11).

use std::time::Instant;

use jiff::Timestamp;
use sqlx::Connection;
use ssi_domain::{
    Address, ItemId, Kind, PARTY_KINDS, Record, RecordId, RecordRef, SyncSettings, TenantId, Value,
    autolink::{Candidates, rank},
    directory::Party,
    participant::participants,
};
use ssi_engine::ItemKey;
use ssi_sandbox::company::PartyKind;
use ssi_store::Store;
use ssi_tests::{
    db::Database,
    given::{ANNA, Given, eml},
    node::{Node, TENANT},
};

use crate::{Reach, databases, line, memory_of, percentile};

const PARTIES: usize = 1_000_000;
const PAGE: usize = 5_000;
const ITEMS: usize = 2_000;
const SEARCHES: usize = 600;
/// Parties of the CRM that a first fill reads over HTTP.
const FILLED: usize = 40_000;

const FIRST: [&str; 12] = [
    "Anna", "Bernd", "Chloé", "Dmitri", "Eszter", "Farid", "Grażyna", "Hiro", "Ingrid", "João",
    "Katrín", "Łukasz",
];
const SYLLABLES: [&str; 20] = [
    "ba", "der", "fi", "gau", "hol", "jen", "kra", "lim", "mü", "nor", "pet", "qui", "ros", "sta",
    "tor", "ul", "ven", "wei", "xan", "zie",
];

pub(super) async fn run() -> anyhow::Result<()> {
    for database in databases().await {
        million(&database).await?;
    }
    for database in databases().await {
        over_http(&database).await?;
    }
    Ok(())
}

/// A number that looks random and is the same in every run.
fn mixed(number: usize) -> usize {
    let mixed = (number as u64 ^ 0x9e37_79b9).wrapping_mul(0xff51_afd7_ed55_8ccd);
    usize::try_from((mixed ^ (mixed >> 33)) >> 1).unwrap_or(0)
}

fn word(number: usize, syllables: usize) -> String {
    let mut left = mixed(number);
    let mut word = String::new();
    for _ in 0..syllables {
        word.push_str(SYLLABLES[left % SYLLABLES.len()]);
        left /= SYLLABLES.len();
    }
    word
}

fn record(kind: Kind, number: usize) -> RecordRef {
    RecordRef {
        kind,
        id: RecordId::new(format!("{:032X}", number)),
    }
}

fn company_of(number: usize) -> usize {
    mixed(number) % (PARTIES / 5)
}

/// Every fifth party is an account, the others are people of one; one in four writes from a private mailbox.
fn party(number: usize) -> Party {
    let account = number.is_multiple_of(5);
    let company = if account {
        number / 5
    } else {
        company_of(number)
    };
    let domain = format!("{}{company}.example", word(company, 2).replace('ü', "ue"));
    let kind = match number % 20 {
        0 | 5 | 10 | 15 => Kind::Account,
        1 => Kind::Lead,
        2 => Kind::IndividualCustomer,
        _ => Kind::Contact,
    };
    let name = match account {
        true => format!("{} {} GmbH", word(company, 3), word(company + 7, 2)),
        false => format!("{} {}", FIRST[number % 12], word(number, 4)),
    };
    let address = match (account, number % 4) {
        (true, _) => format!("office@{domain}"),
        (false, 3) => format!("p{number}@gmail.com"),
        _ => format!("p{number}@{domain}"),
    };
    Party {
        record: record(kind, number),
        number: number.to_string(),
        name,
        addresses: vec![address],
        phones: vec![format!("+49{:09}", mixed(number) % 1_000_000_000)],
        company: format!("{} {} GmbH", word(company, 3), word(company + 7, 2)),
        account: (!account).then(|| record(Kind::Account, company * 5)),
        domains: account
            .then(|| format!("www.{domain}"))
            .into_iter()
            .collect(),
        created_at: Timestamp::from_second(1_600_000_000 + number as i64).ok(),
        changed_at: Timestamp::from_second(1_700_000_000 + number as i64).ok(),
        obsolete: number.is_multiple_of(97),
        hidden: false,
    }
}

async fn million(database: &Database) -> anyhow::Result<()> {
    let store = database.open().await;
    let tenant = TenantId::new(TENANT);
    let engine = database.engine;
    let started = Instant::now();
    for from in (0..PARTIES).step_by(PAGE) {
        let page: Vec<Party> = (from..from + PAGE).map(party).collect();
        store.put_parties(&tenant, &page).await?;
    }
    let rate = PARTIES as f64 / started.elapsed().as_secs_f64();
    line(
        &format!("directory, parties stored per second, {engine}"),
        rate,
        "parties/s",
        None,
    );
    let bytes = size(database).await?;
    line(
        &format!("directory, size per million parties, {engine}"),
        bytes / 1e6,
        "MB",
        None,
    );
    first_call(database, &tenant).await?;
    candidates(&store, &tenant, engine).await?;
    searches(&store, &tenant, engine).await
}

/// What the first question after a start takes, which reads the whole directory: who asks the next one waits no more.
async fn first_call(database: &Database, tenant: &TenantId) -> anyhow::Result<()> {
    let store = database.open().await;
    let address = party(2).addresses;
    let (before, started) = (memory_of("self", "VmRSS:")?, Instant::now());
    let found = store.parties_by_address(tenant, &address).await?;
    let took = started.elapsed().as_secs_f64();
    anyhow::ensure!(!found.is_empty(), "nobody was found");
    let engine = database.engine;
    let name = format!("directory, first question after a start, {engine}");
    line(&name, took, "s", None);
    let grown = memory_of("self", "VmRSS:")?.saturating_sub(before) as f64 / 1e6;
    let name = format!("directory, memory that grew by it, {engine}");
    line(&name, grown, "MB", None);
    Ok(())
}

/// Twenty addresses: most of them of people who are known, some of strangers at known companies, some of nobody.
async fn candidates(store: &Store, tenant: &TenantId, engine: &str) -> anyhow::Result<()> {
    let settings = SyncSettings::default();
    let mut times = Vec::new();
    let mut found = 0;
    for item in 0..ITEMS {
        let address = |at: usize| {
            let known = party(mixed(item * 20 + at) % PARTIES).addresses.remove(0);
            let (_, domain) = known.rsplit_once('@').unwrap_or_default();
            match at % 5 {
                3 => format!("stranger{item}@{domain}"),
                4 => format!("nobody{item}@nowhere{at}.example"),
                _ => known,
            }
        };
        let to = (0..20).map(|at| {
            Value::Address(Address {
                name: String::new(),
                address: address(at),
            })
        });
        let mail = Record::new().with("to", Value::List(to.collect()));
        let people = participants(&mail, &settings, ANNA);
        let started = Instant::now();
        let mut known = Candidates::default();
        let keys = people.iter().filter_map(|person| person.key.as_deref());
        let missing = known.missing(keys.clone());
        let local = store.candidates(tenant, &PARTY_KINDS, &missing).await?;
        local.file(&missing, &mut known);
        let hits = known.behind(keys);
        found += rank(&people, &hits).len();
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    anyhow::ensure!(found > ITEMS * 10, "too few were found: {found}");
    // The first ones find the statements unplanned and the pages unread.
    let times = times.split_off(50);
    let name = format!("candidates for 20 addresses, p50, {engine}");
    line(&name, percentile(times.clone(), 0.5), "ms", None);
    let name = format!("candidates for 20 addresses, p99, {engine}");
    line(
        &name,
        percentile(times, 0.99),
        "ms",
        Some(Reach::AtMost(1.0)),
    );
    Ok(())
}

/// What people type, letter by letter from the third on: names, companies, addresses, with and without an error.
async fn searches(store: &Store, tenant: &TenantId, engine: &str) -> anyhow::Result<()> {
    let mut times = Vec::new();
    for number in 0..SEARCHES {
        let party = party(mixed(number + 77) % PARTIES);
        let mut text = match number % 4 {
            0 => party.name.clone(),
            1 => party.company.clone(),
            2 => party.addresses[0].clone(),
            _ => party.name.to_lowercase(),
        };
        if number % 10 == 9 && text.chars().count() > 6 {
            text = text
                .chars()
                .enumerate()
                .map(|(at, c)| if at == 4 { 'y' } else { c })
                .collect();
        }
        let kinds: &[Kind] = if number % 3 == 0 {
            &[Kind::Contact]
        } else {
            &PARTY_KINDS
        };
        let letters = text.chars().count();
        for typed in [3, 4, 6, 9, letters]
            .into_iter()
            .filter(|typed| *typed <= letters)
        {
            let text: String = text.chars().take(typed).collect();
            let started = Instant::now();
            store.find_parties(tenant, kinds, &text, 10).await?;
            times.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    let times = times.split_off(20);
    let name = format!("search as you type, p50, {engine}");
    line(&name, percentile(times.clone(), 0.5), "ms", None);
    let name = format!("search as you type, p99, {engine}");
    line(
        &name,
        percentile(times, 0.99),
        "ms",
        Some(Reach::AtMost(30.0)),
    );
    Ok(())
}

async fn size(database: &Database) -> anyhow::Result<f64> {
    if database.engine == "sqlite" {
        let path = database.url.trim_start_matches("sqlite:");
        let log = std::fs::metadata(format!("{path}-wal")).map_or(0, |file| file.len());
        return Ok((std::fs::metadata(path)?.len() + log) as f64);
    }
    let mut connection = sqlx::PgConnection::connect(&database.url).await?;
    let (bytes,): (i64,) = sqlx::query_as("SELECT pg_database_size(current_database())")
        .fetch_one(&mut connection)
        .await?;
    Ok(bytes as f64)
}

/// The first reading of a tenant over HTTP, and what opening a mail asks of the other sides then.
async fn over_http(database: &Database) -> anyhow::Result<()> {
    let engine = database.engine;
    let given = Given::world().await;
    for number in 0..FILLED {
        let kind = PartyKind::Contact { account: None };
        given.party(
            kind,
            &format!("p{number}@many{number}.example"),
            &format!("Pat {}", word(number, 4)),
        );
    }
    let node = Node::start(database, &given, "bench").await;
    let mailbox = node.mailbox(ANNA).await;
    let started = Instant::now();
    node.feed().await;
    let rate = FILLED as f64 / started.elapsed().as_secs_f64();
    let fills = node.store.directory_state(&TenantId::new(TENANT)).await?;
    anyhow::ensure!(
        fills.iter().all(|fill| fill.filled_at.is_some()),
        "not filled"
    );
    let name = format!("directory, first fill over HTTP, {engine}");
    line(&name, rate, "parties/s", Some(Reach::AtLeast(5_000.0)));
    node.session(mailbox).await;
    let mut most = 0;
    for number in 0..20 {
        let from = format!("p{number}@many{number}.example");
        let item = given.mail(eml(&format!("open{number}@x"), &from, ANNA, "Bench"));
        given.sandbox.world().reset_calls();
        let key = ItemKey::Item(ItemId::new(item.as_str()));
        let cards = node.engine.initial_search(mailbox, &key).await?;
        anyhow::ensure!(!cards.is_empty(), "no card");
        most = most.max(given.sandbox.world().total_calls());
    }
    let name = format!("initial search, remote calls, {engine}");
    line(&name, most as f64, "calls", Some(Reach::AtMost(1.0)));
    Ok(())
}
