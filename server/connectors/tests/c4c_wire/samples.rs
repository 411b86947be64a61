//! Recorded answers of real tenants.

use std::path::{Path, PathBuf};

use ssi_connectors::c4c::read_any;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/c4c/light-odata")
}

#[test]
fn recorded_answers_are_read() {
    for (name, readers) in [("ServiceRequest.json", 1), ("error.json", 1)] {
        let bytes = std::fs::read(folder().join(name)).unwrap();
        assert_eq!(read_any(&bytes), readers, "{name}");
    }
}

#[test]
fn recorded_answers_cut_anywhere_are_never_read_as_shorter_ones() {
    let whole = std::fs::read(folder().join("ServiceRequest.json")).unwrap();
    let end = whole.trim_ascii_end().len();
    for cut in (0..end).step_by(7).chain(end - 20..end) {
        assert_eq!(read_any(&whole[..cut]), 0, "cut at {cut}");
    }
}
