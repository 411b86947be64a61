//! Reads JSON documents of identity providers, bounded in size and time.

use std::time::Duration;

use reqwest::{Client, redirect};
use serde::de::DeserializeOwned;
use url::Url;

/// Key sets and discovery documents are a few kilobytes.
const LONGEST: usize = 1 << 20;
const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);

/// A client for identity providers: no redirects, since a signed-in server's keys must come from where the
/// operator said. Loopback is never proxied.
pub(super) fn client(target: &Url) -> Result<Client, String> {
    // An error says only that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("ssi-sync/", env!("CARGO_PKG_VERSION")));
    if crate::config::is_loopback(target) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| error.to_string())
}

/// Reads one document.
pub(super) async fn json<T: DeserializeOwned>(client: &Client, url: &Url) -> Result<T, String> {
    let response = client
        .get(url.clone())
        .send()
        .await
        .map_err(|error| describe(&error))?;
    if !response.status().is_success() {
        return Err(format!(
            "{} answered {}",
            url.path(),
            response.status().as_u16()
        ));
    }
    let body = bounded(response, LONGEST).await?;
    serde_json::from_slice(&body).map_err(|error| format!("{}: {error}", url.path()))
}

/// Reads a body up to a limit.
pub(super) async fn bounded(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| describe(&error))? {
        if body.len() + piece.len() > limit {
            return Err(format!("the answer is larger than {limit} bytes"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// What broke, with its deepest cause and without the address.
pub(super) fn describe(error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        "no answer in time"
    } else {
        "no connection"
    };
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| what.to_owned(), |cause| format!("{what} ({cause})"))
}
