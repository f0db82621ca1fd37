-- Slices are ranges of the value that a listing is walked by, and a listing is cut into them.

ALTER TABLE linkhaul.slice ADD range_from timestamptz, ADD range_to timestamptz;
-- Until now only a broken chain had a second slice: [["first_seen", ">", "a second before it"]].
UPDATE linkhaul.slice
SET range_from = (filters -> 0 ->> 2)::timestamptz + interval '1 second'
WHERE filters IS NOT NULL;
-- It stays, since views of users may have it.
COMMENT ON COLUMN linkhaul.slice.filters IS 'No longer written: range_from and range_to say it';
COMMENT ON COLUMN linkhaul.slice.range_from IS 'Its items have this value of the walk (first_seen), or a later one; null: no bound';
COMMENT ON COLUMN linkhaul.slice.range_to IS 'And an earlier one than this; null: no bound';
COMMENT ON COLUMN linkhaul.slice.total_count IS 'Items there are, as its last page told; null: none has told yet';
COMMENT ON COLUMN linkhaul.listing.whole_count IS 'Items there were in all when it was cut, or a chain of it broke: the sum of its slices is held against them';

DROP FUNCTION linkhaul.restart_slice(bigint, integer, integer, bigint, text);

-- Ends a slice that cannot be followed any further where it stands, and begins one for what lies
-- behind: everything from the last value on of the column that it is walked by, so that no tie is
-- missed, to where the old one ended. The old slice then counts what lies before that value, so that
-- both are the listing. Gives where the new slice begins; null where nothing of the slice had come
-- and it had no beginning, and no row where what came has no such value.
CREATE FUNCTION linkhaul.restart_slice(listing bigint, slice integer, new_slice integer,
                                       items bigint, walk_column text, OUT new_from timestamptz)
    RETURNS SETOF timestamptz LANGUAGE plpgsql AS
$$
DECLARE
    facts text;
    night date;
    newest timestamptz;
    n_before bigint := 0;
    old linkhaul.slice;
BEGIN
    SELECT f.facts, l.night INTO STRICT facts, night
    FROM linkhaul.listing AS l JOIN linkhaul.feed AS f USING (feed_id)
    WHERE l.listing_id = listing;
    SELECT * INTO STRICT old FROM linkhaul.slice AS s
    WHERE s.listing_id = listing AND s.slice_no = slice;

    new_from := old.range_from;
    IF old.position > 0 THEN
        EXECUTE format('SELECT max(%I) FROM linkhaul.%I
                        WHERE night = $1 AND listing_id = $2 AND slice_no = $3', walk_column, facts)
            INTO newest USING night, listing, slice;
        IF newest IS NULL THEN
            RETURN;
        END IF;
        EXECUTE format('SELECT count(DISTINCT link_key) FROM linkhaul.%2$I
                        WHERE night = $1 AND listing_id = $2 AND slice_no = $3
                          AND (%1$I >= $4) IS NOT TRUE', walk_column, facts)
            INTO n_before USING night, listing, slice, newest;
        new_from := date_trunc('second', newest);
    END IF;
    INSERT INTO linkhaul.slice (listing_id, slice_no, page_limit, order_by, range_from, range_to)
    VALUES (listing, new_slice, items, old.order_by, new_from, old.range_to);
    UPDATE linkhaul.listing AS l
    SET whole_count = greatest(l.whole_count, (SELECT sum(s.total_count) FROM linkhaul.slice AS s
                                               WHERE s.listing_id = listing
                                                 AND s.slice_no <> new_slice))
    WHERE l.listing_id = listing;
    UPDATE linkhaul.slice AS s
    SET is_ended = true, token = NULL, total_count = n_before,
        range_to = CASE WHEN old.position > 0 THEN new_from ELSE s.range_to END
    WHERE s.listing_id = listing AND s.slice_no = slice;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION linkhaul.restart_slice IS 'Goes on behind a broken chain by the value that it is walked by';

-- Narrows a slice to what lies before the first point, and begins one from each point to the next,
-- the last one to where the old one ended. How many items are left in it is not known any more.
CREATE FUNCTION linkhaul.cut_slice(listing bigint, slice integer, new_slice integer,
                                   points timestamptz[], is_whole boolean) RETURNS void
    LANGUAGE plpgsql AS
$$
DECLARE
    old linkhaul.slice;
BEGIN
    SELECT * INTO STRICT old FROM linkhaul.slice AS s
    WHERE s.listing_id = listing AND s.slice_no = slice
    FOR UPDATE;
    INSERT INTO linkhaul.slice (listing_id, slice_no, page_limit, order_by, range_from, range_to)
    SELECT listing, new_slice + p.n - 1, old.page_limit, old.order_by, p.at,
           coalesce(lead(p.at) OVER (ORDER BY p.n), old.range_to)
    FROM unnest(points) WITH ORDINALITY AS p (at, n);
    -- Only the first slice has been asked for without a bound.
    UPDATE linkhaul.listing AS l
    SET whole_count = coalesce(l.whole_count, CASE WHEN slice = 0 THEN old.total_count END)
    WHERE l.listing_id = listing;
    UPDATE linkhaul.slice AS s
    SET range_to = points[1], total_count = NULL, is_ended = is_whole
    WHERE s.listing_id = listing AND s.slice_no = slice;
END
$$;
COMMENT ON FUNCTION linkhaul.cut_slice IS 'Cuts a slice into ranges that are walked side by side';
