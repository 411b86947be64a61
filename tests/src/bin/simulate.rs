//! Runs histories: `simulate --histories N [--seed S] [--seconds T]`.
//!
//! Prints `histories N steps M violations V seed S` and the seeds of what broke; a failing seed run again
//! alone does the same again.

use std::time::{Duration, Instant};

use ssi_tests::simulation::run;

fn main() {
    let mut args = std::env::args().skip(1);
    let (mut histories, mut seed, mut seconds) = (1_000_u64, 1_u64, u64::MAX);
    while let (Some(name), Some(value)) = (args.next(), args.next()) {
        let number = value.parse().unwrap_or_else(|_| usage());
        match name.as_str() {
            "--histories" => histories = number,
            "--seed" => seed = number,
            "--seconds" => seconds = number,
            _ => usage(),
        }
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let started = Instant::now();
    let limit = Duration::from_secs(seconds.min(86_400));
    let workers: Vec<_> = (0..cores)
        .map(|core| {
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                let (mut ran, mut steps, mut broken) = (0_u64, 0_usize, Vec::new());
                let mut at = core;
                while at < histories && started.elapsed() < limit {
                    let outcome = runtime.block_on(run(seed + at));
                    ran += 1;
                    steps += outcome.steps;
                    if !outcome.violations.is_empty() {
                        broken.push(outcome);
                    }
                    at += cores;
                }
                (ran, steps, broken)
            })
        })
        .collect();
    let (mut ran, mut steps, mut broken) = (0, 0, Vec::new());
    for worker in workers {
        let (r, s, b) = worker.join().expect("a worker ends");
        ran += r;
        steps += s;
        broken.extend(b);
    }
    broken.sort_by_key(|outcome| outcome.seed);
    for outcome in broken.iter().take(20) {
        println!("seed {} trace {}", outcome.seed, outcome.trace);
        for violation in &outcome.violations {
            println!("  {violation}");
        }
    }
    println!(
        "histories {ran} steps {steps} violations {} seed {seed}",
        broken.len()
    );
    if ran == 0 || !broken.is_empty() {
        std::process::exit(1);
    }
}

fn usage() -> ! {
    eprintln!("simulate [--histories N] [--seed S] [--seconds T]");
    std::process::exit(2);
}
