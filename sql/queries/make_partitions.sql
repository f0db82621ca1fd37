-- For the open run's night: $1 project, $2 job, $3 table
SELECT linkhaul.make_partitions($3, night)
FROM linkhaul.run
WHERE project = $1 AND job = $2 AND state = 'open'
