//! The texts of the directory. On PostgreSQL whoever writes it locks the tenant's row of `directory` first.

use crate::{
    dialect::{one_of_numbers, rows},
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
    /// The row stays: it tells those who know slots by heart that they begin again.
    DIRECTORY_DROP = "UPDATE directory SET next_slot = 0, swept_kind = '', swept_id = '', drops = drops + 1 WHERE tenant = $1";
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
    POSTINGS_DROP = "DELETE FROM party_posting WHERE tenant = $1";
    PARTY_RECORDS = "SELECT kind, record_id FROM party WHERE tenant = $1 AND (kind, record_id) > ($2, $3) \
        ORDER BY kind, record_id LIMIT $4";
}

/// For PostgreSQL. Not among the others: what is no query cannot be planned.
pub(crate) const ANALYZE: &str = "ANALYZE party, party_posting";

const COLUMNS: &str = "slot, kind, record_id, number, name, company, account, addresses, phones, domains, \
     created_at, changed_at, obsolete, hidden";

/// Between the columns and between the rows of a packed answer: in no text of a party.
pub(crate) const COLUMN: char = '\u{1f}';
pub(crate) const ROW: char = '\u{1e}';

/// Every text that is built, for the test that plans them.
pub(crate) fn built(db: &Db) -> Vec<(&'static str, String)> {
    let list = |from| crate::dialect::placeholders(from, 2);
    vec![
        ("parties_by_records", parties_by_records(&list(3))),
        ("parties_by_slots", parties_by_slots(&one_of_numbers(db, 2))),
        (
            "parties_and_newer",
            parties_and_newer(&one_of_numbers(db, 2), 256),
        ),
        ("parties_recent", parties_recent()),
        ("parties_put", parties_put(2)),
        ("parties_remove", parties_remove(&list(2))),
        ("postings_of_chunk", postings_of_chunk(&list(3))),
        (
            "postings",
            postings(&one_of_numbers(db, 2), &one_of_numbers(db, 3)),
        ),
        ("postings_put", postings_put(2)),
        ("postings_remove", postings_remove(&list(3))),
    ]
}

/// Parties of a kind, packed.
pub(crate) fn parties_by_records(list: &str) -> String {
    packed(&format!(
        "party WHERE tenant = $1 AND kind = $2 AND record_id IN ({list})"
    ))
}

/// The parties at these slots, packed.
pub(crate) fn parties_by_slots(slots: &str) -> String {
    packed(&format!("party WHERE tenant = $1 AND slot {slots}"))
}

/// What changed last and is in use, packed.
pub(crate) fn parties_recent() -> String {
    packed(
        "(SELECT * FROM party WHERE tenant = $1 AND obsolete = 0 AND hidden = 0 ORDER BY slot DESC LIMIT $2) AS found",
    )
}

/// How often the directory was dropped, the slot after its last one, the parties at these slots, and at most `most`
/// from the slot `$3` on, both packed: at one moment.
///
/// The number stands in the text: PostgreSQL would take a parameter for a tenth of the table, and plan every single
/// call anew because that looks worth it.
pub(crate) fn parties_and_newer(slots: &str, most: usize) -> String {
    let at_slots = parties_by_slots(slots);
    let newer = packed(&format!(
        "(SELECT * FROM party WHERE tenant = $1 AND slot >= $3 ORDER BY slot LIMIT {most}) AS found"
    ));
    format!("SELECT drops, next_slot, ({at_slots}), ({newer}) FROM directory WHERE tenant = $1")
}

/// Parties as one text of [`COLUMNS`], those apart by [`COLUMN`] and the rows by [`ROW`]; what is missing is empty.
fn packed(from: &str) -> String {
    let columns = COLUMNS.split(", ").map(|name| match name {
        // `concat_ws` passes over what is missing.
        "created_at" | "changed_at" => format!("COALESCE(CAST({name} AS TEXT), '')"),
        "account" => format!("COALESCE({name}, '')"),
        _ => name.to_owned(),
    });
    let columns: Vec<String> = columns.collect();
    let columns = columns.join(", ");
    format!("SELECT string_agg(concat_ws('{COLUMN}', {columns}), '{ROW}') FROM {from}")
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
