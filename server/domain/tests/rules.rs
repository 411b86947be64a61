//! Every rule the domain cites stands in `docs/rules.md`.

use std::{collections::BTreeSet, fs, path::Path};

/// Collects ids like `EM-31` from a text.
fn ids(text: &str) -> BTreeSet<String> {
    const PREFIXES: [&str; 21] = [
        "ACT", "ARC", "BL", "CAL", "CFG", "CON", "DSH", "EM", "ERR", "FAQ", "LIM", "LNK", "LOG",
        "MBX", "MON", "REG", "RES", "SB", "SD", "SET", "TSK",
    ];
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| {
            word.split_once('-').is_some_and(|(prefix, number)| {
                (PREFIXES.contains(&prefix) || prefix == "SRCH")
                    && number.len() == 2
                    && number.chars().all(|c| c.is_ascii_digit())
            })
        })
        .map(str::to_owned)
        .collect()
}

fn cited(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("source folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            cited(&path, found);
        } else {
            found.extend(ids(&fs::read_to_string(&path).expect("source is text")));
        }
    }
}

#[test]
fn every_cited_rule_can_be_looked_up() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = fs::read_to_string(root.join("../../docs/rules.md")).expect("docs/rules.md");
    let written = ids(&rules);
    let mut found = BTreeSet::new();
    cited(&root.join("src"), &mut found);
    assert!(found.contains("EM-31") && found.len() > 20, "{found:?}");
    let unknown: Vec<_> = found.difference(&written).collect();
    assert!(
        unknown.is_empty(),
        "cited, but not in docs/rules.md: {unknown:?}"
    );
}
