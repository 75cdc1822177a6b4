-- The bank's own tables. Made once, before any application starts.
create schema bank;

-- Numbers the messages of a topic and key. Whoever wants the next number locks the row until the end of the transaction.
create table bank.account (
    id  text   primary key,
    seq bigint not null default 0
);

-- The history: written by the transaction that publishes, so it holds exactly what was committed.
create table bank.posting (
    token    uuid   primary key,
    topic    text   not null,
    key      text   not null,
    seq      bigint not null,
    -- how often its handler is told to fail; negative for always
    failures int    not null,
    kind     text   not null,
    instance text   not null,
    -- not to be sent before
    due      timestamptz,
    unique (topic, key, seq)
);

-- Messages whose handler need not fail any more: a person has seen to it.
create table bank.repaired (
    token uuid primary key
);

-- What handlers have done. Nothing here stops a handler from doing it twice or in the wrong order.
create table bank.tally (
    consumer_group text   not null,
    topic          text   not null,
    key            text   not null,
    effects        bigint not null,
    primary key (consumer_group, topic, key)
);
create table bank.effect (
    -- drawn while the tally's row is locked: of one group, topic and key in the order of the commits
    id             bigint not null generated always as identity (cache 1) primary key,
    consumer_group text   not null,
    topic          text   not null,
    key            text   not null,
    token          uuid   not null,
    attempt        int    not null,
    instance       text   not null
);
