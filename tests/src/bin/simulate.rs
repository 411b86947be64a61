//! Runs histories: `simulate --histories N [--seed S] [--seconds T] [--without QUIRK|PART]…`.
//!
//! Prints the seeds of what broke, `trace H`, which the same histories give again, and
//! `histories N steps M violations V seed S`; a failing seed run again alone does the same again, and tells
//! every step when `SIM_TELL` is set.

use std::time::{Duration, Instant};

use ssi_tests::simulation::{Outcome, Plot, Quirks, run};

struct Asked {
    histories: u64,
    seed: u64,
    limit: Duration,
    quirks: Quirks,
    plot: Plot,
}

fn main() {
    let asked = asked();
    let started = Instant::now();
    let mut outcomes = run_all(&asked, started);
    outcomes.sort_by_key(|outcome| outcome.seed);
    let broken: Vec<&Outcome> = outcomes
        .iter()
        .filter(|outcome| !outcome.violations.is_empty())
        .collect();
    for outcome in broken.iter().take(20) {
        println!("seed {} trace {}", outcome.seed, outcome.trace);
        for violation in &outcome.violations {
            println!("  {violation}");
        }
    }
    let mut trace = blake3::Hasher::new();
    for outcome in &outcomes {
        trace.update(outcome.trace.as_bytes());
    }
    println!("trace {}", &trace.finalize().to_hex()[..16]);
    let minutes = started.elapsed().as_secs_f64() / 60.0;
    println!(
        "histories per minute {:.0}",
        outcomes.len() as f64 / minutes
    );
    let steps: usize = outcomes.iter().map(|outcome| outcome.steps).sum();
    println!(
        "histories {} steps {steps} violations {} seed {}",
        outcomes.len(),
        broken.len(),
        asked.seed
    );
    if outcomes.is_empty() || !broken.is_empty() {
        std::process::exit(1);
    }
}

/// Spreads the histories over the cores; each is a world of its own.
fn run_all(asked: &Asked, started: Instant) -> Vec<Outcome> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let workers: Vec<_> = (0..cores)
        .map(|core| {
            let Asked {
                histories,
                seed,
                limit,
                quirks,
                plot,
            } = *asked;
            std::thread::spawn(move || {
                let mut outcomes = Vec::new();
                let mut at = core;
                while at < histories && started.elapsed() < limit {
                    // One for each history: what a dead process left hanging ends with it.
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .expect("a runtime");
                    outcomes.push(runtime.block_on(run(seed.wrapping_add(at), quirks, plot)));
                    at += cores;
                }
                outcomes
            })
        })
        .collect();
    workers
        .into_iter()
        .flat_map(|worker| worker.join().expect("a worker ends"))
        .collect()
}

fn asked() -> Asked {
    let mut asked = Asked {
        histories: 1_000,
        seed: 1,
        limit: Duration::from_secs(86_400),
        quirks: Quirks::default(),
        plot: Plot::default(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().unwrap_or_else(|| usage());
        let number = || value.parse().unwrap_or_else(|_| usage());
        match name.as_str() {
            "--histories" => asked.histories = number(),
            "--seed" => asked.seed = number(),
            "--seconds" => asked.limit = Duration::from_secs(number().min(86_400)),
            "--without" if asked.quirks.without(&value) || asked.plot.without(&value) => {}
            _ => usage(),
        }
    }
    asked
}

fn usage() -> ! {
    eprintln!("simulate [--histories N] [--seed S] [--seconds T] [--without QUIRK|PART]…");
    std::process::exit(2);
}
