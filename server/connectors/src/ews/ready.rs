//! Making a batch of writes ready: what each one sends, and which need not be sent at all.

use std::collections::BTreeMap;

use ssi_domain::{
    ItemId, Kind, Record, Version,
    port::{Item, ItemWrite, LinkStamp, PortError, Shape, WriteDone},
};

use super::{
    client::{AnswerSize, Call, Ews},
    encode::{self, Act, Ground, Part},
    failure::{About, CallError},
    op::{
        get_item::{self, GetItem},
        update_item,
    },
    plan::Class,
    property::{CRM_LINK, link_text},
    write::Outcome,
};
use crate::http::Intent;

/// A write that is ready.
#[derive(Debug)]
pub(super) enum Ready {
    /// Its element.
    Text(String),
    /// The operation needs ids only.
    Id,
    /// Nothing is to be sent.
    Decided(Outcome),
}

impl Ready {
    /// The element to send.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Id | Self::Decided(_) => None,
        }
    }
}

/// Items as they stand: `None` where there is none any more.
type Standing<T> = BTreeMap<ItemId, Result<Option<T>, PortError>>;

impl Ews {
    /// Makes writes that are alike ready, reading what they rest on in one call.
    pub(super) async fn make_ready(&self, batch: &[ItemWrite]) -> Result<Vec<Ready>, CallError> {
        let mut items: Standing<Item> = BTreeMap::new();
        let asked: Vec<ItemId> = batch
            .iter()
            .filter_map(|write| match write {
                ItemWrite::Update {
                    item, kind, set, ..
                } if encode::needs_now(*kind, set) => Some(item.clone()),
                _ => None,
            })
            .collect();
        if !asked.is_empty() {
            let read = self.items(&asked, Shape::Headers).await;
            items = asked
                .into_iter()
                .zip(read.map_err(CallError::Port)?)
                .collect();
        }
        let deleted: Vec<ItemId> = batch
            .iter()
            .filter_map(|write| match write {
                ItemWrite::Delete { item, .. } => Some(item.clone()),
                _ => None,
            })
            .collect();
        let versions = self.versions(&deleted).await?;
        Ok(batch
            .iter()
            .map(|write| self.one_ready(write, &items, &versions))
            .collect())
    }

    fn one_ready(
        &self,
        write: &ItemWrite,
        items: &Standing<Item>,
        versions: &Standing<Version>,
    ) -> Ready {
        match write {
            ItemWrite::Move { .. } => Ready::Id,
            ItemWrite::Mark {
                item,
                version,
                categories,
                link,
            } => {
                let mut parts = vec![Part::categories(categories)];
                parts.extend(link.as_ref().map(link_part));
                let class = self.seen.class(item).unwrap_or(Class::Message);
                Ready::Text(update_item::change(item, version, class, &parts))
            }
            ItemWrite::Create {
                kind,
                record,
                categories,
                link,
                ..
            } => self.creation(*kind, record, categories, link),
            ItemWrite::Update { item, version, .. } => {
                let now = items.get(item);
                match standing(now, version, "UpdateItem", |now| &now.version) {
                    Ok(now) => self.change(write, now),
                    Err(error) => Ready::Decided(Err(error)),
                }
            }
            ItemWrite::Delete { item, version } => {
                let now = versions.get(item);
                match standing(now, version, "DeleteItem", |now| now) {
                    Ok(_) => Ready::Id,
                    Err(error) => Ready::Decided(Err(error)),
                }
            }
        }
    }

    fn creation(
        &self,
        kind: Kind,
        record: &Record,
        categories: &[String],
        link: &LinkStamp,
    ) -> Ready {
        let ground = Ground {
            plans: &self.plans,
            kind,
            set: record,
            now: None,
            act: Act::Create,
            version: self.version(),
        };
        match (encode::parts(&ground), Class::of_kind(kind)) {
            (Ok(mut parts), Some(class)) => {
                parts.push(Part::categories(categories));
                parts.push(link_part(link));
                Ready::Text(encode::item(class, parts))
            }
            (Err(error), _) => Ready::Decided(Err(error)),
            (Ok(_), None) => Ready::Decided(Err(PortError::item("CreateItem: no such class"))),
        }
    }

    fn change(&self, write: &ItemWrite, now: Option<&Item>) -> Ready {
        let ItemWrite::Update {
            item,
            version,
            kind,
            set,
            categories,
            link,
        } = write
        else {
            return Ready::Id;
        };
        let read = now.map(|now| of_kind(&now.record, *kind));
        let ground = Ground {
            plans: &self.plans,
            kind: *kind,
            set,
            now: read.as_ref(),
            act: Act::Update,
            version: self.version(),
        };
        let mut parts = match encode::parts(&ground) {
            Ok(parts) => parts,
            Err(error) => return Ready::Decided(Err(error)),
        };
        parts.extend(categories.as_deref().map(Part::categories));
        parts.extend(link.as_ref().map(link_part));
        if parts.is_empty() {
            // Nothing this backend keeps: the item stands as it was decided.
            return Ready::Decided(Ok(WriteDone {
                id: item.clone(),
                version: Some(version.clone()),
            }));
        }
        let class = Class::of_kind(*kind).unwrap_or(Class::Message);
        Ready::Text(update_item::change(item, version, class, &parts))
    }

    /// The versions items stand at. DeleteItem does not look at change keys on most servers, so that a
    /// change made meanwhile would be lost.
    async fn versions(&self, ids: &[ItemId]) -> Result<Standing<Version>, CallError> {
        const OPERATION: &str = "GetItem";
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let body = |_| get_item::version_body(ids);
        let call = Call {
            operation: OPERATION,
            intent: Intent::Read,
            body: &body,
        };
        let messages = self.call::<GetItem>(&call, AnswerSize::Normal).await?;
        if messages.len() != ids.len() {
            let detail = format!("{OPERATION}: {} answers to {}", messages.len(), ids.len());
            return Err(CallError::Port(PortError::answer(detail)));
        }
        let one = |message: Result<GetItem, super::failure::Failure>| match message {
            Ok(found) => match found.item.and_then(|draft| draft.version()) {
                Some(version) => Ok(Some(version)),
                None => Err(PortError::answer(format!("{OPERATION}: no version"))),
            },
            Err(failure) if failure.not_found() => Ok(None),
            Err(failure) => Err(failure.to_port(OPERATION, About::Item, Intent::Read)),
        };
        Ok(ids
            .iter()
            .cloned()
            .zip(messages.into_iter().map(one))
            .collect())
    }
}

/// The item a write rests on, if it was read; an error when it moved on or is gone.
fn standing<'a, T>(
    now: Option<&'a Result<Option<T>, PortError>>,
    version: &Version,
    operation: &str,
    version_of: impl Fn(&T) -> &Version,
) -> Result<Option<&'a T>, PortError> {
    match now {
        None => Ok(None),
        Some(Err(error)) => Err(error.clone()),
        Some(Ok(None)) => Err(PortError::Gone {
            detail: format!("{operation}: ErrorItemNotFound"),
        }),
        Some(Ok(Some(now))) if version_of(now) == version => Ok(Some(now)),
        Some(Ok(Some(_))) => Err(PortError::Stale {
            detail: format!("{operation}: the change key moved on"),
        }),
    }
}

fn link_part(link: &LinkStamp) -> Part {
    Part::hidden(CRM_LINK, &link_text(link))
}

/// The record as a kind's own: fields that the kind keeps elsewhere stand under a name of their own.
fn of_kind(record: &Record, kind: Kind) -> Record {
    let mut own = record.clone();
    let suffix = format!("@{kind}");
    for (name, value) in record.iter() {
        if let Some(plain) = name.strip_suffix(&suffix) {
            own.set(plain, value.clone());
        }
    }
    own
}
