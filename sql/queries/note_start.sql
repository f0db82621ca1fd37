-- How far a start that was asked for is. $1 start, $2 progress
UPDATE linkhaul.wanted_start SET progress = $2::jsonb WHERE start_id = $1::bigint AND ended_at IS NULL
