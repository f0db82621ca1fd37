-- Bytes of each table with its indexes and its long values: facts by partition, then the others; what
-- it is of (facts, state, ledger, operations), its name, its partition, rows as the planner believes
SELECT CASE WHEN c.relispartition OR c.relname IN (SELECT facts FROM linkhaul.partitions()) THEN 'facts'
            WHEN c.relname IN ('link', 'referring_domain', 'link_event') THEN 'state'
            WHEN c.relname IN ('attempt', 'spend') THEN 'ledger'
            WHEN c.relname = 'reject' THEN 'facts'
            ELSE 'operations' END AS kind,
       coalesce(p.facts, c.relname), CASE WHEN p.facts IS NULL THEN '' ELSE c.relname END,
       pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::bigint
FROM pg_class AS c
LEFT JOIN linkhaul.partitions() AS p ON p.part = c.oid
WHERE c.relnamespace = 'linkhaul'::regnamespace AND c.relkind = 'r'
ORDER BY 1, 2, 3
