-- The mirror: calendar, tasks and contacts both ways. Still no business data: what both sides agreed on lies
-- here as keyed digests, and the two values of a conflict are sealed (ARC-07).

-- The owner's employee number at the CRM, by which the feed knows whom a change concerns.
ALTER TABLE mailbox ADD COLUMN employee TEXT COLLATE "C";
CREATE INDEX mailbox_tenant ON mailbox (tenant, address);

CREATE INDEX follow_up_of_item ON follow_up (mailbox, action, item_id);

-- One mailbox's side of a mirrored pair.
CREATE TABLE mirror (
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    link TEXT COLLATE "C" NOT NULL REFERENCES link (id) ON DELETE CASCADE,
    tenant TEXT COLLATE "C" NOT NULL,                  -- the link's: a mailbox may move to another tenant
    kind TEXT COLLATE "C" NOT NULL,
    identity_key TEXT COLLATE "C" NOT NULL,
    item_id TEXT COLLATE "C" NOT NULL,
    record_kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,                  -- mail, crm
    state TEXT COLLATE "C" NOT NULL,                   -- active, released, ended
    writer BIGINT NOT NULL,               -- whether this mailbox writes for the record (CAL-37)
    item_version TEXT COLLATE "C" NOT NULL,
    record_version TEXT COLLATE "C" NOT NULL,
    baseline TEXT COLLATE "C" NOT NULL,                -- digests as JSON
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox, link),
    UNIQUE (mailbox, item_id)
);
CREATE INDEX mirror_of_record ON mirror (mailbox, record_id);
CREATE INDEX mirror_of_key ON mirror (mailbox, identity_key);
CREATE INDEX mirror_everywhere ON mirror (tenant, record_kind, record_id);
CREATE INDEX mirror_link ON mirror (link);

-- The feed of a tenant's changes: one node at a time reads it.
CREATE TABLE feed (
    tenant TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    lease_no BIGINT NOT NULL,             -- fencing, as with mailboxes
    lease_owner TEXT COLLATE "C",
    lease_until BIGINT,
    due_at BIGINT NOT NULL,
    swept_at BIGINT,                      -- when it was last asked which records still stand
    last_filed BIGINT NOT NULL,           -- the last number given to a filed change
    again BIGINT NOT NULL DEFAULT 0       -- 1: the next reading starts at the beginning
);
CREATE INDEX feed_due ON feed (due_at);
INSERT INTO feed (tenant, lease_no, due_at, last_filed) SELECT DISTINCT tenant, 0, 0, 0 FROM mailbox;
CREATE INDEX feed_leased ON feed (lease_owner) WHERE lease_owner IS NOT NULL;

CREATE TABLE feed_cursor (
    tenant TEXT COLLATE "C" NOT NULL REFERENCES feed (tenant) ON DELETE CASCADE,
    kind TEXT COLLATE "C" NOT NULL,
    position TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind)
);

-- Changes filed under the mailboxes they concern. What is done stays for a while, so that a change that the
-- feed tells again, as late commits make it do, is not work again.
CREATE TABLE filed (
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    record_kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,               -- another one for each version: what is done is that version only
    version TEXT COLLATE "C" NOT NULL,
    identity_key TEXT COLLATE "C" NOT NULL,
    gone BIGINT NOT NULL,                 -- a sweep missed it: to be confirmed by a read (INV-5)
    not_before BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    done_at BIGINT,
    PRIMARY KEY (mailbox, record_kind, record_id)
);
CREATE INDEX filed_open ON filed (mailbox, not_before, number) WHERE done_at IS NULL;
CREATE INDEX filed_number ON filed (mailbox, number);
CREATE INDEX filed_done ON filed (done_at) WHERE done_at IS NOT NULL;

-- A session's plan that wanted more than its budget, until somebody approves it.
CREATE TABLE held_plan (
    mailbox TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE,
    digest TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    summary TEXT COLLATE "C" NOT NULL,                 -- counts and ids as JSON
    created_at BIGINT NOT NULL,
    approved BIGINT NOT NULL
);

-- Both values of a field that both sides changed, until somebody settles it.
CREATE TABLE field_conflict (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    link TEXT COLLATE "C" NOT NULL REFERENCES link (id) ON DELETE CASCADE,
    field TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,                  -- both values; emptied when settled
    winner TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,                   -- open, settled
    at BIGINT NOT NULL
);
CREATE INDEX field_conflict_open ON field_conflict (mailbox, at) WHERE state = 'open';
CREATE INDEX field_conflict_settled ON field_conflict (at) WHERE state = 'settled';
CREATE INDEX field_conflict_link ON field_conflict (link);
