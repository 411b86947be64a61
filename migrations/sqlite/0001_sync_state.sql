-- What is synced and where it stands. Ids, versions, digests and reasons; no business data (ARC-07).
-- Times are microseconds since 1970 in UTC. Ids are UUIDs as text, so that both databases compare them alike.

CREATE TABLE mailbox (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    address TEXT NOT NULL UNIQUE,          -- one mailbox belongs to one user over all tenants (SET-11)
    suspended_code TEXT,                   -- NULL: active
    suspended_detail TEXT,
    due_at INTEGER NOT NULL,
    lease_no INTEGER NOT NULL DEFAULT 0,    -- fencing: results are written only under the current number
    lease_owner TEXT,
    lease_until INTEGER,
    wake_at INTEGER,                   -- a wake-up that came while a session ran
    setup TEXT,                            -- folder ids as JSON
    prepared_at INTEGER,
    pulse TEXT,
    failures INTEGER NOT NULL DEFAULT 0,    -- failed sessions in a row
    last_session_at INTEGER,
    started_at INTEGER NOT NULL             -- when sync was first enabled (EM-34)
) STRICT;
CREATE INDEX mailbox_due ON mailbox (due_at);
CREATE INDEX mailbox_leased ON mailbox (lease_owner) WHERE lease_owner IS NOT NULL;

CREATE TABLE cursor_position (
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    collection TEXT NOT NULL,
    position TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (mailbox, collection)
) STRICT;

-- The row is the lock: whoever inserts it may create the record (INV-1).
CREATE TABLE link (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    identity_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL,                   -- creating, linked
    holder TEXT,
    held_until INTEGER,
    record_kind TEXT,
    record_id TEXT,
    record_version TEXT,
    targets TEXT NOT NULL DEFAULT '[]',
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant, kind, identity_key)
) STRICT;
CREATE INDEX link_creating ON link (holder) WHERE state = 'creating';

-- One mailbox's instance of a linked item.
CREATE TABLE copy (
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    link TEXT NOT NULL REFERENCES link (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    marked INTEGER NOT NULL,
    PRIMARY KEY (mailbox, item_id)
) STRICT;
CREATE INDEX copy_link ON copy (link);

-- What the next session must finish.
CREATE TABLE follow_up (
    id TEXT NOT NULL PRIMARY KEY,
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    action TEXT NOT NULL,                  -- mark_item, save_item
    wish TEXT,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL
) STRICT;
CREATE INDEX follow_up_due ON follow_up (mailbox, not_before);

CREATE TABLE wish (
    id TEXT NOT NULL PRIMARY KEY,
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    client_key TEXT,
    payload BLOB NOT NULL,                 -- sealed
    state TEXT NOT NULL,                   -- open, fulfilled
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX wish_open ON wish (mailbox) WHERE state = 'open';
CREATE INDEX wish_expiry ON wish (expires_at);

CREATE TABLE thread (
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    thread_key TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (mailbox, thread_key)
) STRICT;

CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    node TEXT NOT NULL,
    lease_no INTEGER NOT NULL,
    cause TEXT NOT NULL,
    state TEXT NOT NULL,                   -- running, done, failed, interrupted
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    counts TEXT NOT NULL DEFAULT '{}',
    error_code TEXT,
    error_detail TEXT
) STRICT;
CREATE INDEX session_of_mailbox ON session (mailbox, started_at);
CREATE INDEX session_ended ON session (ended_at);
CREATE INDEX session_running ON session (node) WHERE state = 'running';

CREATE TABLE issue (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    item_id TEXT NOT NULL,
    identity_key TEXT,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    state TEXT NOT NULL,                   -- open, settled
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    UNIQUE (mailbox, item_id)
) STRICT;
CREATE INDEX issue_open ON issue (mailbox, state, last_at);
CREATE INDEX issue_settled ON issue (last_at) WHERE state = 'settled';

CREATE TABLE trace (
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    identity_key TEXT,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    steps TEXT NOT NULL,
    session TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (mailbox, item_id)
) STRICT;
CREATE INDEX trace_age ON trace (at);

-- Answers to repeated requests (AIP-155).
CREATE TABLE request (
    caller TEXT NOT NULL,
    method TEXT NOT NULL,
    request_id TEXT NOT NULL,
    answer BLOB,                           -- sealed; NULL while it runs
    created_at INTEGER NOT NULL,
    PRIMARY KEY (caller, method, request_id)
) STRICT;
CREATE INDEX request_age ON request (created_at);

CREATE TABLE secret (
    name TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- Parallel calls a tenant bears, shared by all nodes.
CREATE TABLE slot (
    tenant TEXT NOT NULL,
    number INTEGER NOT NULL,
    node TEXT NOT NULL,
    held_until INTEGER NOT NULL,
    PRIMARY KEY (tenant, number)
) STRICT;
