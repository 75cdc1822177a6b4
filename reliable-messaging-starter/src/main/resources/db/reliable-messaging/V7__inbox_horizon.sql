-- Four bytes of the message's key and value: another message with the same id shows. Null for rows of older versions.
alter table inbox_message add column checksum int;

-- How far each group has taken charge of each partition, without a gap. One row per topic id: a topic that is deleted and made
-- again starts over, and a consumer that still reads the old one changes nothing of the new one.
create table partition_progress (
    consumer_group  text    not null,
    topic           text    not null,
    topic_id        uuid    not null,
    partition       int     not null,
    -- whoever began with the partition last: only it may tell how far it is
    consumer        uuid    not null,
    -- the group has taken charge of everything below
    done_until      bigint  not null,
    -- below this, the inbox may have forgotten messages: whatever it does not remember there was taken charge of
    forgotten_until bigint  not null default 0,
    -- the topic of this id is gone: another one of the same name was read
    topic_gone      boolean not null default false,
    primary key (consumer_group, topic, topic_id, partition)
);

-- Whatever the group had taken charge of at this time has an offset below this one: nobody reads beyond the end. Some per
-- partition, as old as the retention.
create table partition_checkpoint (
    consumer_group text        not null,
    topic          text        not null,
    topic_id       uuid        not null,
    partition      int         not null,
    at             timestamptz not null,
    end_offset     bigint      not null,
    primary key (consumer_group, topic, topic_id, partition, at)
);

-- Records that a person has told a group to leave out.
create table skipped_offset (
    consumer_group text        not null,
    topic          text        not null,
    -- null if the group has not read the topic yet
    topic_id       uuid,
    partition      int         not null,
    offset_number  bigint      not null,
    who            text        not null,
    at             timestamptz not null default clock_timestamp()
);
create unique index skipped_offset_once
    on skipped_offset (consumer_group, topic, partition, offset_number, coalesce(topic_id, '00000000-0000-0000-0000-000000000000'));

-- inbox_horizon stays, and is no longer written: it tells which partitions had forgotten messages before there was any
-- partition_progress.
