-- Whose schema this is: one application each, or two would steal each other's lanes and purge each other's inbox.
create table application (
    only_row   boolean     primary key default true check (only_row),
    name       text        not null,
    claimed_at timestamptz not null default clock_timestamp()
);

-- Messages whose transaction has committed and which Kafka has not yet acknowledged. Usually empty.
create table outbox_message (
    lane       int         not null,
    -- cache 1: ids handed out in blocks would not be in order between sessions
    id         bigint      not null generated always as identity (cache 1),
    message_id uuid        not null,
    topic      text        not null,
    partition  int,
    key        bytea,
    value      bytea,
    headers    bytea       not null,
    created_at timestamptz not null default clock_timestamp(),
    -- the relay reads the head of each lane, in id order; there is no other index to keep
    primary key (lane, id)
);

-- Which instance's relay may send a lane's messages, until when, by this database's clock.
create table relay_lane (
    lane       int         primary key,
    owner      uuid,
    epoch      bigint      not null default 0,
    expires_at timestamptz not null default '-infinity'
);

-- A row means: this group has taken charge of this message. It is done, or parked, or dead.
create table inbox_message (
    consumer_group text        not null,
    topic          text        not null,
    message_id     uuid        not null,
    received_at    timestamptz not null default clock_timestamp(),
    primary key (consumer_group, topic, message_id)
);

-- Messages whose handler failed: WAITING for another attempt, or DEAD until a person decides.
create table parked_message (
    id                bigint      not null generated always as identity (cache 1) primary key,
    consumer_group    text        not null,
    topic             text        not null,
    message_id        uuid        not null,
    source_partition  int         not null,
    source_offset     bigint      not null,
    key               bytea,
    value             bytea,
    headers           bytea       not null,
    state             text        not null check (state in ('WAITING', 'DEAD')),
    attempts          int         not null,
    error_class       text        not null,
    error_message     text,
    stack_trace       text        not null,
    next_attempt_at   timestamptz,
    parked_at         timestamptz not null default clock_timestamp(),
    updated_at        timestamptz not null default clock_timestamp(),
    -- one row a message: the second failure finds the first
    unique (consumer_group, topic, message_id)
);
