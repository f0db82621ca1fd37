-- The service: when a run was scheduled, and starts that were not made.

ALTER TABLE linkhaul.run ADD scheduled_at timestamptz;
COMMENT ON COLUMN linkhaul.run.scheduled_at IS 'The last scheduled time that a start of the run was for; null: by hand alone';

CREATE TABLE linkhaul.missed_start (
    missed_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project      text NOT NULL,
    job          text NOT NULL,
    scheduled_at timestamptz NOT NULL,
    night        date NOT NULL,
    starts       bigint NOT NULL DEFAULT 1 CHECK (starts > 0),
    reason       text NOT NULL CHECK (reason <> ''),
    recorded_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON linkhaul.missed_start (project, job, scheduled_at);
CREATE INDEX ON linkhaul.run (project, job, scheduled_at);
COMMENT ON TABLE linkhaul.missed_start IS 'Scheduled starts of a job that were not made, and why';
COMMENT ON COLUMN linkhaul.missed_start.scheduled_at IS 'When it was to be; of several, the last';
COMMENT ON COLUMN linkhaul.missed_start.night IS 'The night that its run would have belonged to';
COMMENT ON COLUMN linkhaul.missed_start.starts IS 'How many starts of that night the row stands for';
COMMENT ON COLUMN linkhaul.missed_start.reason IS 'Why, beginning with one of: missed, skipped, blocked, failed';

-- Whoever listens on the channel linkhaul hears of each listing that becomes visible, once it is.
CREATE FUNCTION linkhaul.tell_published() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM pg_notify('linkhaul', jsonb_build_object(
                          'run', NEW.run_id, 'project', r.project, 'job', r.job, 'feed', NEW.feed_id,
                          'listing', NEW.listing_id, 'kind', NEW.kind, 'night', NEW.night)::text)
    FROM linkhaul.run AS r
    WHERE r.run_id = NEW.run_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION linkhaul.tell_published IS 'NOTIFY linkhaul: run, project, job, feed, listing, kind and night of a listing that is published';

CREATE TRIGGER tell_published AFTER UPDATE OF state ON linkhaul.listing
    FOR EACH ROW WHEN (NEW.state = 'published' AND OLD.state <> 'published')
    EXECUTE FUNCTION linkhaul.tell_published();
