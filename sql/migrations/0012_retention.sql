-- Retention: facts stay for so many days behind their night; state, events and ledger stay for good.
-- Partitions are of weeks from here on: one goes as a whole, when the last of its nights is over, so
-- that with 14 days three weeks are kept, where months would keep six. A year is 52 of them, which
-- planning does not feel.

ALTER TABLE linkhaul.feed ADD retention_days integer NOT NULL DEFAULT 14 CHECK (retention_days > 0);
COMMENT ON COLUMN linkhaul.feed.retention_days IS 'How many days behind its night a listing''s rows are kept at least';

-- The partitions of all facts. A pending one is on its way out: nobody sees it any more.
CREATE FUNCTION linkhaul.partitions()
    RETURNS TABLE (facts text, part regclass, from_night date, to_night date, is_pending boolean)
    LANGUAGE sql STABLE AS
$$
    SELECT parent.relname::text, c.oid::regclass,
           substring(bound.text FROM 'FROM \(''([-0-9]+)''\)')::date,
           substring(bound.text FROM 'TO \(''([-0-9]+)''\)')::date, i.inhdetachpending
    FROM pg_class AS parent
    JOIN pg_inherits AS i ON i.inhparent = parent.oid
    JOIN pg_class AS c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS text) AS bound
    WHERE parent.relnamespace = 'linkhaul'::regnamespace AND parent.relkind = 'p'
$$;
COMMENT ON FUNCTION linkhaul.partitions IS 'The partitions of all facts with their nights, the last of which is not in them';

-- Sees to it that the week of `night` and the one after it have a partition. A table is made by
-- itself and then attached: that waits for no reader and makes none wait, which PARTITION OF does.
-- Weeks end where a partition already is: that of a month, as they were made before.
CREATE OR REPLACE FUNCTION linkhaul.make_partitions(facts text, night date) RETURNS void
    LANGUAGE plpgsql AS
$$
DECLARE
    day    date;
    monday date;
    first  date;
    behind date;
    name   text;
BEGIN
    FOREACH day IN ARRAY ARRAY[night, night + 7] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM linkhaul.partitions() AS p
                              WHERE p.facts = make_partitions.facts AND NOT p.is_pending
                                AND day >= p.from_night AND day < p.to_night);
        monday := date_trunc('week', day::timestamp)::date;
        SELECT greatest(monday, max(p.to_night) FILTER (WHERE p.to_night <= day)),
               least(monday + 7, min(p.from_night) FILTER (WHERE p.from_night > day))
        INTO first, behind
        FROM linkhaul.partitions() AS p WHERE p.facts = make_partitions.facts AND NOT p.is_pending;
        name := facts || to_char(first, '_YYYY_MM_DD');
        -- One that was taken out and not dropped yet comes back.
        IF to_regclass(format('linkhaul.%I', name)) IS NULL THEN
            EXECUTE format('CREATE TABLE linkhaul.%I (LIKE linkhaul.%I INCLUDING ALL)', name, facts);
        ELSE
            EXECUTE format('COMMENT ON TABLE linkhaul.%I IS NULL', name);
        END IF;
        EXECUTE format('ALTER TABLE linkhaul.%I ATTACH PARTITION linkhaul.%I FOR VALUES FROM (%L) TO (%L)',
                       facts, name, first, behind);
    END LOOP;
END
$$;
COMMENT ON FUNCTION linkhaul.make_partitions IS 'Makes the partitions for a night''s week and the next, where they are missing';

-- The partitions that are over: each with the statements that take it out, one transaction each; and
-- what hangs on it, or whose newest listing it has, for which it stays all the same.
--
-- It is over when all its listings are: their nights lie further back than their feeds keep them, from
-- today or from the newest night there is, whichever is earlier, so that neither a clock that is ahead
-- nor a pause costs rows. It stays while analysts see some of it: the newest listing of a feed that its
-- job still has; and while a view, a table or a function of a user hangs on it.
--
-- DETACH CONCURRENTLY waits for readers and makes none wait, and cannot be part of a transaction. What
-- is left of one that was broken off is finished the next time: FINALIZE, and a table by itself that
-- has the mark.
CREATE FUNCTION linkhaul.over_partitions()
    RETURNS TABLE (part text, from_night date, to_night date, steps text[], hangs text,
                  shows text)
    LANGUAGE plpgsql AS
$$
DECLARE
    mark CONSTANT text := 'linkhaul: its retention is over, it is about to be dropped';
    today         date;
BEGIN
    SELECT least(current_date, max(r.night)) INTO today FROM linkhaul.run AS r;
    RETURN QUERY
    SELECT p.part::text, p.from_night, p.to_night,
           CASE WHEN p.is_pending
                THEN ARRAY[format('ALTER TABLE linkhaul.%I DETACH PARTITION %s FINALIZE', p.facts, p.part),
                           format('DROP TABLE %s', p.part)]
                ELSE ARRAY[format('COMMENT ON TABLE %s IS %L', p.part, mark),
                           format('ALTER TABLE linkhaul.%I DETACH PARTITION %s CONCURRENTLY', p.facts, p.part),
                           format('DROP TABLE %s', p.part)] END,
           CASE WHEN NOT p.is_pending THEN (
               SELECT string_agg(DISTINCT coalesce(r.ev_class::regclass::text,
                                                   pg_describe_object(d.classid, d.objid, 0)), ', ')
               FROM pg_depend AS d
               LEFT JOIN pg_rewrite AS r
                      ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
               WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = p.part
                 AND d.deptype = 'n') END,
           CASE WHEN NOT p.is_pending THEN (
               SELECT format('%s, job %s, of %s', f.target, f.job, l.night)
               FROM linkhaul.feed AS f
               JOIN linkhaul.listing AS l ON l.listing_id = f.published_listing_id
               WHERE f.facts = p.facts AND l.night >= p.from_night AND l.night < p.to_night
                 AND f.asked_at >= (SELECT max(r.started_at) FROM linkhaul.run AS r
                                    WHERE r.project = f.project AND r.job = f.job
                                      AND r.replay_of IS NULL
                                      AND EXISTS (SELECT FROM linkhaul.listing AS full_one
                                                  WHERE full_one.run_id = r.run_id
                                                    AND full_one.kind = 'full'))
               ORDER BY l.night DESC, f.feed_id
               LIMIT 1) END
    FROM linkhaul.partitions() AS p
    WHERE p.to_night <= today
      AND NOT EXISTS (SELECT FROM linkhaul.listing AS l JOIN linkhaul.feed AS f USING (feed_id)
                      WHERE f.facts = p.facts AND l.night >= p.from_night AND l.night < p.to_night
                        AND (l.night + f.retention_days >= today OR l.state IN ('open', 'held')))
    UNION ALL
    SELECT c.oid::regclass::text, NULL, NULL, ARRAY[format('DROP TABLE %s', c.oid::regclass)],
           NULL, NULL
    FROM pg_class AS c
    WHERE c.relnamespace = 'linkhaul'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
      AND obj_description(c.oid, 'pg_class') = mark;
END
$$;
COMMENT ON FUNCTION linkhaul.over_partitions IS 'Partitions whose retention is over, with what takes each out, or why it stays';

COMMENT ON TABLE linkhaul.backlink IS 'Links to a target, one row per item received; append-only, partitioned by night';
COMMENT ON TABLE linkhaul.domain_intersection IS 'Referring domains that link to several targets, one row per domain and target; append-only, partitioned by night';
COMMENT ON TABLE linkhaul.page_intersection IS 'Pages that link to several targets, one row per link; append-only, partitioned by night';
COMMENT ON TABLE linkhaul.referring_domain_metrics IS 'Domains with links to a target, one row per item received; append-only, partitioned by night';
COMMENT ON TABLE linkhaul.bulk_new_lost_backlinks IS 'How many links targets have won and lost, one row per target; append-only, partitioned by night';
