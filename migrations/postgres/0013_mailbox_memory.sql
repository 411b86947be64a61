-- What a mailbox remembers between sessions besides its cursors.
CREATE TABLE mailbox_memory (
    mailbox TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE,
    down_digest TEXT COLLATE "C" NOT NULL,             -- of the settings that say what comes down; empty: not known yet
    looked_after TEXT COLLATE "C" NOT NULL             -- the last link the daily look reached; empty: it begins anew
);
