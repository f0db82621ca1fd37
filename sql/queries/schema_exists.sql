-- Whether linkhaul's schema is there at all.
SELECT to_regclass('linkhaul.migration') IS NOT NULL
