-- Messages that are to be sent later. A row moves to outbox_message when it is due, and draws its place there then.
create table outbox_delayed (
    id         bigint      not null generated always as identity primary key,
    deliver_at timestamptz not null,
    lane       int         not null,
    message_id uuid        not null,
    topic      text        not null,
    partition  int,
    key        bytea,
    value      bytea,
    headers    bytea       not null
);
-- what is due
create index outbox_delayed_due on outbox_delayed (deliver_at, id);
