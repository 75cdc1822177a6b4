-- What people did: when, who, what, to what, and why.
create table operation_log (
    id     bigint      not null generated always as identity primary key,
    at     timestamptz not null default pg_catalog.clock_timestamp(),
    who    text        not null,
    action text        not null,
    target text        not null,
    -- where the command asks for one
    reason text
);
-- finds what people did to one message
create index operation_log_target on operation_log (target);
