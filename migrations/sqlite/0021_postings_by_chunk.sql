-- The sets of a chunk lie together: a page of the feed touches one chunk, and wrote to every page of the table when
-- they lay by key (docs/decisions/0022).
CREATE TABLE party_posting_by_chunk (
    tenant TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    key INTEGER NOT NULL,
    slots BLOB NOT NULL,
    PRIMARY KEY (tenant, chunk, key)
) STRICT, WITHOUT ROWID;
INSERT INTO party_posting_by_chunk (tenant, chunk, key, slots)
    SELECT tenant, chunk, key, slots FROM party_posting ORDER BY tenant, chunk, key;
DROP TABLE party_posting;
ALTER TABLE party_posting_by_chunk RENAME TO party_posting;

-- Nothing asks for the parties of an account, nor for people by their domain.
DROP INDEX party_account;
DELETE FROM party_domain WHERE kind <> 'account';

-- Every index of the directory begins with the tenant, of which the planner believes that it leaves ten rows; so it
-- read a whole tenant where an index has the very record. It is told what a large directory is like.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1 WHERE tbl IN ('party', 'party_address', 'party_domain', 'party_posting');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('party', 'party', '1000000 1000000 1'),
    ('party', 'party_record', '1000000 1000000 250000 1'),
    ('party_address', 'party_address', '1000000 1000000 1 1'),
    ('party_domain', 'party_domain', '1000000 1000000 3 2 1'),
    ('party_posting', 'party_posting', '50000 50000 3000 1');
ANALYZE sqlite_schema;
