# The domains that link to competitors and not to us, the strongest of them. One that an intersection
# and the links that are held both tell of is shown once.
exec ./query <<'SQL'
select *
from (
    select distinct on (project, domain_from)
           project, domain_from as domain, n_competitors as n, competitors,
           domain_from_rank as rank,
           backlink_spam_score as spam, url_from as page, anchor, url_to as goal, since_night as since
    from linkhaul_bi.link_gap
    where :'project' in ('', project)
    order by project, domain_from, n_competitors desc, url_from is null, since_night
) as gap
order by n desc, rank desc nulls last
limit 2000
SQL
