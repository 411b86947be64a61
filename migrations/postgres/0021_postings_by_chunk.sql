-- The sets of a chunk lie together: a page of the feed touches one chunk, and wrote to every page of the table when
-- they lay by key (docs/decisions/0022).
CREATE TABLE party_posting_by_chunk (
    tenant TEXT COLLATE "C" NOT NULL,
    chunk BIGINT NOT NULL,
    key BIGINT NOT NULL,
    slots BYTEA NOT NULL,
    PRIMARY KEY (tenant, chunk, key)
);
INSERT INTO party_posting_by_chunk (tenant, chunk, key, slots)
    SELECT tenant, chunk, key, slots FROM party_posting ORDER BY tenant, chunk, key;
DROP TABLE party_posting;
ALTER TABLE party_posting_by_chunk RENAME TO party_posting;

-- Nothing asks for the parties of an account, nor for people by their domain.
DROP INDEX party_account;
DELETE FROM party_domain WHERE kind <> 'account';
