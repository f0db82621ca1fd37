-- A listing that was loaded again counts what its pages have: $1 listing
UPDATE linkhaul.listing AS l
SET n_items = c.n_items, n_rows = c.n_rows, n_rejects = c.n_rejects, n_extra = c.n_extra,
    n_cleaned = c.n_cleaned
FROM (SELECT coalesce(sum(n_items), 0)::bigint AS n_items,
             coalesce(sum(n_rows), 0)::bigint AS n_rows,
             coalesce(sum(n_rejects), 0)::bigint AS n_rejects,
             coalesce(sum(n_extra), 0)::bigint AS n_extra,
             coalesce(sum(n_cleaned), 0)::bigint AS n_cleaned
      FROM linkhaul.attempt
      WHERE listing_id = $1::bigint) AS c
WHERE l.listing_id = $1::bigint
