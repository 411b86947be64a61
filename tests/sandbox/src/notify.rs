//! Event notifications of the CRM tenant to an *external consumer*, over real HTTP.

use std::io;

use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{Request, header};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::crm::Event;
use crate::world::World;

/// Who gets the events: an address with user and password.
#[derive(Debug, Clone, Deserialize)]
pub struct Consumer {
    /// `http://host:port/path`.
    pub url: String,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

/// The body of an event as SAP's sample code receives it.
#[must_use]
pub fn envelope(event: &Event) -> Value {
    let time = jiff::Timestamp::from_microsecond(event.at).unwrap_or_default();
    json!({
        "event-type": event.name,
        "event-id": format!("{}-{}", event.entity_id, event.at),
        "event-time": time.to_string(),
        "data": { "entity-id": event.entity_id, "root-entity-id": event.root_entity_id },
    })
}

/// Sends every event that waits, one call each; answers the statuses. What is refused is not sent again: how often
/// C4C tries is not published.
///
/// # Errors
/// When nobody answers at the address.
pub async fn deliver(world: &World, to: &Consumer) -> io::Result<Vec<u16>> {
    let events = world.crm().take_events();
    let mut statuses = Vec::with_capacity(events.len());
    for event in events {
        statuses.push(post(to, envelope(&event).to_string()).await?);
    }
    Ok(statuses)
}

/// Sends one body; answers the status.
///
/// # Errors
/// When nobody answers at the address.
pub async fn post(to: &Consumer, body: String) -> io::Result<u16> {
    let url: url::Url = to.url.parse().map_err(io::Error::other)?;
    let port = url.port_or_known_default().unwrap_or(80);
    let host = url.host_str().unwrap_or_default().to_owned();
    let stream = TcpStream::connect((host.as_str(), port)).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    let pair = BASE64_STANDARD.encode(format!("{}:{}", to.user, to.password));
    let request = Request::post(url.path())
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Basic {pair}"))
        .body(Body::from(body))
        .map_err(io::Error::other)?;
    let answer = sender
        .send_request(request)
        .await
        .map_err(io::Error::other)?;
    Ok(answer.status().as_u16())
}
