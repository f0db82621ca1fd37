-- $1 key: the connection that has it; the service's own comes first where it has several.
SELECT a.pid, coalesce(a.application_name, ''),
       coalesce(to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS "UTC"'), '(unknown)')
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) + l.objid::bigint = $1::bigint
ORDER BY a.application_name LIKE '% service' DESC, a.backend_start, a.pid
