//! Creating records from the sidebar (SB-05), with what a mail says about its sender filled in.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use ssi_domain::{
    Kind, MailboxId, RecordId, RecordRef, TextFormat, Value,
    create::{self, Draft, Violation, duplicate_queries, duplicates, prefilled},
    participant::{in_places_of_mail, normalize},
    port::{CrmQuery, Hit, PartyHit, Shape},
    signature::{Mail, prefill},
};

use super::{ItemKey, UpdateLinks, open::Open};
use crate::{Engine, Error, transfer::ByHand};

/// Most links of a new record.
const MOST_LINKS: usize = 100;
/// Linking the open item may take so long; the record stands in any case.
const LINKING: std::time::Duration = std::time::Duration::from_secs(20);

/// "Create this record."
#[derive(Debug, Clone)]
pub struct CreateRecord {
    /// The click's id (AIP-155).
    pub request_id: Option<String>,
    /// Who asks; request ids are theirs.
    pub caller: String,
    /// What to make.
    pub draft: Draft,
    /// Records to link it with.
    pub links: Vec<RecordRef>,
    /// The person saw the duplicates and wants another one.
    pub allow_duplicates: bool,
    /// The open item, which is linked with the new record if it is saved.
    pub item: Option<ItemKey>,
}

/// What became of it.
#[derive(Debug, Clone)]
pub enum Creation {
    /// The record stands.
    Made(Made),
    /// Nothing was written: these look the same.
    Duplicates(Vec<(PartyHit, Option<String>)>),
}

/// A record made by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The record.
    pub record: RecordRef,
    /// Its address for a browser.
    pub url: Option<String>,
    /// The account made before it.
    pub account: Option<RecordRef>,
    /// Whether the open item is linked with it now.
    pub linked: bool,
}

impl Engine {
    /// Makes a record, the account inside it first. A repeated request id gives the first answer; a repeated click
    /// or a crash makes nothing twice.
    pub async fn create_record(
        &self,
        mailbox: MailboxId,
        request: CreateRecord,
    ) -> Result<Creation, Error> {
        let CreateRecord {
            request_id,
            caller,
            draft,
            links,
            allow_duplicates,
            item,
        } = request;
        let open = self.open_instant(mailbox).await?;
        let order = checked(&open, draft, links)?;
        let click = request_id
            .clone()
            .unwrap_or_else(|| self.parts.ids.uuid().to_string());
        let caller_key = caller.clone();
        let made = self
            .once(&caller, "CreateRecord", request_id, async {
                let engine = self.clone();
                // A task of its own: a caller who hangs up leaves no half-made pair behind.
                let work = async move {
                    let key = format!("by-hand:{caller_key}:{click}");
                    engine.make(open, order, &key, allow_duplicates).await
                };
                match tokio::spawn(work).await {
                    Ok(made) => made,
                    Err(_) => Err(Error::Busy {
                        retry_after: SignedDuration::from_secs(30),
                    }),
                }
            })
            .await;
        let mut made = match made {
            Ok(made) => made,
            Err(Error::Duplicates(found)) => return Ok(Creation::Duplicates(found)),
            Err(error) => return Err(error),
        };
        if let Some(item) = item {
            made.linked = self
                .link_open_item(mailbox, &caller, item, &made.record)
                .await;
        }
        Ok(Creation::Made(made))
    }

    async fn make(
        &self,
        mut open: Open,
        order: Order,
        key: &str,
        allow_duplicates: bool,
    ) -> Result<Made, Error> {
        let begun = self
            .parts
            .store
            .links_by_keys(&open.row.tenant, order.kind, &[key.to_owned()])
            .await?;
        let account_key = format!("{key}:account");
        let account_begun = self
            .parts
            .store
            .links_by_keys(
                &open.row.tenant,
                Kind::Account,
                std::slice::from_ref(&account_key),
            )
            .await?;
        if !allow_duplicates && begun.is_empty() && account_begun.is_empty() {
            let found = alike(&open, &order).await?;
            if !found.is_empty() {
                return Err(Error::Duplicates(found));
            }
        }
        let Order {
            kind,
            mut record,
            mut links,
            account,
        } = order;
        let mut made_account = None;
        if let Some(account) = account {
            let wanted = ByHand {
                key: account_key,
                kind: Kind::Account,
                record: account,
                links: Vec::new(),
            };
            let made = open.transfer.make_by_hand(&wanted).await?;
            links.insert(0, made.clone());
            made_account = Some(made);
        }
        if kind == Kind::Contact
            && let Some(at) = links.iter().position(|link| link.kind == Kind::Account)
        {
            // A contact belongs to its account by a field, not by a link.
            record.set("account_id", links.remove(at).id.as_str());
        }
        let wanted = ByHand {
            key: key.to_owned(),
            kind,
            record,
            links,
        };
        let made = open.transfer.make_by_hand(&wanted).await?;
        Ok(Made {
            url: open.transfer.crm().link_for_people(&made),
            record: made,
            account: made_account,
            linked: false,
        })
    }

    /// Links the open item, mail or event, if it is saved; one that is not gets the record when the person saves it.
    async fn link_open_item(
        &self,
        mailbox: MailboxId,
        caller: &str,
        item: ItemKey,
        record: &RecordRef,
    ) -> bool {
        let request = UpdateLinks {
            request_id: None,
            caller: caller.to_owned(),
            item,
            add: vec![record.clone()],
            remove: Vec::new(),
        };
        let linking = tokio::time::timeout(LINKING, self.update_links(mailbox, request));
        matches!(
            linking.await,
            Ok(Ok(changed)) if changed.links.iter().any(|link| link.record == *record)
        )
    }

    /// A draft with what the item says about a person on it: everything its signature says for the sender, the
    /// name alone for others (SRCH-03).
    pub async fn prefill_record(
        &self,
        mailbox: MailboxId,
        key: &ItemKey,
        kind: Kind,
        address: &str,
    ) -> Result<Draft, Error> {
        let open = self.open_instant(mailbox).await?;
        let (item, _) = open.item(key, Shape::Full).await?;
        let people = in_places_of_mail(&item);
        let fields = ["from", "sender", "to", "cc"];
        let wanted = normalize(address);
        let is_wanted =
            |one: &ssi_domain::Address| wanted.is_none() || normalize(&one.address) == wanted;
        let found = fields.iter().find_map(|field| {
            let people = people.addresses(field).into_iter();
            people
                .clone()
                .find(|one| is_wanted(one))
                .map(|one| (*field, one.clone()))
        });
        let Some((field, person)) = found else {
            return Err(Error::NotFound {
                what: "participant",
            });
        };
        let (body, format) = match item.record.get("body") {
            Some(Value::RichText(rich)) if matches!(field, "from" | "sender") => {
                (rich.text.as_str(), rich.format)
            }
            Some(Value::Text(text)) if matches!(field, "from" | "sender") => {
                (text.as_str(), TextFormat::Plain)
            }
            _ => ("", TextFormat::Plain),
        };
        let known = prefill(&Mail {
            body,
            format,
            display_name: &person.name,
            address: &person.address,
        });
        let address = normalize(&person.address).unwrap_or_default();
        Ok(prefilled(kind, &known, &address))
    }
}

/// A draft that was checked.
struct Order {
    kind: Kind,
    record: ssi_domain::Record,
    links: Vec<RecordRef>,
    account: Option<ssi_domain::Record>,
}

/// Checks everything before anything is written.
fn checked(open: &Open, draft: Draft, links: Vec<RecordRef>) -> Result<Order, Error> {
    let offered = &open.transfer.settings().sidebar.create;
    let kinds =
        std::iter::once(draft.kind).chain(draft.account.as_ref().map(|account| account.kind));
    for kind in kinds {
        if create::is_creatable(kind) && !offered.contains(&kind) {
            return Err(Error::NotOffered { kind });
        }
    }
    let mut wrong = Vec::new();
    let record = create::record(&draft).unwrap_or_else(|violations| {
        wrong = violations;
        ssi_domain::Record::new()
    });
    let customer = |link: &RecordRef| matches!(link.kind, Kind::Account | Kind::IndividualCustomer);
    if draft.kind == Kind::Opportunity && draft.account.is_none() && !links.iter().any(customer) {
        wrong.push(Violation {
            field: "linked_records".into(),
            why: "an opportunity needs an account or an individual customer".into(),
        });
    }
    if links.len() > MOST_LINKS {
        wrong.push(Violation {
            field: "linked_records".into(),
            why: format!("at most {MOST_LINKS} are allowed"),
        });
    }
    if !wrong.is_empty() {
        return Err(Error::InvalidFields(wrong));
    }
    let account = draft
        .account
        .and_then(|account| create::record(&account).ok());
    Ok(Order {
        kind: draft.kind,
        record,
        links,
        account,
    })
}

/// The records that look like the new ones, asked in one call.
async fn alike(open: &Open, order: &Order) -> Result<Vec<(PartyHit, Option<String>)>, Error> {
    let mut asked = vec![(order.kind, &order.record)];
    asked.extend(
        order
            .account
            .as_ref()
            .map(|account| (Kind::Account, account)),
    );
    let per: Vec<Vec<CrmQuery>> = asked
        .iter()
        .map(|(kind, record)| duplicate_queries(*kind, record))
        .collect();
    let all: Vec<CrmQuery> = per.iter().flatten().cloned().collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let mut answers = open.transfer.crm().find(&all).await?.into_iter();
    let mut found: Vec<(PartyHit, Option<String>)> = Vec::new();
    for ((kind, record), queries) in asked.into_iter().zip(&per) {
        let hits = answers.by_ref().take(queries.len()).flatten();
        let hits = hits
            .filter_map(|hit| match hit {
                Hit::Party(party) => Some(party),
                _ => None,
            })
            .collect();
        let own = order.links.iter().find(|link| link.kind == Kind::Account);
        let mut wanted = record.clone();
        if let (Kind::Contact, Some(account)) = (kind, own) {
            wanted.set("account_id", account_id(account));
        }
        for hit in duplicates(kind, &wanted, hits) {
            let url = open.transfer.crm().link_for_people(&hit.record);
            found.push((hit, url));
        }
    }
    Ok(found)
}

fn account_id(account: &RecordRef) -> &str {
    RecordId::as_str(&account.id)
}
