//! Admin face: switches faults and gates and shows what happened, for tests that are not written in Rust.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::faults::{FaultRule, GateRule, LOOP};
use crate::world::World;

/// Routes below `/sandbox`.
pub fn router(world: World) -> Router {
    Router::new()
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/gates", get(gates).post(add_gate))
        .route("/gates/{id}", get(gate).delete(release_gate))
        .route("/calls", get(calls))
        .route("/calls/reset", post(reset_calls))
        .route("/effects", get(effects).delete(reset_effects))
        .route("/notices", get(notices).delete(reset_notices))
        .route("/state", get(state))
        .route("/loop", any(redirect_to_itself))
        .route("/sync-states/expire", post(expire_sync_states))
        .route("/exchange", get(settings).put(change_settings))
        .with_state(world)
}

/// Where [`crate::Fault::RedirectLoop`] leads.
async fn redirect_to_itself() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, LOOP)]).into_response()
}

async fn faults(State(world): State<World>) -> Response {
    Json(world.faults().list()).into_response()
}

async fn add_fault(State(world): State<World>, Json(rule): Json<FaultRule>) -> Response {
    (
        StatusCode::CREATED,
        Json(json!({ "id": world.faults().add(rule) })),
    )
        .into_response()
}

async fn clear_faults(State(world): State<World>) -> StatusCode {
    world.faults().clear();
    StatusCode::NO_CONTENT
}

async fn remove_fault(State(world): State<World>, Path(id): Path<u64>) -> StatusCode {
    found(world.faults().remove(id))
}

async fn gates(State(world): State<World>) -> Response {
    Json(world.faults().gates()).into_response()
}

async fn add_gate(State(world): State<World>, Json(rule): Json<GateRule>) -> Response {
    (
        StatusCode::CREATED,
        Json(json!({ "id": world.faults().add_gate(rule) })),
    )
        .into_response()
}

async fn gate(State(world): State<World>, Path(id): Path<u64>) -> Response {
    match world.faults().gate(id) {
        Some(view) => Json(view).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn release_gate(State(world): State<World>, Path(id): Path<u64>) -> StatusCode {
    found(world.faults().release_gate(id))
}

async fn calls(State(world): State<World>) -> Response {
    let counted = world.calls();
    let total: u64 = counted.values().sum();
    let rows: Vec<Value> = counted
        .into_iter()
        .map(|((face, operation), calls)| {
            json!({ "face": face, "operation": operation, "calls": calls })
        })
        .collect();
    Json(json!({ "total": total, "calls": rows })).into_response()
}

async fn reset_calls(State(world): State<World>) -> StatusCode {
    world.reset_calls();
    StatusCode::NO_CONTENT
}

async fn effects(State(world): State<World>) -> Response {
    let rows: Vec<Value> = world
        .effects()
        .into_iter()
        .map(|(at, effect)| json!({ "at": at, "effect": effect }))
        .collect();
    Json(rows).into_response()
}

/// Meeting messages that went out, with who caused them.
async fn notices(State(world): State<World>) -> Response {
    Json(world.notices()).into_response()
}

async fn reset_notices(State(world): State<World>) -> StatusCode {
    world.reset_notices();
    StatusCode::NO_CONTENT
}

async fn reset_effects(State(world): State<World>) -> StatusCode {
    world.reset_effects();
    StatusCode::NO_CONTENT
}

async fn state(State(world): State<World>) -> Response {
    let exchange = world.exchange().describe();
    Json(json!({ "now": world.now(), "exchange": exchange })).into_response()
}

async fn expire_sync_states(State(world): State<World>) -> StatusCode {
    world.exchange().expire_sync_states();
    StatusCode::NO_CONTENT
}

async fn settings(State(world): State<World>) -> Response {
    Json(world.exchange().settings().clone()).into_response()
}

async fn change_settings(
    State(world): State<World>,
    Json(settings): Json<crate::exchange::Settings>,
) -> StatusCode {
    *world.exchange().settings_mut() = settings;
    StatusCode::NO_CONTENT
}

fn found(found: bool) -> StatusCode {
    if found {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}
