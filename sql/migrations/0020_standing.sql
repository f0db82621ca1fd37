-- How the work stands is asked every minute: by way of a run to its listings, and of a job to its last run.

CREATE INDEX listing_run ON linkhaul.listing (run_id);
CREATE INDEX run_last ON linkhaul.run (project, job, run_id);
