-- What waits in order: the messages of a key, or a message without one by itself. A hash, because keys may be longer than
-- an index can hold; two keys that share one merely wait for each other.
alter table parked_message
    add column queue          uuid not null generated always as (coalesce(md5(key)::uuid, message_id)) stored,
    -- when the message was published, for a person who looks for it
    add column published_at   timestamptz,
    -- a person has changed the payload before sending it again: as it was received
    add column original_value bytea,
    add column edited         boolean not null default false,
    -- how often a person has sent it again
    add column redriven       int     not null default 0,
    drop column next_attempt_at,
    -- null for one that only waits behind another
    alter column error_class drop not null,
    alter column stack_trace drop not null;

-- the head of a queue
create index parked_message_queue on parked_message (consumer_group, topic, queue, id) where state = 'WAITING';
-- the dead letters of a queue
create index parked_message_dead on parked_message (consumer_group, topic, queue, id) where state = 'DEAD';

-- Keys whose messages wait in parked_message. Its row is the key's lock: whoever handles a message of a key that is here,
-- or adds one to its queue, holds it.
create table parked_key (
    consumer_group  text        not null,
    topic           text        not null,
    queue           uuid        not null,
    next_attempt_at timestamptz not null,
    -- its first message is dead and listeners were told to hold the key until a person decides
    held            boolean     not null default false,
    -- number of the last claim by a consumer that set out to handle the head, and how many of them in a row never came back
    claim           bigint      not null default 0,
    unanswered      int         not null default 0,
    primary key (consumer_group, topic, queue)
);
-- which keys are due
create index parked_key_due on parked_key (consumer_group, topic, next_attempt_at) where not held;

-- Each failure of a message that is parked or dead, for a person who wants to know how it came to this.
create table parked_failure (
    parked_id     bigint      not null references parked_message (id) on delete cascade,
    attempt       int         not null,
    failed_at     timestamptz not null default clock_timestamp(),
    error_class   text        not null,
    error_message text
);
create index parked_failure_of on parked_failure (parked_id);

-- How the last consumer of a partition ended. If several die at the same place, a record there kills them.
create table listener_partition (
    consumer_group text    not null,
    topic          text    not null,
    partition      int     not null,
    -- where the present or last consumer began
    began_at       bigint  not null,
    -- whether it has handed the partition over in an orderly way
    clean          boolean not null,
    -- consumers in a row that died without getting further
    deaths         int     not null default 0,
    -- the record it was at, noted before it was handled, and how often; only after deaths
    suspect        bigint,
    suspect_tries  int     not null default 0,
    primary key (consumer_group, topic, partition)
);

-- Where the deletion of old inbox rows goes on, and when: an instance that finds it due takes its turn.
create table inbox_purge (
    only_row   boolean     primary key default true check (only_row),
    next_block bigint      not null default 0,
    next_at    timestamptz not null default '-infinity'
);
insert into inbox_purge default values;

-- The latest that was deleted. Of older records nobody knows any more whether they were processed.
create table inbox_horizon (
    consumer_group text        not null,
    topic          text        not null,
    received_until timestamptz not null,
    primary key (consumer_group, topic)
);

-- why somebody did something, where it is asked for; and what was done to one message
alter table operation_log add column reason text;
create index operation_log_target on operation_log (target);
