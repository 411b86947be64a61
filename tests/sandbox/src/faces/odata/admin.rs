//! Looks into the tenant and turns its switches, for tests that are not written in Rust.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;

use crate::crm::{Kind, Settings};
use crate::notify::{self, Consumer};
use crate::world::World;

/// Routes below `/sandbox/crm`.
pub fn router(world: World) -> Router {
    Router::new()
        .route("/settings", get(settings).put(change_settings))
        .route("/records/{kind}", get(records))
        .route("/records/{kind}/{id}", get(record))
        .route("/deletions", get(deletions))
        .route("/writes", get(writes).delete(reset_writes))
        .route("/emails", get(emails))
        .route("/emails/keys", get(keys))
        .route("/load", get(load).delete(reset_load))
        .route("/tokens/expire", post(expire_tokens))
        .route("/events/deliver", post(deliver_events))
        .with_state(world)
}

async fn settings(State(world): State<World>) -> Response {
    Json(world.crm().settings.clone()).into_response()
}

/// Members that are left out get their default.
async fn change_settings(State(world): State<World>, Json(new): Json<Settings>) -> StatusCode {
    world.crm().settings = new;
    StatusCode::NO_CONTENT
}

/// All records of a kind, named as in `phone_call`.
async fn records(State(world): State<World>, Path(kind): Path<String>) -> Response {
    match Kind::named(&kind) {
        Some(kind) => Json(world.crm().records(kind)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn record(State(world): State<World>, Path((kind, id)): Path<(String, String)>) -> Response {
    let record = Kind::named(&kind).and_then(|kind| world.crm().record(kind, &id));
    match record {
        Some(record) => Json(record).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Everything deleted so far; clients of the tenant have no such list.
async fn deletions(State(world): State<World>) -> Response {
    let crm = world.crm();
    let deletions: Vec<_> = crm.deletions().collect();
    Json(deletions).into_response()
}

async fn writes(State(world): State<World>) -> Response {
    let crm = world.crm();
    let writes = crm.writes().iter().map(|((operation, set, channel), count)| {
        json!({ "operation": operation, "set": set, "channel": channel, "count": count })
    });
    Json(writes.collect::<Vec<_>>()).into_response()
}

async fn reset_writes(State(world): State<World>) -> StatusCode {
    world.crm().reset_writes();
    StatusCode::NO_CONTENT
}

async fn emails(State(world): State<World>) -> Response {
    Json(world.crm().emails()).into_response()
}

/// How many e-mail records carry each `GroupwareItemID`.
async fn keys(State(world): State<World>) -> Response {
    Json(world.crm().emails_per_key()).into_response()
}

async fn load(State(world): State<World>) -> Response {
    let load = world.crm().load;
    Json(json!({ "running": load.running, "peak": load.peak })).into_response()
}

async fn reset_load(State(world): State<World>) -> StatusCode {
    let mut crm = world.crm();
    crm.load.peak = crm.load.running;
    StatusCode::NO_CONTENT
}

async fn expire_tokens(State(world): State<World>) -> StatusCode {
    world.crm().users.expire_tokens();
    StatusCode::NO_CONTENT
}

/// Sends the events that wait; answers the statuses.
async fn deliver_events(State(world): State<World>, Json(to): Json<Consumer>) -> Response {
    match notify::deliver(&world, &to).await {
        Ok(statuses) => Json(statuses).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
