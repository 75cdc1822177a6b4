-- Listeners that a person has paused: until the rows are deleted, no instance calls their handlers. A listener is known here
-- by its group and its topics, as its messages are: its id may change with the names of its class and method.
create table paused_listener (
    consumer_group text        not null,
    topic          text        not null,
    since          timestamptz not null default pg_catalog.clock_timestamp(),
    who            text        not null,
    reason         text        not null,
    primary key (consumer_group, topic)
);

-- lists the delayed messages of a topic, or of one key of it, for a person; keys themselves may be too long for an index
create index outbox_delayed_topic on outbox_delayed (topic, id);
create index outbox_delayed_key on outbox_delayed (topic, key_hash, id);
