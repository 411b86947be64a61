-- What is synced and where it stands. Ids, versions, digests and reasons; no business data (ARC-07).
-- Times are microseconds since 1970 in UTC. Ids are UUIDs as text, so that both databases compare them alike.

CREATE TABLE mailbox (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL UNIQUE,          -- one mailbox belongs to one user over all tenants (SET-11)
    suspended_code TEXT COLLATE "C",                   -- NULL: active
    suspended_detail TEXT COLLATE "C",
    due_at BIGINT NOT NULL,
    lease_no BIGINT NOT NULL DEFAULT 0,    -- fencing: results are written only under the current number
    lease_owner TEXT COLLATE "C",
    lease_until BIGINT,
    wake_at BIGINT,                    -- a wake-up that came while a session ran
    setup TEXT COLLATE "C",                            -- folder ids as JSON
    prepared_at BIGINT,
    pulse TEXT COLLATE "C",
    failures BIGINT NOT NULL DEFAULT 0,    -- failed sessions in a row
    last_session_at BIGINT,
    started_at BIGINT NOT NULL             -- when sync was first enabled (EM-34)
);
CREATE INDEX mailbox_due ON mailbox (due_at);
CREATE INDEX mailbox_leased ON mailbox (lease_owner) WHERE lease_owner IS NOT NULL;

CREATE TABLE cursor_position (
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    collection TEXT COLLATE "C" NOT NULL,
    position TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox, collection)
);

-- The row is the lock: whoever inserts it may create the record (INV-1).
CREATE TABLE link (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    identity_key TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,                   -- creating, linked
    holder TEXT COLLATE "C",
    held_until BIGINT,
    record_kind TEXT COLLATE "C",
    record_id TEXT COLLATE "C",
    record_version TEXT COLLATE "C",
    targets TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (tenant, kind, identity_key)
);
CREATE INDEX link_creating ON link (holder) WHERE state = 'creating';

-- One mailbox's instance of a linked item.
CREATE TABLE copy (
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    item_id TEXT COLLATE "C" NOT NULL,
    link TEXT COLLATE "C" NOT NULL REFERENCES link (id) ON DELETE CASCADE,
    version TEXT COLLATE "C" NOT NULL,
    marked BIGINT NOT NULL,
    PRIMARY KEY (mailbox, item_id)
);
CREATE INDEX copy_link ON copy (link);

-- What the next session must finish.
CREATE TABLE follow_up (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    item_id TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,                  -- mark_item, save_item
    wish TEXT COLLATE "C",
    not_before BIGINT NOT NULL,
    attempts BIGINT NOT NULL
);
CREATE INDEX follow_up_due ON follow_up (mailbox, not_before);

CREATE TABLE wish (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    client_key TEXT COLLATE "C",
    payload BYTEA NOT NULL,                 -- sealed
    state TEXT COLLATE "C" NOT NULL,                   -- open, fulfilled
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX wish_open ON wish (mailbox) WHERE state = 'open';
CREATE INDEX wish_expiry ON wish (expires_at);

CREATE TABLE thread (
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    thread_key TEXT COLLATE "C" NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (mailbox, thread_key)
);

CREATE TABLE session (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    node TEXT COLLATE "C" NOT NULL,
    lease_no BIGINT NOT NULL,
    cause TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,                   -- running, done, failed, interrupted
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    counts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    error_code TEXT COLLATE "C",
    error_detail TEXT COLLATE "C"
);
CREATE INDEX session_of_mailbox ON session (mailbox, started_at);
CREATE INDEX session_ended ON session (ended_at);
CREATE INDEX session_running ON session (node) WHERE state = 'running';

CREATE TABLE issue (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant TEXT COLLATE "C" NOT NULL,
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL,
    item_id TEXT COLLATE "C" NOT NULL,
    identity_key TEXT COLLATE "C",
    code TEXT COLLATE "C" NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,                   -- open, settled
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    UNIQUE (mailbox, item_id)
);
CREATE INDEX issue_open ON issue (mailbox, state, last_at);
CREATE INDEX issue_settled ON issue (last_at) WHERE state = 'settled';

CREATE TABLE trace (
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    item_id TEXT COLLATE "C" NOT NULL,
    identity_key TEXT COLLATE "C",
    decision TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    steps TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C",
    at BIGINT NOT NULL,
    PRIMARY KEY (mailbox, item_id)
);
CREATE INDEX trace_age ON trace (at);

-- Answers to repeated requests (AIP-155).
CREATE TABLE request (
    caller TEXT COLLATE "C" NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    answer BYTEA,                           -- sealed; NULL while it runs
    created_at BIGINT NOT NULL,
    PRIMARY KEY (caller, method, request_id)
);
CREATE INDEX request_age ON request (created_at);

CREATE TABLE secret (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);

-- Parallel calls a tenant bears, shared by all nodes.
CREATE TABLE slot (
    tenant TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    node TEXT COLLATE "C" NOT NULL,
    held_until BIGINT NOT NULL,
    PRIMARY KEY (tenant, number)
);
