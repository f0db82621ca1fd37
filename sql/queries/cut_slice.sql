-- Cuts a slice, in one transaction: it is narrowed to what lies before the first point, and a slice
-- begins at each. $1 listing, $2 slice, $3 number of the first new slice, $4 points in seconds since
-- 1970, ascending, $5 whether all of the narrowed slice has come
SELECT linkhaul.cut_slice($1::bigint, $2::integer, $3::integer,
                          (SELECT array_agg(to_timestamp(p.at) ORDER BY p.n)
                           FROM unnest($4::bigint[]) WITH ORDINALITY AS p (at, n)),
                          $5::boolean)
