-- Messages that are to be sent later. A row moves to outbox_message when it is due, and draws its place there then: its id,
-- and its lane, because the number of lanes may have changed meanwhile.
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
-- what is due
create index outbox_delayed_due on outbox_delayed (deliver_at, id);

-- What was sent, if it is to be kept for a while; otherwise empty.
create table outbox_published (
    id         bigint      not null primary key,
    lane       int         not null,
    message_id uuid        not null,
    topic      text        not null,
    partition  int,
    key        bytea,
    value      bytea,
    headers    bytea       not null,
    created_at timestamptz not null,
    sent_at    timestamptz not null default clock_timestamp()
);
-- for replays
create index outbox_published_topic on outbox_published (topic, id);
-- for the removal of old ones
create index outbox_published_age on outbox_published (sent_at);
