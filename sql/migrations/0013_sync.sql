-- Placeholder of another branch's migration: the columns that the views read.
ALTER TABLE linkhaul.run ADD as_of timestamptz;
ALTER TABLE linkhaul.feed ADD synced_night date, ADD synced_as_of timestamptz, ADD refreshed_to timestamptz;
