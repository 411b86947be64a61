-- The settings of automatic capturing that a mailbox's calendar was listed by last, as a digest (docs/decisions/0057).
ALTER TABLE mailbox_memory ADD COLUMN capture_digest TEXT COLLATE "C" NOT NULL DEFAULT '';
