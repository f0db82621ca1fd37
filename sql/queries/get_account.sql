-- What an account last told, and how many seconds ago. After a call that was dearer than its reserve
-- its prices are of another age, whenever they were told. $1 account, $2 endpoint
SELECT CASE WHEN EXISTS (SELECT FROM linkhaul.attempt AS d JOIN linkhaul.run AS r USING (run_id)
                         WHERE d.reserved_at > a.asked_at - interval '1 hour'
                           AND d.booked_at > a.asked_at
                           AND d.charged_nanousd > d.reserved_nanousd
                           AND r.account = a.name AND r.endpoint = a.endpoint)
            THEN 2147483647
            ELSE extract(epoch FROM now() - a.asked_at)::bigint END,
       a.per_call_nanousd, a.per_item_nanousd, b.left_nanousd
FROM linkhaul.account AS a
JOIN linkhaul.balance AS b ON b.account = a.name
WHERE a.name = $1 AND a.endpoint = $2
