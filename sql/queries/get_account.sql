-- $1 account, $2 endpoint
SELECT extract(epoch FROM now() - a.asked_at)::bigint, a.per_call_nanousd, a.per_item_nanousd,
       b.left_nanousd
FROM linkhaul.account AS a
JOIN linkhaul.balance AS b ON b.account = a.name
WHERE a.name = $1 AND a.endpoint = $2
