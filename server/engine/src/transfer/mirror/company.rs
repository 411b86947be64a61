//! From a contact's company to its account (CON-30 to CON-36): found by its exact name, found as the only one that
//! contains it, or made, once per company and tenant.

use jiff::Timestamp;
use ssi_domain::{
    Kind, ReasonCode, Record, Value, Versioned,
    mapping::Table,
    mirror::{earliest_account, only_account},
    plan::Effect,
    port::{CrmQuery, CrmWrite, PartyHit},
    transform::truncate,
};

use super::{End, File, Transfer, account::parties, claim::Claim, resolve::Made};
use crate::Error;

/// Accounts looked at whose name contains a company. A full answer may hide others: it is no single match.
const MOST_ALIKE: usize = 50;
/// Letters a text must have to be looked for inside of names; two letters are in half of them.
const LEAST_TO_SEARCH: usize = 3;

/// What a company came to.
#[derive(Debug, Clone)]
pub(in crate::transfer) enum Account {
    /// Its account.
    Is(Box<PartyHit>),
    /// There is none and none is made, for this reason.
    None(ReasonCode),
    /// Another session is making it, or nobody knows whether it was made.
    Later,
}

impl Transfer {
    /// Finds or makes the accounts of contacts that are about to be written with another company. A contact whose
    /// account another session is making waits for it.
    pub(super) async fn find_accounts(
        &mut self,
        files: &mut [File],
        now: Timestamp,
    ) -> Result<(), Error> {
        for file in files.iter_mut().filter(|file| file.open() && !file.again) {
            file.account = None;
            let Some(company) = wanted_company(file) else {
                continue;
            };
            match self.account_of(file, &company, now).await? {
                Account::Is(hit) => file.account = Some(*hit),
                Account::None(code) => {
                    let has_one = file
                        .crm
                        .there()
                        .is_some_and(|crm| !account_id(crm).is_empty());
                    let code = if has_one {
                        ReasonCode::AccountMissing
                    } else {
                        code
                    };
                    file.resolved.note("CON-33", code, "company");
                }
                Account::Later => {
                    if let Some(link) = file.link.take() {
                        self.let_go(link).await?;
                    }
                    file.end = Some(End::Later);
                }
            }
        }
        Ok(())
    }

    /// The account of a company. An error is one of the whole tenant: the contact waits with everything else.
    async fn account_of(
        &mut self,
        file: &mut File,
        company: &str,
        now: Timestamp,
    ) -> Result<Account, Error> {
        let name = as_name(company);
        let key = name.to_lowercase();
        if let Some(known) = self.accounts.get(&key) {
            return Ok(known.clone());
        }
        let found = match self.called(&name).await? {
            Some(hit) => Account::Is(Box::new(hit)),
            None => match self.only_alike(&name).await? {
                Some(hit) => Account::Is(Box::new(hit)),
                None => self.make_account(file, &name, now).await?,
            },
        };
        if !matches!(found, Account::Later) {
            self.accounts.insert(key, found.clone());
        }
        Ok(found)
    }

    /// CON-31.
    pub(super) async fn called(&self, name: &str) -> Result<Option<PartyHit>, Error> {
        let query = CrmQuery::ByName {
            kind: Kind::Account,
            name: name.to_owned(),
        };
        let exact = parties(self.crm.find(&[query]).await?);
        Ok(earliest_account(&exact).cloned())
    }

    /// CON-32, CON-36.
    pub(super) async fn only_alike(&self, name: &str) -> Result<Option<PartyHit>, Error> {
        if name.chars().count() < LEAST_TO_SEARCH {
            return Ok(None);
        }
        let query = CrmQuery::Search {
            kind: Kind::Account,
            text: name.to_owned(),
            limit: MOST_ALIKE,
        };
        let alike = parties(self.crm.find(&[query]).await?);
        let whole = alike.len() < MOST_ALIKE;
        Ok(only_account(name, &alike).filter(|_| whole).cloned())
    }

    /// CON-33: made unless accounts are read only (CON-23), under a reservation: two mailboxes that meet a company
    /// at the same moment make one account of it.
    async fn make_account(
        &mut self,
        file: &mut File,
        name: &str,
        now: Timestamp,
    ) -> Result<Account, Error> {
        if self.settings.mirror.accounts_read_only {
            return Ok(Account::None(ReasonCode::AccountReadOnly));
        }
        let key = self.reservation("company", &name.to_lowercase());
        let link = match self.claim_pair(Kind::Account, &key).await? {
            Claim::Held => return Ok(Account::Later),
            Claim::Stands(_, record) => {
                // Renamed or not, it is this company's; deleted, it was deleted by somebody.
                let hit = self.standing(&record).await?;
                return Ok(
                    hit.map_or(Account::None(ReasonCode::AccountMissing), |hit| {
                        Account::Is(Box::new(hit))
                    }),
                );
            }
            Claim::Fresh(link) | Claim::Left(link) => link,
        };
        // What was read before the reservation may be older than another session's account.
        if let Some(hit) = self.called(name).await? {
            self.complete_pair(link, &hit.record, None).await?;
            return Ok(Account::Is(Box::new(hit)));
        }
        let write = self.account_write(name);
        Ok(match self.make(file, link, write, now).await? {
            Made::Stands(hit) => {
                let detail = format!("{} {}", hit.record.kind, hit.record.id);
                file.resolved
                    .note("CON-33", ReasonCode::AccountMade, detail);
                Account::Is(hit)
            }
            Made::No(_) => Account::None(ReasonCode::AccountMissing),
            Made::Later => Account::Later,
        })
    }
}

impl Transfer {
    /// The account of a contact's company.
    pub(super) fn account_write(&self, name: &str) -> CrmWrite {
        let mut record = Record::new().with("name", name);
        if let Some(country) = &self.settings.mirror.default_country {
            record.set("country", Value::Choice(country.clone()));
        }
        CrmWrite::Create {
            kind: Kind::Account,
            identity_key: String::new(),
            record,
            // Nobody owns it yet: it comes down to nobody who did not ask for it (CFG-02).
            parties: Vec::new(),
            attachments: Vec::new(),
        }
    }
}

/// The company whose account a contact needs that is about to be written; none for an empty one (CON-35).
pub(super) fn wanted_company(file: &File) -> Option<String> {
    let effects = &file.plan.as_ref()?.effects;
    let set = effects.iter().find_map(|effect| match effect {
        Effect::CreateRecord { kind, record, .. } => (*kind == Kind::Contact).then_some(record),
        Effect::UpdateRecord { record, set, .. } => (record.kind == Kind::Contact).then_some(set),
        _ => None,
    })?;
    let company = set.text("company").trim();
    (!company.is_empty()).then(|| company.to_owned())
}

/// Puts the account in the place of the company: the CRM derives the name from the relation. A company without an
/// account, or with the one that stands there, leaves the relation as it is. `None`: nothing is left to write.
pub(super) fn refer(mut write: CrmWrite, file: &mut File) -> Option<CrmWrite> {
    let fields = match &mut write {
        CrmWrite::Create { kind, record, .. } if *kind == Kind::Contact => record,
        CrmWrite::Update { record, set, .. } if record.kind == Kind::Contact => set,
        _ => return Some(write),
    };
    let company = fields.remove("company");
    file.sent.remove("company");
    let stands = file.crm.there().map(account_id).unwrap_or_default();
    if let Some(hit) = file
        .account
        .as_ref()
        .filter(|hit| hit.number.is_empty() || hit.number != stands)
    {
        fields.set("account_id", reference(hit));
        let name = Value::Text(hit.name.clone());
        file.sent.set(
            "company",
            company.filter(|_| hit.name.is_empty()).unwrap_or(name),
        );
    }
    match &write {
        CrmWrite::Update {
            set, parties: None, ..
        } if set.iter().next().is_none() => None,
        _ => Some(write),
    }
}

fn account_id(crm: &Versioned<Record>) -> &str {
    crm.value.text("account_id")
}

/// A company as the name of an account: as long as those are.
pub(super) fn as_name(company: &str) -> String {
    let rows = Table::of(Kind::Account).map(Table::rows);
    let row = rows.and_then(|rows| rows.iter().find(|row| row.name == "name"));
    let most = row.and_then(|row| row.max_chars).unwrap_or(usize::MAX);
    truncate(company.trim(), most).trim().to_owned()
}

/// What a contact names its account by: the number, or the key of one just made.
fn reference(hit: &PartyHit) -> String {
    match hit.number.is_empty() {
        true => hit.record.id.to_string(),
        false => hit.number.clone(),
    }
}
