//! The list of operations.

use axum::body::Body as HttpBody;
use serde_json::Value as Json;

use super::caller::Caller;
use super::soap::Fault;
use super::{
    convert_id, create_attachment, create_folder, create_item, delete_item, find_folder, find_item,
    get_attachment, get_events, get_folder, get_item, get_server_time_zones, get_streaming_events,
    move_item, resolve_names, send_item, subscribe, sync_folder_hierarchy, sync_folder_items,
    unsubscribe, update_item, user_configuration,
};
use crate::exchange::{Actor, Cause, Failure, Zone};
use crate::world::{Effect, World};
use crate::xml::Element;

/// One request for one mailbox.
pub struct Call<'a> {
    /// The world.
    pub world: &'a World,
    /// Mailbox the call is for, lower case; empty for operations that need none.
    pub mailbox: &'a str,
    /// The account may act for any mailbox.
    pub impersonates: bool,
    /// Login of the caller.
    pub login: &'a str,
    /// Zone of times written without one.
    pub zone: &'a Zone,
    /// The operation's element.
    pub request: &'a Element,
}

impl Call<'_> {
    /// On whose behalf this call writes.
    pub fn actor(&self) -> Actor {
        Actor {
            mailbox: self.mailbox.to_owned(),
            cause: Cause::Ews {
                login: self.login.to_owned(),
            },
        }
    }

    /// Records a write and tells subscriptions. Call it after the lock is released.
    pub fn record(&self, operation: &str, key: &str, detail: Json) {
        self.world.exchange().publish(self.mailbox);
        self.world.effect(Effect {
            face: "ews".to_owned(),
            operation: operation.to_owned(),
            target: self.mailbox.to_owned(),
            key: key.to_owned(),
            detail,
        });
    }
}

/// What an operation hands back.
pub enum Outcome {
    /// Body of the envelope.
    Body(String),
    /// Several envelopes, sent as they come.
    Stream(HttpBody),
}

/// Operations that work without a mailbox.
const WITHOUT_MAILBOX: [&str; 5] = [
    "ConvertId",
    "GetServerTimeZones",
    "ResolveNames",
    "GetStreamingEvents",
    "Unsubscribe",
];

/// Runs an operation.
///
/// # Errors
/// A fault for requests that fail as a whole.
pub fn run(world: &World, caller: &Caller, request: &Element) -> Result<Outcome, Fault> {
    let mailbox = match &caller.mailbox {
        Some(mailbox) => mailbox.as_str(),
        None if WITHOUT_MAILBOX.contains(&request.name.as_str()) => "",
        None => {
            return Err(Fault {
                code: "ErrorMissingEmailAddress",
                text: "When making a request as an account that does not have a mailbox, you must specify the mailbox primary SMTP address for any distinguished folder Ids.".to_owned(),
                backoff_ms: None,
            });
        }
    };
    let call = Call {
        world,
        mailbox,
        impersonates: caller.impersonates,
        login: &caller.login,
        zone: &caller.zone,
        request,
    };
    let body = match request.name.as_str() {
        "GetFolder" => get_folder::run(&call)?,
        "FindFolder" => find_folder::run(&call)?,
        "CreateFolder" => create_folder::run(&call)?,
        "UpdateFolder" => create_folder::update(&call)?,
        "DeleteFolder" => create_folder::delete(&call)?,
        "SyncFolderHierarchy" => sync_folder_hierarchy::run(&call)?,
        "SyncFolderItems" => sync_folder_items::run(&call)?,
        "FindItem" => find_item::run(&call)?,
        "GetItem" => get_item::run(&call)?,
        "CreateItem" => create_item::run(&call)?,
        "UpdateItem" => update_item::run(&call)?,
        "MoveItem" => move_item::run(&call)?,
        "CopyItem" => move_item::copy(&call)?,
        "DeleteItem" => delete_item::run(&call)?,
        "SendItem" => send_item::run(&call)?,
        "GetAttachment" => get_attachment::run(&call)?,
        "CreateAttachment" => create_attachment::run(&call)?,
        "DeleteAttachment" => create_attachment::delete(&call)?,
        "GetUserConfiguration" => user_configuration::get(&call)?,
        "CreateUserConfiguration" => user_configuration::create(&call)?,
        "UpdateUserConfiguration" => user_configuration::update(&call)?,
        "DeleteUserConfiguration" => user_configuration::delete(&call)?,
        "ResolveNames" => resolve_names::run(&call),
        "ConvertId" => convert_id::run(&call),
        "GetServerTimeZones" => get_server_time_zones::run(&call),
        "Subscribe" => subscribe::run(&call)?,
        "Unsubscribe" => unsubscribe::run(&call),
        "GetEvents" => get_events::run(&call),
        "GetStreamingEvents" => return get_streaming_events::run(&call).map(Outcome::Stream),
        other => return Err(Fault::schema(format!("unknown operation {other}"))),
    };
    Ok(Outcome::Body(body))
}

impl Call<'_> {
    /// The entries of a request list, for instance the ids below `ItemIds`.
    ///
    /// # Errors
    /// A schema fault when the list is missing or empty.
    pub fn entries(&self, list: &str) -> Result<&[Element], Fault> {
        match self.request.child(list) {
            Some(list) if !list.children.is_empty() => Ok(&list.children),
            _ => Err(Fault::schema(format!("{list} is missing or empty"))),
        }
    }

    /// The text of a required child.
    ///
    /// # Errors
    /// A schema fault when it is missing.
    pub fn required(&self, name: &str) -> Result<&Element, Fault> {
        self.request
            .child(name)
            .ok_or_else(|| Fault::schema(format!("{name} is missing")))
    }
}

/// A failure as a value that stands for "this entry only".
pub type Entry<T> = Result<T, Failure>;
