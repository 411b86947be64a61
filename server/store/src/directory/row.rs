//! Between the columns of a party and a party.

use sqlx::FromRow;
use ssi_domain::{Kind, RecordId, RecordRef, directory::Party};

use crate::{
    StoreError,
    convert::{instant_opt, parse},
};

#[derive(FromRow)]
pub(super) struct Raw {
    pub(super) slot: i64,
    kind: String,
    record_id: String,
    number: String,
    name: String,
    company: String,
    account: Option<String>,
    addresses: String,
    phones: String,
    domains: String,
    created_at: Option<i64>,
    changed_at: Option<i64>,
    obsolete: i64,
    hidden: i64,
}

/// A party with the key it was found by.
#[derive(FromRow)]
pub(super) struct Found {
    pub(super) found: String,
    #[sqlx(flatten)]
    pub(super) raw: Raw,
}

/// A party with the way it was found ([`crate::statements::directory::candidates`]) and the key that led to it.
#[derive(FromRow)]
pub(super) struct Way {
    pub(super) way: i32,
    pub(super) found: String,
    #[sqlx(flatten)]
    pub(super) raw: Raw,
}

impl Raw {
    pub(super) fn party(self) -> Result<Party, StoreError> {
        Ok(Party {
            record: RecordRef {
                kind: parse(&self.kind, "party kind")?,
                id: RecordId::new(self.record_id),
            },
            number: self.number,
            name: self.name,
            addresses: lines(&self.addresses),
            phones: lines(&self.phones),
            company: self.company,
            account: self.account.map(|id| RecordRef {
                kind: Kind::Account,
                id: RecordId::new(id),
            }),
            domains: lines(&self.domains),
            created_at: instant_opt(self.created_at)?,
            changed_at: instant_opt(self.changed_at)?,
            obsolete: self.obsolete != 0,
            hidden: self.hidden != 0,
        })
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
