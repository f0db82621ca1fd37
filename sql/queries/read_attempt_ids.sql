-- All calls of a run: $1 run
SELECT attempt_id FROM linkhaul.attempt WHERE run_id = $1::bigint ORDER BY attempt_id
