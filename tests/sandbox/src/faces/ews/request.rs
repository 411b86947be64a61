//! Reads the parts requests have in common: ids, wanted fields, filters.

use jiff::Timestamp;

use super::operation::Call;
use crate::exchange::{
    BadId, Comparison, Containment, DISTINGUISHED_SETS, Exchange, ExtendedKey, ExtendedName,
    Failure, Id, Mailbox, Path, Place, Restriction, Target, known_name, version_of,
};
use crate::xml::Element;

impl From<BadId> for Failure {
    fn from(bad: BadId) -> Self {
        match bad {
            BadId::Empty => Self::ID_EMPTY,
            BadId::Malformed => Self::ID_MALFORMED,
        }
    }
}

/// An item id of a request: number and, if given, the version of its change key.
#[derive(Clone, Copy, Debug)]
pub struct ItemRef {
    /// Item number; of the series for an occurrence.
    pub key: u64,
    /// Original start, when the id is that of an occurrence.
    pub occurrence: Option<Timestamp>,
    /// Version the client believes to be current.
    pub version: Option<u64>,
}

impl ItemRef {
    /// Where it is.
    pub fn place(self) -> Place {
        Place {
            key: self.key,
            occurrence: self.occurrence,
        }
    }

    /// The same, for operations that cannot be done to a single occurrence.
    ///
    /// # Errors
    /// `ErrorCalendarCannotMoveOrCopyOccurrence`.
    pub fn whole(self) -> Result<Self, Failure> {
        match self.occurrence {
            None => Ok(self),
            Some(_) => Err(Failure::MOVE_OCCURRENCE),
        }
    }
}

/// Reads `ItemId` (of an occurrence too), `OccurrenceItemId` and `RecurringMasterItemId`.
/// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/occurrenceitemid>
///
/// # Errors
/// The failures EWS has for ids; an id of another mailbox is not found.
pub fn item_ref(mailbox: &Mailbox, element: &Element) -> Result<ItemRef, Failure> {
    let text = ["Id", "RecurringMasterId", "OccurrenceId", "RootItemId"]
        .iter()
        .find_map(|name| element.attribute(name))
        .unwrap_or_default();
    let id = Id::decode(text)?;
    if id.target != Target::Item {
        return Err(Failure::WRONG_OBJECT);
    }
    if id.mailbox != mailbox.id {
        return Err(Failure::ITEM_NOT_FOUND);
    }
    let version = match element.attribute("ChangeKey").filter(|key| !key.is_empty()) {
        None => None,
        Some(key) => Some(version_of(key).ok_or(Failure::CHANGE_KEY)?),
    };
    let occurrence = match element.name.as_str() {
        "OccurrenceItemId" => {
            let item = mailbox.item(id.key).ok_or(Failure::ITEM_NOT_FOUND)?;
            if id.part != 0 || item.data.recurrence().is_none() {
                return Err(Failure::NOT_A_MASTER);
            }
            let index = element.attribute("InstanceIndex");
            let index = index.and_then(|index| index.parse().ok());
            Some(item.data.occurrence_at(index.ok_or(Failure::REQUEST)?)?)
        }
        "RecurringMasterItemId" if id.part == 0 => return Err(Failure::NOT_AN_OCCURRENCE),
        "RecurringMasterItemId" => None,
        _ => id.occurrence(),
    };
    Ok(ItemRef {
        key: id.key,
        occurrence,
        version,
    })
}

/// Reads `FolderId` or `DistinguishedFolderId` and checks that the folder is there.
///
/// # Errors
/// The failures EWS has for folder ids; somebody else's folder is refused.
pub fn folder_ref(call: &Call<'_>, mailbox: &Mailbox, element: &Element) -> Result<u64, Failure> {
    let text = element.attribute("Id").unwrap_or_default();
    let key = if element.name == "DistinguishedFolderId" {
        let other = element
            .path(&["Mailbox", "EmailAddress"])
            .map(|e| e.text.trim());
        if other.is_some_and(|other| !other.eq_ignore_ascii_case(call.mailbox)) {
            return Err(Failure::ACCESS_DENIED);
        }
        mailbox
            .distinguished(text)
            .ok_or(Failure::FOLDER_NOT_FOUND)?
    } else {
        let id = Id::decode(text)?;
        if id.target != Target::Folder {
            return Err(Failure::WRONG_OBJECT);
        }
        if id.mailbox != mailbox.id {
            return Err(Failure::FOLDER_NOT_FOUND);
        }
        id.key
    };
    mailbox
        .folder(key)
        .map(|folder| folder.key)
        .ok_or(Failure::FOLDER_NOT_FOUND)
}

/// The folder inside a wrapper such as `ToFolderId` or `SyncFolderId`.
///
/// # Errors
/// As [`folder_ref`]; an absent or empty wrapper is an invalid request.
pub fn folder_in(
    call: &Call<'_>,
    exchange: &Exchange,
    wrapper: Option<&Element>,
) -> Result<u64, Failure> {
    let id = wrapper
        .and_then(|wrapper| wrapper.children.first())
        .ok_or(Failure::REQUEST)?;
    folder_ref(call, exchange.mailbox(call.mailbox)?, id)
}

/// Reads `ExtendedFieldURI`.
///
/// # Errors
/// `ErrorInvalidExtendedProperty`-like requests without a usable name.
pub fn extended_key(element: &Element) -> Result<ExtendedKey, Failure> {
    let kind = element
        .attribute("PropertyType")
        .ok_or(Failure::REQUEST)?
        .to_owned();
    if let Some(tag) = element.attribute("PropertyTag") {
        let tag = number(tag)
            .and_then(|tag| u16::try_from(tag).ok())
            .ok_or(Failure::REQUEST)?;
        return Ok(ExtendedKey {
            name: ExtendedName::Tag(tag),
            kind,
        });
    }
    let set = match element.attribute("DistinguishedPropertySetId") {
        Some(name) => DISTINGUISHED_SETS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, guid)| (*guid).to_owned()),
        None => element
            .attribute("PropertySetId")
            .map(|set| set.trim_matches(['{', '}']).to_ascii_lowercase()),
    };
    let set = set.ok_or(Failure::REQUEST)?;
    let name = match (
        element.attribute("PropertyName"),
        element.attribute("PropertyId"),
    ) {
        (Some(name), _) => ExtendedName::Named {
            set,
            name: name.to_owned(),
        },
        (None, Some(id)) => ExtendedName::Numbered {
            set,
            id: number(id).ok_or(Failure::REQUEST)?,
        },
        (None, None) => return Err(Failure::REQUEST),
    };
    Ok(ExtendedKey { name, kind })
}

/// Decimal or `0x` hexadecimal.
fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Reads `FieldURI`, `IndexedFieldURI` or `ExtendedFieldURI`; `None` for a field nothing here has.
///
/// # Errors
/// As [`extended_key`].
pub fn path(element: &Element) -> Result<Option<Path>, Failure> {
    let uri = element.attribute("FieldURI").unwrap_or_default();
    match element.name.as_str() {
        "ExtendedFieldURI" => extended_key(element).map(|key| Some(Path::Extended(key))),
        "IndexedFieldURI" => {
            let index = element
                .attribute("FieldIndex")
                .unwrap_or_default()
                .to_owned();
            let mut parts = uri.split(':').skip(1);
            let dictionary = match parts.next() {
                Some("InternetMessageHeader") => "InternetMessageHeaders",
                Some("EmailAddress") => "EmailAddresses",
                Some("PhoneNumber") => "PhoneNumbers",
                Some("ImAddress") => "ImAddresses",
                Some("PhysicalAddress") => "PhysicalAddresses",
                _ => return Ok(None),
            };
            Ok(Some(Path::Indexed(
                dictionary,
                index,
                parts.next().map(str::to_owned),
            )))
        }
        _ => {
            let name = uri.split_once(':').map_or(uri, |(_, name)| name);
            Ok(known_name(name).map(Path::Field))
        }
    }
}

/// The path elements a filter or sort order may name.
fn path_in(element: &Element) -> Result<Option<Path>, Failure> {
    let names = ["FieldURI", "IndexedFieldURI", "ExtendedFieldURI", "Path"];
    let found = element
        .children
        .iter()
        .find(|child| names.contains(&child.name.as_str()));
    found.map_or(Err(Failure::REQUEST), path)
}

/// Reads the filter inside `Restriction` (or a nested `And`, `Or`, `Not`).
///
/// # Errors
/// `ErrorInvalidRequest` for something that is not a filter, `ErrorUnsupportedPathForQuery` for a field that
/// cannot be searched.
pub fn restriction(element: &Element) -> Result<Restriction, Failure> {
    const UNSUPPORTED: Failure = Failure {
        code: "ErrorUnsupportedPathForQuery",
        text: "The property can not be used with this type of restriction.",
    };
    let wanted = |element: &Element| path_in(element)?.ok_or(UNSUPPORTED);
    let all = |element: &Element| {
        element
            .children
            .iter()
            .map(restriction)
            .collect::<Result<Vec<_>, Failure>>()
    };
    let compare = |comparison| {
        let constant = element
            .path(&["FieldURIOrConstant", "Constant"])
            .and_then(|constant| constant.attribute("Value"))
            .ok_or(Failure::REQUEST)?;
        Ok(Restriction::Compare(
            wanted(element)?,
            comparison,
            constant.to_owned(),
        ))
    };
    match element.name.as_str() {
        "Restriction" => restriction(element.children.first().ok_or(Failure::REQUEST)?),
        "And" => Ok(Restriction::And(all(element)?)),
        "Or" => Ok(Restriction::Or(all(element)?)),
        "Not" => {
            let inner = element.children.first().ok_or(Failure::REQUEST)?;
            Ok(Restriction::Not(Box::new(restriction(inner)?)))
        }
        "Exists" => Ok(Restriction::Exists(wanted(element)?)),
        "IsEqualTo" => compare(Comparison::Equal),
        "IsNotEqualTo" => compare(Comparison::NotEqual),
        "IsGreaterThan" => compare(Comparison::Greater),
        "IsGreaterThanOrEqualTo" => compare(Comparison::GreaterOrEqual),
        "IsLessThan" => compare(Comparison::Less),
        "IsLessThanOrEqualTo" => compare(Comparison::LessOrEqual),
        "Contains" => {
            let constant = element.child("Constant").and_then(|c| c.attribute("Value"));
            let containment = match element.attribute("ContainmentMode") {
                Some("FullString" | "ExactPhrase") => Containment::Full,
                Some("Prefixed" | "PrefixOnWords") => Containment::Prefixed,
                _ => Containment::Substring,
            };
            let comparison = element
                .attribute("ContainmentComparison")
                .unwrap_or("Exact");
            Ok(Restriction::Contains {
                path: wanted(element)?,
                containment,
                ignore_case: comparison.contains("IgnoreCase") || comparison == "Loose",
                text: constant.ok_or(Failure::REQUEST)?.to_owned(),
            })
        }
        _ => Err(Failure::REQUEST),
    }
}

/// Reads `SortOrder`: paths with a flag for descending.
///
/// # Errors
/// As [`path`].
pub fn sort_order(request: &Element) -> Result<Vec<(Path, bool)>, Failure> {
    let mut order = Vec::new();
    for field in request
        .child("SortOrder")
        .into_iter()
        .flat_map(|sort| &sort.children)
    {
        if let Some(path) = path_in(field)? {
            order.push((path, field.attribute("Order") == Some("Descending")));
        }
    }
    Ok(order)
}
