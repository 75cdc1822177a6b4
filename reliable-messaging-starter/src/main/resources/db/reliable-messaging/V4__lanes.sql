-- The parts of the outbox. Each is sent by the one instance that owns it, until its lease ends, by this database's clock.
create table relay_lane (
    lane       int         primary key,
    owner      uuid,
    -- counts the owners
    epoch      bigint      not null default 0,
    expires_at timestamptz not null default '-infinity'
);

-- The instances that send, until their lease ends, by this database's clock. Each takes its share of the lanes.
create table relay_instance (
    id         uuid        primary key,
    expires_at timestamptz not null,
    -- where it runs, for people, who cannot tell a machine by an id
    host       text,
    -- When the instance last knew that it can send: Kafka has acknowledged a record of it, or a broker has answered and nothing
    -- else kept it from sending. One that cannot send leaves its lanes to others that can. Null until it has sent.
    sends_at   timestamptz,
    -- The channel on which it is told of messages in its lanes. Null until it has heard a notice of its own there; until then,
    -- it is told on the channel of all instances.
    channel    text,
    -- it is busy and reads its lanes all the time, so it needs no notice
    awake      boolean     not null default false
);
