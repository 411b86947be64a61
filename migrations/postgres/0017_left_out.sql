-- Records that the filter or the limit of a kind leaves in the CRM though they concern the mailbox's owner, and
-- mirrored ones that the filter would not let in today (CON-10, CON-11). Ids only.
CREATE TABLE left_out (
    mailbox TEXT COLLATE "C" NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    record_kind TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    why TEXT COLLATE "C" NOT NULL,                     -- filter, limit, kept
    place BIGINT NOT NULL,                             -- the order in which they came: who waits longest comes down first
    PRIMARY KEY (mailbox, record_kind, record_id)
);
CREATE INDEX left_out_next ON left_out (mailbox, why, place);

-- How many records of a kind the CRM says it has.
CREATE TABLE crm_total (
    tenant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    total BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind)
);
