-- $1 number, $2 SQL: whether a migration was applied, and whether it was this very one.
SELECT checksum = encode(sha256(convert_to($2, 'UTF8')), 'hex')
FROM linkhaul.migration
WHERE number = $1::integer
