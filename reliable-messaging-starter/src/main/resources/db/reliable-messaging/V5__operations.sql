-- Where Kafka has put what is kept after it was sent.
alter table outbox_published
    add column sent_partition int,
    add column sent_offset bigint;

-- where is this message? These tables may be large, and pay for it only where they are used; the outbox itself has no such
-- index, which every message would pay for
create index outbox_published_message on outbox_published (message_id);
create index outbox_delayed_message on outbox_delayed (message_id);
