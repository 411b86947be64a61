//! Fuzzes the readers of foreign bytes: SOAP answers, OData answers, mail files. Inputs are the recorded
//! samples of `tests/fixtures`, mutated by a seeded generator; the same seed gives the same inputs. A reader
//! that panics aborts the run, which prints seed and input first; one that hangs is ended by its deadline.
//!
//! `fuzz [--seconds 10] [--seed 1] [--target soap|odata|mime] [--input FILE]`; an input file is run alone.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use bytes::Bytes;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// One reader and the samples it starts from.
struct Target {
    name: &'static str,
    corpus: Vec<Vec<u8>>,
    read: fn(&[u8]),
}

/// Inputs grow no larger than this, in bytes.
const LARGEST: usize = 256 << 10;

/// One input may take so long; more is a hang.
const SLOWEST: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let seconds: u64 = value("--seconds")
        .and_then(|text| text.parse().ok())
        .unwrap_or(10);
    let seed: u64 = value("--seed")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let only = value("--target");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let targets = [
        Target {
            name: "soap",
            corpus: load(&fixtures.join("ews")),
            read: soap,
        },
        Target {
            name: "odata",
            corpus: load(&fixtures.join("c4c")),
            read: odata,
        },
        Target {
            name: "mime",
            corpus: load(&fixtures.join("mime")),
            read: mime,
        },
    ];
    if let Some(path) = value("--input") {
        let input = fs::read(&path).expect("the input file is readable");
        for target in targets
            .iter()
            .filter(|t| only.as_deref().is_none_or(|name| name == t.name))
        {
            let started = Instant::now();
            (target.read)(&input);
            println!("{} read it in {:?}", target.name, started.elapsed());
        }
        return ExitCode::SUCCESS;
    }
    let (mut passed, mut failed) = (0, 0);
    for target in targets
        .iter()
        .filter(|t| only.as_deref().is_none_or(|name| name == t.name))
    {
        assert!(!target.corpus.is_empty(), "no samples for {}", target.name);
        match run(target, Duration::from_secs(seconds), seed) {
            Ok(inputs) => {
                println!("fuzz {}: {inputs} inputs, seed {seed}", target.name);
                passed += 1;
            }
            Err(input) => {
                let path = std::env::temp_dir().join(format!("fuzz-{}-{seed}", target.name));
                let kept = fs::write(&path, input).is_ok();
                println!(
                    "fuzz {}: FAILED, seed {seed}, input kept: {kept} {}",
                    target.name,
                    path.display()
                );
                failed += 1;
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run(target: &Target, time: Duration, seed: u64) -> Result<u64, Vec<u8>> {
    let mut random = StdRng::seed_from_u64(seed);
    let until = Instant::now() + time;
    let mut inputs = 0;
    // Every sample as it is comes first.
    for sample in &target.corpus {
        attempt(target, sample.clone())?;
        inputs += 1;
    }
    while Instant::now() < until {
        attempt(target, mutate(&target.corpus, &mut random))?;
        inputs += 1;
    }
    Ok(inputs)
}

fn attempt(target: &Target, input: Vec<u8>) -> Result<(), Vec<u8>> {
    let started = Instant::now();
    let read = catch_unwind(AssertUnwindSafe(|| (target.read)(&input)));
    if read.is_err() || started.elapsed() > SLOWEST {
        Err(input)
    } else {
        Ok(())
    }
}

/// A sample with a few random edits: cut, repeated, flipped, spliced with another one.
fn mutate(corpus: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    const TOKENS: [&[u8]; 12] = [
        b"<",
        b">",
        b"</t:Item>",
        b"&#0;",
        b"\r\n\r\n",
        b"--",
        b"boundary=",
        b"{\"d\":",
        b"=?utf-8?B?",
        b"/Date(",
        b"\xff\xfe",
        b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    ];
    let mut input = corpus.choose(random).cloned().unwrap_or_default();
    input.truncate(LARGEST);
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..=input.len());
        match random.random_range(0..6) {
            0 => input.truncate(at),
            1 => {
                let token = TOKENS.choose(random).copied().unwrap_or_default();
                input.splice(at..at, token.iter().copied());
            }
            2 if !input.is_empty() => {
                let at = at.min(input.len() - 1);
                input[at] ^= 1 << random.random_range(0..8);
            }
            3 => {
                let end = (at + random.random_range(0..200)).min(input.len());
                let part = input[at..end].to_vec();
                for _ in 0..random.random_range(1..20) {
                    input.splice(at..at, part.iter().copied());
                }
            }
            4 => {
                let other = corpus.choose(random).map_or(&[][..], Vec::as_slice);
                let from = random.random_range(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let end = (at + random.random_range(0..50)).min(input.len());
                input.drain(at..end);
            }
        }
    }
    input.truncate(LARGEST);
    input
}

fn load(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                paths.push(path)
            }
        }
    }
    paths.sort();
    paths
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .filter(|b| b.len() <= LARGEST)
        .collect()
}

fn soap(input: &[u8]) {
    let _found = ssi_connectors::ews::read_any(input);
}

fn odata(input: &[u8]) {
    ssi_connectors::c4c::read_any(input);
}

fn mime(input: &[u8]) {
    let now = jiff::Timestamp::UNIX_EPOCH;
    let _read = ssi_sandbox::mail::read(&Bytes::copy_from_slice(input), now);
}
