-- Of the runs whose segments are in the spool those that the database does not know, in the order
-- that they are given in, and what the tags of this installation begin with. $1 uids of the segments
SELECT a.uid, 'lh/' || left(i.uid::text, 8) || '/'
FROM linkhaul.install AS i, unnest($1::uuid[]) WITH ORDINALITY AS a (uid, n)
WHERE NOT EXISTS (SELECT FROM linkhaul.run AS r WHERE r.uid = a.uid)
ORDER BY a.n
