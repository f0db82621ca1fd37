-- $1 account, $2 endpoint
SELECT extract(epoch FROM now() - asked_at)::bigint, per_call_nanousd, per_item_nanousd,
       balance_nanousd
FROM linkhaul.account
WHERE name = $1 AND endpoint = $2
