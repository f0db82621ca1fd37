# What was spent, by day and job.
exec ./query <<'SQL'
select project, day as night, job, sum(calls) as calls, sum(rows) as rows, sum(usd) as usd,
       sum(undelivered) as undelivered
from linkhaul_bi.costs
where :'project' in ('', project) and day > current_date - 91
group by project, day, job
order by project, day, job
SQL
