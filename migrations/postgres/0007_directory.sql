-- The directory: parties of the CRM by address, domain and text (docs/decisions/0021). The only table with business
-- data in the clear: what it takes to recognise a party and to show it in a list. `ssi` can drop it at any time; the
-- feed fills it again.

CREATE TABLE directory (
    tenant TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next_slot BIGINT NOT NULL,            -- a party that changes takes a new slot: the highest changed last
    swept_kind TEXT COLLATE "C" NOT NULL,              -- the record after which the next sweep goes on
    swept_id TEXT COLLATE "C" NOT NULL
);

-- How far the first reading of a kind is.
CREATE TABLE directory_fill (
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    seen BIGINT NOT NULL,
    total BIGINT,                         -- by the CRM's own count when the reading began
    filled_at BIGINT,
    PRIMARY KEY (tenant, kind)
);

CREATE TABLE party (
    tenant TEXT COLLATE "C" NOT NULL,
    slot BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    company TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C",
    addresses TEXT COLLATE "C" NOT NULL,               -- a line each, as are the next two
    phones TEXT COLLATE "C" NOT NULL,
    domains TEXT COLLATE "C" NOT NULL,
    created_at BIGINT,
    changed_at BIGINT,
    obsolete BIGINT NOT NULL,
    hidden BIGINT NOT NULL,
    PRIMARY KEY (tenant, slot)
);
CREATE UNIQUE INDEX party_record ON party (tenant, kind, record_id);
CREATE INDEX party_account ON party (tenant, account) WHERE account IS NOT NULL;

CREATE TABLE party_address (
    tenant TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    slot BIGINT NOT NULL,
    PRIMARY KEY (tenant, address, slot)
);

CREATE TABLE party_domain (
    tenant TEXT COLLATE "C" NOT NULL,
    domain TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    slot BIGINT NOT NULL,
    PRIMARY KEY (tenant, domain, kind, slot)
);

-- Which parties have a piece of text: per piece and 65,536 slots one set (docs/decisions/0022).
CREATE TABLE party_posting (
    tenant TEXT COLLATE "C" NOT NULL,
    key BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    slots BYTEA NOT NULL,
    PRIMARY KEY (tenant, key, chunk)
);

-- What was read before there was a directory is read once more.
DELETE FROM feed_cursor WHERE kind IN ('contact', 'account', 'individual_customer');
