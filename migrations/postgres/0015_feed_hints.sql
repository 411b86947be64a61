-- Notices of the CRM bring a tenant's feed forward.
ALTER TABLE feed ADD COLUMN hinted BIGINT NOT NULL DEFAULT 0;      -- 1: a notice came since the reading began
ALTER TABLE feed ADD COLUMN hint_from BIGINT NOT NULL DEFAULT 0;   -- not earlier, however many notices come
