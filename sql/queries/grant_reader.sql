-- Lets a role read what analysts read, and nothing else; whether there is such a role. $1 its name
SELECT linkhaul.grant_reader($1)
