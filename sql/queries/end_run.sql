-- $1 run: it is over where none of its listings is open. Gives the feeds that are to be taken whole
-- after all, so that it is not, and why.
SELECT target, why FROM linkhaul.end_run($1::bigint, true)
