-- What the shapes of feeds hang on, a row for each key in their order; -1 where it is not known: links
-- that are there, referring domains, links that came and that went in a night of late, of how many
-- nights that is known, and what a feed with the same request but for its filters was told. $1 keys
SELECT coalesce(linkhaul.is_narrowed(f.request::jsonb), false),
       CASE WHEN f.whole_listing_id IS NOT NULL
            THEN (SELECT count(*) FROM linkhaul.link AS l
                  WHERE l.feed_id = f.feed_id AND l.state IN ('live', 'missing')) ELSE -1 END,
       CASE WHEN f.whole_listing_id IS NOT NULL
            THEN (SELECT count(*) FROM linkhaul.referring_domain AS d
                  WHERE d.feed_id = f.feed_id AND d.state = 'live') ELSE -1 END,
       coalesce(moved.n_new, -1), coalesce(moved.n_lost, -1),
       coalesce(late.last_night - late.first_night, 0),
       coalesce(whole.total_count, -1)
FROM unnest($1::uuid[]) WITH ORDINALITY AS k (key, n)
LEFT JOIN linkhaul.feed AS f USING (key)
LEFT JOIN LATERAL (
    SELECT min(l.night) AS first_night, max(l.night) AS last_night
    FROM linkhaul.listing AS l
    WHERE l.feed_id = f.feed_id AND l.state = 'published' AND l.kind <> 'count'
      AND l.listing_id >= f.whole_listing_id
      AND l.night > (SELECT max(newest.night) FROM linkhaul.listing AS newest
                     WHERE newest.feed_id = f.feed_id AND newest.state = 'published') - 15
) AS late ON true
-- What the first of them brought is of the nights before.
LEFT JOIN LATERAL (
    SELECT ceil(count(*) FILTER (WHERE e.event <> 'lost')::numeric / nights.n)::bigint AS n_new,
           ceil(count(*) FILTER (WHERE e.event = 'lost')::numeric / nights.n)::bigint AS n_lost
    FROM (SELECT nullif(late.last_night - late.first_night, 0) AS n) AS nights
    LEFT JOIN linkhaul.link_event AS e
           ON e.feed_id = f.feed_id AND e.night > late.first_night
          AND e.event IN ('new', 'lost', 'returned')
    GROUP BY nights.n
) AS moved ON true
LEFT JOIN LATERAL (
    SELECT l.total_count
    FROM linkhaul.feed AS o
    JOIN linkhaul.listing AS l ON l.feed_id = o.feed_id AND l.kind IN ('full', 'count')
                              AND l.total_count IS NOT NULL AND l.replay_of IS NULL
    WHERE o.target = f.target AND o.endpoint = f.endpoint AND NOT o.request::jsonb ? 'filters'
      AND o.request::jsonb - '{limit,order_by,tag}'::text[]
          = f.request::jsonb - '{filters,limit,order_by,tag}'::text[]
    ORDER BY l.night DESC, l.listing_id DESC
    LIMIT 1
) AS whole ON true
ORDER BY k.n
