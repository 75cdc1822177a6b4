-- Messages that are to be sent later. A due row moves to outbox_message and gets its id and its lane there: the number of
-- lanes may have changed meanwhile.
create table outbox_delayed (
    id         bigint      not null generated always as identity primary key,
    deliver_at timestamptz not null,
    key_hash   int         not null,
    message_id uuid        not null,
    topic      text        not null,
    partition  int,
    key        bytea,
    value      bytea,
    headers    bytea       not null
);
-- finds the rows that are due, the earliest first
create index outbox_delayed_due on outbox_delayed (deliver_at, id);
-- finds one message for a person who traces it
create index outbox_delayed_message on outbox_delayed (message_id);

-- Messages that were sent, for as long as reliable-messaging.outbox.retention says. Empty without that setting.
create table outbox_published (
    -- its id in the outbox
    id             bigint      not null primary key,
    lane           int         not null,
    message_id     uuid        not null,
    topic          text        not null,
    partition      int,
    key            bytea,
    value          bytea,
    headers        bytea       not null,
    created_at     timestamptz not null,
    sent_at        timestamptz not null default pg_catalog.clock_timestamp(),
    -- where Kafka has stored it; null if Kafka has not said so
    sent_partition int,
    sent_offset    bigint
);
-- reads the messages of a topic in their order, for a replay
create index outbox_published_topic on outbox_published (topic, id);
-- finds the oldest rows, to delete them
create index outbox_published_age on outbox_published (sent_at);
-- finds one message for a person who traces it
create index outbox_published_message on outbox_published (message_id);
