//! The demo as a stranger runs it.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use ssi_tests::process::program;

async fn demo(folder: &Path) -> Vec<Value> {
    let run = tokio::process::Command::new(program("ssi-sandbox"))
        .args(["demo", "--once", "--json", "--mail"])
        .arg(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(300), run)
        .await
        .expect("the demo ends")
        .expect("the demo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON lines only"))
        .collect()
}

#[tokio::test]
async fn every_file_of_a_folder_gets_a_line_and_a_second_session_writes_nothing() {
    let lines = demo(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mime")).await;
    let (totals, files) = lines.split_last().expect("lines");
    assert!(files.len() >= 60);
    for line in files {
        for key in ["file", "decision", "reason", "record", "links"] {
            assert!(line.get(key).is_some(), "{key} is missing in {line}");
        }
    }
    let number = |key: &str| {
        totals[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key} in {totals}"))
    };
    assert_eq!(
        number("saved") + number("skipped") + number("failed") + number("duplicates"),
        files.len() as u64
    );
    assert!(number("saved") > 50, "{totals}");
    assert_eq!(number("failed"), 0, "{totals}");
    assert_eq!(number("second_session_writes"), 0, "{totals}");
    assert!(number("remote_calls") > 0);
}

#[tokio::test]
async fn a_folder_of_rubbish_is_no_error() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::create_dir_all(folder.path().join("deep/er")).expect("folder");
    std::fs::write(folder.path().join("empty.eml"), "").expect("file");
    std::fs::write(
        folder.path().join("deep/er/binary.eml"),
        [0_u8, 159, 146, 150, 255],
    )
    .expect("file");
    std::fs::write(folder.path().join("notes.txt"), "no mail").expect("file");
    let same = "Message-ID: <same@x>\r\nFrom: a@b.example\r\nSubject: Twice\r\n\r\nx";
    std::fs::write(folder.path().join("one.eml"), same).expect("file");
    std::fs::write(folder.path().join("two.eml"), same).expect("file");
    let lines = demo(folder.path()).await;
    let (totals, files) = lines.split_last().expect("lines");
    assert_eq!(files.len(), 5, "{files:?}");
    assert_eq!(totals["duplicates"], 1, "{totals}");
    assert_eq!(totals["second_session_writes"], 0);
    let text = files
        .iter()
        .find(|line| line["file"] == "notes.txt")
        .expect("a line for every file");
    assert_eq!(text["decision"], "skipped");
}
