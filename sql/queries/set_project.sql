-- Which sites a project has. $1 project, $2 sites, $3 of each: own or competitor
SELECT linkhaul.set_project($1, $2::text[], $3::text[])
