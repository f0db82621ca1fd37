-- The same of the slices of one listing, for those that began later: $1 listing
SELECT json_build_object('slices', (SELECT json_agg(s ORDER BY s.slice_no) FROM linkhaul.slice AS s
                                    WHERE s.listing_id = $1::bigint))
