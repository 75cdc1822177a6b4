package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.ReadableLogger;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Finds parked messages whose key has no row in {@code parked_key}, so that no consumer would ever handle them. That cannot
 * happen any more; an earlier release, or a person who edits the tables, may have left some.
 *
 * <p>A message that is retried at the head of its partition has no such row either. It is recognised by its column {@code
 * in_place} and, if an earlier release wrote it during a rolling update, by the inbox, where the group has not taken charge of it.
 */
final class OrphanedMessages {

    private static final Logger log = ReadableLogger.of(OrphanedMessages.class);

    private static final String IS_ORPHAN = """
            m.state = 'WAITING' and not m.in_place
               and not exists (
                   select from reliable_messaging.parked_key k
                    where k.consumer_group = m.consumer_group and k.topic = m.topic and k.queue = m.queue)
               and exists (
                   select from reliable_messaging.inbox_message i
                    where i.consumer_group = m.consumer_group and i.topic = m.topic and i.message_id = m.message_id)
            """;

    private static final String ADOPT = """
            with adopted as (
                    insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at)
                    select distinct m.consumer_group, m.topic, m.queue, pg_catalog.clock_timestamp()
                      from reliable_messaging.parked_message m
                     where %s and %s
                     order by m.consumer_group, m.topic, m.queue
                        on conflict do nothing
                    returning consumer_group, topic, queue)
            select pg_catalog.count(*)
              from reliable_messaging.parked_message m
              join adopted using (consumer_group, topic, queue)
             where m.state = 'WAITING'
            """;

    private static final String OF_LISTENER = "m.consumer_group = :group::text and m.topic = any (:topics::text[])";
    private static final String OF_IDS = "m.id = any (:ids::bigint[])";

    // A message that is retried in place has no inbox row, unless its handler has succeeded while the listener had
    // another ordering, which did not know of this row.
    private static final String FORGET_HANDLED = """
            delete from reliable_messaging.parked_message m
             where m.consumer_group = :group::text and m.topic = any (:topics::text[]) and m.state = 'WAITING' and m.in_place
               and exists (
                   select from reliable_messaging.inbox_message i
                    where i.consumer_group = m.consumer_group and i.topic = m.topic and i.message_id = m.message_id)
            """;

    private final JdbcClient autoCommit;
    private final String adoptOfListener;
    private final String adoptOfIds;
    private final String forgetHandled;

    OrphanedMessages(JdbcClient autoCommit, Schema schema) {
        this.autoCommit = autoCommit;
        this.adoptOfListener = schema.in(ADOPT.formatted(OF_LISTENER, IS_ORPHAN));
        this.adoptOfIds = schema.in(ADOPT.formatted(OF_IDS, IS_ORPHAN));
        this.forgetHandled = schema.in(FORGET_HANDLED);
    }

    /**
     * Schedules the orphans of a listener, due now.
     *
     * @return how many messages were scheduled
     */
    int adopt(String group, Collection<String> topics) {
        String[] names = topics.toArray(String[]::new);
        autoCommit
                .sql(forgetHandled)
                .param("group", group)
                .param("topics", names)
                .update();
        int adopted = autoCommit
                .sql(adoptOfListener)
                .param("group", group)
                .param("topics", names)
                .query(Integer.class)
                .single();
        if (adopted > 0) {
            log.warn(
                    "{} parked messages of group {} had no row for their keys in table parked_key, so no instance would have"
                            + " handled them; they are scheduled now. Later messages of their keys may have been handled before"
                            + " them",
                    adopted,
                    group);
        }
        return adopted;
    }

    /** Schedules those of these messages that are orphans, due now. */
    int adopt(List<Long> ids) {
        return autoCommit
                .sql(adoptOfIds)
                .param("ids", ids.toArray(Long[]::new))
                .query(Integer.class)
                .single();
    }
}
