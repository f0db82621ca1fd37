-- Brings slices back that a fail-over has lost from a run that is still there, and listings that were
-- begun in it later, from what the spool has kept of them (memo_run.sql and memo_slices.sql): as they
-- were before their first pages. The slice that a cut had narrowed is narrowed anew; how many items are
-- left in it is not known. A listing whose number or place somebody else has by now stays away. Gives
-- how many slices and listings have come back. $1 run, $2 what the spool has kept
WITH note AS MATERIALIZED (
    SELECT t.n, t.text::json AS memo FROM unnest($2::text[]) WITH ORDINALITY AS t (text, n)
), listed AS MATERIALIZED (
    SELECT DISTINCT ON ((was).listing_id) was
    FROM (SELECT note.n, json_populate_record(NULL::linkhaul.listing, l) AS was
          FROM note, json_array_elements(note.memo->'listings') AS l) AS all_of_them
    WHERE (was).run_id = $1::bigint
      AND NOT EXISTS (SELECT FROM linkhaul.listing AS l WHERE l.listing_id = (was).listing_id)
      AND EXISTS (SELECT FROM linkhaul.feed AS f WHERE f.feed_id = (was).feed_id)
    ORDER BY (was).listing_id, n DESC
), numbered AS MATERIALIZED (
    SELECT setval(pg_get_serial_sequence('linkhaul.listing', 'listing_id'),
                  greatest(max((was).listing_id),
                           (SELECT last_value FROM linkhaul.listing_listing_id_seq)))
    FROM listed
    HAVING count(*) > 0
), relisted AS (
    INSERT INTO linkhaul.listing OVERRIDING SYSTEM VALUE
    SELECT (json_populate_record(listed.was, json_build_object(
               'state', CASE (listed.was).state WHEN 'abandoned' THEN 'abandoned' ELSE 'open' END,
               'completeness', NULL, 'reason', '', 'published_at', NULL, 'total_count', NULL,
               'whole_count', NULL, 'n_items', 0, 'n_rows', 0, 'n_rejects', 0, 'n_extra', 0,
               'n_cleaned', 0, 'n_duplicates', 0, 'n_missing', 0, 'n_new', 0, 'n_lost', 0))).*
    FROM listed, (SELECT count(*) FROM numbered) AS first
    ON CONFLICT DO NOTHING
    RETURNING listing_id
), kept AS MATERIALIZED (
    SELECT json_populate_record(NULL::linkhaul.slice, s) AS was
    FROM note, json_array_elements(note.memo->'slices') AS s
    ORDER BY note.n
), known AS MATERIALIZED (
    SELECT (was).listing_id, (was).slice_no, min((was).range_to) AS range_to,
           (array_agg(was))[1] AS was
    FROM kept
    WHERE (was).listing_id IN (SELECT l.listing_id FROM linkhaul.listing AS l
                               WHERE l.run_id = $1::bigint AND l.state = 'open'
                               UNION ALL
                               SELECT listing_id FROM relisted)
    GROUP BY 1, 2
), restored AS (
    INSERT INTO linkhaul.slice
    SELECT (json_populate_record(k.was, json_build_object(
               'range_to', k.range_to, 'walk', 'undecided', 'position', 0, 'token', NULL,
               'total_count', NULL, 'is_ended', false))).*
    FROM known AS k
    WHERE NOT EXISTS (SELECT FROM linkhaul.slice AS s
                      WHERE s.listing_id = k.listing_id AND s.slice_no = k.slice_no)
    RETURNING listing_id
), narrowed AS (
    UPDATE linkhaul.slice AS s
    SET range_to = k.range_to, total_count = NULL
    FROM known AS k
    WHERE s.listing_id = k.listing_id AND s.slice_no = k.slice_no
      AND s.walk <> 'chain' AND (s.range_to IS NULL OR s.range_to > k.range_to)
      AND s.listing_id IN (SELECT listing_id FROM restored)
)
SELECT (SELECT count(*) FROM restored) + (SELECT count(*) FROM relisted)
