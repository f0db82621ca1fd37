-- Partitions whose retention is over, a row for each statement that takes one out, in their order; one
-- that stays has a single row without a statement, and what hangs on it, or whom it shows. What was
-- broken off comes first: a table has one partition on its way out at most.
SELECT o.part, coalesce(o.from_night::text, ''), coalesce((o.to_night - 1)::text, ''), step.sql,
       o.hangs, o.shows
FROM linkhaul.over_partitions() AS o
CROSS JOIN LATERAL unnest(CASE WHEN coalesce(o.hangs, o.shows) IS NULL THEN o.steps
                               ELSE ARRAY[NULL::text] END) WITH ORDINALITY AS step (sql, n)
ORDER BY o.steps[1] LIKE '%FINALIZE' DESC, o.from_night NULLS FIRST, o.part, step.n
