-- Who is alive, by this database's clock: each takes its share of the lanes.
create table relay_instance (
    id         uuid        primary key,
    expires_at timestamptz not null
);

-- The outbox is empty most of the time and full now and then. Vacuum it by the number of dead rows, never by a share of a
-- size that means nothing; and keep no statistics, which would describe whatever moment they were taken at.
alter table outbox_message set (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_analyze_threshold = 2147483647
);
