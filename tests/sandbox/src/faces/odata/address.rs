//! What a URL below the service root points to.

use percent_encoding::percent_decode_str;

use crate::crm::{EntitySet, Refusal, Schema};

/// The part of an entity or set that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The rows or the row itself.
    Whole,
    /// The number of rows.
    Count,
    /// One property.
    Property(usize),
    /// The raw value of one property.
    RawProperty(usize),
}

/// What a URL points to.
#[derive(Debug, Clone)]
pub enum Address {
    /// The service document.
    Service,
    /// `$metadata`.
    Metadata,
    /// `$batch`.
    Batch,
    /// A function import.
    Function(String),
    /// The rows of a set, or of the parent's part of it.
    Rows {
        /// The set.
        set: &'static EntitySet,
        /// The entity that was navigated from, with the navigation name.
        from: Option<(&'static EntitySet, String, &'static str)>,
        /// Rows or their number.
        part: Part,
    },
    /// One entity.
    Entity {
        /// Its set.
        set: &'static EntitySet,
        /// Its ObjectID.
        key: String,
        /// The whole or one property.
        part: Part,
    },
    /// The one entity a to-one navigation leads to.
    Linked {
        /// The set navigated from.
        set: &'static EntitySet,
        /// The key navigated from.
        key: String,
        /// The navigation.
        navigation: &'static str,
    },
}

impl Address {
    /// A short stable name for counting, such as `EMailCollection` or `EMailCollection/EMailNotes`.
    pub fn name(&self) -> String {
        let part = |part: &Part| match part {
            Part::Count => "/$count",
            Part::RawProperty(_) => "/$value",
            _ => "",
        };
        match self {
            Self::Service => "$service".to_owned(),
            Self::Metadata => "$metadata".to_owned(),
            Self::Batch => "$batch".to_owned(),
            Self::Function(name) => name.clone(),
            Self::Rows { set, from, part: p } => match from {
                Some((parent, _, navigation)) => {
                    format!("{}/{navigation}{}", parent.name, part(p))
                }
                None => format!("{}{}", set.name, part(p)),
            },
            Self::Entity { set, part: p, .. } => format!("{}{}", set.name, part(p)),
            Self::Linked {
                set, navigation, ..
            } => format!("{}/{navigation}", set.name),
        }
    }
}

/// Longest path below the service root, segments.
const MOST_SEGMENTS: usize = 8;

/// Function imports the sandbox offers.
pub const FUNCTIONS: [&str; 2] = ["IdentityGetLoggedInUserInfo", "CheckForDuplicates"];

/// Reads a path below the service root.
///
/// # Errors
/// Unknown sets, navigations and properties are not found; a broken key is malformed.
pub fn parse(path: &str) -> Result<Address, Refusal> {
    let segments: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    if segments.len() > MOST_SEGMENTS {
        return Err(Refusal::Malformed("the path is too long".to_owned()));
    }
    let Some((first, rest)) = segments.split_first() else {
        return Ok(Address::Service);
    };
    let first = decode(first)?;
    match first.as_str() {
        "$metadata" => return Ok(Address::Metadata),
        "$batch" => return Ok(Address::Batch),
        name if FUNCTIONS.contains(&name) => return Ok(Address::Function(first)),
        _ => {}
    }
    let (name, key) = split_key(&first)?;
    let set = Schema::standard().set(name);
    let set = set.ok_or_else(|| Refusal::NotFound(name.to_owned()))?;
    let mut address = at(set, key, None);
    for segment in rest {
        address = step(address, &decode(segment)?)?;
    }
    Ok(address)
}

fn at(
    set: &'static EntitySet,
    key: Option<String>,
    from: Option<(&'static EntitySet, String, &'static str)>,
) -> Address {
    match key {
        Some(key) => Address::Entity {
            set,
            key,
            part: Part::Whole,
        },
        None => Address::Rows {
            set,
            from,
            part: Part::Whole,
        },
    }
}

fn step(address: Address, segment: &str) -> Result<Address, Refusal> {
    let unknown = || Refusal::NotFound(segment.to_owned());
    match address {
        Address::Rows {
            set,
            from,
            part: Part::Whole,
        } if segment == "$count" => Ok(Address::Rows {
            set,
            from,
            part: Part::Count,
        }),
        Address::Entity {
            set,
            key,
            part: Part::Property(at),
        } if segment == "$value" => Ok(Address::Entity {
            set,
            key,
            part: Part::RawProperty(at),
        }),
        Address::Entity {
            set,
            key,
            part: Part::Whole,
        } => {
            let (name, inner) = split_key(segment)?;
            if name == "$links" {
                return Err(Refusal::NotImplemented("$links".to_owned()));
            }
            if let Some(at) = set.position(name) {
                return Ok(Address::Entity {
                    set,
                    key,
                    part: Part::Property(at),
                });
            }
            let navigation = set.navigation(name).ok_or_else(unknown)?;
            let target = Schema::standard().set(navigation.target);
            let target = target.ok_or_else(unknown)?;
            if navigation.many {
                return Ok(at(target, inner, Some((set, key, navigation.name))));
            }
            Ok(Address::Linked {
                set,
                key,
                navigation: navigation.name,
            })
        }
        _ => Err(unknown()),
    }
}

/// Percent-decodes a segment.
fn decode(segment: &str) -> Result<String, Refusal> {
    let decoded = percent_decode_str(segment).decode_utf8();
    let decoded = decoded.map_err(|_| Refusal::Malformed("the path is not UTF-8".to_owned()))?;
    Ok(decoded.into_owned())
}

/// Splits `Set('KEY')` into name and key; several key parts leave the code of a code list.
fn split_key(segment: &str) -> Result<(&str, Option<String>), Refusal> {
    let Some((name, rest)) = segment.split_once('(') else {
        return Ok((segment, None));
    };
    let malformed = || Refusal::Malformed(format!("the key of {name} cannot be read"));
    let inner = rest.strip_suffix(')').ok_or_else(malformed)?;
    if inner.is_empty() {
        return Ok((name, None));
    }
    let code = inner
        .split_once("Code=")
        .or_else(|| inner.split_once("ObjectID="));
    let quoted = code.map_or(inner, |(_, quoted)| quoted);
    let key = quoted
        .trim()
        .strip_prefix('\'')
        .and_then(|key| key.split_inclusive('\'').next().map(|_| key))
        .ok_or_else(malformed)?;
    Ok((name, Some(unquote(key).ok_or_else(malformed)?)))
}

/// Reads up to the closing quote; two quotes are one.
fn unquote(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\'' {
            out.push(c);
        } else if chars.next_if_eq(&'\'').is_some() {
            out.push('\'');
        } else {
            return Some(out);
        }
    }
    None
}
