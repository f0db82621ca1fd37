# How new each feed is, and why not newer; without those that no job has any more.
exec ./query <<'SQL'
select project, target as site, job, last_good_night as night, completeness, is_current as fresh,
       status, reason as why
from linkhaul_bi.freshness
where :'project' in ('', project) and status <> 'not_asked'
order by is_current, project, job, target
SQL
