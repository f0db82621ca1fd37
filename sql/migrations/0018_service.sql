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
