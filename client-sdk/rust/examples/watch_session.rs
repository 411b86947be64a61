//! Forces a session and prints what becomes of each item, until it ends.
//!
//! `SSI_TOKEN=<identity token> cargo run -p ssi-client --example watch_session -- URL ADDRESS`

use anyhow::{Context as _, bail};
use futures::TryStreamExt as _;
use ssi_client::{Client, IdentityToken, SessionEvent, name, v1::sync_session::State};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(address)) = (arguments.next(), arguments.next()) else {
        bail!("usage: watch_session URL ADDRESS");
    };
    let token = std::env::var("SSI_TOKEN").context("SSI_TOKEN holds the identity token")?;

    let client = Client::connect(&url).await?;
    client.sign_in(IdentityToken::oidc(token)).await?;

    let session = client.sync().force(name::mailbox(&address)).await?;
    let mut events = client.sync().watch_session(session.name);
    while let Some(event) = events.try_next().await? {
        match event {
            SessionEvent::Progress(progress) => println!(
                "{}: {} of {} looked at, {} saved, {} left out, {} with a problem",
                progress.phase().as_str_name(),
                progress.examined_count,
                progress.expected_count,
                progress.saved_count,
                progress.skipped_count,
                progress.failed_count,
            ),
            SessionEvent::Item(item) => println!(
                "{} {}: {}",
                item.decision().as_str_name(),
                item.item_id,
                item.reason_codes.join(", "),
            ),
            SessionEvent::Ended(session) if session.state() == State::Succeeded => {
                println!("done");
            }
            SessionEvent::Ended(session) => bail!("{}: {}", session.code, session.message),
        }
    }
    Ok(())
}
