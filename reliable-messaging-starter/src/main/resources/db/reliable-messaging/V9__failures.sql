-- Which fault a failure shows: listener, class of the root cause, and place in the application, as a hash in 16 hex digits. Null
-- for a message that has not failed, and for failures that an earlier release has stored.
alter table parked_message add column fingerprint text;
alter table parked_failure add column fingerprint text;

-- What a fingerprint stands for. Each instance adds what it has counted once a minute, so that failing handlers never meet here.
create table failure_group (
    fingerprint    text        not null primary key,
    consumer_group text        not null,
    topic          text        not null,
    -- class of the root cause
    error_class    text        not null,
    -- first stack frame of the application, without line number; null if there is none
    frame          text,
    -- what one of the failures said
    error_message  text,
    first_seen     timestamptz not null,
    last_seen      timestamptz not null,
    -- version of the application that failed first, and last; null if it is not known
    first_version  text,
    last_version   text,
    -- how many failures instances have counted; those of the last minute before a crash are missing
    failures       bigint      not null
);

-- finds and counts the messages of a failure group, a state at a time, in the order of their ids
create index parked_message_fingerprint on parked_message (fingerprint, state, id) where fingerprint is not null;
-- the same for failures that an earlier release has stored; empty some time after the upgrade
create index parked_message_unmarked on parked_message (consumer_group, topic, state, id)
    where fingerprint is null and error_class is not null;
-- finds the messages of a listener, a state at a time, in the order of their ids
create index parked_message_listener on parked_message (consumer_group, topic, state, id);
-- finds the messages of all listeners, a state at a time, in the order of their ids
create index parked_message_state on parked_message (state, id);
-- finds the messages of a key in all listeners; by its hash, because keys may be longer than an index entry can be
create index parked_message_key on parked_message ((pg_catalog.md5(key)::uuid), state, id) where key is not null;
-- Finds the times between which the messages of 16,384 successive ids were parked, so that the others of them need not be read
-- when a person asks for old or for new ones.
create index parked_message_age on parked_message ((id >> 14), parked_at);
-- Finds messages by words of their errors. Punctuation separates words, so that each part of a class name is one. The first
-- word stands for 16,384 successive ids, so that the messages that contain frequent words are found a part at a time.
-- Without fastupdate: a list of pending entries would be read with each part.
create index parked_message_words on parked_message using gin (pg_catalog.to_tsvector('pg_catalog.simple'::regconfig,
    'rmids' || (id >> 14)::text || ' ' || pg_catalog.translate(
        coalesce(pg_catalog.left(error_class, 1000), '') || ' ' || coalesce(pg_catalog.left(error_message, 4096), ''),
        '.-+_/@&<>:~?=%', '              ')))
    with (fastupdate = off) where error_class is not null;
