-- Messages that are parked (WAITING for another attempt, or behind one that does), and dead letters (DEAD: a person decides).
create table parked_message (
    id               bigint      not null generated always as identity (cache 1) primary key,
    consumer_group   text        not null,
    topic            text        not null,
    message_id       uuid        not null,
    source_partition int         not null,
    source_offset    bigint      not null,
    key              bytea,
    value            bytea,
    headers          bytea       not null,
    state            text        not null check (state in ('WAITING', 'DEAD')),
    attempts         int         not null,
    -- the last failure; null for a message that only waits behind another
    error_class      text,
    error_message    text,
    stack_trace      text,
    parked_at        timestamptz not null default pg_catalog.clock_timestamp(),
    updated_at       timestamptz not null default pg_catalog.clock_timestamp(),
    -- The messages of one queue are handled in order: those of a key, or one message by itself. A hash of the key, because
    -- keys may be longer than an index entry can be. Two keys with the same hash only wait for each other.
    queue            uuid        not null,
    -- when it was published, for a person who searches for it
    published_at     timestamptz,
    -- the payload as it was received, if a person has changed it before a redrive
    original_value   bytea,
    edited           boolean     not null default false,
    -- how often a person has redriven it
    redriven         int         not null default 0,
    -- It is retried at the head of its partition (ordering: partition). So it has no row in parked_key, and its group has not
    -- taken charge of it in the inbox. Any other WAITING message without a row in parked_key is an orphan.
    in_place         boolean     not null default false,
    -- How many retries in a row have spent no attempt, because of another transaction or of what looked like an outage while
    -- this database answered. After too many, attempts count.
    uncounted        int         not null default 0,
    -- one row for a message: its second failure finds the row of the first
    unique (consumer_group, topic, message_id)
);
-- finds the first message of a queue that waits
create index parked_message_queue on parked_message (consumer_group, topic, queue, id) where state = 'WAITING';
-- finds and counts dead letters
create index parked_message_dead on parked_message (consumer_group, topic, queue, id) where state = 'DEAD';
-- finds the few rows that are left when the ordering was changed and the handler has succeeded since; usually empty
create index parked_message_in_place on parked_message (consumer_group, topic) where in_place;

-- The queues that have parked messages. The row is the lock of its queue: a handler of one of its messages holds it, and so does
-- a consumer that adds a message.
create table parked_key (
    consumer_group  text        not null,
    topic           text        not null,
    queue           uuid        not null,
    next_attempt_at timestamptz not null,
    -- its first message is a dead letter, and the listener holds the key until a person decides (on-dead: hold)
    held            boolean     not null default false,
    -- number of the last claim of a consumer that was to handle the first message
    claim           bigint      not null default 0,
    -- How many consumers in a row died while they handled the first message. A claim that was lost for another reason says
    -- nothing about the message and does not count.
    unanswered      int         not null default 0,
    -- a consumer has claimed the queue and has not answered yet
    claimed         boolean     not null default false,
    primary key (consumer_group, topic, queue)
);
-- finds the queues that are due
create index parked_key_due on parked_key (consumer_group, topic, next_attempt_at) where not held;

-- A consumer is about to call the handler with the first message of a queue; every answer deletes the row. A table of its own,
-- because the row of parked_key is locked while the handler runs, and a consumer that stops then must be able to delete its mark.
create table parked_mark (
    consumer_group text   not null,
    topic          text   not null,
    queue          uuid   not null,
    -- number of the claim
    claim          bigint not null,
    -- the process of the consumer; as long as it claims queues, it has not died
    process        uuid   not null,
    primary key (consumer_group, topic, queue)
);

-- Each failure of a message that is parked or dead, for a person who wants to know its history.
create table parked_failure (
    parked_id     bigint      not null references parked_message (id) on delete cascade,
    attempt       int         not null,
    failed_at     timestamptz not null default pg_catalog.clock_timestamp(),
    error_class   text        not null,
    error_message text
);
-- finds the failures of a message, to show them and to delete them with it
create index parked_failure_of on parked_failure (parked_id);
