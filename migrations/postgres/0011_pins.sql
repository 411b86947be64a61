-- Records a person pinned (SRCH-10): their cards come first.
CREATE TABLE pin (
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    record_kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (mailbox, record_kind, record_id)
);

-- The index of words has learnt their ends (docs/decisions/0034): the directory is read once more.
DELETE FROM directory;
DELETE FROM directory_fill;
DELETE FROM party;
DELETE FROM party_address;
DELETE FROM party_domain;
DELETE FROM party_posting;
DELETE FROM feed_cursor WHERE kind IN ('contact', 'account', 'individual_customer', 'lead', 'employee');
