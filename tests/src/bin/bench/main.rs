//! The numbers, one JSON line each: `{name, value, unit, reach, ok}`. Times are ratios within this run where
//! they can be; machines are noisy, calls are exact. Run by `make bench` on a release build.

mod directory;
mod mirror;
mod rate;

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use serde_json::json;
use ssi_engine::{SaveChoice, SaveOutcome};
use ssi_sandbox::mail::{Correspondent, deliver_synthetic};
use ssi_tests::{
    db::Database,
    given::{ANNA, CATEGORY, Given, eml, eml_with_attachment},
    node::Node,
    process::{configure, program},
};

const CARLA: &str = "Carla Kundin <carla@customer.example>";
const BULK: usize = 10_000;
const CLICKS: usize = 300;
const ATTACHMENT: usize = 25_000_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // On a worker, as the server's calls are: the thread that waits for the whole program is woken by another one each
    // time, which takes longer than many an answer.
    tokio::spawn(run()).await?
}

async fn run() -> anyhow::Result<()> {
    let only: Option<String> = std::env::args().nth(1);
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    line(
        "cores",
        std::thread::available_parallelism()?.get() as f64,
        "cores",
        None,
    );
    if wanted("instant") {
        instant().await?;
    }
    if wanted("bulk") {
        bulk().await?;
    }
    if wanted("mirror") {
        mirror::run().await?;
    }
    if wanted("memory") {
        memory().await?;
    }
    if wanted("start") {
        start().await?;
    }
    if wanted("directory") {
        directory::run().await?;
    }
    if wanted("rate") {
        rate::run().await?;
    }
    let missed = MISSED.load(Ordering::SeqCst);
    anyhow::ensure!(missed == 0, "{missed} numbers are not reached");
    Ok(())
}

/// Lines whose number was not reached: the run ends with a failure then.
static MISSED: AtomicUsize = AtomicUsize::new(0);

/// What is to be reached, and from which side.
enum Reach {
    AtMost(f64),
    AtLeast(f64),
}

fn line(name: &str, value: f64, unit: &str, reach: Option<Reach>) {
    let (text, ok) = match reach {
        None => (None, true),
        Some(Reach::AtMost(most)) => (Some(format!("<= {most}")), value <= most),
        Some(Reach::AtLeast(least)) => (Some(format!(">= {least}")), value >= least),
    };
    if !ok {
        MISSED.fetch_add(1, Ordering::SeqCst);
    }
    let value = (value * 1_000.0).round() / 1_000.0;
    println!(
        "{}",
        json!({"name": name, "value": value, "unit": unit, "reach": text, "ok": ok})
    );
}

fn percentile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len() as f64 * part).ceil() as usize).clamp(1, values.len()) - 1;
    values[at]
}

/// Memory of a process in bytes, by its number or `self`: `VmRSS:` what it has now, `VmHWM:` what it had at most.
fn memory_of(process: &str, which: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(which));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map(|kib| kib * 1_024)
        .ok_or_else(|| anyhow::anyhow!("the system tells no {which}"))
}

async fn databases() -> Vec<Database> {
    let mut all = vec![Database::sqlite().await];
    all.extend(Database::postgres().await);
    all
}

/// A click: remote calls, and the time that is not spent waiting for the two servers.
async fn instant() -> anyhow::Result<()> {
    for database in databases().await {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "bench").await;
        let mailbox = node.mailbox(ANNA).await;
        node.session(mailbox).await;
        let mut own = Vec::new();
        let mut whole = Vec::new();
        let mut calls = 0;
        for number in 0..CLICKS {
            let item = given.mail(eml(&format!("bench{number}@x"), CARLA, ANNA, "Bench"));
            given.sandbox.world().reset_calls();
            node.stopwatch.reset();
            let started = Instant::now();
            let outcome = node.click(mailbox, &item, SaveChoice::default()).await?;
            let total = started.elapsed();
            anyhow::ensure!(matches!(outcome, SaveOutcome::Saved(_)), "queued");
            if number == 0 {
                // The first write of a process fetches a CSRF token.
                continue;
            }
            calls = calls.max(given.sandbox.world().total_calls());
            whole.push(total.as_secs_f64() * 1_000.0);
            own.push(total.saturating_sub(node.stopwatch.elapsed()).as_secs_f64() * 1_000.0);
        }
        let engine = database.engine;
        let name = format!("instant save, own share p99, {engine}");
        line(&name, percentile(own, 0.99), "ms", Some(Reach::AtMost(5.0)));
        line(
            &format!("instant save, whole p99, {engine}"),
            percentile(whole, 0.99),
            "ms",
            None,
        );
        let name = format!("instant save, remote calls, {engine}");
        line(&name, calls as f64, "calls", Some(Reach::AtMost(3.0)));
    }
    Ok(())
}

/// Ten thousand categorised mails: saved by a session, and merely read by exchangelib from the same sandbox.
async fn bulk() -> anyhow::Result<()> {
    for database in databases().await {
        let given = Given::world().await;
        let owner = Correspondent {
            name: "Anna Berger".into(),
            email: ANNA.into(),
        };
        let partners = [Correspondent {
            name: "Carla Kundin".into(),
            email: "carla@customer.example".into(),
        }];
        deliver_synthetic(given.sandbox.world(), &owner, &partners, BULK)
            .map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        let config = configure(
            &database,
            &given,
            &[ANNA],
            "[sync]\nauto_save = true\nlookback_days = 3650\n",
        );
        given.sandbox.world().reset_calls();
        let started = Instant::now();
        let lines = ssi_tests::process::sync_once(ANNA, &config).await;
        let seconds = started.elapsed().as_secs_f64();
        let saved = given.emails().len();
        anyhow::ensure!(saved > 0, "nothing was saved: {:?}", lines.last());
        let engine = database.engine;
        let calls = given.sandbox.world().total_calls() as f64 / saved as f64;
        line(
            &format!("bulk save, mails, {engine}"),
            saved as f64,
            "mails",
            None,
        );
        let name = format!("bulk save, remote calls per mail, {engine}");
        line(&name, calls, "calls", Some(Reach::AtMost(0.3)));
        let rate = saved as f64 / seconds;
        line(
            &format!("bulk save, mails per second, {engine}"),
            rate,
            "mails/s",
            None,
        );
        if engine == "sqlite" {
            match read_by_exchangelib(&given, "mails").await {
                Some(reading) => {
                    line(
                        "exchangelib reading the same mails",
                        reading,
                        "mails/s",
                        None,
                    );
                    let name = "bulk save beside exchangelib reading";
                    line(name, rate / reading, "x", Some(Reach::AtLeast(10.0)));
                }
                None => eprintln!(
                    "exchangelib is not installed: make third-party makes its environment"
                ),
            }
        }
        idle(&given, &config, engine).await;
    }
    Ok(())
}

/// An idle session: Exchange tells whole seconds, so the folders must have been quiet for two.
async fn idle(given: &Given, config: &Path, engine: &str) {
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_secs(3)).await;
        ssi_tests::process::sync_once(ANNA, config).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    given.sandbox.world().reset_calls();
    ssi_tests::process::sync_once(ANNA, config).await;
    let count = |face: &str| -> f64 {
        let calls = given.sandbox.world().calls();
        calls
            .iter()
            .filter(|((f, _), _)| f == face)
            .map(|(_, n)| *n as f64)
            .sum()
    };
    let name = format!("idle session, calls on the mail side, {engine}");
    line(&name, count("ews"), "calls", Some(Reach::AtMost(1.0)));
    let name = format!("idle session, calls on the CRM side, {engine}");
    line(
        &name,
        count("odata").abs(),
        "calls",
        Some(Reach::AtMost(0.0)),
    );
}

/// Items per second that exchangelib reads of Anna's `mails` or `groupware` (events and contacts).
async fn read_by_exchangelib(given: &Given, what: &str) -> Option<f64> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("../target"), std::path::PathBuf::from);
    let output = tokio::process::Command::new(target.join(".venv/bin/python"))
        .arg(root.join("tools/exchangelib_read.py"))
        .arg(given.sandbox.describe().to_string())
        .arg(what)
        .output()
        .await
        .ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// Peak memory of the whole process while it saves a mail with a 25 MB attachment, above a small save.
async fn memory() -> anyhow::Result<()> {
    let small = peak_of_a_save(1_000).await?;
    let large = peak_of_a_save(ATTACHMENT).await?;
    let extra = large.saturating_sub(small) as f64;
    line(
        "25 MB attachment, peak memory",
        large as f64 / 1e6,
        "MB",
        None,
    );
    let name = "25 MB attachment, extra memory by its size";
    line(
        name,
        extra / ATTACHMENT as f64,
        "x",
        Some(Reach::AtMost(2.0)),
    );
    Ok(())
}

async fn peak_of_a_save(bytes: usize) -> anyhow::Result<u64> {
    let database = Database::sqlite().await;
    let given = Given::world().await;
    let mail = eml_with_attachment("big@x", CARLA, "big.pdf", bytes);
    given.mail_in(ANNA, "inbox", &[CATEGORY], mail);
    let config = configure(&database, &given, &[ANNA], "");
    let mut child = tokio::process::Command::new(program("ssi"))
        .args(["sync", ANNA, "--once", "--json", "--config"])
        .arg(&config)
        .stdout(std::process::Stdio::null())
        .spawn()?;
    let pid = child.id().unwrap_or_default();
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: Option<u64> =
            high.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0) * 1_024);
        tokio::select! {
            ended = child.wait() => { ended?; break; }
            () = tokio::time::sleep(Duration::from_millis(2)) => {}
        }
    }
    let attachments: usize = given
        .emails()
        .iter()
        .map(|email| email.attachments.len())
        .sum();
    anyhow::ensure!(attachments == 1, "the attachment was not saved");
    Ok(peak)
}

/// From exec to the first answer, on a database that exists.
async fn start() -> anyhow::Result<()> {
    for database in databases().await {
        let given = Given::world().await;
        let config = configure(&database, &given, &[ANNA], "");
        let mut times = Vec::new();
        for number in 0..5 {
            let ready = database.folder().join(format!("ready{number}"));
            let started = Instant::now();
            let mut child = tokio::process::Command::new(program("ssi"))
                .args(["serve", "--config"])
                .arg(&config)
                .arg("--ready-file")
                .arg(&ready)
                .kill_on_drop(true)
                .spawn()?;
            while !ready.exists() {
                anyhow::ensure!(
                    started.elapsed() < Duration::from_secs(30),
                    "the server did not start"
                );
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            times.push(started.elapsed().as_secs_f64());
            child.kill().await?;
        }
        let name = format!("server start, {}", database.engine);
        line(&name, percentile(times, 0.5), "s", Some(Reach::AtMost(1.0)));
    }
    Ok(())
}
