-- What is kept about the work itself: which feeds there are, their runs, how far each listing is.

DO $$
BEGIN
    -- Looked for first: IF NOT EXISTS would ask for the right to create schemas all the same.
    IF to_regnamespace('linkhaul') IS NULL THEN
        CREATE SCHEMA linkhaul;
    END IF;
    IF to_regnamespace('linkhaul_bi') IS NULL THEN
        CREATE SCHEMA linkhaul_bi;
    END IF;
END
$$;

COMMENT ON SCHEMA linkhaul IS 'linkhaul: facts, state and operations; analysts read linkhaul_bi';
COMMENT ON SCHEMA linkhaul_bi IS 'linkhaul: views for analysts; only published listings show';

CREATE TABLE linkhaul.migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE linkhaul.migration IS 'The steps by which this schema was made, one row each';
COMMENT ON COLUMN linkhaul.migration.checksum IS 'SHA-256 of the step''s SQL, in hex';

CREATE TABLE linkhaul.install (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    uid     uuid NOT NULL DEFAULT gen_random_uuid(),
    made_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO linkhaul.install DEFAULT VALUES;
COMMENT ON TABLE linkhaul.install IS 'One row: this installation, told apart from others that share an account';
COMMENT ON COLUMN linkhaul.install.uid IS 'Its first eight characters stand in the tag of every call';

CREATE TABLE linkhaul.account (
    name             text NOT NULL,
    endpoint         text NOT NULL,
    per_call_nanousd bigint NOT NULL CHECK (per_call_nanousd >= 0),
    per_item_nanousd bigint NOT NULL CHECK (per_item_nanousd >= 0),
    balance_nanousd  bigint NOT NULL,
    asked_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, endpoint)
);
COMMENT ON TABLE linkhaul.account IS 'What an account last told about its prices and its balance';
COMMENT ON COLUMN linkhaul.account.per_call_nanousd IS 'Price of a call, in billionths of a US dollar';
COMMENT ON COLUMN linkhaul.account.per_item_nanousd IS 'Price of an item, in billionths of a US dollar';
COMMENT ON COLUMN linkhaul.account.balance_nanousd IS 'Money left, in billionths of a US dollar';

CREATE TABLE linkhaul.feed (
    feed_id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key                  uuid NOT NULL UNIQUE,
    project              text NOT NULL,
    job                  text NOT NULL,
    endpoint             text NOT NULL,
    facts                text NOT NULL,
    target               text NOT NULL,
    request              json NOT NULL,
    max_rows             bigint CHECK (max_rows > 0),
    published_listing_id bigint,
    made_at              timestamptz NOT NULL DEFAULT now(),
    asked_at             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON linkhaul.feed (project, job);
COMMENT ON TABLE linkhaul.feed IS 'What is kept current night after night: one target of a job with its parameters';
COMMENT ON COLUMN linkhaul.feed.key IS 'Made of what the feed means; another meaning is another feed';
COMMENT ON COLUMN linkhaul.feed.facts IS 'The table that its rows go to';
COMMENT ON COLUMN linkhaul.feed.request IS 'The API''s parameters, as the job has them now';
COMMENT ON COLUMN linkhaul.feed.max_rows IS 'Items of a listing at most; null: all';
COMMENT ON COLUMN linkhaul.feed.published_listing_id IS 'The newest published listing: what analysts see';
COMMENT ON COLUMN linkhaul.feed.asked_at IS 'When a start of the job last named this feed';

CREATE TABLE linkhaul.run (
    run_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uid            uuid NOT NULL UNIQUE,
    project        text NOT NULL,
    job            text NOT NULL,
    endpoint       text NOT NULL,
    night          date NOT NULL,
    timezone       text NOT NULL,
    labels         jsonb NOT NULL DEFAULT '{}',
    budget_nanousd bigint CHECK (budget_nanousd > 0),
    budget_night   date NOT NULL,
    state          text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
    started_at     timestamptz NOT NULL DEFAULT now(),
    ended_at       timestamptz
);
CREATE UNIQUE INDEX run_open ON linkhaul.run (project, job) WHERE state = 'open';
COMMENT ON TABLE linkhaul.run IS 'One execution of a job; a job has one open run at most';
COMMENT ON COLUMN linkhaul.run.uid IS 'Names the file in the spool that holds its answers';
COMMENT ON COLUMN linkhaul.run.night IS 'Local date of its scheduled start; stays when it goes on later';
COMMENT ON COLUMN linkhaul.run.budget_nanousd IS 'What it may spend in one night, in billionths of a US dollar; null: no cap';
COMMENT ON COLUMN linkhaul.run.budget_night IS 'The night that its calls are now counted in';
COMMENT ON COLUMN linkhaul.run.labels IS 'The job''s own labels';

CREATE TABLE linkhaul.listing (
    listing_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id       bigint NOT NULL REFERENCES linkhaul.run,
    feed_id      bigint NOT NULL REFERENCES linkhaul.feed,
    night        date NOT NULL,
    kind         text NOT NULL DEFAULT 'full'
                 CHECK (kind IN ('full', 'new', 'lost', 'refresh', 'count')),
    state        text NOT NULL DEFAULT 'open'
                 CHECK (state IN ('open', 'held', 'published', 'abandoned')),
    completeness text CHECK (completeness IN ('complete', 'limited', 'capped', 'short', 'budget',
                                              'error')),
    reason       text NOT NULL DEFAULT '',
    request      json NOT NULL,
    max_rows     bigint CHECK (max_rows > 0),
    total_count  bigint,
    n_items      bigint NOT NULL DEFAULT 0,
    n_rows       bigint NOT NULL DEFAULT 0,
    n_rejects    bigint NOT NULL DEFAULT 0,
    n_extra      bigint NOT NULL DEFAULT 0,
    n_cleaned    bigint NOT NULL DEFAULT 0,
    n_duplicates bigint NOT NULL DEFAULT 0,
    n_missing    bigint NOT NULL DEFAULT 0,
    started_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    CHECK ((state = 'published') = (published_at IS NOT NULL)),
    CHECK (state <> 'published' OR completeness IS NOT NULL)
);
CREATE UNIQUE INDEX listing_of_run ON linkhaul.listing (run_id, feed_id, kind)
    WHERE state <> 'abandoned';
CREATE INDEX ON linkhaul.listing (feed_id, listing_id);
ALTER TABLE linkhaul.feed ADD FOREIGN KEY (published_listing_id) REFERENCES linkhaul.listing;
COMMENT ON TABLE linkhaul.listing IS 'One paging of a feed in a run';
COMMENT ON COLUMN linkhaul.listing.night IS 'Its run''s night: the partition that holds its rows';
COMMENT ON COLUMN linkhaul.listing.state IS 'open: not finished; published: analysts may see it; held: waits for a decision; abandoned: given up';
COMMENT ON COLUMN linkhaul.listing.completeness IS 'complete, limited (max_rows), capped (by the API), short (items are missing); budget and error: why it is still open';
COMMENT ON COLUMN linkhaul.listing.reason IS 'Why it is not published, for people';
COMMENT ON COLUMN linkhaul.listing.request IS 'The API''s parameters when it began';
COMMENT ON COLUMN linkhaul.listing.total_count IS 'Items there are, as the API last told';
COMMENT ON COLUMN linkhaul.listing.n_items IS 'Items received, repeats among them';
COMMENT ON COLUMN linkhaul.listing.n_rows IS 'Rows that stand';
COMMENT ON COLUMN linkhaul.listing.n_rejects IS 'Items that could not become rows; they are in reject';
COMMENT ON COLUMN linkhaul.listing.n_extra IS 'Values that went to the column extra';
COMMENT ON COLUMN linkhaul.listing.n_cleaned IS 'Values changed because PostgreSQL cannot store them';
COMMENT ON COLUMN linkhaul.listing.n_duplicates IS 'Repeated rows that were taken out at publish';
COMMENT ON COLUMN linkhaul.listing.n_missing IS 'Items that total_count promised and that did not come';

CREATE TABLE linkhaul.slice (
    listing_id  bigint NOT NULL REFERENCES linkhaul.listing,
    slice_no    integer NOT NULL,
    page_limit  bigint NOT NULL CHECK (page_limit > 0),
    order_by    json,
    walk        text NOT NULL DEFAULT 'undecided' CHECK (walk IN ('undecided', 'offset', 'chain')),
    position    bigint NOT NULL DEFAULT 0,
    token       text,
    total_count bigint,
    is_ended    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (listing_id, slice_no)
);
COMMENT ON TABLE linkhaul.slice IS 'A part of a listing, and how far it is';
COMMENT ON COLUMN linkhaul.slice.page_limit IS 'Items of a page; fixed for the slice';
COMMENT ON COLUMN linkhaul.slice.order_by IS 'As it is sent; null: none is';
COMMENT ON COLUMN linkhaul.slice.walk IS 'How its pages follow each other; undecided until page 1 is in';
COMMENT ON COLUMN linkhaul.slice.position IS 'In a chain: items received';
COMMENT ON COLUMN linkhaul.slice.token IS 'In a chain: what brings the next page';
COMMENT ON COLUMN linkhaul.slice.total_count IS 'Items there are, as its last page told';
COMMENT ON COLUMN linkhaul.slice.is_ended IS 'Its last page is in';
