//! Search filters over items.

use std::borrow::Cow;

use jiff::Timestamp;

use super::item::{Content, Item};
use super::property::{Address, ExtendedKey, ExtendedName, ExtendedValue, Value};
use crate::xml::Element;

/// Names a property in a filter, a sort order or a list of wanted fields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// An element by name.
    Field(&'static str),
    /// One entry of a dictionary: element (for instance `EmailAddresses`), entry key, part of the entry.
    Indexed(&'static str, String, Option<String>),
    /// An extended property.
    Extended(ExtendedKey),
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `IsEqualTo`.
    Equal,
    /// `IsNotEqualTo`.
    NotEqual,
    /// `IsGreaterThan`.
    Greater,
    /// `IsGreaterThanOrEqualTo`.
    GreaterOrEqual,
    /// `IsLessThan`.
    Less,
    /// `IsLessThanOrEqualTo`.
    LessOrEqual,
}

/// How `Contains` matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Containment {
    /// The whole value.
    Full,
    /// The beginning.
    Prefixed,
    /// Anywhere.
    Substring,
}

/// A filter.
#[derive(Clone, Debug)]
pub enum Restriction {
    /// All of them.
    And(Vec<Restriction>),
    /// Any of them.
    Or(Vec<Restriction>),
    /// The opposite.
    Not(Box<Restriction>),
    /// The item has the property.
    Exists(Path),
    /// Compares with a constant.
    Compare(Path, Comparison, String),
    /// Looks for a text.
    Contains {
        /// Where.
        path: Path,
        /// Which part.
        containment: Containment,
        /// Upper and lower case are the same.
        ignore_case: bool,
        /// What.
        text: String,
    },
}

impl Restriction {
    /// Whether an item passes.
    pub fn matches(&self, item: &Item) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.matches(item)),
            Self::Or(any) => any.iter().any(|one| one.matches(item)),
            Self::Not(inner) => !inner.matches(item),
            Self::Exists(path) => !values(item, path).is_empty(),
            Self::Compare(path, comparison, constant) => {
                let found = values(item, path);
                if *comparison == Comparison::NotEqual {
                    return !found
                        .iter()
                        .any(|value| holds(value, Comparison::Equal, constant));
                }
                found
                    .iter()
                    .any(|value| holds(value, *comparison, constant))
            }
            Self::Contains {
                path,
                containment,
                ignore_case,
                text,
            } => {
                let fold = |text: &str| {
                    if *ignore_case {
                        text.to_lowercase()
                    } else {
                        text.to_owned()
                    }
                };
                let text = fold(text);
                values(item, path)
                    .iter()
                    .map(|value| fold(value))
                    .any(|value| match containment {
                        Containment::Full => value == text,
                        Containment::Prefixed => value.starts_with(&text),
                        Containment::Substring => value.contains(&text),
                    })
            }
        }
    }

    /// The Message-ID every match must have, where the filter says so: lets the search use the index.
    pub fn required_message_id(&self) -> Option<&str> {
        match self {
            Self::Compare(Path::Field("InternetMessageId"), Comparison::Equal, id) => Some(id),
            Self::And(all) => all.iter().find_map(Self::required_message_id),
            _ => None,
        }
    }
}

fn holds(value: &str, comparison: Comparison, constant: &str) -> bool {
    let order = compare(value, constant);
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
    }
}

/// Compares as times, then as numbers, then as text without regard to case, whatever both sides are.
pub fn compare(left: &str, right: &str) -> std::cmp::Ordering {
    if let (Ok(left), Ok(right)) = (left.parse::<Timestamp>(), right.parse::<Timestamp>()) {
        return left.cmp(&right);
    }
    if let (Ok(left), Ok(right)) = (left.parse::<f64>(), right.parse::<f64>()) {
        return left.total_cmp(&right);
    }
    left.to_lowercase().cmp(&truth(right).to_lowercase())
}

/// Booleans may come as `1` and `0`.
fn truth(text: &str) -> &str {
    match text {
        "1" => "true",
        "0" => "false",
        other => other,
    }
}

fn people(list: &[Address]) -> Vec<Cow<'_, str>> {
    list.iter()
        .flat_map(|who| [who.email.as_str(), who.name.as_str()])
        .filter(|text| !text.is_empty())
        .map(Cow::Borrowed)
        .collect()
}

/// All values of a property as text; empty when the item does not have it.
pub fn values<'a>(item: &'a Item, path: &Path) -> Vec<Cow<'a, str>> {
    match path {
        Path::Extended(key) => extended(item, key),
        Path::Indexed(element, index, part) => match item.data.properties.get(element) {
            Some(Value::Tree(tree)) => indexed(tree, index, part.as_deref()),
            _ if *element == "InternetMessageHeaders" => headers(item, index),
            _ => Vec::new(),
        },
        Path::Field(name) => match item.data.properties.get(name) {
            Some(Value::Text(text)) => vec![Cow::Borrowed(text)],
            Some(Value::Bool(yes)) => vec![Cow::Borrowed(if *yes { "true" } else { "false" })],
            Some(Value::Time(time)) => vec![Cow::Owned(time.to_string())],
            Some(Value::Mailbox(who)) => people(std::slice::from_ref(who)),
            Some(Value::Mailboxes(list)) => people(list),
            Some(Value::Strings(list)) => list.iter().map(|text| text.as_str().into()).collect(),
            Some(Value::Attendees(list)) => list
                .iter()
                .flat_map(|one| people(std::slice::from_ref(&one.who)))
                .collect(),
            Some(Value::Zone(zone)) => vec![zone.id.as_str().into()],
            Some(Value::Recurrence(recurrence)) => {
                let text = texts(&recurrence.element("")).join(" ");
                vec![text.into()]
            }
            Some(Value::Tree(tree)) => texts(tree),
            None => made(item, name),
        },
    }
}

fn made<'a>(item: &'a Item, name: &str) -> Vec<Cow<'a, str>> {
    match name {
        "ItemClass" => vec![item.data.class.as_str().into()],
        "Size" => vec![item.data.size.to_string().into()],
        "HasAttachments" => vec![item.has_attachments().to_string().into()],
        "DateTimeCreated" => vec![item.created.to_string().into()],
        "LastModifiedTime" => vec![item.modified.to_string().into()],
        "DisplayTo" => people(item.data.mailboxes("ToRecipients")),
        "DisplayCc" => people(item.data.mailboxes("CcRecipients")),
        "ConversationId" => vec![item.data.conversation.as_str().into()],
        "Body" | "TextBody" => {
            let body = &item.data.body;
            let forms = [body.text.as_deref(), body.html.as_deref()];
            forms.into_iter().flatten().map(Cow::Borrowed).collect()
        }
        "Attachments" => {
            let attachments = item.data.attachments.iter();
            let shown = attachments.filter(|a| !matches!(a.content, Content::Reference(_)));
            shown
                .map(|attachment| attachment.name.as_str().into())
                .collect()
        }
        _ => Vec::new(),
    }
}

fn extended<'a>(item: &'a Item, key: &ExtendedKey) -> Vec<Cow<'a, str>> {
    match item.data.extended.get(key) {
        Some(ExtendedValue::One(text)) => vec![text.as_str().into()],
        Some(ExtendedValue::Many(list)) => list.iter().map(|text| text.as_str().into()).collect(),
        None => match key.name {
            ExtendedName::Tag(tag) => tagged(item, tag).into_iter().collect(),
            _ => {
                let shown = super::goid::shown(&item.data, key);
                shown.map(Cow::Owned).into_iter().collect()
            }
        },
    }
}

/// MAPI tags that mirror ordinary properties (MS-OXPROPS).
pub fn tagged(item: &Item, tag: u16) -> Option<Cow<'_, str>> {
    use base64::Engine as _;
    let text = |name: &str| Some(item.data.text(name)).filter(|text| !text.is_empty());
    match tag {
        0x001a => Some(item.data.class.as_str().into()),
        0x0037 | 0x0e1d => text("Subject").map(Cow::Borrowed),
        0x1035 => text("InternetMessageId").map(Cow::Borrowed),
        0x1039 => text("References").map(Cow::Borrowed),
        0x1042 => text("InReplyTo").map(Cow::Borrowed),
        0x0e08 => Some(item.data.size.to_string().into()),
        // PidTagMessageFlags: read (1), unmodified (2), unsent (8).
        0x0e07 => {
            let flags =
                u32::from(item.data.flag("IsRead")) + 8 * u32::from(item.data.flag("IsDraft"));
            Some(flags.to_string().into())
        }
        0x0e06 => item
            .data
            .time("DateTimeReceived")
            .map(|time| time.to_string().into()),
        0x0039 => item
            .data
            .time("DateTimeSent")
            .map(|time| time.to_string().into()),
        0x3007 => Some(item.created.to_string().into()),
        0x3008 => Some(item.modified.to_string().into()),
        0x300b => {
            let key = u128::from(item.search_key).to_be_bytes();
            Some(base64::engine::general_purpose::STANDARD.encode(key).into())
        }
        0x007d if !item.data.headers.is_empty() => {
            let mut all = String::new();
            for (name, value) in item.data.headers.iter() {
                all.push_str(name);
                all.push_str(": ");
                all.push_str(value);
                all.push_str("\r\n");
            }
            Some(all.into())
        }
        _ => None,
    }
}

fn headers<'a>(item: &'a Item, name: &str) -> Vec<Cow<'a, str>> {
    let wanted = item
        .data
        .headers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name));
    wanted.map(|(_, value)| value.as_str().into()).collect()
}

fn indexed<'a>(tree: &'a Element, index: &str, part: Option<&str>) -> Vec<Cow<'a, str>> {
    let entries = tree
        .children
        .iter()
        .filter(|entry| entry.attribute("Key") == Some(index));
    let found = entries.filter_map(|entry| match part {
        None => Some(entry.text.as_str()),
        Some(part) => entry.child_text(part),
    });
    found.map(Cow::Borrowed).collect()
}

fn texts(tree: &Element) -> Vec<Cow<'_, str>> {
    let mut found: Vec<Cow<'_, str>> = tree.children.iter().flat_map(texts).collect();
    if !tree.text.trim().is_empty() {
        found.push(tree.text.trim().into());
    }
    found
}
