//! Exchange Web Services: SOAP 1.1 over the world's Exchange, one file per operation.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-operations-in-exchange>

mod calendar_output;
mod caller;
mod convert_id;
mod create_attachment;
mod create_folder;
mod create_item;
mod delete_item;
mod find_folder;
mod find_item;
mod folder_output;
mod get_attachment;
mod get_events;
mod get_folder;
mod get_item;
mod get_server_time_zones;
mod get_streaming_events;
mod input;
mod move_item;
mod operation;
mod output;
mod request;
mod resolve_names;
mod send_item;
mod sending;
mod shape;
mod soap;
mod subscribe;
mod sync_folder_hierarchy;
mod sync_folder_items;
#[cfg(test)]
mod tests;
mod unsubscribe;
mod update_item;
mod user_configuration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, header};

use self::operation::Outcome;
use self::soap::Fault;
use crate::serve::EWS_PATH;
use crate::world::World;
use crate::xml::Element;

/// Route of the Exchange service. IIS does not mind the case of a path.
pub fn router(world: World) -> Router {
    Router::new()
        .route(EWS_PATH, post(handle))
        .route("/ews/exchange.asmx", post(handle))
        .route("/ews/Exchange.asmx", post(handle))
        .with_state(world)
}

/// The throttling answer, for the fault layer.
pub fn server_busy(backoff_ms: u64) -> Response {
    Fault::busy(backoff_ms).into_response()
}

async fn handle(State(world): State<World>, headers: HeaderMap, body: Bytes) -> Response {
    let envelope = match Element::parse(&body) {
        Ok(envelope) => envelope,
        Err(refused) => {
            world.count("ews", "unreadable");
            return Fault::schema(format!("the request is not valid: {refused}")).into_response();
        }
    };
    drop(body);
    let operation = envelope
        .child("Body")
        .and_then(|body| body.children.first())
        .map_or_else(|| "none".to_owned(), |request| request.name.clone());
    world.count("ews", &operation);
    let work = async { answer(&world, &headers, &envelope) };
    world.faults().apply("ews", &operation, work).await
}

fn answer(world: &World, headers: &HeaderMap, envelope: &Element) -> Response {
    let caller = match caller::identify(world, headers, envelope) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(request) = envelope
        .child("Body")
        .and_then(|body| body.children.first())
    else {
        return Fault::schema("the SOAP body is empty").into_response();
    };
    match operation::run(world, &caller, request) {
        Ok(Outcome::Body(body)) => {
            let version = world.exchange().settings().newest_version.clone();
            soap::respond(&version, &body)
        }
        Ok(Outcome::Stream(stream)) => {
            ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], stream).into_response()
        }
        Err(fault) => fault.into_response(),
    }
}
