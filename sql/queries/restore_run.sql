-- Brings a run back that a fail-over has lost, from what the spool has kept of it (memo_run.sql and
-- memo_slices.sql): as it was before its first page, since all its pages are in the spool and land
-- anew. Gives the run, null where it has not come back, and why not: of another installation
-- ('foreign'), another run of the job is open ('open'), one of its numbers was given out anew
-- ('taken'); with the job and the night. Either way no number of it is given out from here on.
-- $1 what the spool has kept, in its order
WITH note AS (
    SELECT t.n, t.text::json AS memo FROM unnest($1::text[]) WITH ORDINALITY AS t (text, n)
), head AS MATERIALIZED (
    SELECT memo, json_populate_record(json_populate_record(NULL::linkhaul.run,
               json_build_object('as_of', memo->'run'->'started_at')), memo->'run') AS run,
           memo->>'install' = (SELECT uid::text FROM linkhaul.install) AS is_ours
    FROM note WHERE memo->'run' IS NOT NULL
    ORDER BY n DESC
    LIMIT 1
), listed AS MATERIALIZED (
    SELECT l AS memo, json_populate_record(NULL::linkhaul.listing, l) AS was
    FROM head, json_array_elements(head.memo->'listings') AS l
), sliced AS MATERIALIZED (
    SELECT DISTINCT ON ((was).listing_id, (was).slice_no) memo, was
    FROM (SELECT note.n, s AS memo, json_populate_record(NULL::linkhaul.slice, s) AS was
          FROM note, json_array_elements(note.memo->'slices') AS s) AS all_of_them
    WHERE (was).listing_id IN (SELECT (was).listing_id FROM listed)
    ORDER BY (was).listing_id, (was).slice_no, n DESC
), kept AS MATERIALIZED (
    SELECT setval(pg_get_serial_sequence('linkhaul.run', 'run_id'),
                  greatest((head.run).run_id, (SELECT last_value FROM linkhaul.run_run_id_seq))),
           (SELECT setval(pg_get_serial_sequence('linkhaul.listing', 'listing_id'),
                          greatest(max((was).listing_id),
                                   (SELECT last_value FROM linkhaul.listing_listing_id_seq)))
            FROM listed)
    FROM head
    WHERE head.is_ours
), verdict AS MATERIALIZED (
    SELECT CASE
        WHEN NOT head.is_ours THEN 'foreign'
        WHEN EXISTS (SELECT FROM linkhaul.run AS r
                     WHERE r.run_id = (head.run).run_id OR r.uid = (head.run).uid)
             OR EXISTS (SELECT FROM linkhaul.listing AS l
                        WHERE l.listing_id IN (SELECT (was).listing_id FROM listed)) THEN 'taken'
        WHEN EXISTS (SELECT FROM linkhaul.run AS r
                     WHERE r.project = (head.run).project AND r.job = (head.run).job
                       AND r.state = 'open') THEN 'open'
        END AS why
    FROM head, (SELECT count(*) FROM kept) AS first
), restored AS (
    INSERT INTO linkhaul.run OVERRIDING SYSTEM VALUE
    SELECT (head.run).* FROM head, verdict WHERE verdict.why IS NULL
    RETURNING run_id
), fed AS MATERIALIZED (
    SELECT json_populate_record(NULL::linkhaul.feed, f) AS was
    FROM head, json_array_elements(head.memo->'feeds') AS f
), named AS (
    INSERT INTO linkhaul.feed (key, project, job, endpoint, facts, target, request, max_rows, made_at,
                               asked_at)
    SELECT (was).key, (was).project, (was).job, (was).endpoint, (was).facts, (was).target,
           (was).request, (was).max_rows, (was).made_at, (was).asked_at
    FROM fed, restored
    ON CONFLICT (key) DO NOTHING
    RETURNING feed_id, key
), feeds AS (
    SELECT feed_id, key FROM named
    UNION ALL
    SELECT f.feed_id, f.key FROM linkhaul.feed AS f WHERE f.key IN (SELECT (was).key FROM fed)
), relisted AS (
    INSERT INTO linkhaul.listing OVERRIDING SYSTEM VALUE
    SELECT (json_populate_record(listed.was, json_build_object(
               'feed_id', feeds.feed_id,
               'state', CASE (listed.was).state WHEN 'abandoned' THEN 'abandoned' ELSE 'open' END,
               'completeness', NULL, 'reason', '', 'published_at', NULL, 'total_count', NULL,
               'whole_count', NULL, 'n_items', 0, 'n_rows', 0, 'n_rejects', 0, 'n_extra', 0,
               'n_cleaned', 0, 'n_duplicates', 0, 'n_missing', 0, 'n_new', 0, 'n_lost', 0))).*
    FROM restored, listed
    JOIN fed ON (fed.was).feed_id = (listed.was).feed_id
    JOIN feeds ON feeds.key = (fed.was).key
), resliced AS (
    INSERT INTO linkhaul.slice
    SELECT (json_populate_record(sliced.was, json_build_object(
               'walk', 'undecided', 'position', 0, 'token', NULL, 'total_count', NULL,
               'is_ended', false))).*
    FROM restored, sliced
)
SELECT (SELECT run_id FROM restored), coalesce(verdict.why, ''), (head.run).job, (head.run).night
FROM head, verdict
