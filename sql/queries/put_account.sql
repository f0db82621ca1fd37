-- $1 account, $2 endpoint, $3 price of a call, $4 of an item, $5 balance
INSERT INTO linkhaul.account (name, endpoint, per_call_nanousd, per_item_nanousd, balance_nanousd)
VALUES ($1, $2, $3::bigint, $4::bigint, $5::bigint)
ON CONFLICT (name, endpoint) DO UPDATE
SET per_call_nanousd = excluded.per_call_nanousd, per_item_nanousd = excluded.per_item_nanousd,
    balance_nanousd = excluded.balance_nanousd, asked_at = now()
