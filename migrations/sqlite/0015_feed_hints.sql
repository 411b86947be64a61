-- Notices of the CRM bring a tenant's feed forward.
ALTER TABLE feed ADD COLUMN hinted INTEGER NOT NULL DEFAULT 0;      -- 1: a notice came since the reading began
ALTER TABLE feed ADD COLUMN hint_from INTEGER NOT NULL DEFAULT 0;   -- not earlier, however many notices come
