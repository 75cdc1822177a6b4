-- Messages whose transaction has committed and that Kafka has not acknowledged yet. Usually empty.
create table outbox_message (
    lane       int         not null,
    -- cache 1: a session that takes ids in blocks would give a later message a lower id than another session's earlier one
    id         bigint      not null generated always as identity (cache 1),
    message_id uuid        not null,
    topic      text        not null,
    partition  int,
    key        bytea,
    value      bytea,
    headers    bytea       not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    -- The relay reads the head of each lane in the order of ids. There is no other index: every message would pay for it.
    primary key (lane, id)
) with (
    -- The table is empty most of the time and full now and then. So it is vacuumed after a number of dead rows, not after a
    -- share of its size, and never analyzed: statistics would describe the moment at which they were taken.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_analyze_threshold = 2147483647,
    -- With PostgreSQL's default, a vacuum takes half a minute for the dead rows of a busy minute, and the table grows meanwhile.
    -- This is ten times as fast; most of the small table is in memory. The TOAST table follows these settings as long as it has
    -- none of its own. How often PostgreSQL checks for work (autovacuum_naptime) is a setting of the server.
    autovacuum_vacuum_cost_limit = 2000
);
