-- Takes a listing's repeats out and makes it what analysts see of its feed, unless a newer one is.
-- One statement, so one transaction. $1 listing, $2 completeness
WITH finished AS (
    SELECT listing_id, n_items
    FROM linkhaul.listing
    WHERE listing_id = $1::bigint AND state = 'open'
    FOR UPDATE
), cleared AS MATERIALIZED (
    SELECT f.listing_id, f.n_items, t.n_rows, t.n_repeats,
           (SELECT sum(total_count)::bigint FROM linkhaul.slice AS s
            WHERE s.listing_id = f.listing_id) AS total_count
    FROM finished AS f, LATERAL linkhaul.take_out_repeats(f.listing_id) AS t
), judged AS (
    SELECT *, CASE WHEN $2 = 'limited' THEN 0
                   ELSE greatest(0, coalesce(total_count, 0) - (n_items - n_repeats))
              END AS n_missing
    FROM cleared
), published AS (
    UPDATE linkhaul.listing AS l
    SET state = 'published', published_at = now(), reason = '', total_count = j.total_count,
        n_rows = j.n_rows, n_duplicates = j.n_repeats, n_missing = j.n_missing,
        -- Missing beyond 10 items and 0.1 % of what the API promised is no longer complete.
        completeness = CASE WHEN $2 = 'complete' AND j.n_missing > 10
                                 AND j.n_missing > j.total_count / 1000 THEN 'short'
                            ELSE $2 END
    FROM judged AS j
    WHERE l.listing_id = j.listing_id
    RETURNING l.listing_id, l.feed_id, l.night, l.completeness, l.n_items, l.n_rows, l.n_duplicates,
              l.n_missing
), shown AS (
    UPDATE linkhaul.feed AS f
    SET published_listing_id = p.listing_id
    FROM published AS p
    WHERE f.feed_id = p.feed_id
      AND NOT EXISTS (SELECT FROM linkhaul.listing AS newer
                      WHERE newer.listing_id = f.published_listing_id
                        AND (newer.night, newer.listing_id) > (p.night, p.listing_id))
)
SELECT n_items, n_rows, n_duplicates, n_missing, completeness FROM published
