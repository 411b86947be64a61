-- The directory: parties of the CRM by address, domain and text (docs/decisions/0021). The only table with business
-- data in the clear: what it takes to recognise a party and to show it in a list. `ssi` can drop it at any time; the
-- feed fills it again.

CREATE TABLE directory (
    tenant TEXT NOT NULL PRIMARY KEY,
    next_slot INTEGER NOT NULL,            -- a party that changes takes a new slot: the highest changed last
    swept_kind TEXT NOT NULL,              -- the record after which the next sweep goes on
    swept_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the first reading of a kind is.
CREATE TABLE directory_fill (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    seen INTEGER NOT NULL,
    total INTEGER,                         -- by the CRM's own count when the reading began
    filled_at INTEGER,
    PRIMARY KEY (tenant, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE party (
    tenant TEXT NOT NULL,
    slot INTEGER NOT NULL,
    kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    company TEXT NOT NULL,
    account TEXT,
    addresses TEXT NOT NULL,               -- a line each, as are the next two
    phones TEXT NOT NULL,
    domains TEXT NOT NULL,
    created_at INTEGER,
    changed_at INTEGER,
    obsolete INTEGER NOT NULL,
    hidden INTEGER NOT NULL,
    PRIMARY KEY (tenant, slot)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX party_record ON party (tenant, kind, record_id);
CREATE INDEX party_account ON party (tenant, account) WHERE account IS NOT NULL;

CREATE TABLE party_address (
    tenant TEXT NOT NULL,
    address TEXT NOT NULL,
    slot INTEGER NOT NULL,
    PRIMARY KEY (tenant, address, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE party_domain (
    tenant TEXT NOT NULL,
    domain TEXT NOT NULL,
    kind TEXT NOT NULL,
    slot INTEGER NOT NULL,
    PRIMARY KEY (tenant, domain, kind, slot)
) STRICT, WITHOUT ROWID;

-- Which parties have a piece of text: per piece and 65,536 slots one set (docs/decisions/0022).
CREATE TABLE party_posting (
    tenant TEXT NOT NULL,
    key INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    slots BLOB NOT NULL,
    PRIMARY KEY (tenant, key, chunk)
) STRICT, WITHOUT ROWID;

-- What was read before there was a directory is read once more.
DELETE FROM feed_cursor WHERE kind IN ('contact', 'account', 'individual_customer');
