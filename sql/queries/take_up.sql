-- Calls whose answers are here and about to be judged are under way again, whatever was thought of
-- them: the answer tells more than the vendor's list. $1 attempts
UPDATE linkhaul.attempt
SET state = 'reserved', booked_at = NULL, message = ''
WHERE attempt_id = ANY ($1::uuid[]) AND state = 'unknown' AND NOT is_page
