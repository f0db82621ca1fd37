# The newest lost links of each site.
exec ./query <<'SQL'
select project, target as site, night, url_from as page, url_to as goal, anchor, dofollow as follow,
       domain_from_rank as rank, reason
from site_feed cross join lateral (
    select *
    from linkhaul_bi.lost_links as one
    where one.feed_id = site_feed.feed_id and one.night > current_date - 91
    order by one.night desc, one.domain_from_rank desc nulls last
    limit 500
) as lost
order by night desc, domain_from_rank desc nulls last
SQL
