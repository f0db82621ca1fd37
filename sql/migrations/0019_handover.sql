-- Starts that somebody asks the service for, and the nights that `on_night` was told of.

CREATE TABLE linkhaul.wanted_start (
    start_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project   text NOT NULL,
    job       text NOT NULL,
    night     date,
    is_fresh  boolean NOT NULL,
    asked_at  timestamptz NOT NULL DEFAULT now(),
    asked_by  text NOT NULL DEFAULT current_user || ', ' || current_setting('application_name'),
    taken_at  timestamptz,
    run_id    bigint REFERENCES linkhaul.run,
    note      text NOT NULL DEFAULT '',
    progress  jsonb NOT NULL DEFAULT '{}',
    ended_at  timestamptz,
    exit_code integer,
    reason    text NOT NULL DEFAULT '',
    CHECK ((ended_at IS NULL) = (exit_code IS NULL))
);
CREATE INDEX ON linkhaul.wanted_start (start_id) WHERE ended_at IS NULL;
COMMENT ON TABLE linkhaul.wanted_start IS 'Starts of jobs that `linkhaul run` has asked the service for';
COMMENT ON COLUMN linkhaul.wanted_start.night IS 'Of --night; null: the day of its start';
COMMENT ON COLUMN linkhaul.wanted_start.is_fresh IS 'Of --fresh: the job''s open run is not gone on with';
COMMENT ON COLUMN linkhaul.wanted_start.taken_at IS 'When the service has seen it: from then on it is never begun once more';
COMMENT ON COLUMN linkhaul.wanted_start.run_id IS 'The run that it has begun, or goes on with; null: none yet';
COMMENT ON COLUMN linkhaul.wanted_start.note IS 'What whoever asked should know of it';
COMMENT ON COLUMN linkhaul.wanted_start.progress IS 'How far it is, while it is under way and at its end';
COMMENT ON COLUMN linkhaul.wanted_start.exit_code IS 'As `linkhaul run` ends with';
COMMENT ON COLUMN linkhaul.wanted_start.reason IS 'Why that is not 0';

CREATE TABLE linkhaul.told_night (
    night   date PRIMARY KEY,
    told_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE linkhaul.told_night IS 'Nights that are over and that the command of on_night was begun for; noted before it is, so never twice';
