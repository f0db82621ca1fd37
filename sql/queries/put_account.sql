-- What an account told. What is under way may be in its balance or not, and counts as if not.
-- $1 account, $2 endpoint, $3 price of a call, $4 of an item, $5 balance
WITH open AS (
    SELECT coalesce(sum(reserved_nanousd), 0)::bigint AS nanousd
    FROM linkhaul.attempt AS a
    WHERE a.state IN ('reserved', 'unknown')
      AND EXISTS (SELECT FROM linkhaul.run AS r WHERE r.run_id = a.run_id AND r.account = $1)
), told AS (
    INSERT INTO linkhaul.balance (account, left_nanousd)
    SELECT $1, $5::bigint - nanousd FROM open
    ON CONFLICT (account) DO UPDATE
    SET left_nanousd = excluded.left_nanousd, asked_at = now()
)
INSERT INTO linkhaul.account (name, endpoint, per_call_nanousd, per_item_nanousd, balance_nanousd)
VALUES ($1, $2, $3::bigint, $4::bigint, $5::bigint)
ON CONFLICT (name, endpoint) DO UPDATE
SET per_call_nanousd = excluded.per_call_nanousd, per_item_nanousd = excluded.per_item_nanousd,
    balance_nanousd = excluded.balance_nanousd, asked_at = now()
