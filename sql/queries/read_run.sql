-- The open run: $1 project, $2 job. It is a resumed one where it did not begin in this transaction.
SELECT r.run_id, r.uid, r.night, r.night - date '2000-01-01', r.started_at <> now(),
       coalesce(s.reserved_nanousd + s.settled_nanousd + s.unknown_nanousd, 0), left(i.uid::text, 8),
       r.account
FROM linkhaul.install AS i
CROSS JOIN linkhaul.run AS r
LEFT JOIN linkhaul.spend AS s
       ON s.scope = 'run:' || r.run_id AND s.period = to_char(r.budget_night, 'YYYY-MM-DD')
WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
