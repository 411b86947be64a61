//! The texts of the directory. On PostgreSQL whoever writes it locks the tenant's row of `directory` first.

use crate::{
    dialect::{one_of_numbers, one_of_texts, rows},
    pool::Db,
};

statements! {
    DIRECTORY_INSERT = "INSERT INTO directory (tenant, next_slot, swept_kind, swept_id) VALUES ($1, 0, '', '') \
        ON CONFLICT (tenant) DO NOTHING";
    /// Locks the row and takes slots; answers the one after the last of them.
    DIRECTORY_TAKE = "UPDATE directory SET next_slot = next_slot + $2 WHERE tenant = $1 RETURNING next_slot";
    DIRECTORY_NEXT = "SELECT next_slot FROM directory WHERE tenant = $1";
    DIRECTORY_SWEPT = "SELECT swept_kind, swept_id FROM directory WHERE tenant = $1";
    DIRECTORY_SWEPT_SET = "UPDATE directory SET swept_kind = $2, swept_id = $3 WHERE tenant = $1";
    DIRECTORY_DROP = "DELETE FROM directory WHERE tenant = $1";
    FILL_STEP = "INSERT INTO directory_fill (tenant, kind, seen, total, filled_at) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (tenant, kind) DO UPDATE SET \
        seen = CASE WHEN directory_fill.filled_at IS NOT NULL THEN directory_fill.seen \
        WHEN $6 = 1 THEN excluded.seen ELSE directory_fill.seen + excluded.seen END, \
        total = CASE WHEN directory_fill.filled_at IS NOT NULL THEN directory_fill.total \
        ELSE COALESCE(excluded.total, directory_fill.total) END, \
        filled_at = COALESCE(directory_fill.filled_at, excluded.filled_at)";
    FILLS = "SELECT kind, seen, total, filled_at FROM directory_fill WHERE tenant = $1 ORDER BY kind";
    FILLS_DROP = "DELETE FROM directory_fill WHERE tenant = $1";
    PARTIES_DROP = "DELETE FROM party WHERE tenant = $1";
    ADDRESSES_DROP = "DELETE FROM party_address WHERE tenant = $1";
    DOMAINS_DROP = "DELETE FROM party_domain WHERE tenant = $1";
    POSTINGS_DROP = "DELETE FROM party_posting WHERE tenant = $1";
    PARTIES_RECENT = "SELECT slot, kind, record_id, number, name, company, account, addresses, phones, domains, \
        created_at, changed_at, obsolete, hidden FROM party WHERE tenant = $1 AND obsolete = 0 AND hidden = 0 \
        ORDER BY slot DESC LIMIT $2";
    PARTY_RECORDS = "SELECT kind, record_id FROM party WHERE tenant = $1 AND (kind, record_id) > ($2, $3) \
        ORDER BY kind, record_id LIMIT $4";
}

/// For PostgreSQL. Not among the others: what is no query cannot be planned.
pub(crate) const ANALYZE: &str = "ANALYZE party, party_address, party_domain, party_posting";

const COLUMNS: &str = "slot, kind, record_id, number, name, company, account, addresses, phones, domains, \
     created_at, changed_at, obsolete, hidden";

/// Every text that is built, for the test that plans them.
pub(crate) fn built(db: &Db) -> Vec<(&'static str, String)> {
    let list = |from| crate::dialect::placeholders(from, 2);
    vec![
        ("parties_by_records", parties_by_records(&list(3))),
        ("parties_by_slots", parties_by_slots(&one_of_numbers(db, 4))),
        ("behind_addresses", behind_addresses(&one_of_texts(db, 4))),
        ("under_domains", under_domains(&one_of_texts(db, 4))),
        ("parties_put", parties_put(2)),
        ("parties_remove", parties_remove(&list(2))),
        ("addresses_put", addresses_put(2)),
        ("addresses_remove", addresses_remove(&list(3))),
        ("domains_put", domains_put(2)),
        ("domains_remove", domains_remove(&list(4))),
        ("postings_of_chunk", postings_of_chunk(&list(3))),
        (
            "postings",
            postings(&one_of_numbers(db, 2), &one_of_numbers(db, 3)),
        ),
        ("postings_put", postings_put(2)),
        ("postings_remove", postings_remove(&list(3))),
    ]
}

pub(crate) fn parties_by_records(list: &str) -> String {
    format!("SELECT {COLUMNS} FROM party WHERE tenant = $1 AND kind = $2 AND record_id IN ({list})")
}

/// The parties at these slots, packed as [`behind_addresses`]; the separators are `$2` and `$3`.
pub(crate) fn parties_by_slots(slots: &str) -> String {
    let party = packed("$2", "'0'", "''");
    format!("SELECT string_agg({party}, $3) FROM party p WHERE p.tenant = $1 AND p.slot {slots}")
}

/// The parties under addresses (way 0) and the accounts they belong to (2). The answer is one text, its columns apart by
/// `$2` and its rows by `$3`: SQLite's driver hands rows from thread to thread one by one, which takes longer than
/// finding them. `addresses` is what is compared with `$4` ([`one_of_texts`]).
pub(crate) fn behind_addresses(addresses: &str) -> String {
    let (own, of_own) = (packed("$2", "'0'", "a.address"), packed("$2", "'2'", "''"));
    // Of an address that stands on thousands of records those that changed last are read; it takes no room from others.
    format!(
        "WITH own AS MATERIALIZED (SELECT {own} AS line, p.account, p.obsolete FROM (SELECT address, slot, \
         ROW_NUMBER() OVER (PARTITION BY address ORDER BY slot DESC) AS place FROM party_address \
         WHERE tenant = $1 AND address {addresses}) a \
         JOIN party p ON p.tenant = $1 AND p.slot = a.slot WHERE a.place <= 50) \
         SELECT string_agg(line, $3) FROM (SELECT line FROM own \
         UNION ALL SELECT {of_own} FROM party p WHERE p.tenant = $1 AND p.kind = 'account' \
         AND p.record_id IN (SELECT account FROM own WHERE obsolete = 0 AND account IS NOT NULL)) AS found"
    )
}

/// The accounts under domains (way 1), at most `$5` of each, packed as those above.
pub(crate) fn under_domains(domains: &str) -> String {
    let party = packed("$2", "'1'", "d.domain");
    format!(
        "SELECT string_agg({party}, $3) FROM (SELECT domain, slot, \
         ROW_NUMBER() OVER (PARTITION BY domain ORDER BY slot DESC) AS place FROM party_domain \
         WHERE tenant = $1 AND domain {domains} AND kind = 'account') d \
         JOIN party p ON p.tenant = $1 AND p.slot = d.slot WHERE d.place <= $5 AND p.obsolete = 0"
    )
}

/// A party as one text: how and by what it was found, then [`COLUMNS`]; what is missing is empty.
fn packed(between: &str, way: &str, found: &str) -> String {
    let columns = COLUMNS.split(", ").map(|name| match name {
        // `concat_ws` passes over what is missing.
        "created_at" | "changed_at" => format!("COALESCE(CAST(p.{name} AS TEXT), '')"),
        "account" => format!("COALESCE(p.{name}, '')"),
        _ => format!("p.{name}"),
    });
    let columns: Vec<String> = columns.collect();
    format!(
        "concat_ws({between}, {way}, {found}, {})",
        columns.join(", ")
    )
}

pub(crate) fn parties_put(count: usize) -> String {
    let row = "({},{},{},{},{},{},{},{},{},{},{},{},{},{},{})";
    format!(
        "INSERT INTO party (tenant, {COLUMNS}) VALUES {}",
        rows(row, count)
    )
}

pub(crate) fn parties_remove(list: &str) -> String {
    format!("DELETE FROM party WHERE tenant = $1 AND slot IN ({list})")
}

pub(crate) fn addresses_put(count: usize) -> String {
    format!(
        "INSERT INTO party_address (tenant, address, slot) VALUES {} ON CONFLICT (tenant, address, slot) DO NOTHING",
        rows("({},{},{})", count)
    )
}

pub(crate) fn addresses_remove(list: &str) -> String {
    format!("DELETE FROM party_address WHERE tenant = $1 AND slot = $2 AND address IN ({list})")
}

pub(crate) fn domains_put(count: usize) -> String {
    format!(
        "INSERT INTO party_domain (tenant, domain, kind, slot) VALUES {} \
         ON CONFLICT (tenant, domain, kind, slot) DO NOTHING",
        rows("({},{},{},{})", count)
    )
}

pub(crate) fn domains_remove(list: &str) -> String {
    format!(
        "DELETE FROM party_domain WHERE tenant = $1 AND slot = $2 AND kind = $3 AND domain IN ({list})"
    )
}

pub(crate) fn postings_of_chunk(list: &str) -> String {
    format!(
        "SELECT key, slots FROM party_posting WHERE tenant = $1 AND chunk = $2 AND key IN ({list})"
    )
}

pub(crate) fn postings(chunks: &str, keys: &str) -> String {
    format!(
        "SELECT key, chunk, slots FROM party_posting WHERE tenant = $1 AND chunk {chunks} AND key {keys}"
    )
}

pub(crate) fn postings_put(count: usize) -> String {
    format!(
        "INSERT INTO party_posting (tenant, key, chunk, slots) VALUES {} \
         ON CONFLICT (tenant, chunk, key) DO UPDATE SET slots = excluded.slots",
        rows("({},{},{},{})", count)
    )
}

pub(crate) fn postings_remove(list: &str) -> String {
    format!("DELETE FROM party_posting WHERE tenant = $1 AND chunk = $2 AND key IN ({list})")
}
