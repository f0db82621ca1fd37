-- Holds the calls whose charge is unknown against the vendor's own list of tasks. One that is listed
-- and over was billed, or cost nothing; one that is not listed, and by now would be, was never
-- executed. For that the list has to have shown a call of ours, in this answer or ever: where it turns
-- out not to have them at all nothing can be concluded from it.
-- A task belongs to the call that has noted its id, else to the n-th call for its page (tag, and
-- offset or token) that has none.
-- $1 account; of the tasks: $2 ids, $3 tags, $4 offsets, $5 tokens (null: none), $6 costs (null: it
-- is not over), $7 milliseconds since 1970 when they were posted; $8 and $9 the times, in
-- milliseconds since 1970, between which the list is whole; $10 how many milliseconds ago it was
-- asked for, and $11 how long after its reserve a call is on the list at the latest; $12 runs that
-- somebody else looks after
WITH open AS (
    SELECT a.*, row_number() OVER (PARTITION BY a.tag, CASE WHEN a.token IS NULL THEN a.position END,
                                                a.token, a.task_id <> ''
                                   ORDER BY a.reserved_at, a.attempt_id) AS nth
    FROM linkhaul.attempt AS a
    JOIN linkhaul.run AS r USING (run_id)
    WHERE a.state = 'unknown' AND r.account = $1 AND a.run_id <> ALL ($12::bigint[])
      -- While a further call for the page is under way, its task cannot be told from this one's.
      AND NOT EXISTS (SELECT FROM linkhaul.attempt AS other
                      WHERE other.run_id = a.run_id AND other.state = 'reserved'
                        AND other.listing_id = a.listing_id AND other.slice_no = a.slice_no
                        AND other.position = a.position)
), listed AS (
    SELECT DISTINCT ON (l.task_id) l.*, to_timestamp(l.posted_ms / 1000.0) AS posted_at
    FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[])
         AS l (task_id, tag, position, token, nanousd, posted_ms)
    WHERE l.task_id <> ''
    ORDER BY l.task_id
), free AS (
    SELECT l.*, row_number() OVER (PARTITION BY tag, CASE WHEN token IS NULL THEN position END, token
                                   ORDER BY posted_at, task_id) AS nth
    FROM listed AS l
    WHERE NOT EXISTS (SELECT FROM linkhaul.attempt AS a
                      WHERE a.task_id = l.task_id AND a.task_id <> '')
      AND l.posted_at > (SELECT min(o.reserved_at) FROM open AS o
                         WHERE o.tag = l.tag AND o.task_id = ''
                           AND o.token IS NOT DISTINCT FROM l.token
                           AND (o.token IS NOT NULL OR o.position = l.position))
                        - interval '5 minutes'
), found AS (
    SELECT o.attempt_id, o.is_page, l.task_id, l.nanousd
    FROM open AS o JOIN listed AS l USING (task_id)
    WHERE o.task_id <> ''
    UNION ALL
    SELECT o.attempt_id, o.is_page, l.task_id, l.nanousd
    FROM open AS o
    JOIN free AS l ON l.tag = o.tag AND l.nth = o.nth AND l.token IS NOT DISTINCT FROM o.token
                   AND (o.token IS NOT NULL OR l.position = o.position)
    WHERE o.task_id = ''
), trusted AS (
    SELECT EXISTS (SELECT FROM listed AS l JOIN linkhaul.attempt AS a USING (task_id)
                   WHERE a.task_id <> '')
           OR EXISTS (SELECT FROM found)
           OR EXISTS (SELECT FROM linkhaul.attempt AS a JOIN linkhaul.run AS r USING (run_id)
                      WHERE a.state = 'undelivered' AND r.account = $1) AS is_so
), absent AS (
    SELECT o.attempt_id
    FROM open AS o, trusted
    WHERE NOT o.is_page AND trusted.is_so
      AND o.reserved_at BETWEEN to_timestamp($8::bigint / 1000.0) AND to_timestamp($9::bigint / 1000.0)
      AND o.reserved_at < now() - ($10::bigint + $11::bigint) * interval '1 millisecond'
      AND o.attempt_id NOT IN (SELECT attempt_id FROM found)
)
UPDATE linkhaul.attempt AS a
SET state = v.state, charged_nanousd = v.nanousd, task_id = v.task_id, message = v.message,
    booked_at = now()
FROM (
    SELECT attempt_id, CASE WHEN is_page THEN 'settled' ELSE 'undelivered' END AS state, nanousd,
           task_id,
           CASE WHEN is_page THEN '' ELSE 'billed, and its answer never came' END AS message
    FROM found
    WHERE nanousd > 0 OR (is_page AND nanousd = 0)
    UNION ALL
    SELECT attempt_id, 'void', NULL, task_id, 'listed by the vendor at no charge'
    FROM found
    WHERE NOT is_page AND nanousd = 0
    UNION ALL
    SELECT attempt_id, 'void', NULL, '', 'not on the vendor''s list: never executed'
    FROM absent
) AS v, linkhaul.run AS r
WHERE a.attempt_id = v.attempt_id AND a.state = 'unknown' AND r.run_id = a.run_id
RETURNING a.attempt_id, a.listing_id, a.slice_no, a.position, a.state <> 'void',
          coalesce(a.charged_nanousd, 0), r.project, r.job
