-- The money: every call is an attempt; what is spent is kept beside it by a trigger, so that no
-- statement can change the one without the other.

CREATE TABLE linkhaul.attempt (
    attempt_id       uuid PRIMARY KEY,
    run_id           bigint NOT NULL REFERENCES linkhaul.run,
    listing_id       bigint NOT NULL,
    slice_no         integer NOT NULL,
    position         bigint NOT NULL,
    page_limit       bigint NOT NULL,
    token            text,
    tag              text NOT NULL,
    night            date NOT NULL,
    state            text NOT NULL DEFAULT 'reserved'
                     CHECK (state IN ('reserved', 'settled', 'void', 'unknown', 'undelivered')),
    is_page          boolean NOT NULL DEFAULT false,
    reserved_nanousd bigint NOT NULL CHECK (reserved_nanousd >= 0),
    charged_nanousd  bigint CHECK (charged_nanousd >= 0),
    http_status      integer,
    status_code      integer,
    task_id          text NOT NULL DEFAULT '',
    message          text NOT NULL DEFAULT '',
    n_items          bigint NOT NULL DEFAULT 0,
    n_rows           bigint NOT NULL DEFAULT 0,
    n_rejects        bigint NOT NULL DEFAULT 0,
    n_extra          bigint NOT NULL DEFAULT 0,
    n_cleaned        bigint NOT NULL DEFAULT 0,
    body_bytes       bigint NOT NULL DEFAULT 0,
    elapsed_ms       bigint NOT NULL DEFAULT 0,
    reserved_at      timestamptz NOT NULL DEFAULT now(),
    booked_at        timestamptz,
    FOREIGN KEY (listing_id, slice_no) REFERENCES linkhaul.slice,
    CHECK ((state IN ('settled', 'undelivered')) = (charged_nanousd IS NOT NULL)),
    CHECK (NOT is_page OR state IN ('settled', 'void', 'unknown'))
);
CREATE INDEX ON linkhaul.attempt (listing_id);
CREATE INDEX attempt_reserved ON linkhaul.attempt (run_id) WHERE state = 'reserved';
COMMENT ON TABLE linkhaul.attempt IS 'The ledger: every call, reserved before it is sent, booked with its rows';
COMMENT ON COLUMN linkhaul.attempt.attempt_id IS 'Made by linkhaul, not by a sequence that a fail-over could turn back';
COMMENT ON COLUMN linkhaul.attempt.position IS 'Items of the slice before this page';
COMMENT ON COLUMN linkhaul.attempt.token IS 'What it was asked with; null: an offset';
COMMENT ON COLUMN linkhaul.attempt.tag IS 'Its mark in the vendor''s own records';
COMMENT ON COLUMN linkhaul.attempt.night IS 'The night that it is counted in';
COMMENT ON COLUMN linkhaul.attempt.state IS 'reserved: under way; settled: booked; void: free; unknown: we cannot tell, it counts as reserved; undelivered: billed and never received';
COMMENT ON COLUMN linkhaul.attempt.is_page IS 'Its page is in, with its rows';
COMMENT ON COLUMN linkhaul.attempt.reserved_nanousd IS 'The most that it could cost, in billionths of a US dollar';
COMMENT ON COLUMN linkhaul.attempt.charged_nanousd IS 'What it did cost, in billionths of a US dollar';
COMMENT ON COLUMN linkhaul.attempt.status_code IS 'The API''s own; null: none came';
COMMENT ON COLUMN linkhaul.attempt.run_id IS 'The run that it was made for';
COMMENT ON COLUMN linkhaul.attempt.listing_id IS 'The listing that it is a page of';
COMMENT ON COLUMN linkhaul.attempt.slice_no IS 'The part of the listing';
COMMENT ON COLUMN linkhaul.attempt.page_limit IS 'Items that it asked for';
COMMENT ON COLUMN linkhaul.attempt.http_status IS 'Null: no whole answer came';
COMMENT ON COLUMN linkhaul.attempt.message IS 'What went wrong, in the API''s words or ours';
COMMENT ON COLUMN linkhaul.attempt.n_items IS 'Items that came';
COMMENT ON COLUMN linkhaul.attempt.n_rows IS 'Rows that they became';
COMMENT ON COLUMN linkhaul.attempt.n_rejects IS 'Items that went to reject';
COMMENT ON COLUMN linkhaul.attempt.n_extra IS 'Values that went to extra: unknown, or not fitting their column';
COMMENT ON COLUMN linkhaul.attempt.n_cleaned IS 'Values changed because PostgreSQL cannot store them';
COMMENT ON COLUMN linkhaul.attempt.body_bytes IS 'Of the answer, as it came over the wire';
COMMENT ON COLUMN linkhaul.attempt.elapsed_ms IS 'From its sending to its last byte';
COMMENT ON COLUMN linkhaul.attempt.reserved_at IS 'When its worst case was set aside';
COMMENT ON COLUMN linkhaul.attempt.booked_at IS 'When it was settled, or known to be free or unknown';
COMMENT ON COLUMN linkhaul.attempt.task_id IS 'The vendor''s name for the call';

CREATE TABLE linkhaul.spend (
    scope            text NOT NULL,
    period           text NOT NULL,
    reserved_nanousd bigint NOT NULL DEFAULT 0 CHECK (reserved_nanousd >= 0),
    settled_nanousd  bigint NOT NULL DEFAULT 0 CHECK (settled_nanousd >= 0),
    unknown_nanousd  bigint NOT NULL DEFAULT 0 CHECK (unknown_nanousd >= 0),
    PRIMARY KEY (scope, period)
);
COMMENT ON TABLE linkhaul.spend IS 'Sums over attempt, kept by its trigger; caps are held against them';
COMMENT ON COLUMN linkhaul.spend.scope IS 'Whose money: run:<run_id>';
COMMENT ON COLUMN linkhaul.spend.period IS 'When: for a run, the night';

CREATE FUNCTION linkhaul.dollars(nanousd numeric) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN '$' || CASE WHEN scale(trim_scale(nanousd / 1e9)) < 2 THEN round(nanousd / 1e9, 2)
                       ELSE trim_scale(nanousd / 1e9) END;
COMMENT ON FUNCTION linkhaul.dollars IS 'Billionths of a US dollar as people write them: $0.06, $0.024036';

-- Adds an attempt to its sums, or with sign -1 takes it out; gives what is then reached.
CREATE FUNCTION linkhaul.add_to_spend(a linkhaul.attempt, sign integer) RETURNS bigint
    LANGUAGE sql AS
$$
    UPDATE linkhaul.spend
    SET reserved_nanousd = reserved_nanousd
            + CASE WHEN a.state = 'reserved' THEN sign * a.reserved_nanousd ELSE 0 END,
        settled_nanousd = settled_nanousd + sign * coalesce(a.charged_nanousd, 0),
        unknown_nanousd = unknown_nanousd
            + CASE WHEN a.state = 'unknown' THEN sign * a.reserved_nanousd ELSE 0 END
    WHERE scope = 'run:' || a.run_id AND period = to_char(a.night, 'YYYY-MM-DD')
    RETURNING reserved_nanousd + settled_nanousd + unknown_nanousd
$$;

-- Only a new reserve can be refused: what is booked has happened, and a lowered cap only says that
-- no more may come.
CREATE FUNCTION linkhaul.keep_spend() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    reached bigint;
    cap     bigint;
BEGIN
    IF tg_op <> 'INSERT' THEN
        PERFORM linkhaul.add_to_spend(old, -1);
    END IF;
    IF tg_op <> 'DELETE' THEN
        INSERT INTO linkhaul.spend (scope, period)
        VALUES ('run:' || new.run_id, to_char(new.night, 'YYYY-MM-DD'))
        ON CONFLICT DO NOTHING;
        reached := linkhaul.add_to_spend(new, 1);
    END IF;
    IF tg_op = 'INSERT' AND new.state = 'reserved' THEN
        SELECT budget_nanousd INTO cap FROM linkhaul.run WHERE run_id = new.run_id;
        IF reached > cap THEN
            RAISE EXCEPTION USING errcode = 'LH001', message = format(
                'the cap of %s for run %s would be passed: %s is reached, and one more call can cost %s',
                linkhaul.dollars(cap), new.run_id, linkhaul.dollars(reached - new.reserved_nanousd),
                linkhaul.dollars(new.reserved_nanousd));
        END IF;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER keep_spend AFTER INSERT OR UPDATE OR DELETE ON linkhaul.attempt
    FOR EACH ROW EXECUTE FUNCTION linkhaul.keep_spend();
