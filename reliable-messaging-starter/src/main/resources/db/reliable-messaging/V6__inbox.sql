-- A row says that this group has taken charge of this message: it is handled, or parked, or a dead letter.
create table inbox_message (
    consumer_group text        not null,
    topic          text        not null,
    message_id     uuid        not null,
    received_at    timestamptz not null default pg_catalog.clock_timestamp(),
    -- four bytes of a hash of key and value, which tell another message with the same id from a duplicate
    checksum       int,
    primary key (consumer_group, topic, message_id)
);

-- Where the purge of old inbox rows goes on, and when. One row: the first instance that finds it due takes the turn.
create table inbox_purge (
    only_row   boolean     primary key default true check (only_row),
    next_block bigint      not null default 0,
    next_at    timestamptz not null default '-infinity'
);
insert into inbox_purge default values;

-- How far each group has taken charge of each partition, without a gap. The topic id tells a topic that was deleted and made
-- again from the one before: the new one starts over, and a consumer that still reads the old one changes nothing of it.
create table partition_progress (
    consumer_group  text    not null,
    topic           text    not null,
    topic_id        uuid    not null,
    partition       int     not null,
    -- the consumer that has begun with the partition last; only it may raise done_until
    consumer        uuid    not null,
    -- the group has taken charge of everything below this offset
    done_until      bigint  not null,
    -- The horizon. Below this offset the inbox may have forgotten messages; one that it does not know was taken charge of.
    forgotten_until bigint  not null default 0,
    -- the topic of this id was deleted: a consumer has read another one of this name since
    topic_gone      boolean not null default false,
    primary key (consumer_group, topic, topic_id, partition)
);

-- A time, and the end of the partition at that time. What the group had taken charge of then has an offset below that end, as
-- no consumer reads beyond the end. A few rows for each partition, the oldest about as old as the retention.
create table partition_checkpoint (
    consumer_group text        not null,
    topic          text        not null,
    topic_id       uuid        not null,
    partition      int         not null,
    at             timestamptz not null,
    end_offset     bigint      not null,
    primary key (consumer_group, topic, topic_id, partition, at)
);

-- How the last consumer of a partition ended. If several in a row die at the same place, the record there kills them.
create table listener_partition (
    consumer_group text    not null,
    topic          text    not null,
    partition      int     not null,
    -- the offset at which the present or last consumer began
    began_at       bigint  not null,
    -- it has handed the partition over in an orderly way
    clean          boolean not null,
    -- how many consumers in a row died without getting further
    deaths         int     not null default 0,
    -- The record that is handled alone after deaths, noted before its handler is called, and how often it was noted.
    suspect        bigint,
    suspect_tries  int     not null default 0,
    primary key (consumer_group, topic, partition)
);

-- Records that a person has told a group to leave out.
create table skipped_offset (
    consumer_group text        not null,
    topic          text        not null,
    -- null if the group had not read the topic yet
    topic_id       uuid,
    partition      int         not null,
    offset_number  bigint      not null,
    who            text        not null,
    at             timestamptz not null default pg_catalog.clock_timestamp()
);
-- one row for a record, however often a person says it; coalesce, as a unique index takes two nulls for different
create unique index skipped_offset_once
    on skipped_offset (consumer_group, topic, partition, offset_number, coalesce(topic_id, '00000000-0000-0000-0000-000000000000'));
