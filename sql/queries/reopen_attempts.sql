-- Calls booked as unknown whose answers are in the spool after all: they are open again, to be booked by
-- what the answers say, and no list of the vendor's settles them before. $1 attempts
UPDATE linkhaul.attempt
SET state = 'reserved', booked_at = NULL
WHERE attempt_id = ANY ($1::uuid[]) AND state = 'unknown'
