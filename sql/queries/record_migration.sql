-- $1 number, $2 name, $3 SQL
INSERT INTO linkhaul.migration (number, name, checksum)
VALUES ($1::integer, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
