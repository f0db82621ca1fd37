-- Notes a feed that the job has, and begins its listings in the open run where it has none yet. What
-- only was to count (`plan --probe`) is none, unless this is such a one, too; where the night counts, it
-- becomes the night's.
-- $1 key, $2 project, $3 job, $4 endpoint, $5 table of its rows, $6 target, $7 request, $8 max_rows,
-- $9 how many days its rows are kept, $10 kinds of listings, $11 their requests (null: the feed's),
-- $12 and $13 their ranges, in seconds since 1970, null for no bound, $14 why
WITH named AS (
    INSERT INTO linkhaul.feed (key, project, job, endpoint, facts, target, request, max_rows,
                               retention_days)
    VALUES ($1::uuid, $2, $3, $4, $5, $6, $7::json, nullif($8::bigint, 0), $9::integer)
    ON CONFLICT (key) DO UPDATE
    SET request = excluded.request, max_rows = excluded.max_rows,
        retention_days = excluded.retention_days, asked_at = now()
    RETURNING feed_id, request, max_rows, synced_run_id
)
INSERT INTO linkhaul.listing (run_id, feed_id, night, kind, request, max_rows, range_from, range_to,
                              why)
SELECT r.run_id, named.feed_id, r.night, begun.kind, coalesce(begun.request::json, named.request),
       CASE begun.kind WHEN 'count' THEN 1 WHEN 'full' THEN named.max_rows END, to_timestamp(begun.from_s),
       to_timestamp(begun.to_s), $14::text
FROM named, linkhaul.run AS r,
     unnest($10::text[], $11::text[], $12::bigint[], $13::bigint[])
     WITH ORDINALITY AS begun (kind, request, from_s, to_s, n)
WHERE r.project = $2 AND r.job = $3 AND r.state = 'open'
  AND named.synced_run_id IS DISTINCT FROM r.run_id
  AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                  WHERE l.run_id = r.run_id AND l.feed_id = named.feed_id
                    AND l.state <> 'abandoned'
                    AND (NOT linkhaul.is_probe(l) OR ($10::text[] = ARRAY['count'] AND $14::text IS NULL)))
ORDER BY begun.n
ON CONFLICT (run_id, feed_id, kind) WHERE state <> 'abandoned' DO UPDATE
SET why = excluded.why
WHERE linkhaul.listing.why IS NULL
