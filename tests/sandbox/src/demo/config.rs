//! The configuration file the demo gives to the server: a sandbox on both sides, SQLite in a temporary folder.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use crate::{
    Sandbox, User, World,
    crm::{TECHNICAL_LOGIN, TECHNICAL_PASSWORD},
};

/// Whose mailbox the demo fills.
pub(super) fn owner(world: &World) -> anyhow::Result<User> {
    world
        .users()
        .first()
        .cloned()
        .context("the world has no users")
}

/// Files may be as old as they like: events stay mirrored for a hundred years.
const ALL_DAYS: u32 = 36_500;

/// The colleague who gets what somebody in the CRM makes.
pub(super) fn colleague(world: &World) -> anyhow::Result<User> {
    world
        .users()
        .get(1)
        .cloned()
        .context("the world has one user only")
}

/// Writes `ssi.toml` into `home` and says where it is.
pub(super) fn write(
    home: &Path,
    sandbox: &Sandbox,
    (owner, colleague): (&User, &User),
) -> anyhow::Result<PathBuf> {
    let service = sandbox
        .world()
        .service_account()
        .context("the world has no service account")?;
    let database = format!("sqlite:{}", home.join("demo.sqlite").display());
    // JSON strings are TOML strings.
    let text = format!(
        "node = \"demo\"\n\
         [server]\nlisten = \"127.0.0.1:0\"\n\
         [database]\nurl = {database}\nkey = {key}\n\
         [[tenants]]\nid = \"demo\"\nbase_url = {c4c}\n\
         [tenants.credentials]\nuser = {technical}\npassword = {secret}\n\
         [[mailboxes]]\naddress = {address}\ntenant = \"demo\"\n\
         [mailboxes.ews]\news_url = {ews}\nimpersonate = true\n\
         [mailboxes.ews.credentials]\nuser = {login}\npassword = {password}\n\
         [[mailboxes]]\naddress = {colleague}\ntenant = \"demo\"\n\
         [mailboxes.ews]\news_url = {ews}\nimpersonate = true\n\
         [mailboxes.ews.credentials]\nuser = {login}\npassword = {password}\n\
         [sync]\nauto_save = true\nlookback_days = 3650\n\
         [sync.mirror]\nscope_days_back = {ALL_DAYS}\n",
        database = json!(database),
        key = json!("5f".repeat(32)),
        c4c = json!(sandbox.c4c_url()),
        technical = json!(TECHNICAL_LOGIN),
        secret = json!(TECHNICAL_PASSWORD),
        address = json!(owner.address),
        colleague = json!(colleague.address),
        ews = json!(sandbox.ews_url()),
        login = json!(service.login),
        password = json!(service.password),
    );
    let path = home.join("ssi.toml");
    std::fs::write(&path, text).context("cannot write the configuration")?;
    Ok(path)
}
