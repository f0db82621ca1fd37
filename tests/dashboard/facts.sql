-- What the pages must say of project acme, as JSON.
with last as (
    select distinct on (target) target, role, night, links, referring_domains
    from linkhaul_bi.site_daily
    where project = 'acme' and endpoint = 'backlinks'
    order by target, night desc
), a_site as (
    select target as site, role, links, referring_domains as domains,
           (select sum(new_links) from linkhaul_bi.site_daily as d where d.project = 'acme' and d.target = last.target) as new
    from last
), gap as (
    select domain_from, max(n_competitors) as n, max(domain_from_rank) as rank
    from linkhaul_bi.link_gap
    where project = 'acme'
    group by 1
)
select json_build_object(
    'sites', (select json_agg(a_site order by role = 'own' desc, site) from a_site),
    'night', (select to_char(max(night), 'FMDD Mon YYYY') from last),
    'gap', (select count(*) from gap),
    'gap_first', (select domain_from from gap order by n desc, rank desc nulls last limit 1),
    'gap_of_all', (select count(*) from gap where n = 3),
    'usd', (select sum(usd) from linkhaul_bi.costs where project = 'acme'),
    'days', (select count(distinct day) from linkhaul_bi.costs where project = 'acme'),
    'feeds', (select count(*) from linkhaul_bi.freshness where project = 'acme' and status <> 'not_asked'));
