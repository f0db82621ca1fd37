-- Whoever asked for these starts goes away: those that nobody has taken are over. $1 starts, $2 why
UPDATE linkhaul.wanted_start
SET ended_at = now(), exit_code = 75, reason = $2
WHERE start_id = ANY ($1::bigint[]) AND taken_at IS NULL AND ended_at IS NULL
