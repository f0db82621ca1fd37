# The newest of the lost links.
exec ./query <<'SQL'
select project, target as site, night, domain_from as domain, url_from as page, url_to as goal, anchor,
       dofollow as follow, domain_from_rank as rank, reason
from linkhaul_bi.lost_links join site_feed using (feed_id)
where night > current_date - 91
order by night desc, domain_from_rank desc nulls last
limit 2000
SQL
