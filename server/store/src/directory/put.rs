//! Writing parties: each at a new slot, its old one taken out everywhere.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sqlx::AssertSqlSafe;
use ssi_domain::{
    Kind, RecordRef, TenantId,
    directory::{Party, Posting, SLOTS, party_keys},
};

use super::row::unpack;
use crate::{
    StoreError,
    convert::micros,
    dialect::{LONGEST_LIST, padded, parts_of, placeholders},
    page::last_of_each,
    pool::{Tx, on_tx},
    statements::directory as sql,
};

/// Longest text kept of one property, in bytes.
const LONGEST_TEXT: usize = 2_000;

/// Rows of one statement, of few columns and of many: a page has thousands of rows, and the driver of SQLite looks for
/// each variable's name among all of a statement.
const FEW_COLUMNS: [usize; 3] = [128, 16, 1];
const MANY_COLUMNS: [usize; 3] = [16, 4, 1];

/// Postings that change: per chunk and key the slots to take out and to put in.
type Changes = BTreeMap<i64, BTreeMap<i64, (Vec<u16>, Vec<u16>)>>;

/// Puts parties; of several of one record the last counts. Those that are known and unchanged are passed over.
pub(crate) async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    parties: &[Party],
) -> Result<(), StoreError> {
    put_some(tx, tenant, parties, false).await
}

/// Puts parties; `only_new`: those that are known are left as they are.
pub(super) async fn put_some(
    tx: &mut Tx,
    tenant: &TenantId,
    parties: &[Party],
    only_new: bool,
) -> Result<(), StoreError> {
    if parties.is_empty() {
        return Ok(());
    }
    // Before anything is read: what is known must not change meanwhile.
    lock(tx, tenant).await?;
    let parties: Vec<&Party> = parties.iter().collect();
    let parties = last_of_each(&parties, |party| party.record.clone());
    let parties: Vec<Party> = parties.into_iter().map(|party| storable(party)).collect();
    let mut known = known(tx, tenant, &parties).await?;
    let mut old = Vec::new();
    let mut new = Vec::new();
    for party in &parties {
        match known.remove(&party.record) {
            Some((_, before)) if only_new || before == *party => {}
            Some(before) => {
                old.push(before);
                new.push(party);
            }
            None => new.push(party),
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let mut changes = Changes::new();
    take_out(tx, tenant, &old, &mut changes).await?;
    let first = take_slots(tx, tenant, new.len()).await?;
    let slotted: Vec<(i64, &Party)> = (first..).zip(new).collect();
    for (slot, party) in &slotted {
        note(&mut changes, *slot, party, true);
    }
    insert(tx, tenant, &slotted).await?;
    write_postings(tx, tenant, changes).await?;
    tell_planner(tx, first, slotted.len()).await
}

/// Lets PostgreSQL look at the directory each time it has grown fourfold: its own look comes a minute later at best,
/// and until then it reads tables whole that were empty when it planned. SQLite has fixed numbers from the migration.
async fn tell_planner(tx: &mut Tx, first: i64, count: usize) -> Result<(), StoreError> {
    let next = first.saturating_add(i64::try_from(count).unwrap_or(0));
    let mut grown = std::iter::successors(Some(1_000_i64), |size| size.checked_mul(4));
    let crossed = grown
        .find(|size| *size > first)
        .is_some_and(|size| size <= next);
    if let (true, Tx::Postgres(tx)) = (crossed, tx) {
        sqlx::query(sql::ANALYZE).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Takes a party out; `true`: it was known.
pub(super) async fn remove(
    tx: &mut Tx,
    tenant: &TenantId,
    record: &RecordRef,
) -> Result<bool, StoreError> {
    lock(tx, tenant).await?;
    let old = by_records(tx, tenant, record.kind, &[record.id.as_str()]).await?;
    let mut changes = Changes::new();
    take_out(tx, tenant, &old, &mut changes).await?;
    write_postings(tx, tenant, changes).await?;
    Ok(!old.is_empty())
}

async fn lock(tx: &mut Tx, tenant: &TenantId) -> Result<(), StoreError> {
    on_tx!(tx, conn => sqlx::query(sql::DIRECTORY_INSERT)
        .bind(tenant.as_str())
        .execute(conn)
        .await
        .map(drop))?;
    take_slots(tx, tenant, 0).await.map(drop)
}

/// Takes slots; answers the first of them.
async fn take_slots(tx: &mut Tx, tenant: &TenantId, count: usize) -> Result<i64, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let (next,): (i64,) = on_tx!(tx, conn => sqlx::query_as(sql::DIRECTORY_TAKE)
        .bind(tenant.as_str())
        .bind(count)
        .fetch_one(conn)
        .await)?;
    Ok(next - count)
}

/// A party as both databases can keep it: PostgreSQL takes no NUL, lists are kept by line, times are microseconds.
fn storable(party: &Party) -> Party {
    let clean = |text: &str| {
        let mut text = text.replace(|c: char| c.is_control(), " ");
        let end = text.floor_char_boundary(LONGEST_TEXT);
        text.truncate(end);
        text
    };
    let each = |list: &[String]| {
        let mut kept: Vec<String> = list.iter().map(|text| clean(text)).collect();
        kept.retain(|text| !text.is_empty());
        kept.truncate(20);
        kept
    };
    let whole = |at: Option<jiff::Timestamp>| {
        at.and_then(|at| jiff::Timestamp::from_microsecond(at.as_microsecond()).ok())
    };
    Party {
        record: party.record.clone(),
        number: clean(&party.number),
        name: clean(&party.name),
        addresses: each(&party.addresses),
        phones: each(&party.phones),
        company: clean(&party.company),
        account: party.account.clone(),
        domains: each(&party.domains),
        created_at: whole(party.created_at),
        changed_at: whole(party.changed_at),
        obsolete: party.obsolete,
        hidden: party.hidden,
    }
}

async fn by_records(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: Kind,
    ids: &[&str],
) -> Result<Vec<(i64, Party)>, StoreError> {
    let mut found = Vec::new();
    for part in ids.chunks(LONGEST_LIST) {
        let text = sql::parties_by_records(&placeholders(3, part.len()));
        let (answer,): (Option<String>,) = on_tx!(tx, conn => {
            let mut query = sqlx::query_as(AssertSqlSafe(text))
                .bind(tenant.as_str())
                .bind(kind.name());
            for id in padded(part) {
                query = query.bind(*id);
            }
            query.fetch_one(conn).await
        })?;
        found.extend(unpack(answer.as_deref())?);
    }
    Ok(found)
}

async fn known(
    tx: &mut Tx,
    tenant: &TenantId,
    parties: &[Party],
) -> Result<HashMap<RecordRef, (i64, Party)>, StoreError> {
    let mut asked: HashMap<Kind, BTreeSet<&str>> = HashMap::new();
    for party in parties {
        asked
            .entry(party.record.kind)
            .or_default()
            .insert(party.record.id.as_str());
    }
    let mut known = HashMap::new();
    for (kind, ids) in asked {
        let ids: Vec<&str> = ids.into_iter().collect();
        for (slot, party) in by_records(tx, tenant, kind, &ids).await? {
            known.insert(party.record.clone(), (slot, party));
        }
    }
    Ok(known)
}

/// Notes what a party's slot does to the postings. Nobody finds by text what is obsolete or hidden.
fn note(changes: &mut Changes, slot: i64, party: &Party, put_in: bool) {
    if party.obsolete || party.hidden {
        return;
    }
    let Ok(inside) = u16::try_from(slot % SLOTS) else {
        return;
    };
    let chunk = changes.entry(slot / SLOTS).or_default();
    for key in party_keys(party) {
        let (out, into) = chunk.entry(key).or_default();
        if put_in {
            into.push(inside)
        } else {
            out.push(inside)
        }
    }
}

async fn take_out(
    tx: &mut Tx,
    tenant: &TenantId,
    old: &[(i64, Party)],
    changes: &mut Changes,
) -> Result<(), StoreError> {
    for (slot, party) in old {
        note(changes, *slot, party, false);
    }
    let slots: Vec<i64> = old.iter().map(|(slot, _)| *slot).collect();
    for part in slots.chunks(LONGEST_LIST) {
        let text = sql::parties_remove(&placeholders(2, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(tenant.as_str());
            for slot in padded(part) {
                query = query.bind(*slot);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx,
    tenant: &TenantId,
    slotted: &[(i64, &Party)],
) -> Result<(), StoreError> {
    for part in parts_of(slotted, &MANY_COLUMNS) {
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(sql::parties_put(part.len())));
            for (slot, party) in part {
                query = query
                    .bind(tenant.as_str())
                    .bind(*slot)
                    .bind(party.record.kind.name())
                    .bind(party.record.id.as_str())
                    .bind(&party.number)
                    .bind(&party.name)
                    .bind(&party.company)
                    .bind(party.account.as_ref().map(|account| account.id.as_str()))
                    .bind(party.addresses.join("\n"))
                    .bind(party.phones.join("\n"))
                    .bind(party.domains.join("\n"))
                    .bind(party.created_at.map(micros))
                    .bind(party.changed_at.map(micros))
                    .bind(i64::from(party.obsolete))
                    .bind(i64::from(party.hidden));
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

async fn write_postings(
    tx: &mut Tx,
    tenant: &TenantId,
    changes: Changes,
) -> Result<(), StoreError> {
    for (chunk, changes) in changes {
        let keys: Vec<i64> = changes.keys().copied().collect();
        let mut stored = stored_postings(tx, tenant, chunk, &keys).await?;
        let known: HashSet<i64> = stored.keys().copied().collect();
        let mut written: Vec<(i64, Vec<u8>)> = Vec::new();
        let mut emptied: Vec<i64> = Vec::new();
        for (key, (out, into)) in changes {
            let mut posting = stored.remove(&key).unwrap_or_default();
            for slot in out {
                posting.remove(slot);
            }
            for slot in into {
                posting.insert(slot);
            }
            if !posting.is_empty() {
                written.push((key, posting.bytes()));
            } else if known.contains(&key) {
                emptied.push(key);
            }
        }
        for part in parts_of(&written, &FEW_COLUMNS) {
            on_tx!(tx, conn => {
                let mut query = sqlx::query(AssertSqlSafe(sql::postings_put(part.len())));
                for (key, bytes) in part {
                    query = query.bind(tenant.as_str()).bind(*key).bind(chunk).bind(bytes.as_slice());
                }
                query.execute(conn).await.map(drop)
            })?;
        }
        for part in emptied.chunks(LONGEST_LIST) {
            let text = sql::postings_remove(&placeholders(3, part.len()));
            on_tx!(tx, conn => {
                let mut query = sqlx::query(AssertSqlSafe(text)).bind(tenant.as_str()).bind(chunk);
                for key in padded(part) {
                    query = query.bind(*key);
                }
                query.execute(conn).await.map(drop)
            })?;
        }
    }
    Ok(())
}

async fn stored_postings(
    tx: &mut Tx,
    tenant: &TenantId,
    chunk: i64,
    keys: &[i64],
) -> Result<HashMap<i64, Posting>, StoreError> {
    let mut stored = HashMap::new();
    for part in keys.chunks(LONGEST_LIST) {
        let text = sql::postings_of_chunk(&placeholders(3, part.len()));
        let rows: Vec<(i64, Vec<u8>)> = on_tx!(tx, conn => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(tenant.as_str()).bind(chunk);
            for key in padded(part) {
                query = query.bind(*key);
            }
            query.fetch_all(conn).await
        })?;
        for (key, bytes) in rows {
            let posting = Posting::read(&bytes);
            let posting = posting.ok_or_else(|| StoreError::Corrupt("posting".into()))?;
            stored.insert(key, posting);
        }
    }
    Ok(stored)
}
