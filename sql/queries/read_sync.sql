-- What decides how a job's feeds are synced tonight, a row for each key in their order. Of the bulk
-- call what it tells is taken where it was made tonight, behind the feed's last sync, and counts from
-- early enough on; not that nothing is new where links that are there were first seen since, a day of
-- grace left out: then the vendor no longer knows them. The last column is the account's night.
-- $1 project, $2 job, $3 timezone, $4 how old a run may be that is gone on with, in milliseconds,
-- $5 account, $6 keys, $7 night or null, $8 within how many days a link is taken anew, 0 for never,
-- $9 the account's time zone, $10 the job that makes the bulk call, $11 how many days before a sync
-- what changed is asked for, $12 the run that this process has begun, be it over, or null
WITH tonight AS (
    SELECT coalesce($7::date, (now() AT TIME ZONE $3)::date) AS night,
           coalesce($7::date, (now() AT TIME ZONE $9)::date) AS bulk_night
), gone_on AS (
    SELECT r.run_id
    FROM linkhaul.run AS r, tonight
    WHERE (r.project = $1 AND r.job = $2 AND r.state = 'open' AND r.account = $5
           AND r.started_at > now() - $4::bigint * interval '1 millisecond'
           AND (r.budget_night >= tonight.night
                OR EXISTS (SELECT FROM linkhaul.listing AS l
                           WHERE l.run_id = r.run_id AND l.state = 'open')))
       OR r.uid = $12::uuid
    ORDER BY r.state = 'open' DESC
    LIMIT 1
)
SELECT coalesce(f.synced_run_id = g.run_id, false)
       OR EXISTS (SELECT FROM linkhaul.listing AS l
                  WHERE l.run_id = g.run_id AND l.feed_id = f.feed_id AND NOT linkhaul.is_probe(l)
                    AND l.state <> 'abandoned'),
       coalesce(linkhaul.is_narrowed(f.request::jsonb), false), coalesce(size.n_live, 0),
       coalesce(size.n_missing, 0),
       f.synced_night IS NOT NULL AND f.whole_listing_id IS NOT NULL,
       coalesce(tonight.night - f.synced_night, 0),
       coalesce(extract(epoch FROM f.synced_as_of)::bigint, 0),
       coalesce(tonight.night - f.refreshed_night, 0), coalesce(moved.a_night, -1),
       bulk.listing_id IS NOT NULL, coalesce(bulk.n_new, -1),
       coalesce(CASE WHEN bulk.n_new IS NOT NULL THEN bulk.n_lost END, -1),
       extract(epoch FROM f.refreshed_to)::bigint, extract(epoch FROM part.range_to)::bigint,
       CASE WHEN part.quota IS NULL THEN 0
            ELSE (SELECT count(*) FROM linkhaul.link AS k
                  WHERE k.feed_id = f.feed_id AND k.state IN ('live', 'missing')
                    AND (f.refreshed_to IS NULL OR k.first_seen >= f.refreshed_to)
                    AND (part.range_to IS NULL OR k.first_seen < part.range_to)) END,
       coalesce(tonight.night - counted.night, 0),
       (extract(isodow FROM tonight.night)::bigint + coalesce(f.feed_id, 0)) % 7 = 0
       OR coalesce(counted.is_in_doubt, false),
       tonight.bulk_night
FROM unnest($6::uuid[]) WITH ORDINALITY AS named (key, n)
CROSS JOIN tonight
LEFT JOIN linkhaul.feed AS f USING (key)
LEFT JOIN gone_on AS g ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS n_live, count(*) FILTER (WHERE k.state = 'missing') AS n_missing
    FROM linkhaul.link AS k
    WHERE k.feed_id = f.feed_id AND k.state IN ('live', 'missing')
) AS size ON true
LEFT JOIN LATERAL (
    -- The next part (its size is sync_refresh_quota() of crawl/sync.c) ends behind so many links, with
    -- those of the same second; where fewer than these would be left, with the last one.
    SELECT due.quota,
           (SELECT k.first_seen + interval '1 second'
            FROM linkhaul.link AS k
            WHERE k.feed_id = f.feed_id AND k.state IN ('live', 'missing')
              AND k.first_seen >= coalesce(f.refreshed_to, '-infinity')
              AND EXISTS (SELECT FROM linkhaul.link AS rest
                          WHERE rest.feed_id = f.feed_id AND rest.state IN ('live', 'missing')
                            AND rest.first_seen >= coalesce(f.refreshed_to, '-infinity')
                          OFFSET greatest(2 * due.quota - 1, 0) LIMIT 1)
            ORDER BY k.first_seen
            OFFSET greatest(due.quota - 1, 0) LIMIT 1) AS range_to
    FROM (SELECT ceil(size.n_live::numeric
                      / greatest($8::integer / nullif(tonight.night - f.refreshed_night, 0), 1)
                     )::bigint AS quota
          WHERE $8::integer > 0 AND tonight.night > f.refreshed_night) AS due
    WHERE due.quota > 0
) AS part ON true
LEFT JOIN LATERAL (
    -- Over the nights of a fortnight that were looked at behind the first one.
    SELECT ceil(count(*) / nullif(f.synced_night - past.first, 0)::numeric)::bigint AS a_night
    FROM (SELECT greatest(whole.night, f.synced_night - 14) AS first
          FROM linkhaul.listing AS whole WHERE whole.listing_id = f.whole_listing_id) AS past
    LEFT JOIN linkhaul.link_event AS e
           ON e.feed_id = f.feed_id AND e.night > past.first AND e.event <> 'baseline'
    GROUP BY past.first
) AS moved ON true
LEFT JOIN LATERAL (
    SELECT l.listing_id, told.lost_backlinks AS n_lost,
           CASE WHEN told.new_backlinks > 0
                     OR NOT EXISTS (SELECT FROM linkhaul.link AS k
                                    WHERE k.feed_id = f.feed_id AND k.state = 'live'
                                      AND k.first_seen AT TIME ZONE 'UTC'
                                          >= (l.request ->> 'date_from')::date + 1)
                THEN told.new_backlinks END AS n_new
    FROM linkhaul.run AS r
    JOIN linkhaul.listing AS l USING (run_id)
    LEFT JOIN linkhaul.bulk_new_lost_backlinks AS told
           ON told.night = l.night AND told.listing_id = l.listing_id AND told.target = f.target
    WHERE r.project = 'default' AND r.job = $10 AND r.night = tonight.bulk_night
      AND r.as_of > f.synced_as_of AND l.state = 'published'
      AND l.request::jsonb -> 'targets' ? f.target
      AND (l.request ->> 'date_from')::date
          <= ((f.synced_as_of AT TIME ZONE 'UTC')::date - $11::integer)
    ORDER BY l.listing_id DESC
    LIMIT 1
) AS bulk ON true
LEFT JOIN LATERAL (
    -- What is later than the last good sync has led to none.
    SELECT max(l.night) FILTER (WHERE l.night <= f.synced_night AND l.state = 'published'
                                      AND (l.kind = 'count'
                                           OR (l.kind = 'full' AND l.completeness = 'complete')))
               AS night,
           bool_or(l.night > f.synced_night) AS is_in_doubt
    FROM linkhaul.listing AS l
    WHERE l.feed_id = f.feed_id AND l.state <> 'abandoned' AND NOT linkhaul.is_probe(l)
) AS counted ON true
ORDER BY named.n
