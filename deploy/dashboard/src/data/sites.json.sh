# Each site and night: what the overview and the charts draw.
exec ./query <<'SQL'
select project, target as site, role, night, completeness, links, referring_domains as domains,
       new_links as new, lost_links as lost, follow_share as follow, average_rank as rank,
       spam_high::double precision / nullif(referring_domains, 0) as spam
from linkhaul_bi.site_daily join site_feed using (feed_id)
where night > current_date - 366
order by project, target, night
SQL
