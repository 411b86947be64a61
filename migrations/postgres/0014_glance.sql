-- A glance at a calendar between sessions (CAL-04).
ALTER TABLE mailbox ADD COLUMN glanced_at BIGINT NOT NULL DEFAULT 0;  -- when it was taken last
ALTER TABLE mailbox ADD COLUMN glance TEXT COLLATE "C" NOT NULL DEFAULT '';    -- the state it saw; opaque
