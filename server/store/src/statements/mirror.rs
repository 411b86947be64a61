//! The texts of the mirror: mirrors, the feed and what it files, held plans, conflicts.
//!
//! On PostgreSQL whoever writes filed changes locks their mailboxes first, in the order of their ids: a
//! session has its mailbox before it strikes off what is done, and so the two cannot wait for each other.
//! Whoever writes mirrors locks their links before anything else but the mailbox.

use crate::dialect::{placeholders, rows};

statements! {
    MIRRORS_PAGE = "SELECT mailbox, link, kind, identity_key, item_id, record_kind, record_id, origin, state, \
        writer, item_version, record_version, baseline, updated_at FROM mirror \
        WHERE mailbox = $1 AND link > $2 ORDER BY link LIMIT $3";
    MIRRORS_OF_RECORD = "SELECT mailbox, link, kind, identity_key, item_id, record_kind, record_id, origin, \
        state, writer, item_version, record_version, baseline, updated_at FROM mirror \
        WHERE tenant = $1 AND record_kind = $2 AND record_id = $3 ORDER BY mailbox, link";
    MIRRORS_OF_SERIES = "SELECT mailbox, link, kind, identity_key, item_id, record_kind, record_id, origin, \
        state, writer, item_version, record_version, baseline, updated_at FROM mirror \
        WHERE mailbox = $1 AND identity_key >= $2 AND identity_key < $3";
    MIRRORS_COUNT = "SELECT COUNT(*) FROM mirror WHERE mailbox = $1 AND state = 'active'";
    MIRRORS_BY_KIND = "SELECT kind, COUNT(*) FROM mirror WHERE mailbox = $1 AND state = 'active' GROUP BY kind";
    MIRRORED_RECORDS = "SELECT DISTINCT record_kind, record_id FROM mirror \
        WHERE tenant = $1 AND (record_kind, record_id) > ($2, $3) AND state = 'active' \
        ORDER BY record_kind, record_id LIMIT $4";
    /// What stands in the way of a new id goes, unless the item was renamed already.
    MIRROR_MAKE_ROOM = "DELETE FROM mirror WHERE mailbox = $1 AND item_id = $3 \
        AND EXISTS (SELECT 1 FROM mirror AS old WHERE old.mailbox = $1 AND old.item_id = $2)";
    MIRROR_RENAME = "UPDATE mirror SET item_id = $3 WHERE mailbox = $1 AND item_id = $2";
    /// What an item still owes, and its issue, follow it as well.
    FOLLOW_UPS_RENAME = "UPDATE follow_up SET item_id = $3 WHERE mailbox = $1 AND item_id = $2";
    ISSUE_RENAME = "UPDATE issue SET item_id = $3 WHERE mailbox = $1 AND item_id = $2 \
        AND NOT EXISTS (SELECT 1 FROM issue AS other WHERE other.mailbox = $1 AND other.item_id = $3)";
    MIRROR_SET_WRITER = "UPDATE mirror SET writer = $3 WHERE mailbox = $1 AND link = $2";
    FOLLOW_UP_REPLACED = "DELETE FROM follow_up WHERE mailbox = $1 AND action = $2 AND item_id = $3";

    /// A tenant's feed is due as soon as it has a mailbox.
    FEED_INSERT = "INSERT INTO feed (tenant, lease_no, due_at, last_filed) VALUES ($1, 0, $2, 0) \
        ON CONFLICT (tenant) DO NOTHING";
    FEED_CLAIM = "INSERT INTO feed (tenant, lease_no, lease_owner, lease_until, due_at, last_filed) \
        VALUES ($1, 1, $2, $4, $4, 0) ON CONFLICT (tenant) DO UPDATE SET lease_no = feed.lease_no + 1, \
        lease_owner = excluded.lease_owner, lease_until = excluded.lease_until, due_at = excluded.due_at, \
        hinted = 0 \
        WHERE feed.lease_until IS NULL OR feed.lease_until <= $3 \
        RETURNING lease_no, again";
    FEED_AGAIN = "UPDATE feed SET again = 1 WHERE tenant = $1";
    FEED_BEGUN_AGAIN = "UPDATE feed SET again = 0 WHERE tenant = $1";
    FEED_CURSORS_DROP = "DELETE FROM feed_cursor WHERE tenant = $1";
    FEED_RENEW = "UPDATE feed SET due_at = $1, lease_until = $1 WHERE tenant = $2 AND lease_no = $3 \
        AND lease_owner IS NOT NULL";
    /// Locks the row and takes numbers for what will be filed; answers the last of them.
    FEED_CHECK = "UPDATE feed SET last_filed = last_filed + $3 WHERE tenant = $1 AND lease_no = $2 \
        AND lease_owner IS NOT NULL RETURNING last_filed";
    /// A notice that came while it was read brings the next reading forward.
    FEED_RELEASE = "UPDATE feed SET lease_until = NULL, lease_owner = NULL, \
        due_at = CASE WHEN hinted = 1 AND CAST($4 AS BIGINT) < $3 THEN $4 ELSE $3 END, hint_from = $4, \
        swept_at = COALESCE($5, swept_at) WHERE tenant = $1 AND lease_no = $2 AND lease_owner IS NOT NULL";
    /// Once until it is read; while it is being read only noted.
    FEED_HINT = "UPDATE feed SET hinted = 1, due_at = CASE WHEN lease_owner IS NOT NULL THEN due_at \
        WHEN hint_from > $2 AND due_at > hint_from THEN hint_from \
        WHEN hint_from <= $2 AND due_at > $2 THEN $2 ELSE due_at END WHERE tenant = $1 AND hinted = 0";
    /// Takes numbers for what a notice files, whoever reads the feed; answers the last of them.
    FEED_NUMBERS = "UPDATE feed SET last_filed = last_filed + $2 WHERE tenant = $1 RETURNING last_filed";
    FEEDS_DUE = "SELECT tenant FROM feed WHERE due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) \
        ORDER BY due_at, tenant LIMIT $2";
    FEED_STATE = "SELECT due_at, swept_at FROM feed WHERE tenant = $1";
    FEED_CURSORS = "SELECT kind, position FROM feed_cursor WHERE tenant = $1";
    FEED_CURSOR_PUT = "INSERT INTO feed_cursor (tenant, kind, position, updated_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (tenant, kind) DO UPDATE SET position = excluded.position, \
        updated_at = excluded.updated_at";
    FEED_CURSOR_DROP = "DELETE FROM feed_cursor WHERE tenant = $1 AND kind = $2";
    FILED_FORGET = "DELETE FROM filed WHERE record_kind = $2 AND done_at IS NOT NULL \
        AND mailbox IN (SELECT id FROM mailbox WHERE tenant = $1)";
    NODE_FEEDS_FREE = "UPDATE feed SET lease_until = NULL, lease_owner = NULL, \
        due_at = CASE WHEN due_at < $1 THEN due_at ELSE $1 END WHERE lease_owner = $2";

    FILED = "SELECT mailbox, number, record_kind, record_id, version, identity_key, gone, not_before, attempts \
        FROM filed WHERE mailbox = $1 AND done_at IS NULL AND not_before <= $2 \
        ORDER BY not_before, number LIMIT $3";
    FILED_PUT_OFF = "UPDATE filed SET not_before = $3, attempts = attempts + 1 \
        WHERE mailbox = $1 AND number = $2 AND done_at IS NULL";
    DOWN_DIGESTS = "SELECT mailbox, down_digest FROM mailbox_memory \
        WHERE mailbox IN (SELECT id FROM mailbox WHERE tenant = $1)";
    DOWN_DIGEST_PUT = "INSERT INTO mailbox_memory (mailbox, down_digest, looked_after) VALUES ($1, $2, '') \
        ON CONFLICT (mailbox) DO UPDATE SET down_digest = excluded.down_digest";
    CAPTURE_DIGEST = "SELECT capture_digest FROM mailbox_memory WHERE mailbox = $1";
    CAPTURE_DIGEST_PUT = "INSERT INTO mailbox_memory (mailbox, down_digest, looked_after, capture_digest) \
        VALUES ($1, '', '', $2) ON CONFLICT (mailbox) DO UPDATE SET capture_digest = excluded.capture_digest";
    LOOKED_AFTER = "SELECT looked_after FROM mailbox_memory WHERE mailbox = $1";
    LOOKED_AFTER_PUT = "INSERT INTO mailbox_memory (mailbox, down_digest, looked_after) VALUES ($1, '', $2) \
        ON CONFLICT (mailbox) DO UPDATE SET looked_after = excluded.looked_after";
    FILED_ELSEWHERE = "SELECT mailbox FROM filed WHERE record_kind = $2 AND record_id = $3 AND mailbox <> $4 \
        AND mailbox IN (SELECT id FROM mailbox WHERE tenant = $1)";
    FILED_AGAIN = "UPDATE filed SET not_before = $4, attempts = 0, done_at = NULL \
        WHERE mailbox = $1 AND record_kind = $2 AND record_id = $3";
    PRUNE_FILED = "DELETE FROM filed WHERE done_at < $1";

    MIRRORED_BY_ORIGIN = "SELECT record_kind, origin, COUNT(*) FROM mirror \
        WHERE mailbox = $1 AND state = 'active' GROUP BY record_kind, origin";
    LEFT_BY_KIND = "SELECT record_kind, why, COUNT(*) FROM left_out WHERE mailbox = $1 \
        GROUP BY record_kind, why";
    /// What is filed and in step or left out already is no news.
    FILED_BY_KIND = "SELECT record_kind, COUNT(*) FROM filed WHERE mailbox = $1 AND done_at IS NULL AND gone = 0 \
        AND NOT EXISTS (SELECT 1 FROM mirror WHERE mirror.mailbox = filed.mailbox \
        AND mirror.record_id = filed.record_id AND mirror.state = 'active') \
        AND NOT EXISTS (SELECT 1 FROM left_out WHERE left_out.mailbox = filed.mailbox \
        AND left_out.record_kind = filed.record_kind AND left_out.record_id = filed.record_id) \
        GROUP BY record_kind";
    LEFT_NEXT = "SELECT record_id FROM left_out WHERE mailbox = $1 AND why = 'limit' AND record_kind = $2 \
        ORDER BY place, record_id LIMIT $3";
    CRM_TOTALS = "SELECT kind, total FROM crm_total WHERE tenant = $1";
    CRM_TOTAL_PUT = "INSERT INTO crm_total (tenant, kind, total, counted_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (tenant, kind) DO UPDATE SET total = excluded.total, counted_at = excluded.counted_at";

    /// A plan that is made again keeps its approval, which may have come just now.
    HOLD = "INSERT INTO held_plan (mailbox, digest, code, summary, created_at, approved) \
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (mailbox) DO UPDATE SET code = excluded.code, \
        summary = excluded.summary, digest = excluded.digest, created_at = CASE \
        WHEN held_plan.digest = excluded.digest THEN held_plan.created_at ELSE excluded.created_at END, \
        approved = CASE WHEN held_plan.digest = excluded.digest AND held_plan.approved = 1 THEN 1 \
        ELSE excluded.approved END";
    HELD = "SELECT mailbox, digest, code, summary, created_at, approved FROM held_plan WHERE mailbox = $1";
    HELD_APPROVE = "UPDATE held_plan SET approved = 1 WHERE mailbox = $1 AND digest = $2";
    HELD_DROP = "DELETE FROM held_plan WHERE mailbox = $1";

    /// A page that is written again keeps each conflict once.
    CONFLICT_PUT = "INSERT INTO field_conflict (id, mailbox, link, field, sealed, winner, state, at) \
        VALUES ($1, $2, $3, $4, $5, $6, 'open', $7) ON CONFLICT (id) DO NOTHING";
    CONFLICTS = "SELECT id, mailbox, link, field, sealed, winner, at FROM field_conflict \
        WHERE mailbox = $1 AND state = 'open' ORDER BY at DESC, id DESC LIMIT $2";
    CONFLICTS_OF = "SELECT id, mailbox, link, field, sealed, winner, at FROM field_conflict \
        WHERE link = $2 AND mailbox = $1 AND state = 'open' ORDER BY at DESC, id DESC LIMIT $3";
    CONFLICT_SETTLE = "UPDATE field_conflict SET state = 'settled', sealed = $1 \
        WHERE mailbox = $2 AND id = $3 AND state = 'open'";
    PRUNE_CONFLICTS = "DELETE FROM field_conflict WHERE state = 'settled' AND at < $1";
}

const MIRROR_COLUMNS: &str = "mailbox, link, kind, identity_key, item_id, record_kind, record_id, origin, state, \
     writer, item_version, record_version, baseline, updated_at";

/// Every text that is built, for the test that plans them.
pub(crate) fn built(lock: &str) -> Vec<(&'static str, String)> {
    let list = |from| placeholders(from, 2);
    vec![
        ("mirrors_by_items", mirrors_by("item_id", &list(2))),
        ("mirrors_by_records", mirrors_by("record_id", &list(2))),
        ("mirrors_by_keys", mirrors_by("identity_key", &list(2))),
        ("mirrors_of_records", mirrors_of_records(&list(3))),
        ("mirrors_put", mirrors_put(2)),
        ("mirrors_drop_items", mirrors_drop("item_id", &list(2))),
        ("mirrors_drop_links", mirrors_drop("link", &list(2))),
        ("mirrors_one_writer", mirrors_one_writer(&list(2))),
        ("mirrors_agreed", mirrors_agreed(&list(3))),
        ("mailboxes_lock", mailboxes_lock(&list(2), lock)),
        ("mailboxes_wake", mailboxes_wake(&list(2))),
        ("filed_put", filed_put(2)),
        ("filed_done", filed_done(&list(3))),
        ("left_put", left_put(2)),
        ("left_drop", left_drop(&list(2))),
    ]
}

/// Mirrors of a mailbox by one of its columns; `list` are placeholders from `$2` on.
pub(crate) fn mirrors_by(column: &str, list: &str) -> String {
    format!("SELECT {MIRROR_COLUMNS} FROM mirror WHERE mailbox = $1 AND {column} IN ({list})")
}

/// Mirrors of records of a kind everywhere; `list` are placeholders from `$3` on.
pub(crate) fn mirrors_of_records(list: &str) -> String {
    format!(
        "SELECT {MIRROR_COLUMNS} FROM mirror WHERE tenant = $1 AND record_kind = $2 AND record_id IN ({list}) \
         ORDER BY record_id, mailbox, link"
    )
}

/// Forgets mirrors of a mailbox by one of its columns; `list` are placeholders from `$2` on.
pub(crate) fn mirrors_drop(column: &str, list: &str) -> String {
    format!("DELETE FROM mirror WHERE mailbox = $1 AND {column} IN ({list})")
}

/// Puts mirrors; neither a link nor an item may be named twice, and their items must be free.
pub(crate) fn mirrors_put(count: usize) -> String {
    format!(
        "INSERT INTO mirror (mailbox, link, tenant, kind, identity_key, item_id, record_kind, record_id, \
         origin, state, writer, item_version, record_version, baseline, updated_at) VALUES {} \
         ON CONFLICT (mailbox, link) DO UPDATE SET kind = excluded.kind, \
         identity_key = excluded.identity_key, item_id = excluded.item_id, \
         record_kind = excluded.record_kind, record_id = excluded.record_id, origin = excluded.origin, \
         state = excluded.state, writer = excluded.writer, item_version = excluded.item_version, \
         record_version = excluded.record_version, baseline = excluded.baseline, \
         updated_at = excluded.updated_at",
        rows(
            "({},{},(SELECT tenant FROM link WHERE id = {}),{},{},{},{},{},{},{},{},{},{},{},{})",
            count
        )
    )
}

/// Lets mirrors write no more whose record another mailbox writes for (CAL-37); `list` are placeholders from
/// `$2` on.
pub(crate) fn mirrors_one_writer(list: &str) -> String {
    format!(
        "UPDATE mirror SET writer = 0 WHERE mailbox = $1 AND link IN ({list}) AND writer = 1 \
         AND EXISTS (SELECT 1 FROM mirror AS other WHERE other.tenant = mirror.tenant \
         AND other.record_kind = mirror.record_kind AND other.record_id = mirror.record_id \
         AND other.mailbox <> mirror.mailbox AND other.writer = 1 AND other.state = 'active')"
    )
}

/// The versions at which mailboxes mirror records of a kind; `list` are placeholders from `$3` on.
pub(crate) fn mirrors_agreed(list: &str) -> String {
    format!(
        "SELECT mailbox, record_id, record_version FROM mirror \
         WHERE tenant = $1 AND record_kind = $2 AND record_id IN ({list})"
    )
}

/// Locks a tenant's mailboxes in the order of their ids; `list` are placeholders from `$2` on.
pub(crate) fn mailboxes_lock(list: &str, lock: &str) -> String {
    format!("SELECT id FROM mailbox WHERE tenant = $1 AND id IN ({list}) ORDER BY id{lock}")
}

/// Makes mailboxes due no later than `$1`, as `MAILBOX_BRING_FORWARD` does; `list` are placeholders from `$2` on.
pub(crate) fn mailboxes_wake(list: &str) -> String {
    format!(
        "UPDATE mailbox SET due_at = CASE WHEN due_at > $1 THEN $1 ELSE due_at END, \
         wake_at = CASE WHEN lease_owner IS NULL THEN NULL \
         WHEN wake_at IS NULL OR wake_at > $1 THEN $1 ELSE wake_at END \
         WHERE id IN ({list}) \
         AND (due_at > $1 OR lease_owner IS NOT NULL AND (wake_at IS NULL OR wake_at > $1))"
    )
}

/// Files changes; no record of a mailbox may be named twice. Answers the mailboxes for which something is new:
/// another version, or a doubt (`gone`) that nobody is looking into yet.
pub(crate) fn filed_put(count: usize) -> String {
    format!(
        "INSERT INTO filed (mailbox, record_kind, record_id, number, version, identity_key, gone, not_before, \
         attempts) VALUES {} ON CONFLICT (mailbox, record_kind, record_id) DO UPDATE SET \
         number = excluded.number, gone = excluded.gone, not_before = excluded.not_before, attempts = 0, \
         done_at = NULL, \
         version = CASE WHEN excluded.gone = 1 THEN filed.version ELSE excluded.version END, \
         identity_key = CASE WHEN excluded.identity_key = '' THEN filed.identity_key \
         ELSE excluded.identity_key END \
         WHERE excluded.gone = 1 AND (filed.gone = 0 OR filed.done_at IS NOT NULL) \
         OR excluded.gone = 0 AND (filed.version <> excluded.version \
         OR filed.gone = 1 AND filed.done_at IS NULL) \
         RETURNING mailbox",
        rows("({},{},{},{},{},{},{},{},0)", count)
    )
}

/// Strikes filed changes off; `list` are placeholders from `$3` on.
pub(crate) fn filed_done(list: &str) -> String {
    format!("UPDATE filed SET done_at = $1 WHERE mailbox = $2 AND number IN ({list})")
}

/// Puts records that are left out; no record may be named twice. Who is left out for the same reason again keeps its
/// place.
pub(crate) fn left_put(count: usize) -> String {
    format!(
        "INSERT INTO left_out (mailbox, record_kind, record_id, why, place) VALUES {} \
         ON CONFLICT (mailbox, record_kind, record_id) DO UPDATE SET why = excluded.why, place = CASE \
         WHEN left_out.why = excluded.why THEN left_out.place ELSE excluded.place END",
        rows("({},{},{},{},{})", count)
    )
}

/// Forgets that records were left out; `list` are placeholders from `$2` on.
pub(crate) fn left_drop(list: &str) -> String {
    format!("DELETE FROM left_out WHERE mailbox = $1 AND record_id IN ({list})")
}
