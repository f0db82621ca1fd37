-- How many listings of the job's open run its next start would close before they are whole: all, where
-- the run is too old to be gone on with or another account's, else those of feeds that the job no longer has.
-- $1 project, $2 job, $3 how old a run may be, in milliseconds, $4 keys of the job's feeds (null: any),
-- $5 account, $6 its former names, $7 the night that it may be of at the earliest, null: any
SELECT count(*)
FROM linkhaul.run AS r
JOIN linkhaul.listing AS l ON l.run_id = r.run_id AND l.state = 'open'
JOIN linkhaul.feed AS f USING (feed_id)
WHERE r.project = $1 AND r.job = ANY ($6::text[] || $2::text) AND r.state = 'open'
  AND (r.started_at <= now() - $3::bigint * interval '1 millisecond' OR r.account <> $5
       OR r.night < $7::date
       OR f.key <> ALL ($4::uuid[]))
