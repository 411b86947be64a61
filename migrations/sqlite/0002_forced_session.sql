-- The id of the session that somebody asked for and that has not started yet: its name is known, and can be
-- watched, before it runs.
ALTER TABLE mailbox ADD COLUMN forced_session TEXT;
