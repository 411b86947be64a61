//! Event notifications of C4C as hints. What is documented of the envelope: `event-type`, `event-id`, `event-time`
//! and `data` with `entity-id` and `root-entity-id`; by way of SAP's platform the same as CloudEvents, which
//! name it `type`. Whether events are batched is not, so a list is taken too. The ids of events are not looked at:
//! the same hint twice is harmless.

use serde_json::Value;
use ssi_domain::{Kind, RecordId, RecordRef, port::Notice};

use super::{
    mirror::set::{SERIES, SERIES_MARK},
    odata::literal,
};

/// Events of one delivery; whoever sends more sends no events of C4C.
const MOST: usize = 1_000;

/// The root node of a business object, in the names of events.
const ROOT: &str = "root";

/// Why a body was not taken. It repeats nothing of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// It is no JSON.
    #[error("the body is not JSON")]
    Json,
    /// It is JSON of another form.
    #[error(
        "write an event, or a list of at most 1000: {{\"event-type\": \"Visit.Root.Deleted.v1\", \"data\": \
         {{\"root-entity-id\": \"<ObjectID>\"}}}}"
    )]
    Form,
}

/// Reads one delivery. Events of objects that are not mirrored are left out.
///
/// # Errors
/// When the body is no event, nor a list of events.
pub fn notices(body: &[u8]) -> Result<Vec<Notice>, NotAnEvent> {
    let value: Value = serde_json::from_slice(body).map_err(|_| NotAnEvent::Json)?;
    let events = match &value {
        Value::Array(events) if events.len() <= MOST => events.as_slice(),
        Value::Object(_) => std::slice::from_ref(&value),
        _ => return Err(NotAnEvent::Form),
    };
    let read: Result<Vec<Option<Notice>>, NotAnEvent> = events.iter().map(notice).collect();
    Ok(read?.into_iter().flatten().collect())
}

fn notice(event: &Value) -> Result<Option<Notice>, NotAnEvent> {
    let name = ["event-type", "eventType", "type"];
    let name = name.iter().find_map(|name| event.get(name)?.as_str());
    let name = name.ok_or(NotAnEvent::Form)?;
    // `<BusinessObject>.<Node>.<Created|Updated|Deleted>`, with `.v1` behind it or not; by way of the platform
    // something may stand before it.
    let parts: Vec<String> = name.split(['.', '/']).map(str::to_lowercase).collect();
    let verbs = ["created", "updated", "deleted"];
    let verb = parts
        .iter()
        .rposition(|part| verbs.contains(&part.as_str()));
    let Some(verb) = verb.filter(|at| *at >= 2) else {
        return Ok(None);
    };
    let (object, node) = (&parts[verb - 2], &parts[verb - 1]);
    let kinds = kinds(object);
    if kinds.is_empty() {
        return Ok(None);
    }
    let data = event.get("data").ok_or(NotAnEvent::Form)?;
    let is_root = node == ROOT;
    // Of a node the entity is the node itself, which is no record.
    let mut ids: Vec<String> = Vec::new();
    for member in ["root-entity-id", "entity-id"] {
        if member == "entity-id" && !is_root {
            continue;
        }
        let id = data.get(member).and_then(Value::as_str).unwrap_or_default();
        let id = literal::bare(id);
        let sound =
            !id.is_empty() && id.len() <= 70 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if sound && !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return Err(NotAnEvent::Form);
    }
    let records = ids
        .iter()
        .flat_map(|id| kinds.iter().flat_map(move |kind| of_kind(*kind, id)));
    Ok(Some(Notice {
        records: records.collect(),
        // A node that is gone is a change of its record.
        gone: is_root && parts[verb] == "deleted",
    }))
}

/// The records with this id: an activity may be a series.
fn of_kind(kind: Kind, id: &str) -> Vec<RecordRef> {
    let mut ids = vec![id.to_owned()];
    if kind.is_event() {
        ids.push(format!("{SERIES_MARK}{id}"));
    }
    let record = |id| RecordRef {
        kind,
        id: RecordId::new(id),
    };
    ids.into_iter().map(record).collect()
}

/// The kinds a business object may be. Published names are `Account`, `Contact`, `Visit`, `ActivityTask`; those of
/// appointments and calls are a tenant's to show, so the word is enough.
fn kinds(object: &str) -> Vec<Kind> {
    let plain: String = object.chars().filter(char::is_ascii_alphanumeric).collect();
    let activities = [Kind::Appointment, Kind::Visit, Kind::PhoneCall];
    if plain == SERIES.name.trim_end_matches("Collection").to_lowercase() || plain == "activity" {
        return activities.to_vec();
    }
    let kind = match plain.replace("activity", "").as_str() {
        "appointment" => Kind::Appointment,
        "visit" => Kind::Visit,
        "phonecall" => Kind::PhoneCall,
        "task" | "tasks" => Kind::Task,
        "contact" => Kind::Contact,
        "account" | "corporateaccount" | "customer" => Kind::Account,
        "individualcustomer" => Kind::IndividualCustomer,
        "lead" => Kind::Lead,
        "employee" => Kind::Employee,
        _ => return Vec::new(),
    };
    vec![kind]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "00163E5FA59C1ED8B3B95BE1CB795280";

    fn event(name: &str) -> String {
        format!(
            "{{\"event-type\":\"{name}\",\"event-id\":\"1\",\"data\":{{\"root-entity-id\":\"{ID}\"}}}}"
        )
    }

    fn read(body: &str) -> Vec<Notice> {
        notices(body.as_bytes()).expect("an event")
    }

    /// INV-21: an event names the records it may speak of, whatever the tenant calls the object.
    #[test]
    fn the_names_of_a_tenant_are_understood() {
        for (name, kind) in [
            ("Visit.Root.Deleted.v1", Kind::Visit),
            ("Visit.Root.Deleted", Kind::Visit),
            ("sap.c4c.Appointment.Root.Deleted.v1", Kind::Appointment),
            ("ActivityTask.Root.Deleted.v1", Kind::Task),
            ("Phone_Call.Root.Deleted.v1", Kind::PhoneCall),
            ("Contact.Root.Deleted.v1", Kind::Contact),
        ] {
            let found = read(&event(name));
            assert_eq!(found.len(), 1, "{name}");
            assert!(found[0].gone, "{name}");
            let own = RecordRef {
                kind,
                id: RecordId::new(ID),
            };
            assert!(found[0].records.contains(&own), "{name}");
        }
        let cloud =
            format!("[{{\"type\":\"Visit.Root.Updated.v1\",\"data\":{{\"entity-id\":\"{ID}\"}}}}]");
        assert!(!read(&cloud)[0].gone);
    }

    #[test]
    fn a_deleted_node_is_a_change_of_its_record() {
        assert!(!read(&event("Visit.Notes.Deleted.v1"))[0].gone);
    }

    #[test]
    fn what_is_not_mirrored_is_left_out() {
        for name in [
            "Ticket.Root.Deleted.v1",
            "Visit.Root.Seen.v1",
            "nonsense",
            "Deleted",
        ] {
            assert_eq!(read(&event(name)), [], "{name}");
        }
        assert_eq!(read("[]"), []);
    }

    #[test]
    fn what_is_no_event_is_refused() {
        assert_eq!(notices(b"<xml/>"), Err(NotAnEvent::Json));
        let many = format!("[{}]", vec!["{}"; MOST + 1].join(","));
        for body in [
            "1",
            "{}",
            "[1]",
            "{\"event-type\":\"Visit.Root.Deleted\"}",
            many.as_str(),
        ] {
            assert_eq!(
                notices(body.as_bytes()),
                Err(NotAnEvent::Form),
                "{body:.40}"
            );
        }
        let wild = "{\"event-type\":\"Visit.Root.Deleted\",\"data\":{\"entity-id\":\"x' or 1\"}}";
        assert_eq!(notices(wild.as_bytes()), Err(NotAnEvent::Form));
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let _ = notices(&bytes);
        }
    }
}
