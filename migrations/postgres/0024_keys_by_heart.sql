-- Which addresses, domains and accounts lead to which slots is known by heart now (docs/decisions/0061).
DROP TABLE party_address;
DROP TABLE party_domain;

-- After a drop slots begin again: whoever knows them by heart sees it by this number.
ALTER TABLE directory ADD COLUMN drops BIGINT NOT NULL DEFAULT 0;
