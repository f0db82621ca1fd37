-- Facts of referring_domains, and of bulk_new_lost_backlinks, whose items name their target themselves.
-- docs.dataforseo.com/v3/backlinks/referring_domains/live and bulk_new_lost_backlinks/live

CREATE TABLE linkhaul.referring_domain_metrics (
    night                              date NOT NULL,
    run_id                             bigint NOT NULL,
    listing_id                         bigint NOT NULL,
    slice_no                           integer NOT NULL,
    ordinal                            bigint NOT NULL,
    target                             text NOT NULL,
    link_key                           uuid NOT NULL,
    loaded_at                          timestamptz NOT NULL,
    type                               text,
    domain_from                        text,
    rank                               bigint,
    backlinks                          bigint,
    first_seen                         timestamptz,
    lost_date                          timestamptz,
    backlinks_spam_score               bigint,
    broken_backlinks                   bigint,
    broken_pages                       bigint,
    referring_domains                  bigint,
    referring_domains_nofollow         bigint,
    referring_main_domains             bigint,
    referring_main_domains_nofollow    bigint,
    referring_ips                      bigint,
    referring_subnets                  bigint,
    referring_pages                    bigint,
    referring_links_tld                jsonb,
    referring_links_types              jsonb,
    referring_links_attributes         jsonb,
    referring_links_platform_types     jsonb,
    referring_links_semantic_locations jsonb,
    referring_links_countries          jsonb,
    referring_pages_nofollow           bigint,
    extra                              jsonb
) PARTITION BY RANGE (night);
CREATE INDEX referring_domain_metrics_listing ON linkhaul.referring_domain_metrics (listing_id);

COMMENT ON TABLE linkhaul.referring_domain_metrics IS 'Domains with links to a target, one row per item received; append-only, partitioned by month of night';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.night IS 'night of the run, and the key of the partitions';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.run_id IS 'run that fetched it';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.listing_id IS 'listing it belongs to';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.slice_no IS 'part of the listing';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.ordinal IS 'place of the item in its slice as received, from 1';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.target IS 'what the job asked for';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.link_key IS 'md5(domain_from): the referring domain''s name';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.loaded_at IS 'when it was decoded';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.type IS 'always backlinks_referring_domain';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.domain_from IS 'referring domain, with www. where it has it; the API calls it domain';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.rank IS 'of the referring domain, 0 to 1000 or 0 to 100 by rank_scale';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.backlinks IS 'links from the referring domain';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.first_seen IS 'when the vendor first saw one of them';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.lost_date IS 'when the last of them was lost';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.backlinks_spam_score IS 'average of the links, 0 to 100';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.broken_backlinks IS 'links to pages that answer 4xx or 5xx';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.broken_pages IS 'pages linked to that answer 4xx or 5xx';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_domains IS 'domains and subdomains with links';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_domains_nofollow IS 'of these, with a nofollow link';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_main_domains IS 'main domains with links';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_main_domains_nofollow IS 'of these, with a nofollow link';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_ips IS 'addresses with links';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_subnets IS 'networks with links';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_pages IS 'pages with links';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_links_tld IS 'links by top-level domain';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_links_types IS 'links by type: anchor, image, redirect, ...';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_links_attributes IS 'links by rel value; null where none has one';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_links_platform_types IS 'links by platform: cms, blogs, news, ...';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_links_semantic_locations IS 'links by HTML element around them; the empty key: none';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_links_countries IS 'links by country';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.referring_pages_nofollow IS 'pages with a nofollow link; since 2023';
COMMENT ON COLUMN linkhaul.referring_domain_metrics.extra IS 'what the API sent and no column takes, as it came';

CREATE TABLE linkhaul.bulk_new_lost_backlinks (
    night          date NOT NULL,
    run_id         bigint NOT NULL,
    listing_id     bigint NOT NULL,
    slice_no       integer NOT NULL,
    ordinal        bigint NOT NULL,
    link_key       uuid NOT NULL,
    loaded_at      timestamptz NOT NULL,
    target         text,
    type           text,
    new_backlinks  bigint,
    lost_backlinks bigint,
    extra          jsonb
) PARTITION BY RANGE (night);
CREATE INDEX bulk_new_lost_backlinks_listing ON linkhaul.bulk_new_lost_backlinks (listing_id);

COMMENT ON TABLE linkhaul.bulk_new_lost_backlinks IS 'How many links targets have won and lost, one row per target; append-only, partitioned by month of night';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.night IS 'night of the run, and the key of the partitions';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.run_id IS 'run that fetched it';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.listing_id IS 'listing it belongs to';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.slice_no IS 'part of the listing';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.ordinal IS 'place of the item in its slice as received, from 1';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.link_key IS 'md5(target): the target''s name';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.loaded_at IS 'when it was decoded';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.target IS 'what the job asked for';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.type IS 'always backlinks_bulk_new_lost_backlinks';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.new_backlinks IS 'links that were found since';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.lost_backlinks IS 'links that were lost since';
COMMENT ON COLUMN linkhaul.bulk_new_lost_backlinks.extra IS 'what the API sent and no column takes, as it came';
