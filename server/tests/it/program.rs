//! The program `ssi`, run as people run it.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

fn ssi(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssi"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("SSI_CONFIG");
    command.output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn config_is_printed_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let printed = ssi(folder.path(), &["config", "print"]);
    assert!(printed.status.success());
    std::fs::write(folder.path().join("ssi.toml"), &printed.stdout).unwrap();
    assert!(ssi(folder.path(), &["config", "check"]).status.success());

    std::fs::write(folder.path().join("bad.toml"), "[server]\nlissten = 1\n").unwrap();
    let bad = ssi(folder.path(), &["config", "check", "--config", "bad.toml"]);
    assert!(!bad.status.success());
    assert!(
        text(&bad.stderr).contains("lissten"),
        "{}",
        text(&bad.stderr)
    );
}

/// Every connection is tried, each one that fails is named, and the exit code tells scripts.
#[test]
fn doctor_names_what_does_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let config = "[[tenants]]\nid = \"demo\"\nbase_url = \"http://127.0.0.1:1/odata\"\n\
        credentials = { user = \"u\", password = \"hunter2\" }\n\
        [[mailboxes]]\naddress = \"ann@example.com\"\n\
        [mailboxes.ews]\news_url = \"http://127.0.0.1:1/EWS\"\n\
        credentials = { user = \"u\", password = \"hunter2\" }\n\
        [[auth.issuers]]\nissuer = \"http://127.0.0.1:1\"\naudiences = [\"a\"]\n";
    std::fs::write(folder.path().join("ssi.toml"), config).unwrap();
    let output = ssi(folder.path(), &["doctor"]);
    let said = text(&output.stdout);
    assert!(!output.status.success(), "{said}");
    for line in [
        "ok    database",
        "BAD   tenant demo",
        "BAD   mailbox ann@example.com",
        "BAD   issuer",
    ] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
    assert!(!said.contains("hunter2") && !text(&output.stderr).contains("hunter2"));
}

#[test]
fn sync_of_an_unknown_mailbox_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = ssi(
        folder.path(),
        &["sync", "nobody@example.com", "--once", "--json"],
    );
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).contains("[[mailboxes]]"),
        "{}",
        text(&output.stderr)
    );
}

/// The program says where it listens, in a file as well, and ends well on SIGTERM.
#[cfg(unix)]
#[test]
fn serve_tells_its_address_and_stops_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ssi"))
        .args(["serve", "--ready-file", "ready"])
        .env("SSI_SERVER__LISTEN", "127.0.0.1:0")
        .env_remove("SSI_CONFIG")
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next().expect("a line").unwrap();
    let address = line
        .strip_prefix("listening on http://")
        .expect(&line)
        .to_owned();
    std::net::TcpStream::connect(&address).unwrap();
    let stop = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(stop.success());
    assert!(child.wait().unwrap().success());
    assert_eq!(
        std::fs::read_to_string(folder.path().join("ready")).unwrap(),
        address
    );
    assert!(
        folder.path().join("ssi.db.key").exists(),
        "a key was made beside the database"
    );
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(folder.path().join("ssi.db.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}
