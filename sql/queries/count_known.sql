-- How many items in a row, from the last that came of a slice on backwards, bring no news to what the
-- feed is now: none of them is live or missing there. It looks at the last $3.
-- $1 listing, $2 slice, $3 how many
SELECT count(*) FILTER (WHERE t.ordinal > t.last_news)
FROM (SELECT last.ordinal,
             coalesce(max(last.ordinal) FILTER (WHERE k.state IN ('live', 'missing')) OVER (), 0)
             AS last_news
      FROM (SELECT l.feed_id, b.link_key, b.ordinal
            FROM linkhaul.listing AS l
            JOIN linkhaul.backlink AS b ON b.night = l.night AND b.listing_id = l.listing_id
            WHERE l.listing_id = $1::bigint AND b.slice_no = $2::integer
            ORDER BY b.ordinal DESC
            LIMIT $3::bigint) AS last
      LEFT JOIN linkhaul.link AS k ON k.feed_id = last.feed_id AND k.link_key = last.link_key) AS t
