//! The C4C tenant over OData v2, as SAP Cloud for Customer speaks it.

mod access;
mod address;
mod admin;
mod answer;
mod atom;
mod batch;
mod filter;
mod functions;
mod json;
mod literal;
mod metadata;
mod options;
mod payload;
mod reply;
mod rows;
#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri, header};

use crate::crm::{Author, Crm, Overload, Refusal};
use crate::serve::{C4C_PATH, MAX_REQUEST};
use crate::world::{Effect, World};
pub use admin::router as admin;
use answer::{Call, Origin, Written};
use reply::Reply;

/// The name under which calls and faults of this face are known.
pub const FACE: &str = "odata";

/// Routes below `/sap/c4c/odata/v1/c4codataapi`.
pub fn router(world: World) -> Router {
    Router::new().fallback(handle).with_state(world)
}

/// Counts a call as running until dropped, also when the client goes away.
struct Running(World);

impl Running {
    fn enter(world: &World) -> (Self, usize) {
        let mut crm = world.crm();
        crm.load.running += 1;
        crm.load.peak = crm.load.peak.max(crm.load.running);
        (Self(world.clone()), crm.load.running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.crm().load.running -= 1;
    }
}

async fn handle(State(world): State<World>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = path_below_root(&parts.uri);
    let operation = operation(&parts.method, &path);
    world.count(FACE, &operation);
    let (running, parallel) = Running::enter(&world);
    let work = async {
        let Ok(body) = axum::body::to_bytes(body, MAX_REQUEST).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let call = Call {
            method: parts.method,
            path,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
        };
        serve(&world, &call, parallel).await.into_response()
    };
    let mut response = world.faults().apply(FACE, &operation, work).await;
    drop(running);
    // Clients take the server's time from here, so it must be the time of the world.
    let date = world
        .now()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    if let Ok(date) = date.parse() {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// The router is nested below the service root, so the path is what follows it.
fn path_below_root(uri: &Uri) -> String {
    let path = uri.path();
    let path = path.strip_prefix(C4C_PATH).unwrap_or(path);
    path.trim_matches('/').to_owned()
}

/// How a request is counted: `$batch`, `$metadata`, `GET EMailCollection`, `PATCH ContactCollection`.
fn operation(method: &Method, path: &str) -> String {
    match address::parse(path).map(|address| address.name()) {
        Ok(name) if name == "$batch" || name == "$metadata" || name == "$service" => name,
        Ok(name) => format!("{method} {name}"),
        Err(_) => format!("{method} unknown"),
    }
}

async fn serve(world: &World, call: &Call, parallel: usize) -> Reply {
    let base = base(&call.headers);
    let mut written = Vec::new();
    let (reply, held, wait) = {
        let mut crm = world.crm();
        let reply = reply_to(&mut crm, world, call, &base, parallel, &mut written);
        let held = if crm.settings.write_takes_ms > 0 {
            crm.hold_touched()
        } else {
            crm.forget_touched();
            std::collections::BTreeSet::new()
        };
        (
            reply,
            held,
            Duration::from_millis(crm.settings.write_takes_ms),
        )
    };
    for write in written {
        world.effect(effect(write, call));
    }
    if !held.is_empty() {
        tokio::time::sleep(wait).await;
        world.crm().release(&held);
    }
    reply
}

fn effect(write: Written, call: &Call) -> Effect {
    let in_batch = call.path == "$batch";
    Effect {
        face: FACE.to_owned(),
        operation: write.operation,
        target: write.set.to_owned(),
        key: write.key,
        detail: serde_json::json!({ "in_batch": in_batch }),
    }
}

/// The service root as the client addressed it, without trailing slash.
fn base(headers: &HeaderMap) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    format!("http://{}{C4C_PATH}", host.unwrap_or("localhost"))
}

fn reply_to(
    crm: &mut Crm,
    world: &World,
    call: &Call,
    base: &str,
    parallel: usize,
    written: &mut Vec<Written>,
) -> Reply {
    let (format, language) = (call.format(), call.language());
    if crm.settings.threads.is_some_and(|most| parallel > most) {
        return overloaded(crm, call);
    }
    let user = match access::user(crm, &call.headers, format, language) {
        Ok(user) => user,
        Err(reply) => return *reply,
    };
    if !access::may_write(crm, &user, &call.method, &call.headers) {
        return access::csrf_failed(format, language);
    }
    let author = Author {
        name: crm.employee_name(&user),
        employee: user.employee.clone(),
    };
    crm.act_as(author, world.now().as_microsecond());
    let is_batch = matches!(address::parse(&call.path), Ok(address::Address::Batch));
    let origin = Origin {
        base,
        in_batch: is_batch,
        user: &user,
    };
    let mut reply = if is_batch && call.method == Method::POST {
        let parts = batch::boundary(call.header("content-type"))
            .ok_or_else(|| Refusal::Malformed("a batch needs a boundary".to_owned()))
            .and_then(|boundary| batch::read(&call.body, &boundary));
        match parts {
            Ok(parts) => batch::run(crm, &parts, &origin, written),
            Err(refusal) => Reply::refuse(&refusal, format, language),
        }
    } else {
        answer::answer(crm, call, &origin, written)
    };
    if access::is_bad_fetch(&user, call) {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return Reply::error(status, "Internal error", format, language);
    }
    access::offer_token(crm, &call.method, &call.headers, &mut reply);
    reply
}

fn overloaded(crm: &Crm, call: &Call) -> Reply {
    let (format, language) = (call.format(), call.language());
    match crm.settings.overload {
        Overload::TooManyRequests => {
            let text = "Too many requests";
            let status = StatusCode::TOO_MANY_REQUESTS;
            let mut reply = Reply::error(status, text, format, language);
            reply.set("retry-after", "1");
            reply
        }
        Overload::LockError => Reply::refuse(&Refusal::Locked(String::new()), format, language),
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(Bytes::from(self.body)));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
