//! Saves one e-mail and says what it was linked with.
//!
//! `SSI_TOKEN=<identity token> cargo run -p ssi-client --example save_mail -- URL ADDRESS ITEM_ID`
//! ITEM_ID is the backend's item id, or the Message-ID in angle brackets.

use std::time::Duration;

use anyhow::{Context as _, bail};
use ssi_client::{
    Client, IdentityToken, SaveOutcome, name,
    v1::{SaveEmailRequest, wish::State},
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(address), Some(item)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        bail!("usage: save_mail URL ADDRESS ITEM_ID");
    };
    let token = std::env::var("SSI_TOKEN").context("SSI_TOKEN holds the identity token")?;

    let client = Client::connect(&url).await?;
    client.sign_in(IdentityToken::oidc(token)).await?;

    let mut request = SaveEmailRequest {
        mailbox: name::mailbox(&address),
        use_found_records: true,
        ..Default::default()
    };
    if item.starts_with('<') {
        request.internet_message_id = item;
    } else {
        request.item_id = item;
    }
    let (record, links) = match client.add_in().save_email(request).await {
        Ok(SaveOutcome::Saved(saved)) => (saved.record, saved.links),
        Ok(SaveOutcome::Queued(mut wish)) => {
            while wish.state() == State::Pending {
                tokio::time::sleep(Duration::from_secs(2)).await;
                wish = client.add_in().wish(wish.name).await?;
            }
            if wish.state() != State::Saved {
                bail!("not saved: {}", wish.code);
            }
            (wish.record, wish.links)
        }
        Err(error) => bail!(
            "not saved ({}): {error}",
            error.reason().unwrap_or("no reason")
        ),
    };
    println!(
        "saved as {}",
        record.map(|record| record.name).unwrap_or_default()
    );
    for link in links.into_iter().filter_map(|link| link.record) {
        println!("linked with {} ({})", link.display_name, link.name);
    }
    Ok(())
}
