-- Reserves calls, each by itself, and commits them together. $1 attempts, $2 runs, $3 listings,
-- $4 slices, $5 positions, $6 tokens (null: none), $7 items of a page, $8 tags, $9 worst cases.
-- A row per call, in their order: whose cap refused it and why; null where none did.
SELECT r.scope, r.refusal
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::text[],
            $7::bigint[], $8::text[], $9::bigint[])
     WITH ORDINALITY AS a (attempt, run, listing, slice, pos, token, items, tag, worst, n),
LATERAL linkhaul.reserve(a.attempt, a.run, a.listing, a.slice, a.pos, a.token, a.items, a.tag,
                         a.worst) AS r
ORDER BY a.n
