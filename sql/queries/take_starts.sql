-- The service takes what it is asked for: from now on it is never begun once more.
WITH taken AS (
    UPDATE linkhaul.wanted_start
    SET taken_at = now()
    WHERE taken_at IS NULL AND ended_at IS NULL
    RETURNING start_id, project, job, night, is_fresh
)
SELECT start_id, project, job, night, is_fresh FROM taken ORDER BY start_id
