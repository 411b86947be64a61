//! The server's program, run as anybody runs it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::{LONGEST_SESSION, line::ItemLine};

/// The program `ssi`.
pub(super) struct Program(PathBuf);

impl Program {
    /// Finds `ssi`: named by `SSI_BIN`, beside this program, or built from the checkout this program was
    /// built from.
    pub(super) async fn find() -> anyhow::Result<Self> {
        if let Some(path) = std::env::var_os("SSI_BIN") {
            return Ok(Self(path.into()));
        }
        let own = std::env::current_exe().context("cannot tell where this program is")?;
        let beside = own.with_file_name(format!("ssi{}", std::env::consts::EXE_SUFFIX));
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        if !beside.is_file() && root.join("Cargo.toml").is_file() {
            eprintln!("building the server first (cargo build -p ssi-server --bin ssi)");
            let mut build =
                Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            build
                .args(["build", "-p", "ssi-server", "--bin", "ssi"])
                .current_dir(&root);
            if own.components().any(|part| part.as_os_str() == "release") {
                build.arg("--release");
            }
            if let Some(target) = own.parent().and_then(Path::parent) {
                build.env("CARGO_TARGET_DIR", target);
            }
            let status = build
                .stdout(Stdio::null())
                .status()
                .await
                .context("cannot run cargo")?;
            anyhow::ensure!(status.success(), "the server could not be built");
        }
        if !beside.is_file() {
            bail!("there is no program ssi beside this one; name it in SSI_BIN");
        }
        Ok(Self(beside))
    }

    /// Runs one session and hands over each item's line as it comes. Answers with the session's error code,
    /// if it had one.
    pub(super) async fn sync(
        &self,
        config: &Path,
        mailbox: &str,
        mut item: impl FnMut(ItemLine),
    ) -> anyhow::Result<Option<String>> {
        let mut child = Command::new(&self.0)
            .args(["sync", mailbox, "--once", "--json", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.0.display()))?;
        let output = child.stdout.take().context("no output of the server")?;
        let mut lines = BufReader::new(output).lines();
        let mut totals = None;
        let reading = async {
            while let Some(line) = lines.next_line().await? {
                match serde_json::from_str::<ItemLine>(&line) {
                    Ok(parsed) => item(parsed),
                    Err(_) => totals = serde_json::from_str::<Value>(&line).ok().or(totals.take()),
                }
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(LONGEST_SESSION, reading)
            .await
            .context("the session took too long")??;
        child.wait().await?;
        let totals = totals.context("the server said nothing; see its messages above")?;
        Ok(totals
            .get("error")
            .and_then(Value::as_str)
            .map(str::to_owned))
    }

    /// Runs the server until it is stopped.
    pub(super) async fn serve(&self, config: &Path) -> anyhow::Result<()> {
        let mut child = Command::new(&self.0)
            .args(["serve", "--config"])
            .arg(config)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.0.display()))?;
        tokio::select! {
            ended = child.wait() => { ended?; }
            _ = tokio::signal::ctrl_c() => { child.wait().await?; }
        }
        Ok(())
    }
}
