-- The runs that are over, by the names of their segments.
SELECT uid FROM linkhaul.run WHERE state = 'done' ORDER BY uid
