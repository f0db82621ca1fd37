-- Brings slices back that a fail-over has lost from a run that is still there, from what the spool has
-- kept of them (memo_run.sql and memo_slices.sql): as they were before their first pages. The slice
-- that a cut had narrowed is narrowed anew; how many items are left in it is not known. Gives how many
-- have come back. $1 run, $2 what the spool has kept
WITH kept AS MATERIALIZED (
    SELECT json_populate_record(NULL::linkhaul.slice, s) AS was
    FROM unnest($2::text[]) WITH ORDINALITY AS note (text, n),
         json_array_elements(note.text::json->'slices') AS s
    ORDER BY note.n
), known AS MATERIALIZED (
    SELECT (was).listing_id, (was).slice_no, min((was).range_to) AS range_to,
           (array_agg(was))[1] AS was
    FROM kept
    WHERE (was).listing_id IN (SELECT l.listing_id FROM linkhaul.listing AS l
                               WHERE l.run_id = $1::bigint AND l.state = 'open')
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
SELECT count(*) FROM restored
