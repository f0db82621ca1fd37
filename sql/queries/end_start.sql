-- A start that was asked for is over. $1 start, $2 exit code, $3 why, $4 progress or null
UPDATE linkhaul.wanted_start
SET ended_at = now(), exit_code = $2::integer, reason = left($3, 1000), progress = coalesce($4::jsonb, progress)
WHERE start_id = $1::bigint AND ended_at IS NULL
