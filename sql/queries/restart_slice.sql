-- Ends a chain where it stands and begins a slice for what lies behind. Gives where that begins, in
-- seconds since 1970, null for no bound; no row where there is no value to go on from.
-- $1 listing, $2 slice, $3 the new slice's number, $4 items of its pages, $5 column of the walk
SELECT extract(epoch FROM new_from)::bigint
FROM linkhaul.restart_slice($1::bigint, $2::integer, $3::integer, $4::bigint, $5)
