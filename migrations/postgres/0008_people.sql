-- People: the user's own blocklist, records made for unknown attendees, and links offered later.

-- One entry of a user's layer (BL-02). What it names may be somebody's address, so it lies sealed.
CREATE TABLE blocklist_entry (
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    digest TEXT COLLATE "C" NOT NULL,                  -- of the entry, keyed: each stands once
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox, digest)
);

-- The report of what was made for unknown attendees (RES-01).
CREATE TABLE made_party (
    link TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES link (id) ON DELETE CASCADE,
    tenant TEXT COLLATE "C" NOT NULL,
    mailbox TEXT COLLATE "C" NOT NULL,                 -- whose session made it
    record_kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    for_kind TEXT COLLATE "C" NOT NULL,                -- the event it was made for
    for_key TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX made_party_time ON made_party (tenant, made_at, link);
CREATE INDEX made_party_of_mailbox ON made_party (mailbox, made_at, link);

-- Addresses on stored items that nobody was known for, as keyed digests: a party that appears later is offered
-- as a link.
CREATE TABLE unknown_address (
    tenant TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    link TEXT COLLATE "C" NOT NULL REFERENCES link (id) ON DELETE CASCADE,
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, digest, link)
);
CREATE INDEX unknown_address_link ON unknown_address (link);
CREATE INDEX unknown_address_mailbox ON unknown_address (mailbox);
CREATE INDEX unknown_address_at ON unknown_address (at);

-- Links to parties that appeared after an item was stored: offered, never made silently.
CREATE TABLE link_offer (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    link TEXT COLLATE "C" NOT NULL REFERENCES link (id) ON DELETE CASCADE,
    record_kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,                   -- open, taken, refused
    at BIGINT NOT NULL,
    UNIQUE (link, record_kind, record_id)
);
CREATE INDEX link_offer_open ON link_offer (mailbox, at, id) WHERE state = 'open';
CREATE INDEX link_offer_of_mailbox ON link_offer (mailbox);

-- What was saved last, for the preview of a blocklist.
CREATE INDEX trace_saved ON trace (mailbox, at) WHERE decision = 'saved';
