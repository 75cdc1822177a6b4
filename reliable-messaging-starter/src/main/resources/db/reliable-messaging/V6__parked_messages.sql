-- Whether a consumer has claimed the key and has not answered yet. From here on, "unanswered" counts only consumers that died
-- while they handled the head: a claim that was lost for another reason says nothing about the message.
alter table parked_key add column claimed boolean not null default false;
update parked_key set claimed = unanswered > 0, unanswered = greatest(unanswered - 1, 0);

-- A consumer is about to call the handler with the head of a key. Every answer deletes the row. It is no column of parked_key,
-- because that row is locked while the handler runs, and a consumer that stops then must be able to delete its mark.
create table parked_mark (
    consumer_group text   not null,
    topic          text   not null,
    queue          uuid   not null,
    -- number of the claim
    claim          bigint not null,
    -- the consumer's process: as long as it claims keys, it has not died
    process        uuid   not null,
    primary key (consumer_group, topic, queue)
);

-- True for a message that is retried at the head of its partition (ordering: partition). It has no row in parked_key, and its
-- group has not taken charge of it in the inbox. Any other WAITING message without a row in parked_key is an orphan.
alter table parked_message add column in_place boolean not null default false;
-- usually empty: those that are left when the ordering was changed and the handler has succeeded since
create index parked_message_in_place on parked_message (consumer_group, topic) where in_place;
update parked_message m set in_place = true
 where m.state = 'WAITING'
   and not exists (select from parked_key k
                    where k.consumer_group = m.consumer_group and k.topic = m.topic and k.queue = m.queue)
   and not exists (select from inbox_message i
                    where i.consumer_group = m.consumer_group and i.topic = m.topic and i.message_id = m.message_id);
