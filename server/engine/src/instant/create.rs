//! Creating records from the sidebar (SB-05), with what a mail says about its sender filled in.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use ssi_domain::{
    Kind, MailboxId, Record, RecordId, RecordRef, TextFormat, Value,
    create::{
        self, Draft, Violation, duplicate_queries, duplicates, names, prefilled, same_addresses,
    },
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
    /// The contact made before it.
    #[serde(default)]
    pub contact: Option<RecordRef>,
    /// Whether the open item is linked with it now.
    pub linked: bool,
}

impl Engine {
    /// Makes a record, the account and the contact inside it first. A repeated request id gives the first answer; a repeated click
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
        if !allow_duplicates && !self.begun(&open, &order, key).await? {
            let found = self.alike(&open, &order).await?;
            if !found.is_empty() {
                return Err(Error::Duplicates(found));
            }
        }
        let Order {
            kind,
            record,
            mut links,
            account,
            contact,
        } = order;
        let mut made_account = None;
        if let Some(account) = account {
            let key = format!("{key}:account");
            let made = one(&mut open, key, Kind::Account, account, Vec::new()).await?;
            links.insert(0, made.clone());
            made_account = Some(made);
        }
        let mut made_contact = None;
        if let Some(contact) = contact {
            let key = format!("{key}:contact");
            // The account stays a link of the record itself.
            let account = links.iter().find(|link| link.kind == Kind::Account);
            let account = account.cloned().into_iter().collect();
            let made = one(&mut open, key, Kind::Contact, contact, account).await?;
            links.insert(0, made.clone());
            made_contact = Some(made);
        }
        let made = one(&mut open, key.to_owned(), kind, record, links).await?;
        Ok(Made {
            url: open.transfer.crm().link_for_people(&made),
            record: made,
            account: made_account,
            contact: made_contact,
            linked: false,
        })
    }

    /// Whether this click has made something already: then its own records are no duplicates.
    async fn begun(&self, open: &Open, order: &Order, key: &str) -> Result<bool, Error> {
        let of_click = [
            (order.kind, key.to_owned()),
            (Kind::Account, format!("{key}:account")),
            (Kind::Contact, format!("{key}:contact")),
        ];
        for (kind, key) in of_click {
            let store = &self.parts.store;
            let rows = store.links_by_keys(&open.row.tenant, kind, &[key]).await?;
            if !rows.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The records that look like the new ones: what the CRM says in one call, and what the directory knows under
    /// other spellings of the address and the name.
    async fn alike(
        &self,
        open: &Open,
        order: &Order,
    ) -> Result<Vec<(PartyHit, Option<String>)>, Error> {
        let asked = order.records();
        let per: Vec<Vec<CrmQuery>> = asked
            .iter()
            .map(|(kind, record)| duplicate_queries(*kind, record))
            .collect();
        let all: Vec<CrmQuery> = per.iter().flatten().cloned().collect();
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let mut answers = open.transfer.crm().find(&all).await?.into_iter();
        let own = order.links.iter().find(|link| link.kind == Kind::Account);
        let company = self.company_of(open, order, own).await?;
        let mut found: Vec<(PartyHit, Option<String>)> = Vec::new();
        for ((kind, record), queries) in asked.into_iter().zip(&per) {
            let hits = answers.by_ref().take(queries.len()).flatten();
            let hits = hits.filter_map(|hit| match hit {
                Hit::Party(party) => Some(party),
                _ => None,
            });
            let mut hits: Vec<PartyHit> = hits.collect();
            let company = match kind {
                Kind::Contact => company.as_str(),
                Kind::Lead => record.text("company"),
                _ => "",
            };
            hits.extend(self.known_alike(open, kind, record, company).await?);
            let mut wanted = record.clone();
            if let (Kind::Contact, Some(account)) = (kind, own) {
                wanted.set("account_id", account_id(account));
            }
            for hit in duplicates(kind, &wanted, hits) {
                if found.iter().all(|(one, _)| one.record != hit.record) {
                    let url = open.transfer.crm().link_for_people(&hit.record);
                    found.push((hit, url));
                }
            }
        }
        Ok(found)
    }

    async fn known_alike(
        &self,
        open: &Open,
        kind: Kind,
        record: &Record,
        company: &str,
    ) -> Result<Vec<PartyHit>, Error> {
        let (store, tenant) = (&self.parts.store, &open.row.tenant);
        if duplicate_queries(kind, record).is_empty() {
            return Ok(Vec::new());
        }
        let addresses = same_addresses(record);
        let mut known = store.parties_by_address(tenant, &addresses).await?;
        for name in names(kind, record) {
            known.extend(store.parties_named(tenant, kind, &name, company).await?);
        }
        Ok(known)
    }

    /// The company a new contact will belong to, as people read it.
    async fn company_of(
        &self,
        open: &Open,
        order: &Order,
        account: Option<&RecordRef>,
    ) -> Result<String, Error> {
        if let Some(account) = &order.account {
            return Ok(account.text("name").to_owned());
        }
        let Some(account) = account else {
            return Ok(String::new());
        };
        let store = &self.parts.store;
        let known = store
            .accounts_by_ids(&open.row.tenant, std::slice::from_ref(account))
            .await?;
        let name = known.into_iter().next().map(|account| account.name);
        Ok(name.unwrap_or_default())
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
    record: Record,
    links: Vec<RecordRef>,
    account: Option<Record>,
    contact: Option<Record>,
}

impl Order {
    /// Everything that is going to be made, the record itself first.
    fn records(&self) -> Vec<(Kind, &Record)> {
        let account = self.account.iter().map(|record| (Kind::Account, record));
        let contact = self.contact.iter().map(|record| (Kind::Contact, record));
        let own = std::iter::once((self.kind, &self.record));
        own.chain(contact).chain(account).collect()
    }
}

/// Makes one record. A contact belongs to its account by a field, not by a link.
async fn one(
    open: &mut Open,
    key: String,
    kind: Kind,
    mut record: Record,
    mut links: Vec<RecordRef>,
) -> Result<RecordRef, Error> {
    if kind == Kind::Contact
        && let Some(at) = links.iter().position(|link| link.kind == Kind::Account)
    {
        record.set("account_id", links.remove(at).id.as_str());
    }
    let wanted = ByHand {
        key,
        kind,
        record,
        links,
    };
    open.transfer.make_by_hand(&wanted).await
}

/// Checks everything before anything is written.
fn checked(open: &Open, draft: Draft, links: Vec<RecordRef>) -> Result<Order, Error> {
    let offered = &open.transfer.settings().sidebar.create;
    let contact = draft.contact.as_deref();
    let account = draft.account.as_deref();
    let account = account.or_else(|| contact.and_then(|contact| contact.account.as_deref()));
    let inside = contact.into_iter().chain(account).map(|inner| inner.kind);
    for kind in std::iter::once(draft.kind).chain(inside) {
        if create::is_creatable(kind) && !offered.contains(&kind) {
            return Err(Error::NotOffered { kind });
        }
    }
    let mut wrong = Vec::new();
    let record = create::record(&draft).unwrap_or_else(|violations| {
        wrong = violations;
        Record::new()
    });
    let customer = |link: &RecordRef| matches!(link.kind, Kind::Account | Kind::IndividualCustomer);
    if draft.kind == Kind::Opportunity && account.is_none() && !links.iter().any(customer) {
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
    // Checked with the whole; what stands inside them is made before them.
    let sound = |inner: Option<&Draft>| inner.and_then(|inner| create::record(inner).ok());
    let (account, contact) = (sound(account), sound(contact));
    Ok(Order {
        kind: draft.kind,
        record,
        links,
        account,
        contact,
    })
}

fn account_id(account: &RecordRef) -> &str {
    RecordId::as_str(&account.id)
}
