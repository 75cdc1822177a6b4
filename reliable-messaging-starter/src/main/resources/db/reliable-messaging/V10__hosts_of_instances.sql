-- Where an instance runs, for people: an id alone tells nobody which of ten machines has a lane. Null for instances of an
-- earlier version, which do not know the column.
alter table relay_instance add column host text;
