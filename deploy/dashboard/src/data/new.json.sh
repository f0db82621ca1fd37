# The newest new links of each site; how many there were in a night is in sites.json.
exec ./query <<'SQL'
select project, target as site, night, url_from as page, url_to as goal, anchor, dofollow as follow,
       domain_from_rank as rank, backlink_spam_score as spam
from site_feed cross join lateral (
    select *
    from linkhaul_bi.new_links as one
    where one.feed_id = site_feed.feed_id and one.night > current_date - 91
    order by one.night desc, one.domain_from_rank desc nulls last
    limit 500
) as new
order by night desc, domain_from_rank desc nulls last
SQL
