//! Request bodies: JSON into a draft of one entity, typed by `$metadata`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use super::literal::read_date;
use crate::crm::{Draft, Edm, EntitySet, Property, Refusal, Schema, Value, uuid_of};

/// Most nodes of a deep insert.
const MOST_NODES: usize = 50_000;

/// Reads the body of a POST, PATCH or PUT.
///
/// # Errors
/// Malformed JSON, unknown properties, values that do not fit their type.
pub fn read(set: &'static EntitySet, body: &[u8]) -> Result<Draft, Refusal> {
    let json: Json = serde_json::from_slice(body).map_err(|error| {
        Refusal::Malformed(format!("Invalid token at position {}", error.column()))
    })?;
    let Json::Object(mut members) = json else {
        return Err(Refusal::Malformed("the body is not an object".to_owned()));
    };
    // Some clients wrap what they send the way answers are wrapped.
    if members.len() == 1
        && let Some(Json::Object(inner)) = members.remove("d")
    {
        members = inner;
    }
    let mut nodes = 0;
    draft(set, &members, &mut nodes)
}

fn draft(
    set: &'static EntitySet,
    members: &Map<String, Json>,
    nodes: &mut usize,
) -> Result<Draft, Refusal> {
    *nodes += 1;
    if *nodes > MOST_NODES {
        return Err(Refusal::Malformed("too many nodes".to_owned()));
    }
    let mut draft = Draft::default();
    for (name, json) in members {
        if name == "__metadata" {
            continue;
        }
        if let Some(at) = set.position(name) {
            draft.values.push((at, value(&set.properties[at], json)?));
            continue;
        }
        let navigation = set.navigations.iter().position(|n| n.name == name);
        let at = navigation.ok_or_else(|| Refusal::UnknownProperty(name.clone()))?;
        let target = Schema::standard().set(set.navigations[at].target);
        let target = target.ok_or_else(|| Refusal::UnknownProperty(name.clone()))?;
        let wrong = || Refusal::WrongType(name.clone());
        let below = match json {
            Json::Null => continue,
            Json::Object(inner) if inner.contains_key("__deferred") => continue,
            Json::Object(inner) => match inner.get("results") {
                Some(Json::Array(below)) => below,
                _ => return Err(wrong()),
            },
            Json::Array(below) => below,
            _ => return Err(wrong()),
        };
        let mut children = Vec::with_capacity(below.len());
        for child in below {
            let Json::Object(child) = child else {
                return Err(wrong());
            };
            children.push(self::draft(target, child, nodes)?);
        }
        if !children.is_empty() {
            draft.children.push((at, children));
        }
    }
    Ok(draft)
}

fn value(property: &Property, json: &Json) -> Result<Value, Refusal> {
    let wrong = || Refusal::WrongType(property.name.to_owned());
    let value = match (property.edm, json) {
        (_, Json::Null) => Some(Value::Null),
        (Edm::String | Edm::Time, Json::String(text)) => Some(Value::text(text.as_str())),
        (Edm::Boolean, Json::Bool(value)) => Some(Value::Bool(*value)),
        (Edm::Int32, Json::Number(number)) => {
            let number = number
                .as_i64()
                .and_then(|number| i32::try_from(number).ok());
            number.map(Value::Int)
        }
        (Edm::Decimal, Json::Number(number)) => Some(Value::Text(number.to_string())),
        (Edm::Decimal, Json::String(text)) => {
            let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
            is_number.then(|| Value::Text(text.clone()))
        }
        (Edm::Guid, Json::String(text)) if text.is_empty() => Some(Value::Null),
        (Edm::Guid, Json::String(text)) => uuid_of(text).map(Value::Guid),
        (Edm::DateTime | Edm::DateTimeOffset, Json::String(text)) => {
            read_date(text).map(Value::Instant)
        }
        (Edm::Binary, Json::String(text)) => {
            let bytes = STANDARD.decode(text.as_bytes()).ok();
            bytes.map(|bytes| Value::Bytes(bytes.into()))
        }
        _ => None,
    };
    value.ok_or_else(wrong)
}
