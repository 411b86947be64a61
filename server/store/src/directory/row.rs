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

/// Between the columns and between the rows of a packed answer: in no text of a party ([`super::put`]).
pub(super) const COLUMN: char = '\u{1f}';
pub(super) const ROW: char = '\u{1e}';

/// A party with the way it was found and the key that led to it ([`crate::statements::directory::candidates`]).
pub(super) struct Way {
    pub(super) way: u8,
    pub(super) found: String,
    pub(super) raw: Raw,
}

impl Way {
    /// Reads a packed answer.
    pub(super) fn read_all(answer: Option<String>) -> Result<Vec<Self>, StoreError> {
        let answer = answer.unwrap_or_default();
        let rows = answer.split(ROW).filter(|row| !row.is_empty());
        rows.map(Self::read).collect()
    }

    /// Reads a row of a packed answer.
    fn read(row: &str) -> Result<Self, StoreError> {
        let corrupt = || StoreError::Corrupt("packed party".into());
        let columns: Vec<&str> = row.split(COLUMN).collect();
        let [
            way,
            found,
            slot,
            kind,
            record_id,
            number,
            name,
            company,
            account,
            addresses,
            phones,
            domains,
            created_at,
            changed_at,
            obsolete,
            hidden,
        ] = columns[..]
        else {
            return Err(corrupt());
        };
        let whole = |text: &str| text.parse::<i64>().map_err(|_| corrupt());
        let optional = |text: &str| match text {
            "" => Ok(None),
            _ => whole(text).map(Some),
        };
        Ok(Self {
            way: way.parse().map_err(|_| corrupt())?,
            found: found.to_owned(),
            raw: Raw {
                slot: whole(slot)?,
                kind: kind.to_owned(),
                record_id: record_id.to_owned(),
                number: number.to_owned(),
                name: name.to_owned(),
                company: company.to_owned(),
                account: (!account.is_empty()).then(|| account.to_owned()),
                addresses: addresses.to_owned(),
                phones: phones.to_owned(),
                domains: domains.to_owned(),
                created_at: optional(created_at)?,
                changed_at: optional(changed_at)?,
                obsolete: whole(obsolete)?,
                hidden: whole(hidden)?,
            },
        })
    }
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
