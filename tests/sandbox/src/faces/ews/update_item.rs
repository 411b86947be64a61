//! UpdateItem.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateitem-operation>

use serde_json::{Value as Json, json};

use super::input::{body, extended_property, value};
use super::operation::{Call, Entry};
use super::output::{Snapshot, item};
use super::request::{item_ref, path};
use super::sending::sending;
use super::shape::Shape;
use super::soap::{Answer, Fault};
use crate::exchange::{
    Body, Draft, ExtendedKey, ExtendedValue, Failure, Form, Item, Kind, Path, Value, Zone,
};
use crate::xml::Element;

/// A property an item cannot lose.
const DELETE_PROPERTY: Failure = Failure {
    code: "ErrorInvalidPropertyDelete",
    text: "Delete action is invalid for property.",
};
/// A property that cannot be appended to.
const APPEND_PROPERTY: Failure = Failure {
    code: "ErrorInvalidPropertyAppend",
    text: "Append action is invalid for property.",
};

/// What to do when the change key is old.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conflict {
    NeverOverwrite,
    AutoResolve,
    AlwaysOverwrite,
}

/// One property change, read and ready to be applied.
enum Write {
    Property(&'static str, Option<Value>),
    Append(&'static str, Value),
    Body(Option<Body>),
    AppendBody(String),
    Class(String),
    Extended(ExtendedKey, Option<ExtendedValue>),
    Entry(&'static str, String, Option<String>, Option<Element>),
}

impl Write {
    /// Name under which two writers of the same property meet.
    fn name(&self) -> String {
        match self {
            Self::Property(name, _) | Self::Append(name, _) => (*name).to_owned(),
            Self::Body(_) | Self::AppendBody(_) => "Body".to_owned(),
            Self::Class(_) => "ItemClass".to_owned(),
            Self::Extended(key, _) => format!("{:?}", key.name),
            Self::Entry(name, key, part, _) => format!("{name}/{key}/{part:?}"),
        }
    }

    /// Whether the raw message no longer tells the truth afterwards.
    fn changes_message(&self) -> bool {
        match self {
            Self::Property(name, _) | Self::Append(name, _) => !matches!(
                *name,
                "IsRead" | "Categories" | "Importance" | "Flag" | "Sensitivity"
            ),
            Self::Body(_) | Self::AppendBody(_) => true,
            Self::Class(_) | Self::Extended(..) | Self::Entry(..) => false,
        }
    }
}

/// One message per item change.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let changes = call.entries("ItemChanges")?;
    let conflict = match call.request.attribute("ConflictResolution") {
        Some("NeverOverwrite") => Conflict::NeverOverwrite,
        Some("AlwaysOverwrite") => Conflict::AlwaysOverwrite,
        Some("AutoResolve") => Conflict::AutoResolve,
        _ => return Err(Fault::schema("ConflictResolution is missing or unknown")),
    };
    let shape = Shape::ids();
    let mut answer = Answer::new("UpdateItem");
    for change in changes {
        match update(call, change, conflict) {
            Ok(snapshot) => answer.success(|out| {
                out.push_str("<m:Items>");
                item(out, &snapshot, &shape);
                out.push_str(
                    "</m:Items><m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>",
                );
            }),
            Err(failure) => answer.failure(failure, "<m:Items/>"),
        }
    }
    Ok(answer.finish())
}

fn update(call: &Call<'_>, change: &Element, conflict: Conflict) -> Entry<Snapshot> {
    let id = change.children.first().ok_or(Failure::REQUEST)?;
    let updates = change.child("Updates").ok_or(Failure::REQUEST)?;
    let mut writes = Vec::with_capacity(updates.children.len());
    for update in &updates.children {
        writes.extend(read(update, call.zone)?);
    }
    let names: Vec<String> = writes.iter().map(Write::name).collect();
    let snapshot = {
        let mut exchange = call.world.exchange();
        let mailbox = exchange.mailbox(call.mailbox)?;
        let id = item_ref(mailbox, id)?;
        let item = mailbox.look(id.place())?;
        let (attribute, missing) = (
            "SendMeetingInvitationsOrCancellations",
            Failure::UPDATES_REQUIRED,
        );
        let sending = sending(call, attribute, item.data.kind, missing)?;
        check(&item, id.version, conflict, &names)?;
        let change = |data: &mut Draft| writes.into_iter().try_for_each(|write| apply(data, write));
        exchange.update_item(&call.actor(), id.place(), call.zone, sending, change)?;
        let mailbox = exchange.mailbox_mut(call.mailbox)?;
        // The version is only known once the change is through.
        let version = mailbox.item(id.key).map_or(0, |item| item.version);
        mailbox.note_touched(id.key, &names, version);
        Snapshot::at(mailbox, id.place())?
    };
    let detail: Json = json!({
        "fields": names,
        "message_id": snapshot.item().data.text("InternetMessageId"),
    });
    call.record("UpdateItem", &snapshot.item().key.to_string(), detail);
    Ok(snapshot)
}

fn check(item: &Item, version: Option<u64>, conflict: Conflict, names: &[String]) -> Entry<()> {
    let collides = |since: u64| {
        names.iter().any(|name| {
            item.touched
                .get(name)
                .is_some_and(|touched| *touched > since)
        })
    };
    match (conflict, version) {
        (Conflict::AlwaysOverwrite, _) => Ok(()),
        (_, None) => Err(Failure::CHANGE_KEY_REQUIRED),
        (_, Some(version)) if version == item.version => Ok(()),
        (Conflict::NeverOverwrite, Some(_)) => Err(Failure::CONFLICT),
        (Conflict::AutoResolve, Some(since)) if collides(since) => Err(Failure::CONFLICT),
        (Conflict::AutoResolve, Some(_)) => Ok(()),
    }
}

fn read(update: &Element, zone: &Zone) -> Entry<Option<Write>> {
    let Some(target) = update.children.first() else {
        return Err(Failure::REQUEST);
    };
    let holder = update.children.get(1);
    let delete = update.name == "DeleteItemField";
    let append = update.name == "AppendToItemField";
    if !delete && holder.is_none() {
        return Err(Failure::REQUEST);
    }
    let uri = target.attribute("FieldURI").unwrap_or_default();
    let given = |name: &str| holder.and_then(|holder| holder.child(name));
    match uri {
        "item:Body" if delete => return Ok(Some(Write::Body(None))),
        "item:Body" => {
            let content = given("Body").ok_or(Failure::REQUEST)?;
            let write = if append {
                Write::AppendBody(content.text.clone())
            } else {
                Write::Body(Some(body(content)))
            };
            return Ok(Some(write));
        }
        "item:ItemClass" => {
            let class = given("ItemClass").ok_or(Failure::SET_PROPERTY)?;
            return Ok(Some(Write::Class(class.text.trim().to_owned())));
        }
        _ => {}
    }
    let found = match path(target)? {
        None => return Ok(None),
        Some(found) => found,
    };
    match found {
        Path::Extended(key) if delete => Ok(Some(Write::Extended(key, None))),
        Path::Extended(key) => {
            let (_, value) = extended_property(given("ExtendedProperty").ok_or(Failure::REQUEST)?)?;
            Ok(Some(Write::Extended(key, Some(value))))
        }
        Path::Indexed(dictionary, index, part) => {
            let entry = given(dictionary).and_then(|dictionary| dictionary.children.first());
            Ok(Some(Write::Entry(
                dictionary,
                index,
                part,
                entry.filter(|_| !delete).cloned(),
            )))
        }
        Path::Field(name) if delete => Ok(Some(Write::Property(name, None))),
        Path::Field(name) => {
            let content = given(name).ok_or(Failure::REQUEST)?;
            let kind = holder.and_then(|holder| Kind::of_element(&holder.name));
            let field = kind
                .and_then(|kind| kind.field(name))
                .ok_or(Failure::SET_PROPERTY)?;
            let fixed = name == "UID" && field.form == Form::Text;
            if field.form == Form::Made || fixed || kind.is_some_and(|kind| !kind.writable(name)) {
                return Err(Failure::SET_PROPERTY);
            }
            let content = value(field.form, content, zone)?;
            Ok(Some(if append {
                Write::Append(name, content)
            } else {
                Write::Property(name, Some(content))
            }))
        }
    }
}

/// What an event cannot be without.
const NEEDED: [&str; 4] = ["Start", "End", "UID", "Organizer"];

fn apply(data: &mut Draft, write: Write) -> Entry<()> {
    if write.changes_message() {
        data.mime = None;
    }
    let occurrence = data.properties.contains_key("OriginalStart");
    match write {
        Write::Property(name, None)
            if data.kind == Kind::CalendarItem
                && (NEEDED.contains(&name) || !data.kind.writable(name)) =>
        {
            return Err(DELETE_PROPERTY);
        }
        Write::Property("Recurrence", _) if occurrence => return Err(Failure::SET_PROPERTY),
        Write::Property(name, None) => {
            data.properties.remove(name);
        }
        Write::Property(name, Some(value)) => {
            data.properties.insert(name, value);
        }
        Write::Append(name, Value::Strings(more)) => {
            let mut list = data.categories().to_vec();
            list.extend(more);
            data.properties.insert(name, Value::Strings(list));
        }
        Write::Append(name, Value::Mailboxes(more)) => {
            let mut list = data.mailboxes(name).to_vec();
            list.extend(more);
            data.properties.insert(name, Value::Mailboxes(list));
        }
        Write::Append(name, Value::Attendees(more)) => {
            let mut list = data.attendees(name).to_vec();
            list.extend(more);
            data.properties.insert(name, Value::Attendees(list));
        }
        Write::Append(..) if data.kind.is_personal() => return Err(APPEND_PROPERTY),
        Write::Append(name, value) => {
            data.properties.insert(name, value);
        }
        Write::Body(body) => data.body = body.unwrap_or_default(),
        Write::AppendBody(more) => {
            let slot = if data.body.html.is_some() {
                &mut data.body.html
            } else {
                &mut data.body.text
            };
            let whole = format!("{}{more}", slot.as_deref().unwrap_or_default());
            *slot = Some(whole.into());
        }
        Write::Class(class) => data.class = class,
        Write::Extended(key, None) => {
            data.extended.remove(&key);
        }
        Write::Extended(key, Some(value)) => {
            data.extended.insert(key, value);
        }
        Write::Entry(dictionary, index, part, entry) => {
            let slot = data.properties.entry(dictionary);
            let tree = slot.or_insert_with(|| Value::Tree(Element::new(dictionary)));
            if let Value::Tree(tree) = tree {
                set_entry(tree, &index, part.as_deref(), entry);
            }
        }
    }
    Ok(())
}

/// Sets, replaces or removes one entry of a dictionary, or one part of it (a street of an address).
fn set_entry(tree: &mut Element, index: &str, part: Option<&str>, entry: Option<Element>) {
    let at = tree
        .children
        .iter()
        .position(|entry| entry.attribute("Key") == Some(index));
    match (at, entry, part) {
        (Some(at), None, None) => {
            tree.children.remove(at);
        }
        (Some(at), None, Some(part)) => tree.children[at].children.retain(|c| c.name != part),
        (Some(at), Some(entry), Some(part)) => {
            let slot = &mut tree.children[at].children;
            slot.retain(|child| child.name != part);
            slot.extend(
                entry
                    .children
                    .into_iter()
                    .filter(|child| child.name == part),
            );
        }
        (Some(at), Some(entry), None) => tree.children[at] = entry,
        (None, Some(entry), _) => tree.children.push(entry),
        (None, None, _) => {}
    }
}
