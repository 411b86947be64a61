//! Parties as the database hands them over: one text of many rows. SQLite's driver hands rows from thread to thread one by
//! one, which takes longer than finding them.

use ssi_domain::{Kind, RecordId, RecordRef, directory::Party};

use crate::{
    StoreError,
    convert::{instant_opt, parse},
    statements::directory::{COLUMN, ROW},
};

/// Reads the parties of a packed answer, with their slots ([`crate::statements::directory`]).
pub(super) fn unpack(answer: Option<&str>) -> Result<Vec<(i64, Party)>, StoreError> {
    let rows = answer.unwrap_or_default().split(ROW);
    rows.filter(|row| !row.is_empty()).map(party).collect()
}

fn party(row: &str) -> Result<(i64, Party), StoreError> {
    let corrupt = || StoreError::Corrupt("packed party".into());
    let mut columns = row.split(COLUMN);
    let mut text = || columns.next().ok_or_else(corrupt);
    let whole = |text: &str| text.parse::<i64>().map_err(|_| corrupt());
    let instant = |text: &str| match text {
        "" => Ok(None),
        _ => instant_opt(Some(whole(text)?)),
    };
    let slot = whole(text()?)?;
    let party = Party {
        record: RecordRef {
            kind: parse(text()?, "party kind")?,
            id: RecordId::new(text()?),
        },
        number: text()?.to_owned(),
        name: text()?.to_owned(),
        company: text()?.to_owned(),
        account: Some(text()?).filter(|id| !id.is_empty()).map(account),
        addresses: lines(text()?),
        phones: lines(text()?),
        domains: lines(text()?),
        created_at: instant(text()?)?,
        changed_at: instant(text()?)?,
        obsolete: whole(text()?)? != 0,
        hidden: whole(text()?)? != 0,
    };
    match columns.next() {
        None => Ok((slot, party)),
        Some(_) => Err(corrupt()),
    }
}

fn account(id: &str) -> RecordRef {
    RecordRef {
        kind: Kind::Account,
        id: RecordId::new(id),
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
