-- the headers as they were received, if a person has edited the message before a redrive; null also where only an earlier release
-- has edited it, which could not change headers
alter table parked_message add column original_headers bytea;
