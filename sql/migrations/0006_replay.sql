-- Runs that are loaded again from their answers: what each is the replay of, where it stands among
-- the feed's listings, and tables beside linkhaul's own for those that are only looked at.

ALTER TABLE linkhaul.run ADD replay_of bigint REFERENCES linkhaul.run;
COMMENT ON COLUMN linkhaul.run.replay_of IS 'The run whose answers it loads again, without a call; null: it makes its own';

ALTER TABLE linkhaul.listing ADD replay_of bigint REFERENCES linkhaul.listing;
COMMENT ON COLUMN linkhaul.listing.replay_of IS 'The listing whose answers it loads again; null: it has its own';

-- A replay's pages are free, and there are ten thousands of them in one transaction: a row of the
-- ledger that adds nothing does not touch the sums, which others wait for.
CREATE OR REPLACE TRIGGER keep_spend AFTER UPDATE OR DELETE ON linkhaul.attempt
    FOR EACH ROW EXECUTE FUNCTION linkhaul.keep_spend();
CREATE TRIGGER keep_spend_of_new AFTER INSERT ON linkhaul.attempt
    FOR EACH ROW WHEN (new.state <> 'void') EXECUTE FUNCTION linkhaul.keep_spend();

-- Which of two listings of a feed is the newer one: that of the later night, else the later one of
-- the night. A replay stands right behind the listing whose answers it has.
CREATE FUNCTION linkhaul.is_newer(l linkhaul.listing, than linkhaul.listing) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS
$$
    SELECT (l.night, coalesce(l.replay_of, l.listing_id), l.listing_id)
           > (than.night, coalesce(than.replay_of, than.listing_id), than.listing_id)
$$;
COMMENT ON FUNCTION linkhaul.is_newer IS 'Whether a listing is newer than another one of its feed';

DROP FUNCTION linkhaul.take_out_repeats(bigint);

-- Takes a listing's repeats out: the API repeats items at the edges of pages. The item received
-- first stays, with all of its rows. `place` is the schema of the rows.
CREATE FUNCTION linkhaul.take_out_repeats(listing bigint, place text, OUT n_rows bigint,
                                          OUT n_repeats bigint)
    LANGUAGE plpgsql AS
$$
DECLARE
    facts text;
    night date;
BEGIN
    SELECT f.facts, l.night INTO STRICT facts, night
    FROM linkhaul.listing AS l JOIN linkhaul.feed AS f USING (feed_id)
    WHERE l.listing_id = listing;

    EXECUTE format(
        'DELETE FROM %1$I.%2$I
         WHERE night = $1 AND listing_id = $2 AND ctid = ANY (ARRAY(
             SELECT place
             FROM (SELECT ctid AS place,
                          rank() OVER (PARTITION BY link_key ORDER BY slice_no, ordinal) AS nth
                   FROM %1$I.%2$I
                   WHERE night = $1 AND listing_id = $2) AS received
             WHERE nth > 1))', place, facts) USING night, listing;
    GET DIAGNOSTICS n_repeats = ROW_COUNT;

    EXECUTE format('SELECT count(*) FROM %I.%I WHERE night = $1 AND listing_id = $2', place, facts)
        INTO n_rows USING night, listing;
END
$$;
COMMENT ON FUNCTION linkhaul.take_out_repeats IS 'Takes a listing''s repeated links out; tells how many rows stand and how many went';

-- Ends a listing: takes its repeats out and makes it what analysts see of its feed, unless a newer
-- one is. Where it has shrunk by more than max_shrink (parts in a million) since the published one
-- it is held instead, until somebody accepts it.
CREATE FUNCTION linkhaul.publish(
    listing bigint, word text, missing_ok bigint, max_shrink bigint, is_accepted boolean,
    OUT n_items bigint, OUT n_rows bigint, OUT n_repeats bigint, OUT n_missing bigint,
    OUT completeness text, OUT state text, OUT reason text)
    RETURNS SETOF record LANGUAGE plpgsql AS
$$
DECLARE
    l       linkhaul.listing;
    before  linkhaul.listing;
    total   bigint;
    is_late boolean;
BEGIN
    SELECT * INTO l FROM linkhaul.listing AS ll
    WHERE ll.listing_id = listing
      AND (ll.state = 'open' OR (is_accepted AND ll.state = 'held'))
    FOR UPDATE;
    IF NOT found THEN
        RETURN;
    END IF;
    SELECT t.n_rows, t.n_repeats + l.n_duplicates INTO n_rows, n_repeats
    FROM linkhaul.take_out_repeats(listing, 'linkhaul') AS t;
    SELECT greatest(sum(total_count)::bigint, l.whole_count) INTO total
    FROM linkhaul.slice AS s WHERE s.listing_id = listing;
    SELECT b.* INTO before
    FROM linkhaul.feed AS f JOIN linkhaul.listing AS b ON b.listing_id = f.published_listing_id
    WHERE f.feed_id = l.feed_id;
    is_late := before.listing_id IS NOT NULL AND linkhaul.is_newer(before, l);

    n_items := l.n_items;
    n_missing := CASE WHEN word = 'limited' THEN 0
                      ELSE greatest(0, coalesce(total, 0) - (n_items - n_repeats)) END;
    -- Missing beyond 10 items and the tolerance of what the API promised is no longer complete.
    completeness := CASE WHEN word = 'complete' AND n_missing > 10
                              AND n_missing::numeric * 1000000 > total::numeric * missing_ok
                         THEN 'short' ELSE word END;
    state := 'published';
    reason := '';
    IF l.kind = 'full' AND NOT is_accepted AND before.listing_id IS NOT NULL AND NOT is_late
       AND n_rows::numeric * 1000000
           < least(before.n_rows, coalesce(l.max_rows, before.n_rows))::numeric
             * (1000000 - max_shrink)
    THEN
        state := 'held';
        reason := format(
            'it has %s rows where the night of %s had %s, a loss beyond max_shrink; `linkhaul publish %s` accepts it',
            n_rows, before.night, before.n_rows, l.run_id);
    END IF;

    UPDATE linkhaul.listing AS ll
    SET state = publish.state, published_at = CASE publish.state WHEN 'published' THEN now() END,
        reason = publish.reason, total_count = total, n_rows = publish.n_rows,
        n_duplicates = n_repeats, n_missing = publish.n_missing,
        completeness = publish.completeness
    WHERE ll.listing_id = listing;
    IF publish.state = 'published' AND l.kind = 'full' THEN
        UPDATE linkhaul.feed AS f
        SET published_listing_id = listing
        WHERE f.feed_id = l.feed_id
          AND NOT EXISTS (SELECT FROM linkhaul.listing AS newer
                          WHERE newer.listing_id = f.published_listing_id
                            AND linkhaul.is_newer(newer, l));
    END IF;
    RETURN NEXT;
END
$$;

COMMENT ON FUNCTION linkhaul.publish IS 'Makes a finished listing what analysts see of its feed, or holds it; nothing where it is not open';

-- Makes a replay's tables in a schema of its own, empty. Gives why not; null where they are there.
-- Only a table that was made here is ever replaced, and its comment is what tells.
CREATE FUNCTION linkhaul.make_scratch(scratch text, facts text) RETURNS text
    LANGUAGE plpgsql AS
$$
DECLARE
    mark CONSTANT text := 'Rows of a run, made by linkhaul replay, which replaces them the next time';
    name  text;
    place regclass;
BEGIN
    IF to_regnamespace(quote_ident(scratch)) IS NULL THEN
        EXECUTE format('CREATE SCHEMA %I', scratch);
    END IF;
    FOREACH name IN ARRAY ARRAY[facts, 'reject'] LOOP
        place := to_regclass(format('%I.%I', scratch, name));
        IF place IS NOT NULL AND obj_description(place, 'pg_class') IS DISTINCT FROM mark THEN
            RETURN format('%I.%I is there, and its comment does not say that `linkhaul replay` made it: only such a table is replaced; name another schema, or drop it',
                          scratch, name);
        END IF;
        EXECUTE format('DROP TABLE IF EXISTS %I.%I', scratch, name);
        EXECUTE format('CREATE TABLE %1$I.%2$I (LIKE linkhaul.%2$I INCLUDING DEFAULTS INCLUDING INDEXES)',
                       scratch, name);
        EXECUTE format('COMMENT ON TABLE %I.%I IS %L', scratch, name, mark);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION linkhaul.make_scratch IS 'Makes the tables of a replay that is only looked at, or tells why not';
