-- Empty tables for a replay that is only looked at; why not, or null. $1 schema, $2 table of the facts
SELECT linkhaul.make_scratch($1, $2)
