-- The newest night that is over and that nobody was told of: notes that somebody is, and gives what there is
-- to tell. Nothing where there is none. $1 the first night that is not over, in days since 1970
WITH newest AS (
    SELECT max(night) AS night
    FROM (SELECT budget_night FROM linkhaul.run WHERE scheduled_at IS NOT NULL
          UNION ALL SELECT night FROM linkhaul.missed_start) AS n (night)
    WHERE night < date '1970-01-01' + $1::integer AND night >= current_date - 3
), claimed AS (
    INSERT INTO linkhaul.told_night (night)
    SELECT night FROM newest
    WHERE night IS NOT NULL AND night > ALL (SELECT t.night FROM linkhaul.told_night AS t)
    RETURNING night
), ran AS (
    SELECT r.project, r.job, r.run_id AS run, r.account,
           coalesce((SELECT CASE WHEN l.state = 'held' THEN 'held' ELSE coalesce(l.completeness, 'stopped') END
                     FROM linkhaul.listing AS l
                     WHERE l.run_id = r.run_id AND l.state IN ('open', 'held')
                     ORDER BY l.state DESC, l.completeness NULLS LAST, l.listing_id
                     LIMIT 1),
                    (SELECT l.completeness FROM linkhaul.listing AS l
                     WHERE l.run_id = r.run_id AND l.state = 'published'
                     ORDER BY array_position('{short,capped,limited,complete}', l.completeness), l.listing_id
                     LIMIT 1), 'unmoved') AS result,
           coalesce(sums.items, 0) AS items, coalesce(sums.rows, 0) AS rows,
           coalesce(sums.new, 0) AS new, coalesce(sums.lost, 0) AS lost,
           trim_scale(coalesce(money.nanousd, 0) / 1000000000) AS dollars
    FROM claimed AS c
    JOIN linkhaul.run AS r ON r.budget_night = c.night AND r.replay_of IS NULL
    LEFT JOIN LATERAL (
        SELECT sum(l.n_items) AS items, sum(l.n_rows) AS rows, sum(l.n_new) AS new, sum(l.n_lost) AS lost
        FROM linkhaul.listing AS l
        WHERE l.run_id = r.run_id AND l.state <> 'abandoned' AND l.kind <> 'count'
    ) AS sums ON true
    LEFT JOIN LATERAL (
        SELECT sum(coalesce(a.charged_nanousd, a.reserved_nanousd)) AS nanousd
        FROM linkhaul.attempt AS a
        WHERE a.run_id = r.run_id AND a.night = c.night AND a.state <> 'void'
    ) AS money ON true
)
SELECT c.night,
       jsonb_build_object(
           'night', c.night,
           'jobs', coalesce((SELECT jsonb_agg(to_jsonb(ran) ORDER BY ran.run) FROM ran
                             WHERE ran.job NOT LIKE 'bulk:%'), '[]'),
           'missed', coalesce((SELECT jsonb_agg(jsonb_build_object(
                                   'project', m.project, 'job', m.job, 'scheduled_at', m.scheduled_at,
                                   'starts', m.starts, 'reason', m.reason) ORDER BY m.missed_id)
                               FROM linkhaul.missed_start AS m WHERE m.night = c.night), '[]'),
           'totals', (SELECT jsonb_build_object(
                          'items', coalesce(sum(items), 0), 'rows', coalesce(sum(rows), 0),
                          'new', coalesce(sum(new), 0), 'lost', coalesce(sum(lost), 0),
                          'dollars', coalesce(sum(dollars), 0)) FROM ran),
           'accounts', coalesce((SELECT jsonb_agg(jsonb_build_object(
                                     'account', b.account, 'balance', trim_scale(b.left_nanousd::numeric / 1000000000),
                                     'asked_at', b.asked_at) ORDER BY b.account)
                                 FROM linkhaul.balance AS b), '[]'))
FROM claimed AS c
