-- Takes a listing's repeats out and makes it what analysts see of its feed, or holds it. One
-- statement, so one transaction. $1 listing, $2 completeness, $3 missing_ok and $4 max_shrink, in
-- parts per million
SELECT n_items, n_rows, n_repeats, n_missing, completeness, state, reason
FROM linkhaul.publish($1::bigint, $2, $3::bigint, $4::bigint, false)
