//! Holds the shape of the code: who may know whom, how big a file may be, where time and ids come from.
//! The table is `ARCHITECTURE.md`'s.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests lie in the root")
        .to_path_buf()
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(manifest)).expect("manifest is readable");
    let value: toml::Table = text.parse().expect("manifest is TOML");
    value
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

fn sources(under: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                if name != "node_modules" && name != "target" && name != "gen" && name != "dist" {
                    walk(&path, found);
                }
            } else if path
                .extension()
                .is_some_and(|ext| ext == "rs" || ext == "ts" || ext == "proto")
            {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(under), &mut found);
    assert!(!found.is_empty(), "no sources under {under}");
    found
}

fn check_never(manifest: &str, never: &[&str]) {
    let present = dependencies(manifest);
    assert!(
        !present.is_empty(),
        "{manifest} lists no dependencies: is the check still looking?"
    );
    for name in never {
        assert!(
            !present.contains(*name),
            "{manifest} must never depend on {name}"
        );
    }
}

#[test]
fn crates_know_only_whom_they_may() {
    let io = ["tokio", "sqlx", "reqwest", "tonic", "axum", "hyper", "rand"];
    check_never("server/domain/Cargo.toml", &io);
    let ours = [
        "ssi-proto",
        "ssi-store",
        "ssi-connectors",
        "ssi-engine",
        "ssi-server",
        "ssi-client",
    ];
    check_never("server/domain/Cargo.toml", &ours);
    check_never(
        "server/store/Cargo.toml",
        &[
            "ssi-proto",
            "ssi-engine",
            "ssi-connectors",
            "reqwest",
            "tonic",
        ],
    );
    check_never(
        "server/connectors/Cargo.toml",
        &["ssi-store", "ssi-engine", "ssi-proto", "sqlx"],
    );
    check_never(
        "server/engine/Cargo.toml",
        &["ssi-connectors", "ssi-proto", "reqwest", "tonic"],
    );
    check_never(
        "proto/Cargo.toml",
        &["ssi-domain", "ssi-store", "ssi-engine", "ssi-connectors"],
    );
    check_never(
        "client-sdk/rust/Cargo.toml",
        &[
            "ssi-domain",
            "ssi-store",
            "ssi-engine",
            "ssi-connectors",
            "ssi-server",
        ],
    );
    check_never(
        "tests/sandbox/Cargo.toml",
        &[
            "ssi-store",
            "ssi-engine",
            "ssi-connectors",
            "ssi-server",
            "ssi-proto",
            "ssi-client",
        ],
    );
}

#[test]
fn connectors_never_import_a_sibling() {
    for (backend, siblings) in [("ews", ["c4c"]), ("c4c", ["ews"])] {
        for path in sources(&format!("server/connectors/src/{backend}")) {
            let text = fs::read_to_string(&path).expect("source is readable");
            for sibling in siblings {
                let import = format!("crate::{sibling}");
                assert!(
                    !text.contains(&import),
                    "{} imports {import}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn only_transfer_writes_outward() {
    for path in sources("server/engine/src") {
        let shown = path.display().to_string();
        if shown.contains("/transfer/") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("source is readable");
        assert!(
            !text.contains(".put("),
            "{shown} writes to a port; hand an order to transfer"
        );
    }
}

#[test]
fn time_and_ids_are_handed_in() {
    for crate_root in ["server/domain/src", "server/store/src", "server/engine/src"] {
        for path in sources(crate_root) {
            let shown = path.display().to_string();
            let text = fs::read_to_string(&path).expect("source is readable");
            if !shown.ends_with("clock.rs") {
                for hidden in ["Timestamp::now()", "SystemTime::now()"] {
                    assert!(!text.contains(hidden), "{shown} reads the clock itself");
                }
            }
            if !shown.ends_with("ids.rs") {
                for hidden in ["Uuid::new_v4()", "Uuid::now_v7()"] {
                    assert!(!text.contains(hidden), "{shown} draws an id itself");
                }
            }
        }
    }
}

#[test]
fn no_hand_written_file_is_longer_than_500_lines() {
    let mut long = Vec::new();
    for folder in ["proto", "server", "client-sdk", "tests"] {
        for path in sources(folder) {
            let text = fs::read_to_string(&path).expect("source is readable");
            let lines = text.lines().count();
            if lines > 500 {
                long.push(format!("{} ({lines})", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "split by idea: {long:?}");
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |engine: &str| -> BTreeSet<String> {
        fs::read_dir(root().join("migrations").join(engine))
            .expect("migrations exist")
            .map(|entry| {
                entry
                    .expect("entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    };
    let sqlite = names("sqlite");
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, names("postgres"));
}

#[test]
fn every_rule_cited_in_code_stands_in_the_rule_list() {
    let listed = fs::read_to_string(root().join("docs/rules.md")).expect("docs/rules.md exists");
    let mut missing = BTreeSet::new();
    for path in sources("server").into_iter().chain(sources("tests")) {
        let text = fs::read_to_string(&path).expect("source is readable");
        for rule in cited(&text) {
            if !listed.contains(&rule) {
                missing.insert(format!("{rule} in {}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/rules.md: {missing:?}");
}

/// Rule ids such as `EM-31` in a text.
fn cited(text: &str) -> BTreeSet<String> {
    const FAMILIES: [&str; 10] = [
        "EM-", "BL-", "LNK-", "MBX-", "SRCH-", "ARC-", "SET-", "RES-", "CAL-", "ERR-",
    ];
    let mut found = BTreeSet::new();
    for family in FAMILIES {
        for (at, _) in text.match_indices(family) {
            let starts_word = text[..at]
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric());
            let digits: String = text[at + family.len()..]
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            if starts_word && digits.len() == 2 {
                found.insert(format!("{family}{digits}"));
            }
        }
    }
    found
}
