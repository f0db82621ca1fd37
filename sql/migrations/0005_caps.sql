-- Money in full: caps per run, day and month on every level, the balance to keep, reserving in
-- batches; slices that are cut by filters.

ALTER TABLE linkhaul.run
    ADD account          text NOT NULL DEFAULT 'default',
    ADD account_timezone text NOT NULL DEFAULT 'UTC',
    ADD stop_asked_at    timestamptz;
COMMENT ON COLUMN linkhaul.run.account IS 'Whose calls it makes';
COMMENT ON COLUMN linkhaul.run.account_timezone IS 'Whose days its calls are counted in';
COMMENT ON COLUMN linkhaul.run.stop_asked_at IS 'Somebody asked for no more calls; the next start forgets it';
COMMENT ON COLUMN linkhaul.run.budget_nanousd IS 'The smallest cap of a run that applied when it was last started; null: none';

ALTER TABLE linkhaul.slice ADD filters json;
ALTER TABLE linkhaul.listing ADD whole_count bigint;
COMMENT ON COLUMN linkhaul.listing.whole_count IS 'Items there were in all when a chain of it broke: the sum of its slices is held against them';
COMMENT ON COLUMN linkhaul.slice.filters IS 'Conditions that cut it out of the listing, beside the request''s own; null: none';

DROP TRIGGER keep_spend ON linkhaul.attempt;
ALTER TABLE linkhaul.attempt ADD day date;
UPDATE linkhaul.attempt SET day = reserved_at::date;
ALTER TABLE linkhaul.attempt ALTER day SET NOT NULL;
CREATE INDEX attempt_run ON linkhaul.attempt (run_id);
CREATE INDEX attempt_unknown ON linkhaul.attempt (run_id) WHERE state = 'unknown';
CREATE INDEX attempt_undelivered ON linkhaul.attempt (run_id) WHERE state = 'undelivered';
CREATE INDEX attempt_task ON linkhaul.attempt (task_id) WHERE task_id <> '';
CREATE INDEX attempt_reserved_at ON linkhaul.attempt (reserved_at);
COMMENT ON COLUMN linkhaul.attempt.day IS 'The day that it is counted in, in the time zone of its account';

CREATE TABLE linkhaul.cap (
    scope   text NOT NULL,
    per     text NOT NULL CHECK (per IN ('run', 'day', 'month', 'keep')),
    nanousd bigint NOT NULL CHECK (nanousd > 0),
    PRIMARY KEY (scope, per)
);
COMMENT ON TABLE linkhaul.cap IS 'What may be spent at most; all that apply to a call are held';
COMMENT ON COLUMN linkhaul.cap.scope IS 'Whose: all, account:<name>, job:<project>/<job>';
COMMENT ON COLUMN linkhaul.cap.per IS 'In one run and night, in a day, in a month; keep: what of an account''s balance no call may touch';
COMMENT ON COLUMN linkhaul.cap.nanousd IS 'In billionths of a US dollar';

COMMENT ON COLUMN linkhaul.spend.scope IS 'Whose money: all, account:<name>, job:<project>/<job>, run:<run_id>';
COMMENT ON COLUMN linkhaul.spend.period IS 'When: for a run the night; for the others the day, and the month (YYYY-MM)';

CREATE TABLE linkhaul.balance (
    account      text PRIMARY KEY,
    left_nanousd bigint NOT NULL,
    asked_at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE linkhaul.balance IS 'What an account has left: as it last told, less what was reserved and spent since';
COMMENT ON COLUMN linkhaul.balance.left_nanousd IS 'In billionths of a US dollar';
COMMENT ON COLUMN linkhaul.balance.asked_at IS 'When the account told';

-- One for all endpoints of the account, and it sinks with every call.
INSERT INTO linkhaul.balance (account, left_nanousd, asked_at)
SELECT DISTINCT ON (name) name, balance_nanousd, asked_at
FROM linkhaul.account
ORDER BY name, asked_at DESC;

DROP FUNCTION linkhaul.add_to_spend(linkhaul.attempt, integer);

-- The sums that an attempt is part of, always in this order, so that two transactions that change
-- several of them never wait for each other in a circle.
CREATE FUNCTION linkhaul.spend_places(a linkhaul.attempt)
    RETURNS TABLE (place integer, scope text, period text)
    LANGUAGE sql STABLE AS
$$
    SELECT p.*
    FROM linkhaul.run AS r, LATERAL (VALUES
        (1, 'all', to_char(a.day, 'YYYY-MM')),
        (2, 'all', to_char(a.day, 'YYYY-MM-DD')),
        (3, 'account:' || r.account, to_char(a.day, 'YYYY-MM')),
        (4, 'account:' || r.account, to_char(a.day, 'YYYY-MM-DD')),
        (5, 'job:' || r.project || '/' || r.job, to_char(a.day, 'YYYY-MM')),
        (6, 'job:' || r.project || '/' || r.job, to_char(a.day, 'YYYY-MM-DD')),
        (7, 'run:' || r.run_id, to_char(a.night, 'YYYY-MM-DD'))) AS p (place, scope, period)
    WHERE r.run_id = a.run_id
    ORDER BY place
$$;

-- "$3.00 per run (budget of job walk)", or null where no cap applies to the sum of this place.
CREATE FUNCTION linkhaul.cap_at(r linkhaul.run, place_scope text, place_period text,
                                OUT cap_nanousd bigint, OUT whose text)
    LANGUAGE sql STABLE AS
$$
    SELECT c.nanousd,
           format('%s per %s (budget of %s)', linkhaul.dollars(c.nanousd), c.per,
                  CASE WHEN c.scope = 'all' THEN 'the configuration'
                       WHEN c.scope LIKE 'account:%' THEN 'account ' || r.account
                       ELSE 'job ' || r.job END)
    FROM linkhaul.cap AS c
    WHERE CASE WHEN place_scope LIKE 'run:%'
               THEN c.per = 'run' AND c.scope IN ('all', 'account:' || r.account,
                                                  'job:' || r.project || '/' || r.job)
               ELSE c.scope = place_scope
                    AND c.per = CASE length(place_period) WHEN 7 THEN 'month' ELSE 'day' END END
    ORDER BY c.nanousd, c.scope DESC
    LIMIT 1
$$;

-- Adds to the sums of an attempt. A new reserve is held against the caps: LH001, with the scope that
-- refused as its detail. What is booked has happened and is never refused, nor does a cap that was
-- lowered undo anything.
CREATE FUNCTION linkhaul.add_to_spend(a linkhaul.attempt, reserved bigint, settled bigint,
                                      unknown bigint, is_asked boolean) RETURNS void
    LANGUAGE plpgsql AS
$$
DECLARE
    r       linkhaul.run;
    at      record;
    reached bigint;
    cap     record;
    left_now bigint;
    keep     bigint;
BEGIN
    SELECT * INTO STRICT r FROM linkhaul.run WHERE run_id = a.run_id;
    FOR at IN SELECT * FROM linkhaul.spend_places(a) LOOP
        UPDATE linkhaul.spend AS s
        SET reserved_nanousd = s.reserved_nanousd + reserved,
            settled_nanousd = s.settled_nanousd + settled,
            unknown_nanousd = s.unknown_nanousd + unknown
        WHERE s.scope = at.scope AND s.period = at.period
        RETURNING reserved_nanousd + settled_nanousd + unknown_nanousd INTO reached;
        IF NOT found THEN
            INSERT INTO linkhaul.spend AS s
            VALUES (at.scope, at.period, reserved, settled, unknown)
            ON CONFLICT (scope, period) DO UPDATE
            SET reserved_nanousd = s.reserved_nanousd + excluded.reserved_nanousd,
                settled_nanousd = s.settled_nanousd + excluded.settled_nanousd,
                unknown_nanousd = s.unknown_nanousd + excluded.unknown_nanousd
            RETURNING reserved_nanousd + settled_nanousd + unknown_nanousd INTO reached;
        END IF;
        CONTINUE WHEN NOT is_asked;
        SELECT * INTO cap FROM linkhaul.cap_at(r, at.scope, at.period);
        IF reached > cap.cap_nanousd THEN
            RAISE EXCEPTION USING errcode = 'LH001', detail = split_part(at.scope, ':', 1),
                message = format(
                    'the cap of %s would be passed: %s is reached, and one more call can cost %s',
                    cap.whose, linkhaul.dollars(reached - reserved), linkhaul.dollars(reserved));
        END IF;
    END LOOP;

    UPDATE linkhaul.balance AS b
    SET left_nanousd = left_nanousd - reserved - settled - unknown
    WHERE b.account = r.account
    RETURNING left_nanousd INTO left_now;
    IF is_asked THEN
        SELECT nanousd INTO keep FROM linkhaul.cap AS c
        WHERE c.scope = 'account:' || r.account AND c.per = 'keep';
        IF left_now < keep THEN
            RAISE EXCEPTION USING errcode = 'LH001', detail = 'account', message = format(
                'keep_balance of account %s (%s) would be touched: %s is left of its balance, and one more call can cost %s',
                r.account, linkhaul.dollars(keep), linkhaul.dollars(left_now + reserved),
                linkhaul.dollars(reserved));
        END IF;
    END IF;
END
$$;

-- What an attempt adds to the sums: one of the three, or nothing.
CREATE FUNCTION linkhaul.spend_of(a linkhaul.attempt, OUT reserved bigint, OUT settled bigint,
                                  OUT unknown bigint)
    LANGUAGE sql IMMUTABLE AS
$$
    SELECT CASE WHEN a.state = 'reserved' THEN a.reserved_nanousd ELSE 0 END,
           coalesce(a.charged_nanousd, 0),
           CASE WHEN a.state = 'unknown' THEN a.reserved_nanousd ELSE 0 END
$$;

CREATE OR REPLACE FUNCTION linkhaul.keep_spend() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    was record;
    now_is record;
BEGIN
    IF tg_op <> 'INSERT' THEN
        was := linkhaul.spend_of(old);
    END IF;
    IF tg_op <> 'DELETE' THEN
        now_is := linkhaul.spend_of(new);
    END IF;
    IF tg_op = 'UPDATE' AND (old.run_id, old.day, old.night) = (new.run_id, new.day, new.night) THEN
        PERFORM linkhaul.add_to_spend(new, now_is.reserved - was.reserved,
                                      now_is.settled - was.settled, now_is.unknown - was.unknown,
                                      false);
        RETURN NULL;
    END IF;
    IF tg_op <> 'INSERT' THEN
        PERFORM linkhaul.add_to_spend(old, -was.reserved, -was.settled, -was.unknown, false);
    END IF;
    IF tg_op <> 'DELETE' THEN
        PERFORM linkhaul.add_to_spend(new, now_is.reserved, now_is.settled, now_is.unknown,
                                      tg_op = 'INSERT' AND new.state = 'reserved');
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER keep_spend AFTER INSERT OR UPDATE OR DELETE ON linkhaul.attempt
    FOR EACH ROW EXECUTE FUNCTION linkhaul.keep_spend();

-- The new sums, over what the ledger holds already.
DELETE FROM linkhaul.spend;
INSERT INTO linkhaul.spend (scope, period, reserved_nanousd, settled_nanousd, unknown_nanousd)
SELECT p.scope, p.period, sum(s.reserved), sum(s.settled), sum(s.unknown)
FROM linkhaul.attempt AS a, LATERAL linkhaul.spend_places(a) AS p, LATERAL linkhaul.spend_of(a) AS s
GROUP BY p.scope, p.period;

-- Reserves the worst case of a call. Gives nothing where it is reserved; else why not, and whose cap
-- it was: run, job, account or all; or stop, where somebody asked for no more calls.
CREATE FUNCTION linkhaul.reserve(attempt uuid, run bigint, listing bigint, slice integer,
                                 pos bigint, page_token text, items bigint, page_tag text,
                                 worst bigint, OUT scope text, OUT refusal text)
    LANGUAGE plpgsql AS
$$
DECLARE
    r linkhaul.run;
BEGIN
    SELECT * INTO STRICT r FROM linkhaul.run AS rr WHERE rr.run_id = run;
    IF r.state <> 'open' THEN
        RAISE EXCEPTION 'a call cannot be reserved: run % is not open', run;
    END IF;
    IF r.stop_asked_at IS NOT NULL THEN
        scope := 'stop';
        refusal := format('stopped by hand (linkhaul stop) at %s UTC',
                          to_char(r.stop_asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'));
        RETURN;
    END IF;
    INSERT INTO linkhaul.attempt (attempt_id, run_id, listing_id, slice_no, position, token,
                                  page_limit, tag, reserved_nanousd, night, day)
    VALUES (attempt, run, listing, slice, pos, page_token, items, page_tag, worst,
            r.budget_night, (now() AT TIME ZONE r.account_timezone)::date);
EXCEPTION WHEN SQLSTATE 'LH001' THEN
    GET STACKED DIAGNOSTICS refusal = MESSAGE_TEXT, scope = PG_EXCEPTION_DETAIL;
END
$$;

-- Ends a slice that cannot be followed any further where it stands, and begins one for what lies
-- behind: everything from the last value on of the column that it is walked by, so that no tie is
-- missed. The old slice then counts what lies before that value, so that both are the listing.
-- Gives what cuts the new slice out (a second before that value, since the API's > is strict); null
-- where nothing of the slice had come, and no row where what came has no such value.
CREATE FUNCTION linkhaul.restart_slice(listing bigint, slice integer, new_slice integer,
                                       items bigint, walk_column text, OUT new_filters json)
    RETURNS SETOF json LANGUAGE plpgsql AS
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

    new_filters := old.filters;
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
        new_filters := json_build_array(json_build_array(walk_column, '>',
            to_char((newest - interval '1 second') AT TIME ZONE 'UTC',
                    'YYYY-MM-DD HH24:MI:SS +00:00')));
    END IF;
    INSERT INTO linkhaul.slice (listing_id, slice_no, page_limit, order_by, filters)
    VALUES (listing, new_slice, items, old.order_by, new_filters);
    UPDATE linkhaul.listing AS l
    SET whole_count = greatest(l.whole_count, (SELECT sum(s.total_count) FROM linkhaul.slice AS s
                                               WHERE s.listing_id = listing
                                                 AND s.slice_no <> new_slice))
    WHERE l.listing_id = listing;
    UPDATE linkhaul.slice AS s
    SET is_ended = true, token = NULL, total_count = n_before
    WHERE s.listing_id = listing AND s.slice_no = slice;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION linkhaul.restart_slice IS 'Goes on behind a broken chain by the value that it is walked by';
