# When the pages were built, by the database's clock.
exec ./query <<'SQL'
select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at
SQL
