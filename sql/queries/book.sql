-- Books a call that brought no page. $1 attempt, $2 state, $3 charge or null, $4 HTTP status,
-- $5 status code, $6 task, $7 message, $8 bytes, $9 milliseconds
UPDATE linkhaul.attempt
SET state = $2, charged_nanousd = $3::bigint, http_status = nullif($4::integer, 0),
    status_code = nullif($5::integer, 0), task_id = $6, message = left($7, 500),
    body_bytes = $8::bigint, elapsed_ms = $9::bigint, booked_at = now()
WHERE attempt_id = $1::uuid AND state IN ('reserved', 'unknown')
