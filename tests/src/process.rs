//! The server as a process, for tests that kill it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::{
    db::{Database, KEY},
    given::{ANNA, Given},
    node::TENANT,
};

/// The token of Anna, her colleague and the key user, for loopback only.
pub const ANNA_TOKEN: &str = "anna-token-0123456789abcdef0123456789abcdef";

/// Where a program of this workspace was built; `make test` builds it before.
pub fn program(name: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(format!("{}_BIN", name.to_uppercase().replace('-', "_"))) {
        return path.into();
    }
    let own = std::env::current_exe().expect("this program has a place");
    let built = own
        .ancestors()
        .skip(1)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    built.unwrap_or_else(|| panic!("{name} is not built; run: make build"))
}

/// Writes a configuration for the world, the database and these mailboxes; `more` is added at the end.
pub fn configure(database: &Database, given: &Given, mailboxes: &[&str], more: &str) -> PathBuf {
    let service = given
        .sandbox
        .world()
        .service_account()
        .expect("a service account");
    let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut text = format!(
        "node = \"test\"\n[server]\nlisten = \"127.0.0.1:0\"\n\
         [database]\nurl = {}\nkey = {}\n\
         [[auth.dev_tokens]]\ntoken = {}\nsubject = \"anna\"\naddresses = [{}]\n\
         [[tenants]]\nid = {}\nbase_url = {}\n[tenants.credentials]\nuser = {}\npassword = {}\n\
         [[mail_servers]]\nid = \"ews\"\news_url = {}\nimpersonate = true\n\
         [mail_servers.credentials]\nuser = {}\npassword = {}\n",
        json!(database.url),
        json!(key),
        json!(ANNA_TOKEN),
        json!(ANNA),
        json!(TENANT),
        json!(given.sandbox.c4c_url()),
        json!(ssi_sandbox::crm::TECHNICAL_LOGIN),
        json!(ssi_sandbox::crm::TECHNICAL_PASSWORD),
        json!(given.sandbox.ews_url()),
        json!(service.login),
        json!(service.password),
    );
    for address in mailboxes {
        text.push_str(&format!("[[mailboxes]]\naddress = {}\n", json!(address)));
    }
    text.push_str(more);
    let path = database.folder().join("ssi.toml");
    std::fs::write(&path, text).expect("the configuration is written");
    path
}

/// A running `ssi`.
pub struct Process(Child);

impl Process {
    /// Starts `ssi` with these arguments and the configuration; its output goes to the test's.
    pub fn start(arguments: &[&str], config: &Path) -> Self {
        let child = Command::new(program("ssi"))
            .args(arguments)
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("ssi starts");
        Self(child)
    }

    /// SIGKILL, and the end of it.
    pub async fn kill(mut self) {
        self.0.kill().await.expect("killed");
    }
}

/// Asks again and again until something holds, for at most a minute. For states of other processes that
/// announce themselves nowhere.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1_200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never came true within a minute: {what}");
}

/// Runs `ssi sync MAILBOX --once --json`; answers all its lines.
pub async fn sync_once(mailbox: &str, config: &Path) -> Vec<Value> {
    let output = Command::new(program("ssi"))
        .args(["sync", mailbox, "--once", "--json", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(120), output)
        .await
        .expect("a session ends")
        .expect("ssi runs");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}
