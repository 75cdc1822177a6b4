-- Messages that the broker refuses as they are, and the later ones of the same topic and key, which wait behind them.
create table outbox_quarantine (
    lane           int         not null,
    -- its id in the outbox, so that the order of the key stays
    id             bigint      not null,
    message_id     uuid        not null,
    topic          text        not null,
    partition      int,
    key            bytea,
    value          bytea,
    headers        bytea       not null,
    created_at     timestamptz not null,
    -- why the broker refused it; null for one that only waits behind another
    error_class    text,
    error_message  text,
    -- a person has said that it shall be sent
    released       boolean     not null default false,
    quarantined_at timestamptz not null default pg_catalog.clock_timestamp(),
    primary key (lane, id)
);
-- tells an owner of lanes whether any row is released, which it asks with each renewal of its lease
create index outbox_quarantine_released on outbox_quarantine (lane) where released;
