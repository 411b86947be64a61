//! Every SQL text. A test plans each on both databases.
//!
//! On PostgreSQL a transaction that locks several links takes them in the order of their keys; everything
//! else that touches a link stands alone. So no two can wait for each other.

use crate::dialect::rows;

const MAILBOX_COLUMNS: &str = "id, tenant, address, suspended_code, suspended_detail, due_at, lease_no, \
     lease_until, setup, prepared_at, pulse, failures, last_session_at, started_at, forced_session, \
     employee";

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* pub(crate) const $name: &str = $text;)+
        /// All fixed texts by name, for the test that prepares them.
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name),)+];
    };
}

pub(crate) mod directory;
pub(crate) mod mirror;
pub(crate) mod people;

statements! {
    MAILBOX_INSERT = "INSERT INTO mailbox (id, tenant, address, due_at, started_at) \
        VALUES ($1, $2, $3, $4, $4) ON CONFLICT (address) DO NOTHING";
    MAILBOX_BY_ID = "SELECT id, tenant, address, suspended_code, suspended_detail, due_at, lease_no, \
        lease_until, setup, prepared_at, pulse, failures, last_session_at, started_at, forced_session, \
        employee FROM mailbox WHERE id = $1";
    MAILBOX_BY_ADDRESS = "SELECT id, tenant, address, suspended_code, suspended_detail, due_at, lease_no, \
        lease_until, setup, prepared_at, pulse, failures, last_session_at, started_at, forced_session, \
        employee FROM mailbox WHERE address = $1";
    MAILBOXES = "SELECT id, tenant, address, suspended_code, suspended_detail, due_at, lease_no, \
        lease_until, setup, prepared_at, pulse, failures, last_session_at, started_at, forced_session, \
        employee FROM mailbox ORDER BY address";
    MAILBOXES_OF_TENANT = "SELECT id, tenant, address, suspended_code, suspended_detail, due_at, lease_no, \
        lease_until, setup, prepared_at, pulse, failures, last_session_at, started_at, forced_session, \
        employee FROM mailbox WHERE tenant = $1 ORDER BY address";
    MAILBOX_SET_EMPLOYEE = "UPDATE mailbox SET employee = $1 WHERE id = $2";
    MAILBOX_CLAIM = "UPDATE mailbox SET lease_no = lease_no + 1, lease_owner = $1, lease_until = $3, \
        due_at = $3, wake_at = NULL WHERE id = $4 AND (lease_until IS NULL OR lease_until <= $2) \
        RETURNING id, tenant, address, suspended_code, suspended_detail, due_at, lease_no, \
        lease_until, setup, prepared_at, pulse, failures, last_session_at, started_at, forced_session, \
        employee";
    LEASE_RENEW = "UPDATE mailbox SET due_at = $1, lease_until = $1 WHERE id = $2 AND lease_no = $3 \
        AND lease_owner IS NOT NULL";
    /// While a session runs, its mailbox is due at the end of the lease; a wake-up that comes meanwhile is
    /// kept beside that, for the end of the session.
    MAILBOX_BRING_FORWARD = "UPDATE mailbox SET due_at = CASE WHEN due_at > $1 THEN $1 ELSE due_at END, \
        wake_at = CASE WHEN lease_owner IS NULL THEN NULL \
        WHEN wake_at IS NULL OR wake_at > $1 THEN $1 ELSE wake_at END \
        WHERE id = $2 AND (due_at > $1 OR lease_owner IS NOT NULL AND (wake_at IS NULL OR wake_at > $1))";
    MAILBOX_GLANCED = "UPDATE mailbox SET glance = $1 WHERE id = $2 AND glance <> $1";
    /// Somebody who asks while another's wish still waits gets the same session.
    MAILBOX_FORCE = "UPDATE mailbox SET forced_session = COALESCE(forced_session, $1) WHERE id = $2 \
        RETURNING forced_session";
    FORCED_STARTED = "UPDATE mailbox SET forced_session = NULL WHERE id = $1 AND forced_session = $2";
    MAILBOX_SUSPEND = "UPDATE mailbox SET suspended_code = $1, suspended_detail = $2 WHERE id = $3";
    MAILBOX_RESUME = "UPDATE mailbox SET suspended_code = NULL, suspended_detail = NULL, failures = 0, \
        due_at = $1, wake_at = CASE WHEN lease_owner IS NULL THEN wake_at ELSE $1 END WHERE id = $2";
    NODE_LEASES_FREE = "UPDATE mailbox SET lease_until = NULL, lease_owner = NULL, wake_at = NULL, \
        due_at = CASE WHEN due_at < $1 THEN due_at ELSE $1 END WHERE lease_owner = $2";
    NODE_SESSIONS_END = "UPDATE session SET state = 'interrupted', ended_at = $1 \
        WHERE node = $2 AND state = 'running'";
    /// A holder is `node:actor`. Neither `node-10:actor` nor, as node names may hold colons, `node-1:80:actor`
    /// belongs to `node-1`.
    NODE_HOLDS_FREE = "UPDATE link SET held_until = $1 \
        WHERE state = 'creating' AND held_until > $1 AND substr(holder, 1, length($2)) = $2 \
        AND replace(substr(holder, length($2) + 1), ':', '') = substr(holder, length($2) + 1)";
    /// A slot's holder is the node, or `node/call`.
    NODE_SLOTS_FREE = "DELETE FROM slot WHERE node = $1 OR substr(node, 1, length($1) + 1) = $1 || '/' \
        AND replace(substr(node, length($1) + 2), '/', '') = substr(node, length($1) + 2)";

    CURSORS = "SELECT collection, position FROM cursor_position WHERE mailbox = $1";
    CURSOR_DROP = "DELETE FROM cursor_position WHERE mailbox = $1 AND collection = $2";
    CURSOR_PUT = "INSERT INTO cursor_position (mailbox, collection, position, updated_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (mailbox, collection) \
        DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at";

    LINK_HOLD = "UPDATE link SET held_until = $1 WHERE id = $2 AND holder = $3 AND state = 'creating'";
    LINK_ABANDON = "DELETE FROM link WHERE id = $1 AND holder = $2 AND state = 'creating'";
    /// Locks the row, so that of two who add at once none is lost.
    LINK_TARGETS = "UPDATE link SET targets = targets WHERE id = $1 RETURNING targets";
    LINK_TARGETS_READ = "SELECT targets FROM link WHERE id = $1";
    LINK_RELINK = "UPDATE link SET record_kind = $2, record_id = $3, record_version = NULL \
        WHERE id = $1 AND state = 'linked' AND (record_kind <> $2 OR record_id <> $3)";
    LINK_SET_TARGETS = "UPDATE link SET targets = $1 WHERE id = $2";


    LEASE_CHECK = "UPDATE mailbox SET lease_no = lease_no WHERE id = $1 AND lease_no = $2 \
        AND lease_owner IS NOT NULL";

    FOLLOW_UPS_DUE = "SELECT id, mailbox, item_id, action, wish, not_before, attempts FROM follow_up \
        WHERE mailbox = $1 AND not_before <= $2 AND action <> 'unmirror' ORDER BY not_before, id LIMIT $3";
    FOLLOW_UPS_DOOMED = "SELECT id, mailbox, item_id, action, wish, not_before, attempts FROM follow_up \
        WHERE mailbox = $1 AND action = 'unmirror' ORDER BY not_before, id LIMIT $2";

    WISH_PUT = "INSERT INTO wish (id, mailbox, client_key, payload, state, created_at, expires_at) \
        VALUES ($1, $2, $3, $4, 'open', $5, $6)";
    /// What a follow-up is still about does not expire: the mailbox may have been suspended for long.
    WISHES_OPEN = "SELECT id, client_key, payload, created_at, expires_at FROM wish \
        WHERE mailbox = $1 AND state = 'open' AND (expires_at > $2 OR EXISTS \
        (SELECT 1 FROM follow_up WHERE follow_up.mailbox = wish.mailbox AND follow_up.wish = wish.id)) \
        ORDER BY created_at, id LIMIT 1000";
    WISH_STATE = "SELECT state FROM wish WHERE mailbox = $1 AND id = $2";

    THREADS_ANY = "SELECT 1 FROM thread WHERE mailbox = $1 LIMIT 1";

    /// What still runs under an older lease died with its node.
    SESSIONS_OVERTAKEN = "UPDATE session SET state = 'interrupted', ended_at = $1 \
        WHERE mailbox = $2 AND state = 'running' AND lease_no < $3";
    SESSION_START = "INSERT INTO session (id, mailbox, node, lease_no, cause, state, started_at) \
        VALUES ($1, $2, $3, $4, $5, 'running', $6)";
    SESSION_END = "UPDATE session SET state = $1, ended_at = $2, counts = $3, error_code = $4, \
        error_detail = $5 WHERE id = $6";
    SESSION_RELEASE = "UPDATE mailbox SET due_at = CASE WHEN wake_at < $2 THEN wake_at ELSE $2 END, \
        wake_at = NULL, lease_until = NULL, lease_owner = NULL, failures = $3, last_session_at = $1, pulse = $4, \
        setup = COALESCE($5, setup), prepared_at = CASE WHEN $5 IS NULL THEN prepared_at ELSE $1 END \
        WHERE id = $6 AND lease_no = $7 AND lease_owner IS NOT NULL";
    SESSIONS = "SELECT id, mailbox, node, cause, state, started_at, ended_at, counts, error_code, error_detail \
        FROM session WHERE mailbox = $1 AND (started_at, id) < ($2, $3) \
        ORDER BY started_at DESC, id DESC LIMIT $4";
    SESSION_BY_ID = "SELECT id, mailbox, node, cause, state, started_at, ended_at, counts, error_code, \
        error_detail FROM session WHERE id = $1";

    ISSUE_PUT = "INSERT INTO issue (id, tenant, mailbox, kind, item_id, identity_key, code, message, attempts, \
        state, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 'open', $9, $9) \
        ON CONFLICT (mailbox, item_id) DO UPDATE SET code = excluded.code, message = excluded.message, \
        identity_key = excluded.identity_key, attempts = issue.attempts + 1, state = 'open', \
        last_at = excluded.last_at";
    ISSUES = "SELECT id, tenant, mailbox, kind, item_id, identity_key, code, message, attempts, state, \
        first_at, last_at FROM issue WHERE mailbox = $1 AND state = $2 AND (last_at, id) < ($3, $4) \
        ORDER BY last_at DESC, id DESC LIMIT $5";
    ISSUE_BY_ID = "SELECT id, tenant, mailbox, kind, item_id, identity_key, code, message, attempts, state, \
        first_at, last_at FROM issue WHERE id = $1";
    ISSUE_OPEN_FOR = "SELECT id, tenant, mailbox, kind, item_id, identity_key, code, message, attempts, state, \
        first_at, last_at FROM issue WHERE mailbox = $1 AND item_id = $2 AND state = 'open'";
    ISSUES_COUNT = "SELECT COUNT(*) FROM issue WHERE mailbox = $1 AND state = 'open'";

    TRACE_FOR_ITEM = "SELECT mailbox, item_id, identity_key, decision, reason, steps, session, at \
        FROM trace WHERE mailbox = $1 AND item_id = $2";

    REQUEST_BEGIN = "INSERT INTO request (caller, method, request_id, created_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (caller, method, request_id) DO NOTHING";
    REQUEST_TAKE = "UPDATE request SET created_at = $4 WHERE caller = $1 AND method = $2 \
        AND request_id = $3 AND answer IS NULL AND created_at <= $5";
    REQUEST_GET = "SELECT answer FROM request WHERE caller = $1 AND method = $2 AND request_id = $3";
    REQUEST_FINISH = "UPDATE request SET answer = $1 WHERE caller = $2 AND method = $3 AND request_id = $4 \
        AND answer IS NULL";
    REQUEST_DROP = "DELETE FROM request WHERE caller = $1 AND method = $2 AND request_id = $3 \
        AND answer IS NULL";

    SECRET_PUT = "INSERT INTO secret (name, sealed) VALUES ($1, $2) \
        ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed";
    SECRET_GET = "SELECT sealed FROM secret WHERE name = $1";
    SECRET_DROP = "DELETE FROM secret WHERE name = $1";

    SLOT_TAKE = "INSERT INTO slot (tenant, number, node, held_until) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (tenant, number) DO UPDATE SET node = excluded.node, held_until = excluded.held_until \
        WHERE slot.held_until <= $5 OR slot.node = $3";
    SLOTS = "SELECT number, node, held_until FROM slot WHERE tenant = $1 ORDER BY number";
    SLOT_DROP = "DELETE FROM slot WHERE tenant = $1 AND node = $2 AND number = $3";
    SLOTS_RELEASE = "DELETE FROM slot WHERE tenant = $1 AND node = $2";

    PRUNE_SESSIONS = "DELETE FROM session WHERE ended_at < $1";
    PRUNE_TRACES = "DELETE FROM trace WHERE at < $1";
    PRUNE_REQUESTS = "DELETE FROM request WHERE created_at < $1";
    PRUNE_ISSUES = "DELETE FROM issue WHERE state = 'settled' AND last_at < $1";
    PRUNE_WISHES = "DELETE FROM wish WHERE expires_at < $1 AND NOT EXISTS \
        (SELECT 1 FROM follow_up WHERE follow_up.mailbox = wish.mailbox AND follow_up.wish = wish.id)";
}

/// Claims due mailboxes; `lock` is the dialect's word for passing over rows that others are claiming. The
/// inner query is materialized, or a plan that runs it twice would claim more than the limit.
pub(crate) fn claim_due(lock: &str) -> String {
    format!(
        "WITH due AS MATERIALIZED (SELECT id FROM mailbox WHERE due_at <= $2 AND suspended_code IS NULL \
         AND (lease_until IS NULL OR lease_until <= $2) ORDER BY due_at LIMIT $4{lock}) \
         UPDATE mailbox SET lease_no = lease_no + 1, lease_owner = $1, lease_until = $3, due_at = $3, \
         wake_at = NULL WHERE id IN (SELECT id FROM due) RETURNING {MAILBOX_COLUMNS}"
    )
}

/// Takes the mailboxes whose calendar was not glanced at for longest; `lock` as for [`claim_due`]. Those that are due or
/// in work are looked at anyway, and one whose last session failed is left alone until its next one.
pub(crate) fn claim_glances(lock: &str) -> String {
    format!(
        "WITH old AS MATERIALIZED (SELECT id FROM mailbox WHERE glanced_at <= $2 AND due_at > $1 AND failures = 0 \
         AND setup IS NOT NULL AND suspended_code IS NULL AND (lease_until IS NULL OR lease_until <= $1) \
         ORDER BY glanced_at LIMIT $3{lock}) \
         UPDATE mailbox SET glanced_at = $1 WHERE id IN (SELECT id FROM old) RETURNING {MAILBOX_COLUMNS}"
    )
}

/// Links of several keys of a tenant and kind; `list` are placeholders from `$3` on.
pub(crate) fn links_by_keys(list: &str) -> String {
    format!(
        "SELECT id, tenant, kind, identity_key, fingerprint, state, holder, held_until, record_kind, record_id, \
         record_version, targets, created_by, created_at, updated_at \
         FROM link WHERE tenant = $1 AND kind = $2 AND identity_key IN ({list})"
    )
}

/// Copies and their links of several items of a mailbox; `list` are placeholders from `$2` on.
pub(crate) fn links_by_items(list: &str) -> String {
    format!(
        "SELECT copy.item_id, copy.version AS copy_version, copy.marked, link.id, link.tenant, link.kind, \
         link.identity_key, link.fingerprint, link.state, link.holder, link.held_until, link.record_kind, \
         link.record_id, link.record_version, link.targets, link.created_by, link.created_at, \
         link.updated_at FROM copy JOIN link ON link.id = copy.link \
         WHERE copy.mailbox = $1 AND copy.item_id IN ({list})"
    )
}

/// Tracked threads among several keys; `list` are placeholders from `$2` on.
pub(crate) fn threads_tracked(list: &str) -> String {
    format!("SELECT thread_key, since FROM thread WHERE mailbox = $1 AND thread_key IN ({list})")
}

/// Reserves keys; answers those that are new.
pub(crate) fn link_insert(count: usize) -> String {
    let rows = rows("({},{},{},{},{},'creating',{},{},{},{},{})", count);
    format!(
        "INSERT INTO link (id, tenant, kind, identity_key, fingerprint, state, holder, held_until, created_by, \
         created_at, updated_at) VALUES {rows} \
         ON CONFLICT (tenant, kind, identity_key) DO NOTHING RETURNING identity_key"
    )
}

/// Takes over keys whose hold has ended, or that the holder has; `list` are placeholders from `$6` on.
pub(crate) fn link_take(list: &str, lock: &str) -> String {
    format!(
        "WITH free AS (SELECT id FROM link WHERE tenant = $4 AND kind = $5 AND identity_key IN ({list}) \
         AND state = 'creating' AND (held_until <= $3 OR holder = $1) ORDER BY identity_key{lock}) \
         UPDATE link SET holder = $1, held_until = $2, updated_at = $3 WHERE id IN (SELECT id FROM free) \
         RETURNING identity_key"
    )
}

/// Locks links in the order of their keys; `list` are placeholders from `$1` on.
pub(crate) fn links_lock(list: &str, lock: &str) -> String {
    format!("SELECT id FROM link WHERE id IN ({list}) ORDER BY tenant, kind, identity_key{lock}")
}

/// Completes links that their holder still has.
pub(crate) fn links_complete(count: usize) -> String {
    let rows = rows(
        "(CAST({} AS TEXT),CAST({} AS TEXT),CAST({} AS TEXT),CAST({} AS TEXT),CAST({} AS TEXT),\
         CAST({} AS BIGINT),CAST({} AS TEXT))",
        count,
    );
    format!(
        "UPDATE link SET state = 'linked', record_kind = done.column2, record_id = done.column3, \
         record_version = done.column4, targets = done.column5, holder = NULL, held_until = NULL, \
         updated_at = done.column6 FROM (VALUES {rows}) AS done \
         WHERE link.id = done.column1 AND link.holder = done.column7 AND link.state = 'creating'"
    )
}

/// Puts copies; no item may be named twice.
pub(crate) fn copies_put(count: usize) -> String {
    format!(
        "INSERT INTO copy (mailbox, item_id, link, version, marked) VALUES {} \
         ON CONFLICT (mailbox, item_id) \
         DO UPDATE SET link = excluded.link, version = excluded.version, marked = excluded.marked",
        rows("({},{},{},{},{})", count)
    )
}

/// Forgets copies; `list` are placeholders from `$2` on.
pub(crate) fn copies_gone(list: &str) -> String {
    format!("DELETE FROM copy WHERE mailbox = $1 AND item_id IN ({list})")
}

/// Puts traces; no item may be named twice.
pub(crate) fn traces_put(count: usize) -> String {
    format!(
        "INSERT INTO trace (mailbox, item_id, identity_key, decision, reason, steps, session, at) VALUES {} \
         ON CONFLICT (mailbox, item_id) DO UPDATE SET identity_key = excluded.identity_key, \
         decision = excluded.decision, reason = excluded.reason, steps = excluded.steps, \
         session = excluded.session, at = excluded.at",
        rows("({},{},{},{},{},{},{},{})", count)
    )
}

/// Settles open issues of items; `list` are placeholders from `$3` on. That two sides collided stays open as long
/// as one of the values is kept: the item itself is in step the moment after.
pub(crate) fn issues_settle(list: &str) -> String {
    format!(
        "UPDATE issue SET state = 'settled', last_at = $1 \
         WHERE mailbox = $2 AND item_id IN ({list}) AND state = 'open' AND NOT (code = 'both_changed' AND EXISTS \
         (SELECT 1 FROM mirror JOIN field_conflict ON field_conflict.mailbox = mirror.mailbox \
         AND field_conflict.link = mirror.link WHERE mirror.mailbox = issue.mailbox \
         AND mirror.item_id = issue.item_id AND field_conflict.state = 'open'))"
    )
}

/// Puts follow-ups.
pub(crate) fn follow_ups_put(count: usize) -> String {
    format!(
        "INSERT INTO follow_up (id, mailbox, item_id, action, wish, not_before, attempts) VALUES {}",
        rows("({},{},{},{},{},{},{})", count)
    )
}

/// Strikes follow-ups off; `list` are placeholders from `$1` on.
pub(crate) fn follow_ups_done(list: &str) -> String {
    format!("DELETE FROM follow_up WHERE id IN ({list})")
}

/// Closes wishes and empties them; `list` are placeholders from `$2` on.
pub(crate) fn wishes_fulfil(list: &str) -> String {
    format!("UPDATE wish SET state = 'fulfilled', payload = $1 WHERE id IN ({list})")
}

/// Tracks threads; what is tracked keeps its beginning.
pub(crate) fn threads_put(count: usize) -> String {
    format!(
        "INSERT INTO thread (mailbox, thread_key, since) VALUES {} \
         ON CONFLICT (mailbox, thread_key) DO NOTHING",
        rows("({},{},{})", count)
    )
}

/// Tracks threads no more; `list` are placeholders from `$2` on.
pub(crate) fn threads_drop(list: &str) -> String {
    format!("DELETE FROM thread WHERE mailbox = $1 AND thread_key IN ({list})")
}
