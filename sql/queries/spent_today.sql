-- What was spent and reserved since this day began in UTC, in billionths of a US dollar.
SELECT coalesce(sum(coalesce(charged_nanousd, reserved_nanousd)), 0)::bigint
FROM linkhaul.attempt
WHERE state <> 'void' AND reserved_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
