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

-- Messages that the broker will never take as they are, and the later ones of the same topic and key behind them.
create table outbox_quarantine (
    lane           int         not null,
    -- the id it had in the outbox: the queue keeps that order
    id             bigint      not null,
    message_id     uuid        not null,
    topic          text        not null,
    partition      int,
    key            bytea,
    value          bytea,
    headers        bytea       not null,
    created_at     timestamptz not null,
    -- null for one that only waits behind another
    error_class    text,
    error_message  text,
    -- a person has said: send it again
    released       boolean     not null default false,
    quarantined_at timestamptz not null default clock_timestamp(),
    primary key (lane, id)
);

-- What people did: who, when, what.
create table operation_log (
    id     bigint      not null generated always as identity primary key,
    at     timestamptz not null default clock_timestamp(),
    who    text        not null,
    action text        not null,
    target text        not null
);
