-- Colleagues may call one meeting appointment, visit or phone call: the key of an event is reserved once, whatever it
-- becomes (INV-1). The record's own kind stays in record_kind.
UPDATE link SET kind = 'appointment'
WHERE kind IN ('visit', 'phone_call') AND NOT EXISTS (
    SELECT 1 FROM link AS other
    WHERE other.tenant = link.tenant AND other.identity_key = link.identity_key AND other.id <> link.id
        AND other.kind IN ('appointment', 'visit', 'phone_call'));
