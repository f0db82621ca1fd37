-- Small tables behind the views for analysts, kept when a listing is published: a dashboard must not
-- group millions of links. What a night did not change is not counted again.

CREATE TABLE linkhaul.project_target (
    project text NOT NULL,
    target  text NOT NULL,
    role    text NOT NULL CHECK (role IN ('own', 'competitor')),
    PRIMARY KEY (project, target)
);
COMMENT ON TABLE linkhaul.project_target IS 'The sites of a project, as its jobs'' last start had them in the configuration';
COMMENT ON COLUMN linkhaul.project_target.project IS 'whose they are';
COMMENT ON COLUMN linkhaul.project_target.target IS 'a site, as the jobs ask for it';
COMMENT ON COLUMN linkhaul.project_target.role IS 'own: the project''s; competitor: one it is held against';

CREATE TABLE linkhaul.site_night (
    feed_id            bigint NOT NULL REFERENCES linkhaul.feed,
    night              date NOT NULL,
    completeness       text,
    links              bigint NOT NULL DEFAULT 0,
    dofollow_links     bigint,
    referring_domains  bigint NOT NULL DEFAULT 0,
    new_links          bigint NOT NULL DEFAULT 0,
    lost_links         bigint NOT NULL DEFAULT 0,
    returned_links     bigint NOT NULL DEFAULT 0,
    out_of_scope_links bigint NOT NULL DEFAULT 0,
    spam_low           bigint NOT NULL DEFAULT 0,
    spam_medium        bigint NOT NULL DEFAULT 0,
    spam_high          bigint NOT NULL DEFAULT 0,
    average_rank       double precision,
    PRIMARY KEY (feed_id, night)
);
COMMENT ON TABLE linkhaul.site_night IS 'What a feed of a site''s links, or of its domains, was at the end of a night that had a listing of it';

CREATE TABLE linkhaul.dimension_night (
    feed_id           bigint NOT NULL REFERENCES linkhaul.feed,
    dimension         text NOT NULL,
    night             date NOT NULL,
    position          integer NOT NULL, -- 0: what is beyond the first thousand
    value             text,
    links             bigint NOT NULL,
    referring_domains bigint NOT NULL,
    n_values          bigint NOT NULL,
    PRIMARY KEY (feed_id, dimension, night, position)
);
CREATE INDEX ON linkhaul.dimension_night USING hash (value); -- a text of any length, one through the year
COMMENT ON TABLE linkhaul.dimension_night IS 'The live links of a feed by anchor, tld, country, platform, network and page, at the end of a night that changed them';

CREATE TABLE linkhaul.domain_host (
    link_key  uuid PRIMARY KEY,
    network   text,
    platforms text[]
);
COMMENT ON TABLE linkhaul.domain_host IS 'Where a referring domain is and what it is, as last told in a listing of links';
COMMENT ON COLUMN linkhaul.domain_host.link_key IS 'md5(domain_from)';

CREATE TABLE linkhaul.vendor_night (
    target         text NOT NULL,
    night          date NOT NULL,
    since          date,
    new_backlinks  bigint,
    lost_backlinks bigint,
    PRIMARY KEY (target, night)
);
COMMENT ON TABLE linkhaul.vendor_night IS 'How many links a target has won and lost, as bulk_new_lost_backlinks told in a night';

CREATE TABLE linkhaul.gap_domain (
    project       text NOT NULL,
    feed_id       bigint NOT NULL, -- of the intersection; 0: from the links of all feeds
    domain_from   text NOT NULL,
    domain_key    uuid NOT NULL,
    n_competitors bigint NOT NULL,
    competitors   text NOT NULL,
    links         bigint,
    rank          bigint,
    spam          bigint,
    tld_from      text,
    country       text,
    first_seen    timestamptz,
    best_feed_id  bigint NOT NULL,
    best_link_key uuid,
    since_night   date NOT NULL,
    told_feed_id  bigint NOT NULL -- a column of its own: the planner knows nothing of an expression
                  GENERATED ALWAYS AS (CASE feed_id WHEN 0 THEN best_feed_id ELSE feed_id END) STORED,
    PRIMARY KEY (project, feed_id, domain_key)
);
COMMENT ON TABLE linkhaul.gap_domain IS 'Domains that link to competitors of a project and not to its own sites';
COMMENT ON COLUMN linkhaul.gap_domain.feed_id IS 'of the intersection that says so; 0: the links of all feeds do';
COMMENT ON COLUMN linkhaul.gap_domain.domain_from IS 'without www.';
COMMENT ON COLUMN linkhaul.gap_domain.domain_key IS 'md5(domain_from)';
COMMENT ON COLUMN linkhaul.gap_domain.best_feed_id IS 'feed of the best link; where none is held any feed that tells of the domain';
COMMENT ON COLUMN linkhaul.gap_domain.best_link_key IS 'the link to start from; null: none is held';
COMMENT ON COLUMN linkhaul.gap_domain.told_feed_id IS 'the feed whose night and completeness are told of it';
COMMENT ON COLUMN linkhaul.gap_domain.since_night IS 'night since which it has been in the gap';

CREATE TABLE linkhaul.gap_page (
    feed_id       bigint NOT NULL REFERENCES linkhaul.feed,
    page_key      uuid NOT NULL,
    n_competitors bigint NOT NULL,
    competitors   text NOT NULL,
    links         bigint NOT NULL,
    domain_from   text,
    url_from      text NOT NULL,
    tld_from      text,
    country       text,
    page_rank     bigint,
    domain_rank   bigint,
    spam          bigint,
    anchor        text,
    url_to        text,
    dofollow      boolean,
    first_seen    timestamptz,
    since_night   date NOT NULL,
    PRIMARY KEY (feed_id, page_key)
);
COMMENT ON TABLE linkhaul.gap_page IS 'Pages of a page_intersection that link to competitors of a project and not to its own sites';
COMMENT ON COLUMN linkhaul.gap_page.page_key IS 'md5(url_from)';
COMMENT ON COLUMN linkhaul.gap_page.anchor IS 'of its best link, as all that follows';

CREATE TABLE linkhaul.cost_day (
    day                 date NOT NULL,
    listing_id          bigint NOT NULL,
    n_calls             bigint NOT NULL DEFAULT 0,
    n_items             bigint NOT NULL DEFAULT 0,
    n_rows              bigint NOT NULL DEFAULT 0,
    settled_nanousd     bigint NOT NULL DEFAULT 0,
    undelivered_nanousd bigint NOT NULL DEFAULT 0,
    unknown_nanousd     bigint NOT NULL DEFAULT 0,
    reserved_nanousd    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (day, listing_id)
);
COMMENT ON TABLE linkhaul.cost_day IS 'Sums over attempt, a listing and day each, kept by its trigger';

-- What is looked up at publish, and by views: the best first, of whatever feeds, since a view cannot
-- tell the planner that it asks for one. What changes of a link every day is in none of these, so that most
-- updates still touch no index.
CREATE INDEX link_best ON linkhaul.link (domain_from_rank DESC NULLS LAST);
CREATE INDEX link_domain ON linkhaul.link (feed_id, domain_from);
CREATE INDEX link_broken ON linkhaul.link (domain_from_rank DESC NULLS LAST, feed_id)
    WHERE is_broken AND state = 'live';
CREATE INDEX ON linkhaul.gap_domain (project, rank DESC NULLS LAST);
CREATE INDEX link_event_night ON linkhaul.link_event (night);
CREATE INDEX run_job ON linkhaul.run (project, job, night);

-- The ledger's sums of a day, beside the ledger as its other sums are. The trigger fires behind theirs,
-- so that the rows that all calls share are taken first.
CREATE FUNCTION linkhaul.keep_cost() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    a linkhaul.attempt;
BEGIN
    FOR i IN 1..2 LOOP
        CONTINUE WHEN (i = 1 AND tg_op = 'INSERT') OR (i = 2 AND tg_op = 'DELETE');
        IF i = 1 THEN
            a := old;
        ELSE
            a := new;
        END IF;
        INSERT INTO linkhaul.cost_day AS c
            (day, listing_id, n_calls, n_items, n_rows, settled_nanousd, undelivered_nanousd,
             unknown_nanousd, reserved_nanousd)
        SELECT a.day, a.listing_id, sign, sign * a.n_items, sign * a.n_rows,
               CASE a.state WHEN 'settled' THEN sign * a.charged_nanousd ELSE 0 END,
               CASE a.state WHEN 'undelivered' THEN sign * a.charged_nanousd ELSE 0 END,
               CASE a.state WHEN 'unknown' THEN sign * a.reserved_nanousd ELSE 0 END,
               CASE a.state WHEN 'reserved' THEN sign * a.reserved_nanousd ELSE 0 END
        FROM (VALUES (2 * i - 3)) AS v (sign)
        ON CONFLICT (day, listing_id) DO UPDATE
        SET n_calls = c.n_calls + excluded.n_calls, n_items = c.n_items + excluded.n_items,
            n_rows = c.n_rows + excluded.n_rows,
            settled_nanousd = c.settled_nanousd + excluded.settled_nanousd,
            undelivered_nanousd = c.undelivered_nanousd + excluded.undelivered_nanousd,
            unknown_nanousd = c.unknown_nanousd + excluded.unknown_nanousd,
            reserved_nanousd = c.reserved_nanousd + excluded.reserved_nanousd;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION linkhaul.keep_cost IS 'Keeps cost_day at the sums over attempt';

-- A replay's calls are void from the first, and tens of thousands in one transaction.
CREATE TRIGGER keep_the_cost AFTER UPDATE OR DELETE ON linkhaul.attempt
    FOR EACH ROW EXECUTE FUNCTION linkhaul.keep_cost();
CREATE TRIGGER keep_the_cost_of_new AFTER INSERT ON linkhaul.attempt
    FOR EACH ROW WHEN (new.state <> 'void') EXECUTE FUNCTION linkhaul.keep_cost();

INSERT INTO linkhaul.cost_day
SELECT a.day, a.listing_id, count(*), sum(a.n_items), sum(a.n_rows),
       coalesce(sum(a.charged_nanousd) FILTER (WHERE a.state = 'settled'), 0),
       coalesce(sum(a.charged_nanousd) FILTER (WHERE a.state = 'undelivered'), 0),
       coalesce(sum(a.reserved_nanousd) FILTER (WHERE a.state = 'unknown'), 0),
       coalesce(sum(a.reserved_nanousd) FILTER (WHERE a.state = 'reserved'), 0)
FROM linkhaul.attempt AS a
JOIN linkhaul.run AS r ON r.run_id = a.run_id AND r.replay_of IS NULL
GROUP BY a.day, a.listing_id;

-- A name without its www., which the vendor keeps; and the network of an address: 192.0.2.0/24.
CREATE FUNCTION linkhaul.bare_domain(name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN name LIKE 'www.%' THEN substr(name, 5) ELSE name END;
CREATE FUNCTION linkhaul.network_of(address text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN coalesce(substring(address FROM '^([0-9]+[.][0-9]+[.][0-9]+)[.][0-9]+$') || '.0/24',
                    address);

-- Readers wait from here on: so it stands behind the indexes.
ALTER TABLE linkhaul.feed ADD state_listing_id bigint REFERENCES linkhaul.listing;
COMMENT ON COLUMN linkhaul.feed.state_listing_id IS 'The listing that its state was last brought to, of whatever kind';
UPDATE linkhaul.feed SET state_listing_id = published_listing_id;

-- The feeds that tell of a project's sites: of jobs that still have them.
CREATE FUNCTION linkhaul.site_feeds(of_project text)
    RETURNS TABLE (feed_id bigint, target text, role text, facts text)
    LANGUAGE sql STABLE AS
$$
    SELECT f.feed_id, f.target, p.role, f.facts
    FROM linkhaul.feed AS f
    JOIN linkhaul.project_target AS p ON p.project = f.project AND p.target = f.target
    WHERE f.project = of_project AND f.facts IN ('backlink', 'referring_domain_metrics')
      AND f.state_listing_id IS NOT NULL
      AND f.asked_at >= coalesce((SELECT max(r.started_at) FROM linkhaul.run AS r
                                  WHERE r.project = f.project AND r.job = f.job
                                    AND r.replay_of IS NULL), '-infinity')
$$;
COMMENT ON FUNCTION linkhaul.site_feeds IS 'The feeds of links or domains of a project''s sites';

-- Lets a role read what analysts read, and nothing else; gives whether there is such a role. The views
-- read the tables with their owner's rights.
CREATE FUNCTION linkhaul.grant_reader(reader text) RETURNS boolean
    LANGUAGE plpgsql AS
$$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = reader) THEN
        RETURN false;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA linkhaul_bi TO %I', reader);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA linkhaul_bi TO %I', reader);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA linkhaul_bi GRANT SELECT ON TABLES TO %I',
                   reader);
    RETURN true;
END
$$;
COMMENT ON FUNCTION linkhaul.grant_reader IS 'Lets a role read linkhaul_bi';
