-- Records that the filter or the limit of a kind leaves in the CRM though they concern the mailbox's owner, and
-- mirrored ones that the filter would not let in today (CON-10, CON-11). Ids only.
CREATE TABLE left_out (
    mailbox TEXT NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    record_kind TEXT NOT NULL,
    record_id TEXT NOT NULL,
    why TEXT NOT NULL,                     -- filter, limit, kept
    place INTEGER NOT NULL,                             -- the order in which they came: who waits longest comes down first
    PRIMARY KEY (mailbox, record_kind, record_id)
) STRICT;
CREATE INDEX left_out_next ON left_out (mailbox, why, place);

-- How many records of a kind the CRM says it has.
CREATE TABLE crm_total (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    total INTEGER NOT NULL,
    counted_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind)
) STRICT;
