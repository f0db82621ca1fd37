-- Begins a listing again, in a run that is over from its first moment: no start of the job finds it,
-- and it keeps none from beginning. The slices are those of the original, at their end.
-- $1 uid of the run, which is made with its first listing, $2 the listing whose answers are loaded
WITH original AS (
    SELECT * FROM linkhaul.listing WHERE listing_id = $2::bigint
), begun AS (
    INSERT INTO linkhaul.run (uid, project, job, endpoint, night, timezone, labels, budget_night,
                              account, account_timezone, as_of, state, ended_at, replay_of)
    SELECT $1::uuid, r.project, r.job, r.endpoint, r.night, r.timezone, r.labels, r.budget_night,
           r.account, r.account_timezone, r.as_of, 'done', now(), r.run_id
    FROM original JOIN linkhaul.run AS r USING (run_id)
    WHERE NOT EXISTS (SELECT FROM linkhaul.run WHERE uid = $1::uuid)
    RETURNING run_id
), listed AS (
    INSERT INTO linkhaul.listing (run_id, feed_id, night, kind, request, max_rows, whole_count,
                                  range_from, range_to, why, replay_of)
    SELECT r.run_id, o.feed_id, o.night, o.kind, o.request, o.max_rows, o.whole_count,
           o.range_from, o.range_to, o.why, o.listing_id
    FROM original AS o,
         (SELECT run_id FROM begun UNION ALL
          SELECT run_id FROM linkhaul.run WHERE uid = $1::uuid) AS r
    RETURNING listing_id, run_id
), sliced AS (
    INSERT INTO linkhaul.slice (listing_id, slice_no, page_limit, order_by, range_from, range_to,
                                walk, position, total_count, is_ended)
    SELECT listed.listing_id, s.slice_no, s.page_limit, s.order_by, s.range_from, s.range_to,
           s.walk, s.position, s.total_count, true
    FROM listed, linkhaul.slice AS s
    WHERE s.listing_id = $2::bigint
)
SELECT run_id, listing_id FROM listed
